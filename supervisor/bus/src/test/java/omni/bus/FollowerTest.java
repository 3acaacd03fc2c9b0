package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import omni.bus.ProbeProtocol.CountParams;
import omni.bus.ProbeProtocol.CountReply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams that end and servers that go away are followed on. */
final class FollowerTest {
    private static final String ENDED = "ended";

    @TempDir
    Path folder;

    private final ProbeHandler handler = new ProbeHandler();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    private BusServer server() {
        return BusServer.at(folder.resolve("probe.sock"))
                .service(ProbeProtocol.service(handler))
                .start();
    }

    private Follower follow(BusClient bus, int replies) {
        return follow(bus, replies, reply -> events.add(Long.toString(reply.index())));
    }

    private Follower follow(BusClient bus, int replies, Consumer<CountReply> heard) {
        var probe = ProbeProtocol.Client.of(bus);
        return Follower.start(
                "test",
                () -> probe.countMore(new CountParams(replies, 1)),
                heard,
                () -> events.add(ENDED),
                Duration.ofMillis(1));
    }

    private List<String> next(int count) throws InterruptedException {
        var seen = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            seen.add(String.valueOf(events.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS)));
        }
        return seen;
    }

    @Test
    void asksAgainWhenAStreamHasEnded() throws Exception {
        try (var _ = server();
                var bus = BusClient.to(folder.resolve("probe.sock"));
                var _ = follow(bus, 2)) {
            assertEquals(List.of("0", "1", ENDED, "0", "1", ENDED), next(6));
        }
    }

    @Test
    void tellsOfAServerThatIsAwayAndFollowsTheNext() throws Exception {
        try (var bus = BusClient.to(folder.resolve("probe.sock"));
                var _ = follow(bus, 1)) {
            assertEquals(List.of(ENDED, ENDED), next(2));
            try (var _ = server()) {
                Await.until("it is heard", () -> events.contains("0"));
            }
            events.clear();
            Await.until("it is away again", () -> events.contains(ENDED));
        }
    }

    @Test
    void whatItCannotDealWithIsNotTheEnd() throws Exception {
        try (var _ = server();
                var bus = BusClient.to(folder.resolve("probe.sock"));
                var _ = follow(bus, 2, _ -> {
                    throw new IllegalStateException("of the test");
                })) {
            assertEquals(List.of(ENDED, ENDED), next(2));
        }
    }

    /** A stream that never ends by itself. */
    @Test
    void aClosedOneEndsItsStream() throws Exception {
        try (var _ = server();
                var bus = BusClient.to(folder.resolve("probe.sock"))) {
            Follower follower = follow(bus, Integer.MAX_VALUE);
            assertEquals(List.of("0", "1"), next(2));
            follower.close();
            Await.until("the server was told", () -> handler.cancelled.get() == 1);
            Await.until("it has ended", () -> events.contains(ENDED));
        }
    }
}

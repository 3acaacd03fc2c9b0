package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.Failed;
import omni.fetch.FetchProtocol.Reason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role's interface over a real socket. */
final class FetchServiceTest {
    @TempDir
    Path home;

    private final FakeHub hub = new FakeHub();
    private @Nullable TestServer server;
    private @Nullable Rig rig;
    private @Nullable FetchService service;
    private @Nullable BusServer bus;
    private @Nullable BusClient client;

    @BeforeEach
    void start() throws IOException {
        hub.files.put("m-Q8_0.gguf", Rig.content(1, 3 << 20));
        server = new TestServer(hub);
        rig = new Rig(home, server.base().toString(), Rig.NOWHERE);
        service = new FetchService(
                rig.pulls, new GitPush(rig.tokens, Rig.IMPATIENT, Optional.empty()), (_, _) -> {}, note -> {});
        Path socket = home.resolve("f.sock");
        bus = BusServer.at(socket).service(FetchProtocol.service(service)).start();
        client = BusClient.to(socket);
    }

    @AfterEach
    void stop() throws IOException {
        for (AutoCloseable one : new @Nullable AutoCloseable[] {client, bus, rig, server}) {
            if (one instanceof TestServer last) {
                last.close();
            } else if (one instanceof BusClient last) {
                last.close();
            } else if (one instanceof BusServer last) {
                last.close();
            } else if (one instanceof Rig last) {
                last.close();
            }
        }
    }

    private FetchProtocol.Client fetch() {
        return FetchProtocol.Client.of(present(client));
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new AssertionError("It was not started.");
        }
        return value;
    }

    private static FetchProtocol.PullParams tiny() {
        return new FetchProtocol.PullParams("acme/tiny", null, null);
    }

    @Test
    void tellsOfProgressAndThenOfTheModel() {
        hub.bytes = (request, reply, all, tag) -> {
            if (request.range().orElseThrow()[0] > 0 && present(server).count("/signed/") <= 3) {
                reply.stall(); // the parts come after one stall, so that there is something to tell
            }
            reply.file(request, all, tag);
        };
        int reports = 0;
        try (var replies = fetch().pullMore(tiny())) {
            while (replies.hasNext()) {
                var reply = replies.next();
                Brought brought = reply.brought();
                if (brought != null) {
                    assertArrayEquals(hub.files.get("m-Q8_0.gguf"), Rig.only(brought));
                    assertTrue(reports > 0);
                    return;
                }
                var progress = reply.progress();
                assertNotNull(progress);
                reports++;
            }
        }
        throw new AssertionError("no model came");
    }

    @Test
    void oneReplyIsEnoughForWhoWantsNoProgress() {
        assertNotNull(fetch().pull(tiny()).brought());
    }

    @Test
    void failuresArriveWithTheirReason() {
        Failed failed =
                assertThrows(Failed.class, () -> fetch().pull(new FetchProtocol.PullParams("acme/none", null, null)));
        assertEquals(Reason.MISSING, failed.reason());
        hub.token = "x";
        Failed gated = assertThrows(Failed.class, () -> fetch().pull(tiny()));
        assertEquals(Reason.UNAUTHORIZED, gated.reason());
        assertEquals(present(server).host(), gated.host());
        Failed id = assertThrows(Failed.class, () -> fetch().forget(new FetchProtocol.ForgetParams("..")));
        assertEquals(Reason.INVALID, id.reason());
    }

    @Test
    void closingEndsThePullAndKeepsWhatHasCome() {
        hub.bytes = (request, reply, all, tag) -> {
            if (request.range().orElseThrow()[0] > 0) {
                reply.stall();
            }
            reply.file(request, all, tag);
        };
        try (var replies = fetch().pullMore(tiny())) {
            assertTrue(replies.hasNext());
            replies.next();
        }
        Await.until("the pull ends", () -> !present(service).idle().isZero());
        var unfinished = fetch().list(new FetchProtocol.ListParams()).pulls().getFirst();
        assertEquals("acme/tiny", unfinished.source());
        assertTrue(unfinished.bytes() <= 1 << 20);
        fetch().forget(new FetchProtocol.ForgetParams(unfinished.pull()));
        assertEquals(0, fetch().list(new FetchProtocol.ListParams()).pulls().size());
    }

    @Test
    void isIdleOnlyWhileNobodyWantsAnything() {
        hub.bytes = (request, reply, all, tag) -> reply.stall();
        Thread pull = Thread.ofVirtual().start(() -> assertThrows(RuntimeException.class, () -> fetch().pull(tiny())));
        Await.until("a request", () -> present(server).count("/signed/") > 0);
        assertEquals(Duration.ZERO, present(service).idle());
        present(service).close();
        Await.until("the end", () -> !pull.isAlive());
        Await.until("idleness", () -> present(service).idle().toMillis() > 1);
    }
}

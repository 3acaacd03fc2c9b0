package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import omni.bus.ProbeProtocol.HoldParams;
import omni.bus.ProbeProtocol.SayParams;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

/** Each limit: what lies on it passes, one past it is refused, and other connections go on. */
final class LimitsTest {
    private static final String SAY = "{\"method\":\"omni.Probe.Say\",\"parameters\":{\"word\":\"%s\"}}";

    @TempDir
    Path folder;

    private final ProbeHandler handler = new ProbeHandler();

    private BusServer serve(BusLimits limits) {
        return BusServer.at(socket())
                .limits(limits)
                .service(ProbeProtocol.service(handler))
                .start();
    }

    private Path socket() {
        return folder.resolve("probe.sock");
    }

    private static String say(int frameBytes) {
        return SAY.formatted("x".repeat(frameBytes - SAY.formatted("").length()));
    }

    @Test
    void messageBytes() throws IOException {
        for (int max : List.of(100, 8 << 10, 100_000)) {
            try (BusServer _ = serve(BusLimits.defaults().withMessageBytesMax(max));
                    var fits = new RawPeer(socket());
                    var over = new RawPeer(socket())) {
                assertTrue(fits.send(say(max) + "\0"));
                assertTrue(fits.receive().isPresent(), "on the limit: " + max);
                over.send(say(max + 1) + "\0");
                assertEquals(Optional.empty(), over.receive(), "past the limit: " + max);
                assertTrue(fits.send(SAY.formatted("on") + "\0"));
                assertTrue(fits.receive().isPresent());
            }
        }
    }

    @Test
    void messageBytesWithoutAnEnd() throws IOException {
        try (BusServer _ = serve(BusLimits.defaults().withMessageBytesMax(1000));
                var peer = new RawPeer(socket())) {
            peer.send("{" + " ".repeat(2000));
            assertEquals(Optional.empty(), peer.receive());
        }
    }

    @Test
    void messageBytesOfAClient() {
        BusLimits small = BusLimits.defaults().withMessageBytesMax(1000);
        try (BusServer _ = serve(BusLimits.defaults());
                BusClient bus = BusClient.to(socket(), small)) {
            var probe = ProbeProtocol.Client.of(bus);
            assertThrows(BusException.Oversize.class, () -> probe.say(new SayParams("x".repeat(1000))));
            assertEquals(0, handler.said.get());
            assertThrowsExactly(BusException.Limit.class, () -> probe.count(new ProbeProtocol.CountParams(1, 1000)));
            assertEquals("on", probe.say(new SayParams("on")).word());
        }
    }

    @Test
    void nesting() throws IOException {
        // Message, parameters and the array around: three levels belong to the call.
        int max = 10;
        String head = "{\"method\":\"omni.Probe.Say\",\"parameters\":{\"word\":\"w\",\"deep\":";
        try (BusServer _ = serve(BusLimits.defaults().withNestingMax(max));
                var peer = new RawPeer(socket())) {
            peer.send(head + "[".repeat(max - 2) + "]".repeat(max - 2) + "}}\0");
            assertTrue(peer.receive().isPresent());
            peer.send(head + "[".repeat(max - 1) + "]".repeat(max - 1) + "}}\0");
            assertEquals(Optional.empty(), peer.receive());
        }
    }

    @Test
    void nestingOfAReplyIsNamedToItsCaller() {
        try (BusServer _ = serve(BusLimits.defaults());
                var client = BusClient.to(socket(), BusLimits.defaults().withNestingMax(2))) {
            assertThrows(
                    BusException.Limit.class,
                    () -> client.call("org.varlink.service.GetInfo", JsonNodeFactory.instance.objectNode()));
        }
    }

    @Test
    void tokens() throws IOException {
        // Objects, names, the word and the array's brackets: twelve tokens belong to the call.
        for (int bytesMax : List.of(4096, 100_000)) {
            BusLimits limits = BusLimits.defaults().withMessageBytesMax(bytesMax);
            int max = Math.max(1024, bytesMax / 16);
            assertEquals(max, limits.tokensMax());
            String head = "{\"method\":\"omni.Probe.Say\",\"parameters\":{\"word\":\"w\",\"deep\":[";
            try (BusServer _ = serve(limits);
                    var peer = new RawPeer(socket())) {
                peer.send(head + "1" + ",1".repeat(max - 13) + "]}}\0");
                assertTrue(peer.receive().isPresent());
                peer.send(head + "1" + ",1".repeat(max - 12) + "]}}\0");
                assertEquals(Optional.empty(), peer.receive());
            }
        }
    }

    @Test
    void nestingFarBeyondTheStack() throws IOException {
        try (BusServer _ = serve(BusLimits.defaults());
                var peer = new RawPeer(socket());
                var other = new RawPeer(socket())) {
            peer.send("{\"parameters\":" + "[".repeat(1_000_000) + "\0");
            assertEquals(Optional.empty(), peer.receive());
            other.send(SAY.formatted("on") + "\0");
            assertTrue(other.receive().isPresent());
        }
    }

    @Test
    void pendingCalls() throws IOException {
        int max = 5;
        String hold = "{\"method\":\"omni.Probe.Hold\"}\0";
        try (BusServer _ = serve(BusLimits.defaults().withPendingCallsMax(max));
                var peer = new RawPeer(socket())) {
            peer.send(hold.repeat(1 + max));
            Await.until("the first is held", () -> handler.held.get() == 1);
            handler.releases.release();
            assertEquals(Optional.of("{\"parameters\":{}}"), peer.receive());
            peer.send(hold);
            Await.until("the second is held", () -> handler.held.get() == 2);
            assertEquals(0, handler.cancelled.get());
            peer.send(hold);
            assertEquals(Optional.empty(), peer.receive());
            Await.until("the held call hears of it", () -> handler.cancelled.get() == 1);
            assertEquals(2, handler.held.get());
        }
    }

    /** Whoever has an answer may ask again, though the handler that gave it has not ended. */
    @Test
    void anAnsweredCallIsPendingNoMore() throws IOException {
        int max = 5;
        String hold = "{\"method\":\"omni.Probe.Hold\"}\0";
        handler.ends.drainPermits();
        try (BusServer _ = serve(BusLimits.defaults().withPendingCallsMax(max));
                var peer = new RawPeer(socket())) {
            peer.send(hold.repeat(1 + max));
            handler.releases.release();
            assertEquals(Optional.of("{\"parameters\":{}}"), peer.receive());
            peer.send(hold);
            handler.ends.release(2 + max);
            for (int i = 0; i < 1 + max; i++) {
                handler.releases.release();
                assertEquals(Optional.of("{\"parameters\":{}}"), peer.receive());
            }
        }
    }

    @Test
    void connections() throws IOException {
        int max = 3;
        var peers = new ArrayList<RawPeer>();
        try (BusServer _ = serve(BusLimits.defaults().withConnectionsMax(max))) {
            for (int i = 0; i < max; i++) {
                var peer = new RawPeer(socket());
                peers.add(peer);
                peer.send(SAY.formatted("in") + "\0");
                assertTrue(peer.receive().isPresent());
            }
            try (var over = new RawPeer(socket())) {
                over.send(SAY.formatted("over") + "\0");
                assertEquals(Optional.empty(), over.receive());
            }
            peers.getFirst().close();
            Await.until("the place is free again", this::isAnswered);
        } finally {
            for (RawPeer peer : peers) {
                peer.close();
            }
        }
    }

    private boolean isAnswered() {
        try (var peer = new RawPeer(socket())) {
            return peer.send(SAY.formatted("in") + "\0") && peer.receive().isPresent();
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void connectionsOfAClient() {
        BusLimits one = BusLimits.defaults().withConnectionsMax(1).withIdle(Duration.ofMillis(50));
        try (BusServer _ = serve(BusLimits.defaults());
                BusClient bus = BusClient.to(socket(), one)) {
            var probe = ProbeProtocol.Client.of(bus);
            try (ReplyStream<ProbeProtocol.HoldReply> _ = probe.holdMore(new HoldParams())) {
                assertThrows(BusException.Exhausted.class, () -> probe.say(new SayParams("over")));
            }
            assertEquals("in", probe.say(new SayParams("in")).word());
        }
    }

    @Test
    void idleConnections() throws IOException {
        BusLimits limits = BusLimits.defaults().withIdle(Duration.ofMillis(200));
        try (BusServer _ = serve(limits);
                var idle = new RawPeer(socket());
                var halfway = new RawPeer(socket());
                var busy = new RawPeer(socket())) {
            busy.send("{\"method\":\"omni.Probe.Hold\"}\0");
            halfway.send("{\"method\":");
            assertEquals(Optional.empty(), idle.receive());
            assertEquals(Optional.empty(), halfway.receive());
            handler.releases.release();
            assertEquals(Optional.of("{\"parameters\":{}}"), busy.receive());
        }
    }

    @Test
    void restingConnectionsOfAClient() throws Exception {
        BusLimits limits = BusLimits.defaults().withIdle(Duration.ofMillis(100));
        try (BusServer _ = serve(BusLimits.defaults());
                BusClient bus = BusClient.to(socket(), limits)) {
            var probe = ProbeProtocol.Client.of(bus);
            try (ReplyStream<ProbeProtocol.HoldReply> _ = probe.holdMore(new HoldParams())) {
                probe.say(new SayParams("second connection"));
                assertEquals(2, bus.connections());
                Await.until("the held one is there", () -> handler.held.get() == 1);
                handler.releases.release();
            }
            Await.until("one is left", () -> {
                probe.say(new SayParams("again"));
                return bus.connections() == 1;
            });
        }
    }

    @Test
    void waitingForAReply() {
        try (BusServer _ = serve(BusLimits.defaults());
                BusClient bus = BusClient.to(socket());
                BusClient hasty = bus.within(Duration.ofSeconds(2))) {
            var probe = ProbeProtocol.Client.of(hasty);
            assertEquals("in time", probe.say(new SayParams("in time")).word());
            assertThrows(BusException.TimedOut.class, () -> probe.hold(new HoldParams()));
            Await.until("the handler hears of it", () -> handler.cancelled.get() == 1);
            assertEquals("on", probe.say(new SayParams("on")).word());
        }
    }

    @Test
    void connectingToAServerThatDoesNotAccept() throws Exception {
        try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                var threads = Executors.newVirtualThreadPerTaskExecutor();
                BusClient bus = BusClient.to(socket())) {
            deaf.bind(UnixDomainSocketAddress.of(socket()), 1);
            var probe = ProbeProtocol.Client.of(bus);
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                calls.add(threads.submit(() -> probe.say(new SayParams("into the queue"))));
            }
            Await.until(
                    "those beyond the queue give up",
                    () -> calls.stream().filter(Future::isDone).count() == 3);
        }
    }

    @Test
    void aReaderThatNeverReads() throws IOException {
        BusLimits limits = BusLimits.defaults().withIdle(Duration.ofMillis(200));
        try (BusServer _ = serve(limits);
                var peer = new RawPeer(socket())) {
            peer.send("{\"method\":\"omni.Probe.Count\",\"more\":true,"
                    + "\"parameters\":{\"count\":1000000,\"bytes\":10000}}\0");
            Await.until("the handler is freed", () -> handler.cancelled.get() == 1);
        }
    }

    @Test
    void limitsRefuseWhatIsNotPositive() {
        BusLimits good = BusLimits.defaults();
        assertThrows(IllegalArgumentException.class, () -> good.withMessageBytesMax(0));
        assertThrows(IllegalArgumentException.class, () -> good.withNestingMax(0));
        assertThrows(IllegalArgumentException.class, () -> good.withPendingCallsMax(0));
        assertThrows(IllegalArgumentException.class, () -> good.withConnectionsMax(0));
        assertThrows(IllegalArgumentException.class, () -> good.withIdle(Duration.ZERO));
    }
}

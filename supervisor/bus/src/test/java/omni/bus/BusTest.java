package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import omni.bus.ProbeProtocol.All;
import omni.bus.ProbeProtocol.AllInner;
import omni.bus.ProbeProtocol.AllInners;
import omni.bus.ProbeProtocol.AllState;
import omni.bus.ProbeProtocol.CountParams;
import omni.bus.ProbeProtocol.CountReply;
import omni.bus.ProbeProtocol.EchoParams;
import omni.bus.ProbeProtocol.FailParams;
import omni.bus.ProbeProtocol.FailParamsHow;
import omni.bus.ProbeProtocol.HoldParams;
import omni.bus.ProbeProtocol.Node;
import omni.bus.ProbeProtocol.SayParams;
import omni.bus.ProbeProtocol.Shade;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Calls, streams, errors and cancellation through generated code, over a real socket. */
final class BusTest {
    @TempDir
    Path folder;

    private final ProbeHandler handler = new ProbeHandler();
    private Path socket;
    private BusServer server;
    private BusClient bus;
    private ProbeProtocol.Client probe;

    @BeforeEach
    void start() {
        socket = folder.resolve("probe.sock");
        server = BusServer.at(socket)
                .identity("Omni", "probe", "1", "https://example.org")
                .service(ProbeProtocol.service(handler))
                .start();
        bus = BusClient.to(socket);
        probe = ProbeProtocol.Client.of(bus);
    }

    @AfterEach
    void stop() {
        bus.close();
        server.close();
    }

    @Test
    void everyTypeSurvivesTheRoundTrip() {
        var leaf = new Node("leaf \u0000 \ud83c\udf0d", List.of());
        var all = new All(
                true,
                Long.MIN_VALUE,
                0.1,
                "text",
                Wire.out().put("free", "form", Wire::writeString).toJson(),
                new Node("root", List.of(leaf)),
                Shade.LIGHT,
                null,
                List.of("a"),
                List.of(1.0, -2.5),
                Map.of("k", leaf),
                new AllInner(1, 2),
                List.of(new AllInners("w")),
                AllState.TWO_THREE,
                false);
        assertEquals(all, probe.echo(new EchoParams(all)).all());
    }

    @Test
    void streamsInOrderAndReusesTheConnection() {
        for (int round = 0; round < 3; round++) {
            var seen = new ArrayList<Long>();
            try (ReplyStream<CountReply> replies = probe.countMore(new CountParams(100, 10))) {
                replies.forEachRemaining(reply -> seen.add(reply.index()));
            }
            assertEquals(100, seen.size());
            assertEquals(99, seen.getLast());
        }
        assertEquals("again", probe.say(new SayParams("again")).word());
    }

    @Test
    void refusesAStreamThatNobodyAskedFor() {
        BusError error = assertThrows(BusError.class, () -> probe.count(new CountParams(2, 0)));
        assertEquals(VarlinkService.INTERNAL, error.name());
        assertEquals(0, probe.count(new CountParams(1, 0)).index());
    }

    @Test
    void onewayIsServedAndAnswersNothing() {
        for (int i = 0; i < 10; i++) {
            probe.sayOneway(new SayParams("quiet"));
        }
        assertEquals("loud", probe.say(new SayParams("loud")).word());
        Await.until("eleven words said", () -> handler.said.get() == 11);
    }

    @Test
    void onewayCallsAreServedThoughTheCallerLeaves() throws Exception {
        try (var peer = new RawPeer(socket)) {
            peer.send("{\"method\":\"omni.Probe.Hold\",\"oneway\":true}\0");
            peer.send("{\"method\":\"omni.Probe.Hold\"}\0");
            peer.send("{\"method\":\"omni.Probe.Say\",\"parameters\":{\"word\":\"w\"},\"oneway\":true}\0");
            Await.until("the first is held", () -> handler.held.get() == 1);
        }
        handler.releases.release();
        Await.until("the word is said", () -> handler.said.get() == 1);
        // The call between may have begun before the server saw the caller leave; then it was cancelled.
        assertEquals(1, handler.held.get() - handler.cancelled.get());
    }

    @Test
    void errorsKeepTheirTypes() {
        var declared =
                assertThrows(ProbeProtocol.Declared.class, () -> probe.fail(new FailParams(FailParamsHow.DECLARED)));
        assertEquals(7, declared.code());
        assertEquals("p", declared.parameter());
        assertEquals(List.of("a", "b"), declared.words());
        var other = assertThrows(BusError.class, () -> probe.fail(new FailParams(FailParamsHow.UNDECLARED)));
        assertEquals("omni.Other.Thing", other.name());
        for (FailParamsHow how : List.of(FailParamsHow.CRASH, FailParamsHow.SILENT, FailParamsHow.BIG)) {
            var internal = assertThrows(BusError.class, () -> probe.fail(new FailParams(how)), how.name());
            assertEquals(VarlinkService.INTERNAL, internal.name());
            assertFalse(internal.parameters().toString().contains("planted"));
        }
        assertEquals("still", probe.say(new SayParams("still")).word());
    }

    @Test
    void answersOrgVarlinkService() {
        JsonNode info = bus.call("org.varlink.service.GetInfo", Wire.out().toJson());
        assertEquals("probe", info.get("product").stringValue());
        assertEquals(
                "[\"omni.Probe\",\"org.varlink.service\"]",
                info.get("interfaces").toString());
        for (String name : List.of("omni.Probe", "org.varlink.service")) {
            JsonNode reply = bus.call("org.varlink.service.GetInterfaceDescription", text("interface", name));
            assertEquals(
                    name,
                    IdlParser.parse(reply.get("description").stringValue()).name());
        }
        assertError("org.varlink.service.InterfaceNotFound", "interface", "omni.None", "omni.None.Do", empty());
        assertError("org.varlink.service.InterfaceNotFound", "interface", "nodots", "nodots", empty());
        assertError("org.varlink.service.MethodNotFound", "method", "omni.Probe.Do", "omni.Probe.Do", empty());
        assertError("org.varlink.service.InvalidParameter", "parameter", "word", "omni.Probe.Say", empty());
        assertError("org.varlink.service.InvalidParameter", "parameter", "word", "omni.Probe.Say", number("word"));
        assertError(
                "org.varlink.service.InterfaceNotFound",
                "interface",
                "no.such",
                "org.varlink.service.GetInterfaceDescription",
                text("interface", "no.such"));
    }

    @Test
    void tellsAMethodThatNobodyImplements() {
        Path other = folder.resolve("partial.sock");
        Service partial = Service.builder(ProbeProtocol.INTERFACE, ProbeProtocol.DESCRIPTION)
                .build();
        try (BusServer _ = BusServer.at(other).service(partial).start();
                BusClient client = BusClient.to(other)) {
            BusError error = assertThrows(BusError.class, () -> client.call("omni.Probe.Say", empty()));
            assertEquals("org.varlink.service.MethodNotImplemented", error.name());
        }
    }

    @Test
    void ignoresUnknownFields() {
        JsonNode parameters = Wire.out()
                .put("word", "w", Wire::writeString)
                .put("extra", "e", Wire::writeString)
                .toJson();
        assertEquals("w", bus.call("omni.Probe.Say", parameters).get("word").stringValue());
    }

    @Test
    void tellsTheHandlerWhoCalls() throws Exception {
        probe.say(new SayParams("who"));
        assertEquals(Files.getOwner(socket).getName(), handler.lastPeer.get().user());
    }

    @Test
    void closingAStreamCancelsAHandlerThatIsBusy() {
        try (ReplyStream<ProbeProtocol.HoldReply> _ = probe.holdMore(new HoldParams())) {
            Await.until("the handler holds", () -> handler.held.get() == 1);
            assertEquals(0, handler.cancelled.get());
        }
        Await.until("the handler hears of it", () -> handler.cancelled.get() == 1);
        assertEquals("after", probe.say(new SayParams("after")).word());
    }

    @Test
    void interruptingACallerCancelsItsCall() throws Exception {
        Thread caller = Thread.ofVirtual()
                .start(() -> assertThrows(BusException.Cancelled.class, () -> probe.hold(new HoldParams())));
        Await.until("the handler holds", () -> handler.held.get() == 1);
        caller.interrupt();
        Await.until("the handler hears of it", () -> handler.cancelled.get() == 1);
        caller.join();
    }

    @Test
    void closingTheServerEndsTheCaller() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<BusException> ended =
                    threads.submit(() -> assertThrows(BusException.class, () -> probe.hold(new HoldParams())));
            Await.until("the handler holds", () -> handler.held.get() == 1);
            server.close();
            assertEquals(BusException.Disconnected.class, ended.get().getClass());
        }
        assertEquals(1, handler.cancelled.get());
        assertFalse(Files.exists(socket));
        assertThrows(BusException.Unavailable.class, () -> probe.say(new SayParams("gone")));
    }

    @Test
    void closingTheServerLetsACallFinish() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> answered = threads.submit(() -> probe.hold(new HoldParams()));
            Await.until("the handler holds", () -> handler.held.get() == 1);
            Future<?> closing = threads.submit(server::close);
            Await.until("the socket is gone", () -> !Files.exists(socket));
            handler.releases.release();
            answered.get();
            closing.get();
        }
        assertEquals(0, handler.cancelled.get());
    }

    @Test
    void aRestartedServerIsFoundAgain() {
        assertEquals("one", probe.say(new SayParams("one")).word());
        server.close();
        server = BusServer.at(socket).service(ProbeProtocol.service(handler)).start();
        assertEquals("two", probe.say(new SayParams("two")).word());
    }

    @Test
    void aThousandCallsAtOnceAreAllAnswered() throws Exception {
        var calls = new ArrayList<Callable<String>>();
        for (int i = 0; i < 1000; i++) {
            String word = "word " + i;
            calls.add(() -> probe.say(new SayParams(word)).word());
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = threads.invokeAll(calls);
            for (int i = 0; i < answers.size(); i++) {
                assertEquals("word " + i, answers.get(i).get());
            }
        }
    }

    @Test
    void aSlowReaderBlocksTheHandler() {
        int bytes = 10_000;
        int count = 2_000;
        try (ReplyStream<CountReply> replies = probe.countMore(new CountParams(count, bytes))) {
            replies.next();
            Await.until("something is sent", () -> handler.counted.get() > 1);
            int before = -1;
            for (int now = handler.counted.get(); now != before; now = settled()) {
                before = now;
            }
            assertTrue(handler.counted.get() < count / 4, "queued without bound: " + handler.counted.get());
            int rest = 0;
            while (replies.hasNext()) {
                replies.next();
                rest++;
            }
            assertEquals(count - 1, rest);
        }
        assertEquals(0, handler.cancelled.get());
    }

    /** The number of replies sent, a little later. */
    private int settled() {
        long end = System.nanoTime() + 200_000_000L;
        Await.until("a pause", () -> System.nanoTime() > end);
        return handler.counted.get();
    }

    @Test
    void leavingABlockedStreamFreesTheHandler() {
        ReplyStream<CountReply> replies = probe.countMore(new CountParams(100_000, 10_000));
        replies.next();
        replies.close();
        Await.until("the handler hears of it", () -> handler.cancelled.get() == 1);
    }

    private void assertError(String name, String field, String value, String method, JsonNode parameters) {
        BusError error = assertThrows(BusError.class, () -> bus.call(method, parameters));
        assertEquals(name, error.name());
        assertEquals(value, error.parameters().get(field).stringValue());
    }

    private static JsonNode empty() {
        return Wire.out().toJson();
    }

    private static JsonNode text(String field, String value) {
        return Wire.out().put(field, value, Wire::writeString).toJson();
    }

    private static JsonNode number(String field) {
        return Wire.out().put(field, 1L, Wire::writeInt).toJson();
    }
}

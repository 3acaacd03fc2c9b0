package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.Message;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.engine.EngineProtocol.Caller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the engine is told of who asks: the key's id, and nothing else of the key. */
final class CallersTest {
    private FakeEngine engine;
    private TestDaemon daemon;
    private Path home;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        home = folder;
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @AfterEach
    void stop() {
        daemon.close();
        engine.close();
    }

    @Test
    void everyRouteThatComputesSaysWhoseTheRequestIs() throws Exception {
        daemon.post("/v1/chat/completions", TestDaemon.chat("echo", ""));
        daemon.post("/v1/completions", "{\"model\":\"echo\",\"prompt\":\"hi\"}");
        daemon.post("/v1/responses", "{\"model\":\"echo\",\"input\":\"hi\",\"store\":false}");
        daemon.post("/v1/embeddings", "{\"model\":\"echo\",\"input\":\"hi\"}");

        var expected = new Caller(TestDaemon.keyId());
        assertEquals(
                List.of(expected, expected, expected),
                engine.asked.stream().map(in -> in.caller()).toList());
        assertEquals(
                List.of(expected),
                engine.embedded.stream().map(in -> in.caller()).toList());
    }

    @Test
    void theKeyItselfAndItsNameStayInTheDaemon() throws Exception {
        daemon.post("/v1/completions", "{\"model\":\"echo\",\"prompt\":\"hi\"}");
        daemon.post("/v1/embeddings", "{\"model\":\"echo\",\"input\":\"hi\"}");

        for (var said : List.of(
                engine.asked.element().toJson().toString(),
                engine.embedded.element().toJson().toString())) {
            assertFalse(said.contains(TestDaemon.KEY), said);
            assertFalse(said.contains("\"test\""), said);
            assertFalse(said.contains(TestDaemon.hash(TestDaemon.KEY)), said);
        }
    }

    @Test
    void whoComesByTheBusIsTheOwner() {
        var socket = home.resolve("daemon.sock");
        try (var _ = BusServer.at(socket)
                        .service(daemon.daemon.services().getFirst())
                        .start();
                var bus = BusClient.to(socket)) {
            var hi = List.of(new Message("user", "hi"));
            DaemonProtocol.Client.of(bus).chat(new ChatParams("echo", hi, null, null, null, false, null));
        }
        assertNull(engine.asked.element().caller());
    }
}

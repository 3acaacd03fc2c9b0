package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import omni.api.DaemonProtocol.AddKeyParams;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.Message;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

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

        var expected = new Caller(TestDaemon.keyId(), Priority.NORMAL);
        assertEquals(
                List.of(expected, expected, expected),
                engine.asked.stream().map(in -> in.caller()).toList());
        assertEquals(
                List.of(expected),
                engine.embedded.stream().map(in -> in.caller()).toList());
    }

    @Test
    void aRequestMayBeLessUrgentThanItsKeys() throws Exception {
        assertEquals(200, ask("background", TestDaemon.KEY));
        assertEquals(200, ask("normal", TestDaemon.KEY));
        assertEquals(
                List.of(Priority.BACKGROUND, Priority.NORMAL),
                engine.asked.stream()
                        .map(in -> Objects.requireNonNull(in.caller()).priority())
                        .toList());
        var embedding = "{\"model\":\"echo\",\"input\":\"hi\",\"priority\":\"background\"}";
        assertEquals(200, daemon.post("/v1/embeddings", embedding).statusCode());
        assertEquals(
                Priority.BACKGROUND,
                Objects.requireNonNull(engine.embedded.element().caller()).priority());
    }

    @Test
    void andNeverMore() throws Exception {
        assertEquals(400, ask("interactive", TestDaemon.KEY));
        var embedding = "{\"model\":\"echo\",\"input\":\"hi\",\"priority\":\"interactive\"}";
        var refused = daemon.post("/v1/embeddings", embedding);
        ErrorsTest.assertError(refused, 400, "invalid_value");
        assertEquals("priority", TestDaemon.error(refused).get("param").asString());
        assertEquals(0, engine.asked.size() + engine.embedded.size());

        var socket = home.resolve("daemon.sock");
        try (var _ = BusServer.at(socket)
                        .service(daemon.daemon.services().getFirst())
                        .start();
                var bus = BusClient.to(socket)) {
            var params = new AddKeyParams(
                    "console", TestDaemon.hash("urgent"), false, DaemonProtocol.Priority.INTERACTIVE, null);
            var key = DaemonProtocol.Client.of(bus).addKey(params).key();
            assertEquals(DaemonProtocol.Priority.INTERACTIVE, key.priority());
        }
        assertEquals(200, ask("interactive", "urgent"), "the control: a key that is as urgent");
    }

    @Test
    void anotherWordIsRefused() throws Exception {
        assertEquals(400, ask("urgent", TestDaemon.KEY));
        assertEquals(400, ask("", TestDaemon.KEY));
    }

    private int ask(String priority, String key) throws Exception {
        var body = "{\"model\":\"echo\",\"prompt\":\"hi\",\"priority\":\"" + priority + "\"}";
        return daemon.send(daemon.request("/v1/completions")
                        .setHeader("Authorization", "Bearer " + key)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)))
                .statusCode();
    }

    @Test
    void theEngineIsToldWhatIsLeftOfTheTime() throws Exception {
        var answered = daemon.post("/v1/chat/completions", TestDaemon.chat("echo", ",\"deadline_seconds\":86400"));
        assertEquals(200, answered.statusCode());
        long millis = Objects.requireNonNull(engine.asked.element().deadlineMillis());
        assertTrue(millis > 86_000_000 && millis <= 86_400_000, "" + millis);
        for (var wrong : List.of("86400.1", "0.0009", "0", "-1")) {
            var refused =
                    daemon.post("/v1/chat/completions", TestDaemon.chat("echo", ",\"deadline_seconds\":" + wrong));
            ErrorsTest.assertError(refused, 400, "invalid_value");
        }
        assertEquals(1, engine.asked.size());
    }

    @Test
    void whatIsLateAlreadyIsNotAsked() {
        var options = Options.read(
                Fields.of(JsonNodeFactory.instance.objectNode()),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty());
        assertNull(
                options.generate("m", "hi", null, Optional.empty(), Optional.empty())
                        .deadlineMillis(),
                "the control: it has none");
        var late = new Options(
                options.model(),
                options.maxTokens(),
                options.sampling(),
                options.stop(),
                options.logprobs(),
                options.priority(),
                OptionalLong.of(System.nanoTime()),
                Optional.empty(),
                TemplateVariables.none(),
                Optional.empty(),
                false,
                false,
                false);
        var refused =
                assertThrows(ApiError.class, () -> late.generate("m", "hi", null, Optional.empty(), Optional.empty()));
        assertEquals(ErrorCode.DEADLINE_EXCEEDED, refused.code());
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

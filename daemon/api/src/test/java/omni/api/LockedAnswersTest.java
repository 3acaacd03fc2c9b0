package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.Message;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose owner wishes it, asks no model while the vault is locked: by no route of any dialect, and not over the bus. */
final class LockedAnswersTest {
    private static final String PROMPT = "{\"model\":\"three\",\"prompt\":\"hi\"}";
    private static final String INPUT = "{\"model\":\"three\",\"input\":\"hi\"}";
    private static final String CHAT = TestDaemon.chat("three", "");
    private static final String MESSAGES = TestDaemon.chat("three", ",\"max_tokens\":10");

    /** Each route that asks a model for something, and a body that it takes. */
    private static final Map<String, String> ASKING = Map.ofEntries(
            Map.entry("/v1/chat/completions", CHAT),
            Map.entry("/v1/completions", PROMPT),
            Map.entry("/v1/embeddings", INPUT),
            Map.entry("/v1/responses", INPUT),
            Map.entry("/api/generate", PROMPT),
            Map.entry("/api/chat", CHAT),
            Map.entry("/api/embed", INPUT),
            Map.entry("/api/embeddings", PROMPT),
            Map.entry("/v1/messages", MESSAGES),
            Map.entry("/v1/messages/count_tokens", CHAT));

    @TempDir
    private Path home;

    private FakeEngine engine;
    private FakeVault vault;

    @BeforeEach
    void start() throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        vault = new FakeVault(home, VaultState.SEALED);
    }

    @AfterEach
    void stop() {
        vault.close();
        engine.close();
    }

    private TestDaemon daemon(String... settings) throws IOException {
        return new TestDaemon(home, home.resolve("engine.sock"), settings);
    }

    private TestDaemon silent() throws IOException {
        return daemon("[vault]", "answer_while_locked = false");
    }

    private static void allAreAnswered(TestDaemon daemon) throws Exception {
        for (var asking : ASKING.entrySet()) {
            var answer = daemon.post(asking.getKey(), asking.getValue());
            assertEquals(200, answer.statusCode(), asking.getKey() + answer.body());
        }
    }

    @Test
    void noRouteAsksAModelWhileItIsLocked() throws Exception {
        try (var daemon = silent()) {
            for (var asking : ASKING.entrySet()) {
                var answer = daemon.post(asking.getKey(), asking.getValue());
                assertEquals(423, answer.statusCode(), asking.getKey());
                var error = TestDaemon.error(answer);
                var text = error.isString()
                        ? error.asString()
                        : error.path("message").asString();
                assertTrue(text.contains("vault.answer_while_locked"), answer.body());
            }
            assertTrue(engine.asked.isEmpty() && engine.embedded.isEmpty());
            assertEquals("vault_locked", error(daemon, "/v1/chat/completions", CHAT, "code"));
            assertEquals("invalid_request_error", error(daemon, "/v1/messages", MESSAGES, "type"));
            assertEquals(200, daemon.get("/v1/models").statusCode(), "which models there are is no question to one");
            vault.become(VaultState.OPEN);
            assertEquals(200, daemon.post("/v1/chat/completions", CHAT).statusCode(), "the control");
        }
    }

    private static String error(TestDaemon daemon, String path, String body, String field) throws Exception {
        return TestDaemon.error(daemon.post(path, body)).path(field).asString();
    }

    @Test
    void byItselfAllAreAnswered() throws Exception {
        try (var daemon = daemon()) {
            allAreAnswered(daemon);
        }
    }

    @Test
    void aBoxWithoutAVaultIsNotLocked() throws Exception {
        vault.become(VaultState.ABSENT);
        try (var daemon = silent()) {
            allAreAnswered(daemon);
        }
    }

    @Test
    void whereNobodyCanSayItIsRefused() throws Exception {
        vault.close();
        try (var daemon = silent()) {
            ErrorsTest.assertError(daemon.post("/v1/chat/completions", CHAT), 503, "vault_unavailable");
            assertTrue(engine.asked.isEmpty());
        }
    }

    @Test
    void norDoesTheOwnersOwnCommand() throws Exception {
        try (var daemon = silent();
                var _ = BusServer.at(home.resolve("daemon.sock"))
                        .service(daemon.daemon.services().getFirst())
                        .start();
                var bus = BusClient.to(home.resolve("daemon.sock"))) {
            var client = DaemonProtocol.Client.of(bus);
            var refused = assertThrows(DaemonProtocol.Refused.class, () -> client.chat(chat()));
            assertEquals("vault_locked", refused.code());
            assertTrue(engine.asked.isEmpty());
        }
    }

    private static ChatParams chat() {
        return new ChatParams("three", List.of(new Message("user", "hi")), null, null, null, false, null);
    }
}

package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import java.util.logging.Logger;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an owner writes, and every key, stays out of the log at its finest level, and out of the home directory. */
final class PrivacyTest {
    private static final String CANARY = "kanarie-4711-fugl";

    private final CapturedLog log = new CapturedLog();
    private final ConcurrentLinkedQueue<String> lines = log.lines;

    @AfterEach
    void hush() {
        log.close();
    }

    @Test
    void theLogHoldsNoWordsAndNoKeys(@TempDir Path home) throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            lines.clear();
            assertEquals(0, engine.asked.size());
            Logger.getLogger("io.helidon").setLevel(Level.INFO);
            for (var model : new String[] {"three", "busy", "long", "unloadable", "failing", "odd", CANARY}) {
                daemon.post("/v1/chat/completions", TestDaemon.chat(model, "").replace("hi", CANARY));
                daemon.post(
                        "/v1/chat/completions",
                        TestDaemon.chat(model, ",\"stream\":true").replace("hi", CANARY));
            }
            assertTrue(daemon.post("/v1/completions", "{\"model\":\"echo\",\"prompt\":\"" + CANARY + "\"}")
                    .body()
                    .contains(CANARY));
            daemon.post("/v1/embeddings", "{\"input\":\"" + CANARY + "\"}");
            daemon.post("/v1/chat/completions", "{\"" + CANARY + "\":" + CANARY);
            daemon.get("/" + CANARY + "?" + CANARY);
            daemon.send(daemon.request("/v1/models").setHeader("Authorization", "Bearer " + CANARY));
            daemon.send(daemon.request("/v1/models").header("Origin", "https://" + CANARY));

            assertTrue(lines.stream().anyMatch(line -> line.contains("http POST /v1/chat/completions 200")));
            for (var line : lines) {
                assertFalse(line.contains(CANARY), line);
                assertFalse(line.contains(TestDaemon.KEY), line);
            }
            assertEquals("", found(home));
        }
    }

    @Test
    void theLogHoldsNothingThatIsInTheVault(@TempDir Path home) throws Exception {
        try (var vault = new FakeVault(home, VaultState.OPEN);
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            lines.clear();
            Logger.getLogger("io.helidon").setLevel(Level.INFO);
            var items = "{\"items\":[{\"role\":\"user\",\"content\":\"" + CANARY + "\"}]}";
            assertEquals(200, daemon.post("/v1/conversations", items).statusCode());
            assertTrue(daemon.get("/v1/conversations?q=" + CANARY).body().contains(CANARY));
            assertTrue(daemon.get("/v1/conversations/conv_1/items").body().contains(CANARY));
            daemon.get("/v1/conversations/" + CANARY + "?" + CANARY + "=1");
            daemon.get("/v1/conversations/" + CANARY + "/items/" + CANARY);
            var memory = "{\"name\":\"" + CANARY + "\",\"text\":\"" + CANARY + "\"}";
            daemon.post("/v1/memory", memory);
            for (var reason : new String[] {"INVALID", "DAMAGED", "FAILED", "NONSENSE"}) {
                var text = "{\"name\":\"" + CANARY + "\",\"text\":\"fail:" + reason + "\"}";
                assertTrue(daemon.post("/v1/memory", text).statusCode() >= 400);
            }
            daemon.send(daemon.request("/v1/vault/unlock")
                    .header("Content-Type", "application/octet-stream")
                    .POST(HttpRequest.BodyPublishers.ofString(CANARY)));
            assertEquals(1, vault.passwords.size());

            Await.until("all is logged", () -> log.count("http POST /v1/vault/unlock 403 wrong_password") == 1);
            assertTrue(log.count("a request could not be answered") >= 2);
            for (var line : lines) {
                assertFalse(line.contains(CANARY), line);
                assertFalse(line.contains(TestDaemon.KEY), line);
            }
            assertEquals("", found(home));
        }
    }

    /** A refusal whose body was not read ends its connection, and is no broken answer for that. */
    @Test
    void theLogSaysHowARequestWasRefused(@TempDir Path home) throws Exception {
        try (var _ = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            lines.clear();
            daemon.send(daemon.request("/v1/completions")
                    .setHeader("Authorization", "Bearer nobody")
                    .POST(HttpRequest.BodyPublishers.ofString("{}")));
            daemon.post("/v1/nowhere", "{}");
            daemon.send(daemon.request("/v1/completions").POST(HttpRequest.BodyPublishers.ofString("{}")));
            for (var said : new String[] {
                "http POST /v1/completions 401 invalid_api_key ",
                "http POST - 404 unknown_url ",
                "http POST /v1/completions 415 unsupported_media_type "
            }) {
                Await.until(said, () -> lines.stream().anyMatch(line -> line.contains(said)));
            }
            assertTrue(lines.stream().noneMatch(line -> line.contains(" broken ")), lines::toString);
        }
    }

    /** The control: the capture does see what is logged, exceptions included. */
    @Test
    void aLeakWouldBeSeen() {
        Log.error("a fault", new IllegalStateException(CANARY));

        assertTrue(lines.stream().anyMatch(line -> line.contains(CANARY)));
    }

    private static String found(Path home) throws IOException {
        var names = new StringBuilder();
        try (var files = Files.walk(home)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var text = Files.readString(file);
                if (text.contains(CANARY) || text.contains(TestDaemon.KEY)) {
                    names.append(file);
                }
            }
        }
        return names.toString();
    }
}

package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import omni.fetch.FetchProtocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Ollama's own clients, npm's and Python's {@code ollama}, against the daemon and the real engine with the seed model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OllamaBoxTest {
    private static final String TWELVE = "7 plus 5 is 12.";

    private EngineProcess engine;
    private FakeFetch fetch;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new EngineProcess(home.resolve("engine"));
        fetch = new FakeFetch(home);
        fetch.file = otherModel(home.resolve("other.gguf"));
        daemon = new TestDaemon(home, engine.socket(), "pull_models = true");
    }

    @AfterAll
    void stop() {
        daemon.close();
        fetch.close();
        engine.close();
    }

    /** The seed model with another name in its header, as if it had been fetched. */
    private static FetchProtocol.File otherModel(Path file) throws IOException {
        var seed = Path.of(System.getProperty("omni.root"), "inference-native/seed/omni-seed-f16.gguf");
        var text = Files.readString(seed, StandardCharsets.ISO_8859_1).replace("Omni Seed", "Omni Copy");
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);
        return FakeFetch.file(file.toString(), TestDaemon.sha256(Files.readAllBytes(file)));
    }

    private void assertPulledAndDeleted(JsonNode seen) {
        assertEquals(
                "success",
                seen.at("/pulled").values().stream()
                        .toList()
                        .getLast()
                        .get("status")
                        .asString());
        assertTrue(
                seen.at("/pulled").values().stream()
                        .anyMatch(part -> part.path("completed").asLong() == 100
                                && part.path("digest").asString("").startsWith("sha256:")),
                seen.toString());
        assertTrue(seen.get("then").toString().contains("acme-other:1b"), seen.toString());
        assertEquals("[\"omni-seed-f16:latest\"]", seen.get("afterwards").toString());
    }

    @Test
    void itsJavaScriptClientWorksUnchanged() throws Exception {
        var seen = ClientPrograms.node("ollama.mjs", daemon.url.toString(), TestDaemon.KEY);

        assertEquals(TWELVE, seen.at("/chat/message/content").asString(), seen.toString());
        assertCounts(seen.get("chat"));
        assertTrue(seen.get("pieces").size() > 2, seen.toString());
        assertEquals(TWELVE, joined(seen.get("pieces")));
        assertCounts(seen.get("last"));
        assertEquals(TWELVE, seen.at("/generated/response").asString());
        assertTrue(seen.at("/form/sum").isInt());
        assertEquals("[256,256]", seen.get("dimensions").toString());
        assertTrue(seen.at("/embedded/prompt_eval_count").asInt() > 5, seen.toString());
        assertEquals("load", seen.at("/loaded/done_reason").asString());
        assertEquals("omni-seed-f16:latest", seen.at("/running/0/name").asString());
        assertTrue(seen.at("/running/0/size").asLong() > 1_000_000, seen.toString());
        assertTrue(seen.at("/running/0/context_length").asInt() > 100, seen.toString());
        assertEquals("unload", seen.at("/unloaded/done_reason").asString());
        assertEquals("[]", seen.get("left").toString());
        assertEquals("omni-seed-f16:latest", seen.at("/list/0/model").asString());
        assertEquals(64, seen.at("/list/0/digest").asString().length());
        assertTrue(seen.at("/shown/template").asString().contains("messages"), seen.toString());
        assertEquals("[\"completion\"]", seen.at("/shown/capabilities").toString());
        assertEquals(OllamaRoutes.VERSION, seen.at("/version/version").asString());
        assertEquals(404, seen.at("/absent/status").asInt());
        assertTrue(seen.at("/absent/error").asString().startsWith("model 'nowhere' not found."));
        assertEquals(400, seen.at("/refused/status").asInt());
        assertTrue(seen.at("/refused/error").asString().contains("options.temperature"));
        assertEquals(401, seen.at("/keyless/status").asInt());
        assertPulledAndDeleted(seen);
    }

    @Test
    void itsPythonClientWorksUnchanged() throws Exception {
        var seen = ClientPrograms.python("ollama_client.py", daemon.url.toString());

        assertEquals(TWELVE, seen.at("/chat/message/content").asString(), seen.toString());
        assertCounts(seen.get("chat"));
        assertTrue(seen.get("pieces").size() > 2, seen.toString());
        assertEquals(TWELVE, joined(seen.get("pieces")));
        assertCounts(seen.get("last"));
        assertEquals(seen.at("/last/eval_count").asInt(), seen.get("logprobs").size());
        assertEquals(2, seen.at("/logprobs/0").asInt());
        assertEquals(TWELVE, seen.get("generated").asString());
        assertEquals(3, seen.get("raw").asInt());
        assertTrue(seen.get("form").isInt());
        assertEquals("[256,256]", seen.get("dimensions").toString());
        assertEquals(256, seen.get("former").asInt());
        assertEquals("load", seen.get("loaded").asString());
        assertEquals("[\"omni-seed-f16:latest\"]", seen.get("running").toString());
        assertEquals("[\"omni-seed-f16:latest\"]", seen.get("list").toString());
        assertEquals("[\"completion\"]", seen.get("capabilities").toString());
        assertEquals(404, seen.at("/absent/status").asInt());
        CompatibilityTest.assertListed(seen.get("fields"));
        assertPulledAndDeleted(seen);
    }

    /** Times are the engine's: each part is within the whole. */
    private static void assertCounts(JsonNode last) {
        assertEquals("stop", last.get("done_reason").asString(), last.toString());
        assertEquals(
                25,
                last.get("prompt_eval_count").asInt() + last.get("eval_count").asInt());
        var total = last.get("total_duration").asLong();
        var parts = last.get("load_duration").asLong()
                + last.get("prompt_eval_duration").asLong()
                + last.get("eval_duration").asLong();
        assertTrue(last.get("prompt_eval_duration").asLong() > 0, last.toString());
        assertTrue(last.get("eval_duration").asLong() > 0, last.toString());
        assertTrue(parts <= total, last.toString());
    }

    private static String joined(JsonNode pieces) {
        return String.join("", pieces.values().stream().map(JsonNode::asString).toList());
    }
}

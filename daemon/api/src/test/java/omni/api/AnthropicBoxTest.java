package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Anthropic's own clients, npm's {@code @anthropic-ai/sdk} and Python's {@code anthropic}, against the daemon and the real engine
 * with the seed model.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AnthropicBoxTest {
    private static final String TWELVE = "7 plus 5 is 12.";

    private EngineProcess engine;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new EngineProcess(home.resolve("engine"));
        daemon = new TestDaemon(home, engine.socket());
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    @Test
    void itsJavaScriptClientWorksUnchanged() throws Exception {
        var seen = ClientPrograms.node("anthropic.mjs", daemon.url.toString());

        assertMessage(seen.get("message"));
        var events = seen.get("events");
        assertEquals("message_start", events.get(0).asString(), seen.toString());
        assertEquals("message_stop", events.get(events.size() - 1).asString());
        assertEquals("7 plus 5", joined(seen.get("pieces")));
        assertEquals("7 plus 5", seen.at("/stopped/content/0/text").asString());
        assertEquals("stop_sequence", seen.at("/stopped/stop_reason").asString());
        assertEquals(" is", seen.at("/stopped/stop_sequence").asString());
        assertEquals(seen.at("/message/usage/input_tokens"), seen.at("/stopped/usage/input_tokens"));
        assertTrue(seen.at("/form/sum").isInt(), seen.toString());
        assertEquals(
                seen.at("/message/usage/input_tokens"),
                seen.at("/counted/input_tokens"),
                "as many are counted as are read");
        assertEquals(1, seen.get("models").size());
        assertEquals("omni-seed-f16", seen.at("/models/0/id").asString());
        assertEquals(seen.at("/models/0"), seen.get("model"));
        assertEquals("NotFoundError", seen.at("/absent/name").asString());
        assertEquals("not_found_error", seen.at("/absent/type").asString());
        assertTrue(seen.at("/absent/request").asString().startsWith("req_"), seen.toString());
        assertEquals("BadRequestError", seen.at("/refused/name").asString());
        assertEquals("AuthenticationError", seen.at("/keyless/name").asString());
    }

    @Test
    void itsPythonClientWorksUnchanged() throws Exception {
        var seen = ClientPrograms.python("anthropic_client.py", daemon.url.toString());

        assertEquals(TWELVE, seen.get("answer").asString(), seen.toString());
        assertTrue(seen.at("/message/usage/input_tokens").asInt() > 10, seen.toString());
        assertEquals(TWELVE, joined(seen.get("pieces")));
        assertMessage(seen.get("streamed"));
        assertEquals(TWELVE, seen.get("beta").asString());
        assertEquals(seen.at("/streamed/usage/input_tokens"), seen.get("counted"));
        assertEquals("[\"omni-seed-f16\"]", seen.get("models").toString());
        assertEquals("NotFoundError", seen.at("/absent/name").asString());
        assertEquals("BadRequestError", seen.at("/image/name").asString());
        assertEquals("invalid_request_error", seen.at("/image/type").asString());
        CompatibilityTest.assertListed(seen.get("fields"));
    }

    private static void assertMessage(JsonNode message) {
        assertEquals(TWELVE, message.at("/content/0/text").asString(), message.toString());
        assertEquals("end_turn", message.get("stop_reason").asString());
        assertEquals(
                25,
                message.at("/usage/input_tokens").asInt()
                        + message.at("/usage/output_tokens").asInt());
    }

    private static String joined(JsonNode pieces) {
        return String.join("", pieces.values().stream().map(JsonNode::asString).toList());
    }
}

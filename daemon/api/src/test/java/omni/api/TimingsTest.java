package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How long an answer took stands in it where that is asked for, and in the log always. */
final class TimingsTest extends FakeBox {
    private static final String ASKED = ",\"timings_per_token\":true";

    private static String body(String path, String more) {
        return path.endsWith("/chat/completions")
                ? TestDaemon.chat("three", more)
                : "{\"model\":\"three\",\"prompt\":\"hi\"" + more + "}";
    }

    private static void check(JsonNode timings) {
        assertEquals(4, timings.get("cache_n").asInt());
        assertEquals(6, timings.get("prompt_n").asInt());
        assertEquals(1.0, timings.get("prompt_ms").asDouble());
        assertEquals(6000.0, timings.get("prompt_per_second").asDouble(), 1e-6);
        assertEquals(1.0 / 6, timings.get("prompt_per_token_ms").asDouble(), 1e-6);
        assertEquals(3, timings.get("predicted_n").asInt());
        assertEquals(3000.0, timings.get("predicted_per_second").asDouble(), 1e-6);
        assertEquals(5.0, timings.get("queue_ms").asDouble());
        assertEquals(2.0, timings.get("load_ms").asDouble());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions"})
    void aWholeAnswerHasThem(String path) throws Exception {
        check(TestDaemon.json(daemon.post(path, body(path, ASKED))).get("timings"));
        assertFalse(TestDaemon.json(daemon.post(path, body(path, ""))).has("timings"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions"})
    void aStreamHasThemInItsLastChunk(String path) throws Exception {
        var chunks = chunks(path, ASKED + ",\"stream\":true");
        check(chunks.getLast().get("timings"));
        assertEquals("stop", chunks.getLast().at("/choices/0/finish_reason").asString());
        assertTrue(chunks.subList(0, chunks.size() - 1).stream().noneMatch(chunk -> chunk.has("timings")));
        assertTrue(chunks(path, ",\"stream\":true").stream().noneMatch(chunk -> chunk.has("timings")));
    }

    private List<JsonNode> chunks(String path, String more) throws Exception {
        return daemon.post(path, body(path, more))
                .body()
                .lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> JsonMapper.shared().readTree(line.substring("data: ".length())))
                .toList();
    }

    @Test
    void somethingElseThanAFlagIsRefused() throws Exception {
        var refused = daemon.post("/v1/completions", body("/v1/completions", ",\"timings_per_token\":1"));
        assertEquals(400, refused.statusCode());
        assertEquals("timings_per_token", TestDaemon.error(refused).get("param").asString());
    }

    @Test
    void theLogHasThem() throws Exception {
        try (var log = new CapturedLog()) {
            daemon.post("/v1/completions", body("/v1/completions", ""));
            Await.until(
                    "it is logged",
                    () -> log.count(
                                    "completion_tokens=3 cached_tokens=4 load_ms=2 queue_ms=5 prompt_ms=1 completion_ms=1 request=")
                            == 1);
        }
    }
}

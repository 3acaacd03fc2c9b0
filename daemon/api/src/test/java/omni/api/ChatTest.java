package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The shapes of answers, byte for byte where OpenAI's clients depend on it, over a fake engine. */
final class ChatTest extends FakeBox {
    @Test
    void aWholeChatHasTheTextTheReasonAndTheCounts() throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("three", ""));

        assertEquals(200, response.statusCode(), response.body());
        assertEquals(
                "application/json",
                response.headers().firstValue("content-type").orElse(""));
        assertEquals("omni", response.headers().firstValue("server").orElse(""));
        assertTrue(response.headers().firstValue("x-request-id").orElse("").startsWith("req_"));
        var body = TestDaemon.json(response);
        assertTrue(body.get("id").asString().startsWith("chatcmpl-"));
        assertEquals("chat.completion", body.get("object").asString());
        assertEquals("three", body.get("model").asString());
        var choice = body.get("choices").get(0);
        assertEquals("one two three", choice.at("/message/content").asString());
        assertEquals("assistant", choice.at("/message/role").asString());
        assertEquals("stop", choice.get("finish_reason").asString());
        assertTrue(choice.get("logprobs").isNull());
        assertEquals(10, body.at("/usage/prompt_tokens").asInt());
        assertEquals(3, body.at("/usage/completion_tokens").asInt());
        assertEquals(13, body.at("/usage/total_tokens").asInt());
        assertEquals(4, body.at("/usage/prompt_tokens_details/cached_tokens").asInt());
    }

    @Test
    void aStreamIsFramedAsOpenAiDoesIt() throws Exception {
        var response = daemon.post(
                "/v1/chat/completions",
                TestDaemon.chat("three", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

        assertEquals(200, response.statusCode(), response.body());
        assertTrue(response.headers().firstValue("content-type").orElse("").startsWith("text/event-stream"));
        assertTrue(response.body().endsWith("data: [DONE]\n\n"), response.body());
        var chunks = events(response.body());
        assertEquals(6, chunks.size(), response.body());
        assertEquals("assistant", chunks.getFirst().at("/choices/0/delta/role").asString());
        assertEquals("", chunks.getFirst().at("/choices/0/delta/content").asString("none"));
        assertEquals(
                "one two three",
                String.join(
                        "",
                        chunks.stream()
                                .map(c -> c.at("/choices/0/delta/content").asString(""))
                                .toList()));
        for (var chunk : chunks.subList(0, 5)) {
            assertEquals("chat.completion.chunk", chunk.get("object").asString());
            assertTrue(chunk.get("usage").isNull());
            assertEquals(chunks.getFirst().get("id"), chunk.get("id"));
        }
        for (var chunk : chunks.subList(0, 4)) {
            assertTrue(chunk.at("/choices/0/finish_reason").isNull());
        }
        assertEquals("stop", chunks.get(4).at("/choices/0/finish_reason").asString());
        assertTrue(chunks.get(4).at("/choices/0/delta").isEmpty());
        assertTrue(chunks.get(5).get("choices").isEmpty());
        assertEquals(13, chunks.get(5).at("/usage/total_tokens").asInt());
    }

    @Test
    void aStreamThatDoesNotAskForCountsGetsNone() throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("three", ",\"stream\":true"));

        for (var chunk : events(response.body())) {
            assertFalse(chunk.has("usage"), chunk.toString());
        }
    }

    @Test
    void anAbsentModelAndDefaultAreTheDefaultModel() throws Exception {
        for (var model : List.of("", "\"model\":\"default\",", "\"model\":null,", "\"model\":\"\",")) {
            var response = daemon.post(
                    "/v1/chat/completions", "{" + model + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
            assertEquals("three", TestDaemon.json(response).get("model").asString(), response.body());
        }
    }

    @Test
    void aModelMayBeNamedByItsId() throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("id-echo", ""));

        assertEquals("echo", TestDaemon.json(response).get("model").asString(), response.body());
    }

    @Test
    void everySettingReachesTheEngine() throws Exception {
        engine.asked.clear();
        daemon.post(
                "/v1/chat/completions",
                TestDaemon.chat(
                        "echo",
                        ",\"max_tokens\":5,\"temperature\":0.25,\"top_p\":0.5,\"top_k\":7,\"min_p\":0.125,\"seed\":-9,"
                                + "\"stop\":[\"a\",\"b\"],\"logprobs\":true,\"top_logprobs\":3,\"user\":\"u\",\"unknown\":1"));
        var asked = engine.asked.remove();

        assertEquals("id-echo", asked.model());
        assertEquals("A prompt.", asked.prompt());
        assertTrue(asked.special());
        assertEquals(5L, asked.maxTokens());
        var sampling = Objects.requireNonNull(asked.sampling());
        assertEquals(0.25, sampling.temperature());
        assertEquals(0.5, sampling.topP());
        assertEquals(7L, sampling.topK());
        assertEquals(0.125, sampling.minP());
        assertEquals(-9L, sampling.seed());
        assertEquals(List.of("a", "b"), asked.stop());
        assertEquals(3L, asked.logprobs());
    }

    @Test
    void theNewerNameOfTheTokenLimitCounts() throws Exception {
        engine.asked.clear();
        daemon.post("/v1/chat/completions", TestDaemon.chat("echo", ",\"max_tokens\":5,\"max_completion_tokens\":6"));

        assertEquals(6L, engine.asked.remove().maxTokens());
    }

    @Test
    void tokensAreReportedWithTheirBytes() throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("token", ",\"logprobs\":true"));

        var content = TestDaemon.json(response).at("/choices/0/logprobs/content");
        assertEquals("a", content.get(0).get("token").asString(), response.body());
        assertEquals(97, content.get(0).at("/bytes/0").asInt());
        assertEquals("a", content.get(0).at("/top_logprobs/0/token").asString());
        assertEquals("bytes:\\xe2\\x82", content.get(1).get("token").asString());
        assertEquals(
                "length",
                TestDaemon.json(response).at("/choices/0/finish_reason").asString());
    }

    @Test
    void aTextCompletionHasItsOwnShape() throws Exception {
        engine.asked.clear();
        var response = daemon.post("/v1/completions", "{\"model\":\"echo\",\"prompt\":\"Once\"}");

        var body = TestDaemon.json(response);
        assertEquals("text_completion", body.get("object").asString(), response.body());
        assertEquals("Once", body.at("/choices/0/text").asString());
        assertEquals(13, body.at("/usage/total_tokens").asInt());
        assertEquals(16L, engine.asked.remove().maxTokens());
    }

    @Test
    void aTextCompletionStreams() throws Exception {
        var response = daemon.post(
                "/v1/completions",
                "{\"model\":\"three\",\"prompt\":\"Once\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");

        var chunks = events(response.body());
        assertEquals(5, chunks.size(), response.body());
        assertEquals(
                "one two three",
                String.join(
                        "",
                        chunks.stream()
                                .map(c -> c.at("/choices/0/text").asString(""))
                                .toList()));
        assertEquals("stop", chunks.get(3).at("/choices/0/finish_reason").asString());
        assertEquals(13, chunks.get(4).at("/usage/total_tokens").asInt());
        assertTrue(response.body().endsWith("data: [DONE]\n\n"));
    }

    @Test
    void aTextCompletionReportsTokensInParallelArrays() throws Exception {
        var response = daemon.post("/v1/completions", "{\"model\":\"token\",\"prompt\":\"x\",\"logprobs\":1}");

        var logprobs = TestDaemon.json(response).at("/choices/0/logprobs");
        assertEquals("[0,1]", logprobs.get("text_offset").toString(), response.body());
        assertEquals(-0.5, logprobs.at("/token_logprobs/0").asDouble());
        assertEquals(-0.5, logprobs.at("/top_logprobs/0/a").asDouble());
    }

    @Test
    void aPromptMayBeTokens() throws Exception {
        engine.asked.clear();
        daemon.post("/v1/completions", "{\"model\":\"echo\",\"prompt\":[1,2,3]}");

        assertEquals(List.of(1L, 2L, 3L), engine.asked.remove().tokens());
    }

    /** The JSON of every event but the last, which is [DONE]. */
    static List<JsonNode> events(String body) {
        return body.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> JsonMapper.shared().readTree(line.substring("data: ".length())))
                .toList();
    }
}

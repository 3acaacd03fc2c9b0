package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import omni.engine.EngineProtocol.GenerateParams;
import omni.engine.EngineProtocol.Samplers;
import omni.engine.EngineProtocol.Sampling;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Ollama's API over a fake engine: its shapes, its options, its errors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OllamaTest {
    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @BeforeEach
    void forget() {
        engine.asked.clear();
        engine.embedded.clear();
        engine.unloaded.clear();
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    @Test
    void aChatComesLineByLineWhereNothingElseIsSaid() throws Exception {
        var response = daemon.post("/api/chat", TestDaemon.chat("three", ""));

        assertEquals(200, response.statusCode(), response.body());
        assertEquals(
                "application/x-ndjson",
                response.headers().firstValue("content-type").orElse(""));
        var lines = lines(response);
        assertEquals(List.of("one ", "two ", "three", ""), texts(lines, "/message/content"));
        for (var line : lines) {
            assertEquals("three", line.get("model").asString());
            assertEquals("assistant", line.at("/message/role").asString());
            assertTrue(line.get("created_at").asString().endsWith("Z"));
        }
        assertFalse(lines.getFirst().get("done").asBoolean());
        assertCounts(lines.getLast());
    }

    private static void assertCounts(JsonNode last) {
        assertTrue(last.get("done").asBoolean(), last.toString());
        assertEquals("stop", last.get("done_reason").asString());
        assertEquals(10, last.get("prompt_eval_count").asInt());
        assertEquals(3, last.get("eval_count").asInt());
        assertEquals(1_000_000, last.get("prompt_eval_duration").asLong());
        assertEquals(1_000_000, last.get("eval_duration").asLong());
        assertTrue(last.get("load_duration").asLong() >= 2_000_000, last.toString());
        assertTrue(last.get("total_duration").asLong() > 0);
    }

    @Test
    void aWholeChatIsOneObject() throws Exception {
        var body = json(daemon.post("/api/chat", TestDaemon.chat("three", ",\"stream\":false")));

        assertEquals("one two three", body.at("/message/content").asString());
        assertCounts(body);
    }

    @Test
    void aPromptIsOneMessageOfTheUser() throws Exception {
        var whole = json(daemon.post(
                "/api/generate", "{\"model\":\"mirror\",\"system\":\"Be brief.\",\"prompt\":\"hi\",\"stream\":false}"));
        assertEquals(
                "[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"hi\"}]",
                mirrored(whole.get("response")));
        assertCounts(whole);
        var lines = lines(daemon.post("/api/generate", "{\"model\":\"three\",\"prompt\":\"hi\"}"));
        assertEquals(List.of("one ", "two ", "three", ""), texts(lines, "/response"));
        assertCounts(lines.getLast());
    }

    private static String mirrored(JsonNode text) {
        return JsonMapper.shared().readTree(text.asString()).toString();
    }

    @Test
    void aRawPromptIsContinuedAsItStands() throws Exception {
        var whole = json(daemon.post(
                "/api/generate", "{\"model\":\"echo\",\"prompt\":\"once upon\",\"raw\":true,\"stream\":false}"));

        assertEquals("once upon", whole.get("response").asString());
        var refused = daemon.post("/api/generate", "{\"prompt\":\"a\",\"raw\":true,\"system\":\"b\"}");
        assertEquals(400, refused.statusCode());
    }

    @Test
    void optionsReachTheEngine() throws Exception {
        var asked = asked(
                "\"options\":{\"temperature\":0.5,\"top_k\":7,\"top_p\":0.6,\"min_p\":0.1,\"seed\":9,"
                        + "\"num_predict\":5,\"stop\":[\"x\",\"y\"],\"repeat_penalty\":1.25,\"repeat_last_n\":-1,\"mirostat\":2,\"num_ctx\":4096}");

        var samplers = Samplers.fromJson(
                JsonMapper.shared().readTree("{\"penaltyTokens\":65536,\"repeatPenalty\":1.25,\"mirostat\":2}"),
                "samplers");
        assertEquals(new Sampling(0.5, 0.6, 7L, 0.1, 9L, samplers), asked.sampling());
        assertEquals(5, asked.maxTokens());
        assertEquals(List.of("x", "y"), asked.stop());
    }

    @Test
    void whatIsWithoutEndIsNotBounded() throws Exception {
        assertNull(asked("\"options\":{\"num_predict\":-1}").maxTokens());
        assertNull(asked("\"options\":{\"num_predict\":-2}").maxTokens());
        assertEquals(
                new Sampling(null, null, null, null, null, null),
                asked("\"options\":{\"seed\":-1}").sampling());
    }

    @Test
    void theFormIsAGrammar() throws Exception {
        assertTrue(String.valueOf(asked("\"format\":\"json\"").grammar()).contains("root ::="));
        var schema = "{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\"}},\"required\":[\"age\"]}";
        assertTrue(String.valueOf(asked("\"format\":" + schema).grammar()).contains("age"));
        assertNull(asked("\"format\":\"\"").grammar());
        var refused = daemon.post("/api/chat", TestDaemon.chat("three", ",\"format\":{\"multipleOf\":3}"));
        assertEquals(400, refused.statusCode());
        assertTrue(error(refused).contains("multipleOf"), refused.body());
    }

    private GenerateParams asked(String fields) throws IOException, InterruptedException {
        engine.asked.clear();
        var response = daemon.post("/api/chat", TestDaemon.chat("three", "," + fields));
        assertEquals(200, response.statusCode(), response.body());
        return engine.asked.element();
    }

    @Test
    void tokensAreReported() throws Exception {
        var whole = json(daemon.post("/api/chat", TestDaemon.chat("token", ",\"stream\":false,\"logprobs\":true")));
        assertEquals("a", whole.at("/logprobs/0/token").asString());
        assertEquals(-0.5, whole.at("/logprobs/0/logprob").asDouble());
        engine.asked.clear();
        var lines = lines(daemon.post("/api/chat", TestDaemon.chat("token", ",\"logprobs\":true,\"top_logprobs\":2")));
        assertEquals(
                -0.5, lines.getFirst().at("/logprobs/0/top_logprobs/0/logprob").asDouble());
        assertEquals(2, engine.asked.element().logprobs());
    }

    @Test
    void nothingAskedBringsTheModelIntoMemoryOrOut() throws Exception {
        var calls = engine.templateCalls.get();
        var loaded = json(daemon.post("/api/generate", "{\"model\":\"three\"}"));
        assertEquals("load", loaded.get("done_reason").asString());
        assertTrue(loaded.get("done").asBoolean());
        assertEquals(calls + 1, engine.templateCalls.get());
        var chat = json(daemon.post("/api/chat", "{\"model\":\"three\",\"messages\":[],\"keep_alive\":\"0s\"}"));
        assertEquals("unload", chat.get("done_reason").asString());
        assertEquals(List.of("id-three"), List.copyOf(engine.unloaded));
        var used = daemon.post("/api/generate", "{\"model\":\"begun\",\"keep_alive\":0}");
        assertEquals(429, used.statusCode());
        assertEquals(List.of(), List.copyOf(engine.asked));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-1",
                "0.5",
                "\"1ns\"",
                "\"5m\"",
                "\"0h1m\"",
                "\"-1s\"",
                "\"300ms\"",
                "\"1.5h\"",
                "\"10s\"",
                "null"
            })
    void someTimeToStayIsRead(String time) {
        assertTrue(stays(time));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "\"0\"", "\"0s\"", "\"0m0s\"", "0.0", "\"-0h\"", "\"0.0s\""})
    void noTimeToStayIsRead(String time) {
        assertFalse(stays(time));
    }

    private static boolean stays(String time) {
        return OllamaRequest.stays(Fields.of(JsonMapper.shared().readTree("{\"keep_alive\":" + time + "}")));
    }

    @Test
    void thoughtsAndToolsThatWereCalledReachTheTemplate() throws Exception {
        var response = daemon.post(
                "/api/chat",
                "{\"model\":\"mirror\",\"stream\":false,\"messages\":["
                        + "{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":["
                        + "{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},"
                        + "{\"role\":\"tool\",\"content\":\"r\",\"tool_name\":\"f\"}]}");

        assertEquals(
                "[{\"role\":\"assistant\",\"content\":\"\",\"reasoning_content\":\"hm\",\"tool_calls\":"
                        + "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},"
                        + "{\"role\":\"tool\",\"content\":\"r\",\"name\":\"f\"}]",
                mirrored(json(response).at("/message/content")));
    }

    @Test
    void textsBecomeVectors() throws Exception {
        var two = json(daemon.post("/api/embed", "{\"model\":\"three\",\"input\":[\"ab\",\"abc\"],\"truncate\":true}"));
        assertEquals(2, two.get("embeddings").size());
        assertEquals(3, two.at("/embeddings/1/0").asDouble());
        assertEquals(2, two.get("prompt_eval_count").asInt());
        assertEquals(2_000_000, two.get("load_duration").asLong());
        assertTrue(two.get("total_duration").asLong() > 0);
        var one = json(daemon.post("/api/embed", "{\"input\":\"abcd\"}"));
        assertEquals(4, one.at("/embeddings/0/0").asDouble());
        var former = json(daemon.post("/api/embeddings", "{\"model\":\"three\",\"prompt\":\"abcd\"}"));
        assertEquals(4, former.at("/embedding/0").asDouble());
        assertEquals(1, former.size());
    }

    @Test
    void noTextHasNoVector() throws Exception {
        assertEquals(
                "[]",
                json(daemon.post("/api/embed", "{\"input\":\"\"}"))
                        .get("embeddings")
                        .toString());
        assertEquals(
                "[]", json(daemon.post("/api/embed", "{}")).get("embeddings").toString());
        assertEquals("{\"embedding\":[]}", daemon.post("/api/embeddings", "{}").body());
        assertEquals(List.of(), List.copyOf(engine.embedded));
    }

    @Test
    void modelsAreListedWithTheirTags() throws Exception {
        var model = json(daemon.get("/api/tags")).get("models").values().stream()
                .filter(each -> each.get("name").asString().equals("three:latest"))
                .findFirst()
                .orElseThrow();
        assertEquals("three:latest", model.get("model").asString());
        assertEquals("id-three", model.get("digest").asString());
        assertEquals("2023-11-14T22:13:20Z", model.get("modified_at").asString());
        assertEquals(1, model.get("size").asInt());
        assertEquals("gguf", model.at("/details/format").asString());
    }

    @ParameterizedTest
    @CsvSource({
        "three:latest,three:latest",
        "three,three",
        "id-three,id-three",
        "default,three:latest",
        "'',three:latest"
    })
    void aModelIsFoundByItsNameWithAndWithoutItsTag(String asked, String told) throws Exception {
        var chat = daemon.post("/api/chat", TestDaemon.chat(asked, ",\"stream\":false"));

        assertEquals(told, json(chat).get("model").asString());
        assertEquals("id-three", engine.asked.element().model());
    }

    @Test
    void whatIsKnownOfAModelIsShown() throws Exception {
        var shown = json(daemon.post("/api/show", "{\"model\":\"three\"}"));
        assertEquals("A template.", shown.get("template").asString());
        assertEquals("temperature 0.5\ntop_k 3", shown.get("parameters").asString());
        assertEquals("mit", shown.get("license").asString());
        var info = shown.get("model_info");
        assertEquals("llama", info.get("general.architecture").asString());
        assertEquals(2048, info.get("llama.context_length").asInt());
        assertEquals("[\"completion\"]", shown.get("capabilities").toString());
        assertEquals("1.5B", shown.at("/details/parameter_size").asString());
        assertEquals(shown, json(daemon.post("/api/show", "{\"name\":\"three:latest\"}")));
    }

    @Test
    void modelsInMemoryAreListed() throws Exception {
        var listed = json(daemon.get("/api/ps"));
        assertEquals(1, listed.get("models").size());
        var model = listed.at("/models/0");
        assertEquals("begun:latest", model.get("name").asString());
        assertEquals(6, model.get("size").asInt(), "weights, cache and computation");
        assertEquals(512, model.get("context_length").asInt());
    }

    @Test
    void sizesAreAsPeopleSayThem() {
        assertEquals("999", OllamaModels.size(999));
        assertEquals("1.0K", OllamaModels.size(1000));
        assertEquals("494.0M", OllamaModels.size(494_032_768));
        assertEquals("7.6B", OllamaModels.size(7_615_616_512L));
        assertEquals("1.0T", OllamaModels.size(1_000_000_000_000L));
    }

    @Test
    void anybodyMayAskWhetherItRunsAndNothingElse() throws Exception {
        var plain = daemon.send(HttpRequest.newBuilder(daemon.url.resolve("/")).GET());
        assertEquals(200, plain.statusCode());
        assertEquals("Ollama is running", plain.body());
        assertTrue(plain.headers().firstValue("content-type").orElse("").startsWith("text/plain"));
        var head = daemon.send(HttpRequest.newBuilder(daemon.url.resolve("/")).HEAD());
        assertEquals(200, head.statusCode());
        assertEquals(Optional.of("17"), head.headers().firstValue("content-length"));
        assertEquals(
                OllamaRoutes.VERSION,
                json(daemon.get("/api/version")).get("version").asString());
        for (var path : List.of("/api/version", "/api/tags", "/api/ps", "/api", "/api/nothing")) {
            var refused =
                    daemon.send(HttpRequest.newBuilder(daemon.url.resolve(path)).GET());
            assertEquals(401, refused.statusCode(), path);
            assertTrue(error(refused).contains("omni key new"), refused.body());
        }
        var nothing = daemon.get("/api/nothing");
        assertEquals(404, nothing.statusCode());
        assertFalse(error(nothing).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"busy,429", "late,504", "long,400", "unloadable,500", "strict,400", "gone,404", "odd,500"})
    void whatTheEngineSaysIsToldInOllamasShape(String model, int status) throws Exception {
        for (var stream : List.of(true, false)) {
            var response = daemon.post("/api/chat", TestDaemon.chat(model, ",\"stream\":" + stream));
            assertEquals(status, response.statusCode(), response.body());
            assertFalse(error(response).isEmpty());
            assertEquals(1, TestDaemon.json(response).size());
        }
    }

    @Test
    void aModelThatIsNotThereIsNamed() throws Exception {
        for (var path : List.of("/api/chat", "/api/generate", "/api/show", "/api/embed", "/api/embeddings")) {
            var response = daemon.post(
                    path,
                    "{\"model\":\"nowhere\",\"prompt\":\"a\",\"input\":\"a\",\"messages\":[{\"role\":\"user\"}]}");
            assertEquals(404, response.statusCode(), path);
            assertTrue(error(response).startsWith("model 'nowhere' not found."), response.body());
            assertTrue(error(response).contains("three"), response.body());
        }
        var tooLong = daemon.post("/api/show", "{\"model\":\"" + "n".repeat(65) + "\"}");
        assertTrue(error(tooLong).startsWith("model '" + "n".repeat(64) + "…' not found."), tooLong.body());
    }

    /** Of the fields of each route: it is not the messages of who sent none. */
    @Test
    void whatIsTooMuchIsNamedAsItWasSent() throws Exception {
        var chat = error(daemon.post("/api/chat", TestDaemon.chat("long", "")));
        assertTrue(chat.startsWith("messages: "), chat);
        var prompt = error(daemon.post("/api/generate", "{\"model\":\"long\",\"prompt\":\"a\"}"));
        assertTrue(prompt.startsWith("This model's context") && prompt.contains("prompt"), prompt);
        var texts = error(daemon.post("/api/embed", "{\"model\":\"three\",\"input\":\"long\"}"));
        assertTrue(texts.startsWith("input: "), texts);
        var text = error(daemon.post("/api/embeddings", "{\"model\":\"three\",\"prompt\":\"long\"}"));
        assertTrue(text.startsWith("This model's context") && text.contains("prompt"), text);
        var few = error(daemon.post("/api/chat", TestDaemon.chat("few", "")));
        assertTrue(few.startsWith("options.num_predict: "), few);
        var refused = lines(daemon.post("/api/chat", TestDaemon.chat("refusing", ",\"format\":\"json\"")));
        assertEquals(
                "format: It allows nothing.", refused.getLast().get("error").asString());
    }

    @Test
    void anErrorInTheMiddleIsALineOfItsOwn() throws Exception {
        var lines = lines(daemon.post("/api/chat", TestDaemon.chat("failing", "")));

        assertEquals("a", lines.getFirst().at("/message/content").asString());
        assertTrue(lines.getLast().get("error").asString().contains("unloaded"), lines.toString());
        assertEquals(1, lines.getLast().size());
    }

    private static final String TOOLS =
            ",'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object'}}}]".replace('\'', '"');

    private static final String CALLS = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>\n"
            + "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"b\": [2]}}\n</tool_call>";

    @Test
    void callsAreToldWhole() throws Exception {
        engine.pieces = List.of("<think>Hm.</think>Wait.", CALLS.substring(0, 40), CALLS.substring(40));
        var whole = json(daemon.post("/api/chat", TestDaemon.chat("calling", TOOLS + ",\"stream\":false")));
        assertEquals("Wait.", whole.at("/message/content").asString());
        assertEquals("Hm.", whole.at("/message/thinking").asString());
        assertEquals("f", whole.at("/message/tool_calls/0/function/name").asString());
        assertEquals(
                "[2]", whole.at("/message/tool_calls/1/function/arguments/b").toString());
        assertEquals(2, whole.at("/message/tool_calls").size());
        assertEquals("stop", whole.get("done_reason").asString());

        var lines = lines(daemon.post("/api/chat", TestDaemon.chat("calling", TOOLS)));
        assertEquals("Wait.", String.join("", texts(lines, "/message/content")));
        assertEquals("Hm.", String.join("", texts(lines, "/message/thinking")));
        var calls = lines.stream()
                .flatMap(line -> line.at("/message/tool_calls").values().stream())
                .toList();
        assertEquals("{\"a\":1}", calls.getFirst().at("/function/arguments").toString());
        assertEquals(2, calls.size());
        assertTrue(lines.getLast().at("/message/tool_calls").isMissingNode());
    }

    @Test
    void aCallThatIsCutShortDoesNotCome() throws Exception {
        engine.pieces = List.of(CALLS.substring(0, CALLS.length() - 20));
        var whole = json(daemon.post("/api/chat", TestDaemon.chat("calling", TOOLS + ",\"stream\":false")));
        assertEquals(1, whole.at("/message/tool_calls").size());
        var lines = lines(daemon.post("/api/chat", TestDaemon.chat("calling", TOOLS)));
        assertEquals(
                1,
                lines.stream()
                        .mapToInt(line -> line.at("/message/tool_calls").size())
                        .sum());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"think\":1",
                "\"think\":\"much\"",
                "\"tools\":1",
                "\"tools\":[{\"type\":\"function\"}]",
                "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]",
                "\"format\":\"json\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
                "\"format\":\"xml\"",
                "\"format\":1",
                "\"stream\":1",
                "\"options\":1",
                "\"options\":{\"temperature\":2.1}",
                "\"options\":{\"top_k\":-1}",
                "\"options\":{\"top_p\":1.1}",
                "\"options\":{\"min_p\":-0.1}",
                "\"options\":{\"seed\":\"1\"}",
                "\"options\":{\"num_predict\":0}",
                "\"options\":{\"num_predict\":-3}",
                "\"options\":{\"stop\":[\"\"]}",
                "\"options\":{\"stop\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}",
                "\"keep_alive\":\"soon\"",
                "\"keep_alive\":\"5\"",
                "\"keep_alive\":true",
                "\"logprobs\":1",
                "\"top_logprobs\":21",
                "\"priority\":\"first\"",
                "\"messages\":1",
                "\"messages\":[1]",
                "\"messages\":[{\"content\":\"a\"}]",
                "\"messages\":[{\"role\":\"nobody\",\"content\":\"a\"}]",
                "\"messages\":[{\"role\":\"user\",\"content\":1}]",
                "\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}]",
                "\"messages\":[{\"role\":\"assistant\",\"tool_calls\":1}]",
                "\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]",
                "\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}]"
            })
    void whatIsWrongIsRefusedByName(String fields) throws Exception {
        var field = fields.substring(1, fields.indexOf('"', 1));
        var response = daemon.post("/api/chat", "{" + fields + "}");

        assertEquals(400, response.statusCode(), response.body());
        assertTrue(error(response).contains(field), response.body());
        assertEquals(List.of(), List.copyOf(engine.asked));
    }

    private static List<String> texts(List<JsonNode> lines, String place) {
        return lines.stream().map(line -> line.at(place).asString()).toList();
    }

    private static List<JsonNode> lines(HttpResponse<String> response) {
        assertTrue(response.body().endsWith("\n"), response.body());
        return response.body().lines().map(JsonMapper.shared()::readTree).toList();
    }

    private static JsonNode json(HttpResponse<String> response) {
        assertEquals(200, response.statusCode(), response.body());
        return TestDaemon.json(response);
    }

    private static String error(HttpResponse<String> response) {
        return TestDaemon.json(response).get("error").asString();
    }
}

package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import omni.engine.EngineProtocol.GenerateParams;
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

/** Anthropic's API over a fake engine: its shapes, its events, its errors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AnthropicTest {
    private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

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
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    @Test
    void aWholeMessageHasItsTextTheReasonAndTheCounts() throws Exception {
        var response = post("three", "");
        var body = json(response);

        assertTrue(body.get("id").asString().startsWith("msg_"));
        assertEquals("message", body.get("type").asString());
        assertEquals("assistant", body.get("role").asString());
        assertEquals("three", body.get("model").asString());
        assertEquals("text", body.at("/content/0/type").asString());
        assertEquals("one two three", body.at("/content/0/text").asString());
        assertEquals("end_turn", body.get("stop_reason").asString());
        assertTrue(body.get("stop_sequence").isNull());
        assertEquals(6, body.at("/usage/input_tokens").asInt(), "but for those of the cache");
        assertEquals(4, body.at("/usage/cache_read_input_tokens").asInt());
        assertEquals(3, body.at("/usage/output_tokens").asInt());
        assertTrue(response.headers().firstValue("request-id").orElse("").startsWith("req_"));
    }

    @Test
    void aStreamHasItsEventsInTheirOrder() throws Exception {
        var response = post("three", ",\"stream\":true");
        assertEquals(200, response.statusCode(), response.body());
        assertTrue(response.headers().firstValue("content-type").orElse("").startsWith("text/event-stream"));
        var events = events(response);

        assertEquals(
                List.of(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop"),
                events.stream().map(event -> event.get("type").asString()).toList());
        assertEquals(10, events.getFirst().at("/message/usage/input_tokens").asInt());
        assertEquals("[]", events.getFirst().at("/message/content").toString());
        assertEquals("two ", events.get(3).at("/delta/text").asString());
        var ended = events.get(6);
        assertEquals("end_turn", ended.at("/delta/stop_reason").asString());
        assertEquals(3, ended.at("/usage/output_tokens").asInt());
    }

    @Test
    void theReasonOfAnEndIsTold() throws Exception {
        var stopped = json(post("stopping", ",\"stop_sequences\":[\"x\",\"y\"]"));
        assertEquals("stop_sequence", stopped.get("stop_reason").asString());
        assertEquals("y", stopped.get("stop_sequence").asString());
        var streamed = events(post("stopping", ",\"stop_sequences\":[\"x\",\"y\"],\"stream\":true"));
        assertEquals(
                "y",
                streamed.get(streamed.size() - 2).at("/delta/stop_sequence").asString());
        assertEquals(
                "model_context_window_exceeded",
                json(post("token", "")).get("stop_reason").asString());
        var cut = json(daemon.post("/v1/messages", "{\"model\":\"token\",\"max_tokens\":3," + HI + "}"));
        assertEquals("max_tokens", cut.get("stop_reason").asString());
    }

    @Test
    void whatIsAskedReachesTheEngine() throws Exception {
        var asked = asked(",\"temperature\":0.5,\"top_p\":0.6,\"top_k\":7,\"stop_sequences\":[\"x\"]");

        assertEquals(new Sampling(0.5, 0.6, 7L, null, null, null), asked.sampling());
        assertEquals(100, asked.maxTokens());
        assertEquals(List.of("x"), asked.stop());
        var format = ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\","
                + "\"properties\":{\"age\":{\"type\":\"integer\"}}}},\"effort\":\"low\"}";
        assertTrue(String.valueOf(asked(format).grammar()).contains("age"));
    }

    private GenerateParams asked(String fields) throws IOException, InterruptedException {
        engine.asked.clear();
        var response = post("three", fields);
        assertEquals(200, response.statusCode(), response.body());
        return engine.asked.element();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "'s'; [{'role':'user','content':'a'}]; s:s u:a",
                "[{'type':'text','text':'s','cache_control':{'type':'ephemeral'}},{'type':'text','text':'t'}];"
                        + " [{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}]; s:s/t u:a/b",
                "null; [{'role':'user','content':'a'},{'role':'user','content':'b'}]; u:a/b",
                "null; [{'role':'user','content':'a'},{'role':'assistant','content':'b'},{'role':'assistant','content':'c'},"
                        + "{'role':'user','content':'d'}]; u:a a:b/c u:d",
                "null; [{'role':'user','content':'a'},{'role':'system','content':'n'},{'role':'user','content':'d'}]; u:a s:n u:d"
            })
    void messagesReachTheTemplate(String system, String messages, String wanted) throws Exception {
        var response = daemon.post(
                "/v1/messages",
                ("{'model':'mirror','max_tokens':9,'system':" + system + ",'messages':" + messages + "}")
                        .replace('\'', '"'));
        var told = new ArrayList<String>();
        mirrored(response)
                .values()
                .forEach(message -> told.add(message.get("role").asString().charAt(0) + ":"
                        + message.get("content").asString().replace('\n', '/')));
        assertEquals(wanted, String.join(" ", told));
    }

    @Test
    void toolsThatWereCalledReachTheTemplate() throws Exception {
        var response = daemon.post("/v1/messages", """
                {"model":"mirror","max_tokens":9,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[
                {"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},
                {"type":"text","text":"a"},{"type":"tool_use","id":"t1","name":"f","input":{"x":1}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"r"}]},
                {"type":"text","text":"go on"}]}]}""");

        assertEquals(
                "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"hm\","
                        + "\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]},"
                        + "{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"r\"},{\"role\":\"user\",\"content\":\"go on\"}]",
                mirrored(response).toString());
    }

    private static JsonNode mirrored(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(json(response).at("/content/0/text").asString());
    }

    @Test
    void tokensAreCountedWithoutAnAnswer() throws Exception {
        var counted = json(daemon.post("/v1/messages/count_tokens", "{\"model\":\"three\"," + HI + "}"));

        assertEquals("{\"input_tokens\":" + "A prompt.".length() + "}", counted.toString());
        assertEquals(List.of(), List.copyOf(engine.asked));
        assertError(daemon.post("/v1/messages/count_tokens", "{}"), 400, "invalid_request_error", "messages");
    }

    @Test
    void modelsAreListedInPages() throws Exception {
        var all = json(list("?limit=1000"));
        assertEquals("model", all.at("/data/0/type").asString());
        assertEquals("2023-11-14T22:13:20Z", all.at("/data/0/created_at").asString());
        assertFalse(all.at("/data/0/display_name").asString().isEmpty());
        assertEquals(all.at("/data/0/id"), all.get("first_id"));
        var names = all.get("data").values().stream()
                .map(model -> model.get("id").asString())
                .toList();
        var some = json(list("?limit=2&after_id=" + names.getFirst()));
        assertEquals(names.get(1), some.get("first_id").asString());
        assertEquals(names.get(2), some.get("last_id").asString());
        assertTrue(some.get("has_more").asBoolean());
        var before = json(list("?limit=2&before_id=" + names.get(1)));
        assertEquals(names.getFirst(), before.get("last_id").asString());
        assertEquals(1, before.get("data").size());
        assertFalse(before.get("has_more").asBoolean());
        var last = json(list("?limit=1000&after_id=" + names.getLast()));
        assertTrue(last.get("first_id").isNull(), last.toString());
        assertError(list("?limit=1001"), 400, "invalid_request_error", "limit");
        assertError(list("?after_id=nowhere"), 404, "not_found_error", "after_id");
        assertError(list("?page=1"), 400, "invalid_request_error", "after_id");
    }

    private HttpResponse<String> list(String query) throws IOException, InterruptedException {
        return daemon.send(daemon.request("/v1/models" + query)
                .header("anthropic-version", "2023-06-01")
                .GET());
    }

    @Test
    void whoNamesNoVersionGetsOpenAisModels() throws Exception {
        assertEquals("list", json(daemon.get("/v1/models")).get("object").asString());
        var one = daemon.request("/v1/models/three").header("anthropic-version", "2023-06-01");
        assertEquals("model", json(daemon.send(one.GET())).get("type").asString());
        var none = daemon.request("/v1/models/nowhere").header("anthropic-version", "2023-06-01");
        assertError(daemon.send(none.GET()), 404, "not_found_error", "three");
    }

    @Test
    void aKeyIsTakenFromEitherHeader() throws Exception {
        assertEquals(200, keyed("x-api-key", TestDaemon.KEY).statusCode());
        assertEquals(200, keyed("Authorization", "Bearer " + TestDaemon.KEY).statusCode());
        assertError(keyed("x-api-key", "wrong"), 401, "authentication_error", "omni key new");
        assertError(keyed("x-other", "a"), 401, "authentication_error", "x-api-key");
    }

    private HttpResponse<String> keyed(String header, String value) throws IOException, InterruptedException {
        return daemon.send(HttpRequest.newBuilder(daemon.url.resolve("/v1/messages"))
                .header(header, value)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"three\",\"max_tokens\":9," + HI + "}")));
    }

    @ParameterizedTest
    @CsvSource({
        "busy,429,rate_limit_error",
        "late,504,timeout_error",
        "long,400,invalid_request_error",
        "unloadable,500,api_error",
        "gone,404,not_found_error",
        "nowhere,404,not_found_error",
        "odd,500,api_error"
    })
    void whatTheEngineSaysIsToldInAnthropicsShape(String model, int status, String type) throws Exception {
        for (var stream : List.of(true, false)) {
            assertError(post(model, ",\"stream\":" + stream), status, type, "");
        }
    }

    @Test
    void anEngineThatIsAwayIsAnOverload() throws Exception {
        assertError(post("failing", ""), 529, "overloaded_error", "unloaded");
        var events = events(post("failing", ",\"stream\":true"));
        var last = events.getLast();
        assertEquals("error", last.get("type").asString());
        assertEquals("overloaded_error", last.at("/error/type").asString());
    }

    private static final String TOOL =
            "{'name':'get_weather','description':'Weather.','input_schema':{'type':'object','properties':"
                    + "{'city':{'type':'string'}},'required':['city']}}";

    private static final String CALL =
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>";

    private static String tools(String more) {
        return (",'tools':[" + TOOL + ",{'name':'now','input_schema':{'type':'object'},'cache_control':"
                        + "{'type':'ephemeral'}}]" + more)
                .replace('\'', '"');
    }

    @Test
    void callsAreBlocks() throws Exception {
        engine.pieces = List.of("<think>Hm.</think>Wait.", CALL + "\n" + CALL);
        var content = json(post("calling", tools("")));
        assertEquals("tool_use", content.get("stop_reason").asString());
        var types = content.get("content")
                .valueStream()
                .map(block -> block.get("type").asString())
                .toList();
        assertEquals(List.of("thinking", "text", "tool_use", "tool_use"), types);
        assertEquals("Hm.", content.at("/content/0/thinking").asString());
        assertEquals("Wait.", content.at("/content/1/text").asString());
        assertEquals("get_weather", content.at("/content/2/name").asString());
        assertEquals("{\"city\":\"Oslo\"}", content.at("/content/2/input").toString());
        assertFalse(content.at("/content/2/id").equals(content.at("/content/3/id")));
        var none = json(post("calling", tools(",'tool_choice':{'type':'none'}")));
        assertEquals("Wait." + CALL + "\n" + CALL, none.at("/content/1/text").asString());
    }

    @Test
    void callsAreStreamedInBlocks() throws Exception {
        engine.pieces = List.of("<think>Hm.</think>Wait.", CALL.substring(0, 60), CALL.substring(60));
        var events = events(post("calling", tools(",'stream':true")));
        assertEquals(
                "tool_use",
                events.get(events.size() - 2).at("/delta/stop_reason").asString());
        var begun = events.stream()
                .filter(event -> event.get("type").asString().equals("content_block_start"))
                .toList();
        assertEquals(
                List.of("thinking", "text", "tool_use"),
                begun.stream()
                        .map(event -> event.at("/content_block/type").asString())
                        .toList());
        assertEquals(
                List.of(0, 1, 2),
                begun.stream().map(event -> event.get("index").asInt()).toList());
        assertEquals("{}", begun.getLast().at("/content_block/input").toString());
        var arguments = new StringBuilder();
        events.forEach(event -> arguments.append(event.at("/delta/partial_json").asString("")));
        assertEquals("{\"city\": \"Oslo\"}", arguments.toString());
        assertEquals(
                3,
                events.stream()
                        .filter(e -> e.get("type").asString().equals("content_block_stop"))
                        .count());
    }

    @Test
    void aCallThatIsCutShortIsNoBlock() throws Exception {
        engine.pieces = List.of(CALL + CALL.substring(0, CALL.indexOf("Oslo")));
        var whole = json(post("calling", tools("")));
        assertEquals(1, whole.get("content").size());
        assertEquals("end_turn", whole.get("stop_reason").asString());
        var events = events(post("calling", tools(",'stream':true")));
        assertEquals(
                "end_turn",
                events.get(events.size() - 2).at("/delta/stop_reason").asString());
    }

    @Test
    void whereNoneIsToBeCalledAnyMayBeThere() throws Exception {
        engine.pieces = List.of("well");
        var fields = ",'tools':[{'type':'bash_20250124','name':'bash'}],'tool_choice':{'type':'".replace('\'', '"');
        json(post("calling", fields + "none\"}"));
        assertError(post("calling", fields + "auto\"}"), 400, "invalid_request_error", "tools[0].type");
    }

    @Test
    void systemMayBeEmpty() throws Exception {
        var told = mirrored(
                daemon.post("/v1/messages", "{\"model\":\"mirror\",\"max_tokens\":9,\"system\":[]," + HI + "}"));
        assertEquals("[{\"role\":\"user\",\"content\":\"hi\"}]", told.toString());
    }

    @Test
    void whatIsChosenBindsTheAnswer() throws Exception {
        engine.pieces = List.of("well");
        assertTrue(String.valueOf(chosen("auto").grammarTriggers()).contains("tool_call"));
        var any = String.valueOf(chosen("any").grammar());
        assertTrue(any.contains("get_weather") && any.contains("now"), any);
        var one = String.valueOf(chosen("tool','name':'now").grammar());
        assertTrue(!one.contains("get_weather") && one.contains("now"), one);
        assertFalse(String.valueOf(
                        chosen("any','disable_parallel_tool_use':true,'a':'b").grammar())
                .contains("more-framed"));
        assertTrue(any.contains("more-framed"), any);
    }

    private GenerateParams chosen(String choice) throws IOException, InterruptedException {
        engine.asked.clear();
        var response = post("calling", tools(",'tool_choice':{'type':'" + choice + "'}"));
        assertEquals(200, response.statusCode(), response.body());
        return engine.asked.element();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"max_tokens\":null",
                "\"max_tokens\":0",
                "\"max_tokens\":\"1\"",
                "\"messages\":1",
                "\"messages\":[]",
                "\"messages\":[1]",
                "\"messages\":[{\"role\":\"user\"}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[]}]",
                "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":[]},{\"role\":\"user\",\"content\":\"a\"}]",
                "\"messages\":[{\"role\":\"nobody\",\"content\":\"a\"}]",
                "\"messages\":[{\"role\":\"user\",\"content\":1}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[1]}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{}}]}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]}]",
                "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"I\"}]",
                "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":1}]}]",
                "\"system\":1",
                "\"system\":[{\"type\":\"image\"}]",
                "\"stop_sequences\":[\"\"]",
                "\"stream\":\"yes\"",
                "\"temperature\":1.1",
                "\"top_p\":-1",
                "\"thinking\":{}",
                "\"thinking\":1",
                "\"metadata\":1",
                "\"thinking\":{\"type\":\"much\"}",
                "\"tool_choice\":{\"type\":\"any\"}",
                "\"tool_choice\":{\"type\":\"most\"}",
                "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}",
                "\"tools\":{}",
                "\"tools\":[{\"type\":\"bash_20250124\",\"name\":\"bash\"}]",
                "\"tools\":[{\"name\":\"a b\",\"input_schema\":{\"type\":\"object\"}}]",
                "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"array\"}}]",
                "\"output_config\":{\"format\":{\"type\":\"xml\"}}",
                "\"output_config\":{\"format\":{\"type\":\"json_schema\"}}",
                "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"multipleOf\":3}}}",
                "\"unknown\":1"
            })
    void whatIsWrongIsRefusedByName(String field) throws Exception {
        var name = field.substring(1, field.indexOf('"', 1));
        var body = new StringBuilder("{" + field);
        if (!name.equals("max_tokens")) {
            body.append(",\"max_tokens\":9");
        }
        if (!name.equals("messages")) {
            body.append(",").append(HI);
        }
        assertError(daemon.post("/v1/messages", body + "}"), 400, "invalid_request_error", name);
        assertEquals(List.of(), List.copyOf(engine.asked));
    }

    private HttpResponse<String> post(String model, String fields) throws IOException, InterruptedException {
        return daemon.post("/v1/messages", "{\"model\":\"" + model + "\",\"max_tokens\":100," + HI + fields + "}");
    }

    private static List<JsonNode> events(HttpResponse<String> response) {
        var events = new ArrayList<JsonNode>();
        for (var event : response.body().strip().split("\n\n", -1)) {
            var lines = event.split("\n", -1);
            assertEquals(2, lines.length, event);
            var data = JsonMapper.shared().readTree(lines[1].substring("data: ".length()));
            assertEquals("event: " + data.get("type").asString(), lines[0]);
            events.add(data);
        }
        return events;
    }

    private static JsonNode json(HttpResponse<String> response) {
        assertEquals(200, response.statusCode(), response.body());
        return TestDaemon.json(response);
    }

    private static void assertError(HttpResponse<String> response, int status, String type, String word) {
        assertEquals(status, response.statusCode(), response.body());
        var body = TestDaemon.json(response);
        assertEquals("error", body.get("type").asString());
        assertEquals(type, body.at("/error/type").asString());
        assertTrue(body.at("/error/message").asString().contains(word), response.body());
        assertTrue(body.get("request_id").asString().startsWith("req_"));
    }
}

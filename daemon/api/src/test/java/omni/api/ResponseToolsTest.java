package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import omni.engine.EngineProtocol.GenerateParams;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tools, thoughts and forms in {@code /v1/responses}: what is asked of the engine, and the items and events of its answer. */
final class ResponseToolsTest extends FakeBox {
    private static final String WEATHER =
            "{'type':'function','name':'get_weather','description':'Weather.','parameters':"
                    + "{'type':'object','properties':{'city':{'type':'string'}},'required':['city']}}";
    private static final String OFFERED = ",'tools':[" + WEATHER + "]";
    private static final String CALL =
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>";

    @BeforeEach
    void forget() {
        engine.asked.clear();
    }

    private static String body(String input, String more) {
        return ("{'model':'calling','input':" + input + more + "}").replace('\'', '"');
    }

    private JsonNode made(String body, String... pieces) throws IOException, InterruptedException {
        engine.pieces = List.of(pieces);
        var response = daemon.post("/v1/responses", body);
        assertEquals(200, response.statusCode(), response.body());
        return TestDaemon.json(response);
    }

    private GenerateParams asked() {
        return engine.asked.remove();
    }

    @Test
    void aCallIsAnItem() throws Exception {
        var made = made(body("'hi'", OFFERED), "Let me see. ", CALL);

        var text = made.at("/output/0");
        assertEquals("message", text.get("type").asString(), made.toString());
        assertEquals("Let me see.", text.at("/content/0/text").asString().strip());
        var call = made.at("/output/1");
        assertEquals("function_call", call.get("type").asString());
        assertEquals("get_weather", call.get("name").asString());
        assertEquals(
                "Oslo",
                JsonMapper.shared()
                        .readTree(call.get("arguments").asString())
                        .get("city")
                        .asString());
        assertTrue(call.get("call_id").asString().startsWith("call_"));
        assertEquals("completed", call.get("status").asString());
        assertEquals(2, made.get("output").size());
        assertEquals("get_weather", made.at("/tools/0/name").asString());
        assertEquals("auto", made.get("tool_choice").asString());
        var asked = asked();
        assertTrue(String.valueOf(asked.prompt()).startsWith("tool {\"type\": \"function\", \"function\": {\"name\""));
        assertEquals(List.of("<tool_call>"), asked.grammarTriggers());
    }

    @Test
    void aCallMayBeForced() throws Exception {
        made(body("'hi'", OFFERED + ",'tool_choice':{'type':'function','name':'get_weather'}"), CALL);
        var asked = asked();
        assertEquals(List.of(), asked.grammarTriggers());
        assertTrue(String.valueOf(asked.grammar()).contains("get_weather"));
        made(body("'hi'", OFFERED + ",'tool_choice':'none'"), "hi");
        assertEquals(null, asked().grammar());
    }

    @Test
    void someMayBeAllowed() throws Exception {
        var allowed = "{'type':'allowed_tools','mode':'required','tools':[{'type':'function','name':'get_weather'}]}";
        var made = made(body("'hi'", OFFERED + ",'tool_choice':" + allowed), CALL);
        assertEquals("allowed_tools", made.at("/tool_choice/type").asString());
        var asked = asked();
        assertEquals(List.of(), asked.grammarTriggers());
        assertTrue(String.valueOf(asked.grammar()).contains("get_weather"));
    }

    @Test
    void aStreamTellsOfEachItem() throws Exception {
        engine.pieces = List.of("<think>hm", "</think>", "So. ", CALL);
        var response = daemon.post("/v1/responses", body("'hi'", OFFERED + ",'stream':true"));

        var events = response.body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> JsonMapper.shared().readTree(line.substring(6)))
                .toList();
        var types = events.stream()
                .map(event -> event.get("type").asString().replace("response.", ""))
                .toList();
        var distinct = types.stream().distinct().toList();
        assertEquals(Stream.of("created", "in_progress").toList(), distinct.subList(0, 2), types.toString());
        assertEquals(
                List.of("reasoning", "message", "function_call"),
                events.stream()
                        .filter(event -> event.get("type").asString().equals("response.output_item.done"))
                        .map(event -> event.at("/item/type").asString())
                        .toList());
        var last = events.getLast();
        assertEquals("response.completed", last.get("type").asString());
        for (var i = 0; i < events.size(); i++) {
            assertEquals(i, events.get(i).get("sequence_number").asInt());
        }
        for (var i = 0; i < 3; i++) {
            assertEquals(joined(events, i), whole(last.at("/response/output/" + i)));
        }
    }

    /** All that the deltas of an item said. */
    private static String joined(List<JsonNode> events, int index) {
        var text = new StringBuilder();
        events.stream()
                .filter(event -> event.get("type").asString().endsWith(".delta")
                        && event.get("output_index").asInt() == index)
                .forEach(event -> text.append(event.get("delta").asString()));
        assertFalse(text.isEmpty());
        return text.toString();
    }

    private static String whole(JsonNode item) {
        return item.has("arguments")
                ? item.get("arguments").asString()
                : item.at("/content/0/text").asString();
    }

    @Test
    void aCallAndItsResultAreReadAgain() throws Exception {
        made(
                body(
                        "[{'role':'user','content':'hi'},{'type':'reasoning','summary':[]},"
                                + "{'role':'assistant','content':'So.'},"
                                + "{'type':'function_call','call_id':'c1','name':'get_weather','arguments':'{\\'city\\':\\'Oslo\\'}'},"
                                + "{'type':'function_call','call_id':'c2','name':'get_weather','arguments':'{}'},"
                                + "{'type':'function_call_output','call_id':'c1','output':'rain'},"
                                + "{'type':'function_call_output','call_id':'c2','output':[{'type':'input_text','text':'snow'}]}]",
                        ""),
                "ok");
        assertEquals("""
                user: hiassistant: So.<tool_call>
                {"name": "get_weather", "arguments": {"city": "Oslo"}}
                </tool_call>
                <tool_call>
                {"name": "get_weather", "arguments": {}}
                </tool_call>
                tool: raintool: snow""", String.valueOf(asked().prompt()));
    }

    /** As where the answer was stopped in the middle of it: who parses the arguments of calls that are complete is not misled. */
    @Test
    void aCallThatIsCutShortSaysSo() throws Exception {
        var made =
                made(body("'hi'", OFFERED), "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Os");
        var call = made.at("/output/0");
        assertEquals("function_call", call.get("type").asString(), made.toString());
        assertEquals("incomplete", call.get("status").asString());
    }

    @Test
    void theFormIsAGrammarAndSaidAgain() throws Exception {
        var format =
                "{'type':'json_schema','name':'a','schema':{'type':'object','properties':{'age':{'type':'integer'}},"
                        + "'required':['age']}}";
        var made = made(body("'hi'", ",'text':{'format':" + format + "}"), "{}");
        assertTrue(String.valueOf(asked().grammar()).contains("age"));
        assertEquals("json_schema", made.at("/text/format/type").asString());
        made(body("'hi'", ",'text':{'format':{'type':'json_object'}}"), "{}");
        assertTrue(String.valueOf(asked().grammar()).contains("root ::="));
        var beside = daemon.post("/v1/responses", body("'hi'", OFFERED + ",'text':{'format':{'type':'json_object'}}"));
        assertEquals(400, beside.statusCode());
        assertEquals("text.format", TestDaemon.error(beside).get("param").asString());
    }
}

package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import omni.engine.EngineProtocol.GenerateParams;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tools in chat completions: what is asked of the engine, what is told of its answer, and what is refused. */
final class ToolCallsTest extends FakeBox {
    private static final String WEATHER =
            "{'type':'function','function':{'name':'get_weather','description':'Weather.','parameters':"
                    + "{'type':'object','properties':{'city':{'type':'string'}},'required':['city']}}}";
    private static final String CLOCK = "{'function':{'name':'get_time'},'type':'function'}";
    private static final String CALL =
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>";

    private static String chat(String more) {
        return TestDaemon.chat("calling", more.replace('\'', '"'));
    }

    private static String tools(String... tools) {
        return ",'tools':[" + String.join(",", tools) + "]";
    }

    private JsonNode choice(String body, String... pieces) throws IOException, InterruptedException {
        engine.pieces = List.of(pieces);
        var response = daemon.post("/v1/chat/completions", body);
        assertEquals(200, response.statusCode(), response.body());
        return TestDaemon.json(response).path("choices").path(0);
    }

    private GenerateParams asked(String body) throws IOException, InterruptedException {
        engine.asked.clear();
        choice(body, "well");
        return engine.asked.remove();
    }

    @Test
    void callsAreToldApartFromThoughtsAndText() throws Exception {
        var choice = choice(chat(tools(WEATHER, CLOCK)), "<think>Hm.</think>Wait.", CALL + "\n" + CALL);
        assertEquals("tool_calls", choice.path("finish_reason").asString());
        var message = choice.path("message");
        assertEquals("Wait.", message.path("content").asString());
        assertEquals("Hm.", message.path("reasoning_content").asString());
        var calls = message.path("tool_calls");
        assertEquals(2, calls.size());
        for (var call : calls.values()) {
            assertTrue(call.path("id").asString().matches("call_[0-9a-f]{24}"), call.toString());
            assertEquals("function", call.path("type").asString());
            assertEquals("get_weather", call.path("function").path("name").asString());
            assertEquals(
                    "{\"city\": \"Oslo\"}",
                    call.path("function").path("arguments").asString());
        }
        assertFalse(calls.path(0).path("id").equals(calls.path(1).path("id")));
        var bare = choice(chat(tools(WEATHER)), CALL).path("message");
        assertTrue(bare.path("content").isNull(), "no text but the call");
        assertFalse(bare.has("reasoning_content"));
    }

    @Test
    void whatIsNoCallIsText() throws Exception {
        for (var text : List.of(
                CALL.replace("get_weather", "other"),
                "<tool_call>\nnonsense",
                CALL.replace("arguments", "parameters"))) {
            var choice = choice(chat(tools(WEATHER)), text);
            assertEquals("stop", choice.path("finish_reason").asString());
            assertEquals(text, choice.path("message").path("content").asString());
            assertFalse(choice.path("message").has("tool_calls"));
        }
        assertEquals(
                CALL, choice(chat(""), CALL).path("message").path("content").asString(), "no tools");
        assertEquals(
                CALL,
                choice(chat(tools(WEATHER) + ",'tool_choice':'none'"), CALL)
                        .path("message")
                        .path("content")
                        .asString());
    }

    @Test
    void anAnswerThatIsCutSaysSo() throws Exception {
        engine.finish = GenerateReplyFinish.LENGTH;
        try {
            var choice = choice(chat(tools(WEATHER)), CALL.substring(0, CALL.indexOf("Oslo") + 2));
            assertEquals("length", choice.path("finish_reason").asString());
            var call = choice.path("message").path("tool_calls").path(0).path("function");
            assertEquals("{\"city\": \"Os", call.path("arguments").asString());
        } finally {
            engine.finish = GenerateReplyFinish.STOP;
        }
    }

    /** What a client's own stop cuts off, and what breaks where nothing binds it, is no call to be done. */
    @Test
    void aCallThatIsNotWholeIsNoneToBeDone() throws Exception {
        var stops = chat(tools(WEATHER) + ",'stop':['Oslo']");
        assertEquals(List.of("Oslo"), asked(stops).stop());
        for (var said : List.of(CALL.substring(0, CALL.indexOf("Oslo")), CALL.replace("\"Oslo\"", "01"))) {
            var choice = choice(stops, said);
            assertEquals("stop", choice.path("finish_reason").asString(), said);
            assertEquals(1, choice.path("message").path("tool_calls").size());
        }
        engine.pieces = List.of(CALL.substring(0, CALL.indexOf("Oslo")));
        var streamed = daemon.post("/v1/chat/completions", chat(tools(WEATHER) + ",'stop':['Oslo'],'stream':true"))
                .body();
        assertTrue(streamed.contains("\"finish_reason\":\"stop\""), streamed);
    }

    /** From its mark on nothing but calls can be written, wherever it stands; but where the form waits for the end of thoughts. */
    @Test
    void aCallEndsTheThoughts() throws Exception {
        for (var body : List.of(chat(tools(WEATHER)), chat(tools(WEATHER)).replace("hi", "think"))) {
            var choice = choice(body, body.contains("think") ? "Hm. " + CALL : "<think>Hm. " + CALL);
            assertEquals("tool_calls", choice.path("finish_reason").asString());
            assertEquals(
                    "Hm. ", choice.path("message").path("reasoning_content").asString());
            assertEquals(1, choice.path("message").path("tool_calls").size());
        }
        var forced = choice(
                chat(tools(WEATHER) + ",'tool_choice':'required'").replace("hi", "think"),
                CALL + "</think>\n\n" + CALL);
        assertEquals(CALL, forced.path("message").path("reasoning_content").asString());
        assertEquals(1, forced.path("message").path("tool_calls").size());
    }

    /** It holds from the first character on, and so is no thought, though the prompt ends within thoughts. */
    @Test
    void aFormIsTheAnswerWhereThoughtsAreBegun() throws Exception {
        for (var form : List.of("'response_format':{'type':'json_object'}", "'grammar':'root ::= [{] [}]'")) {
            var message = choice(chat("," + form).replace("hi", "think"), "{}").path("message");
            assertEquals("{}", message.path("content").asString());
            assertFalse(message.has("reasoning_content"));
        }
        var thought = choice(chat("").replace("hi", "think"), "{}").path("message");
        assertEquals("{}", thought.path("reasoning_content").asString(), "without a form it is one");
    }

    @Test
    void whatTheEngineRefusesIsNamedAsItWasAsked() throws Exception {
        for (var asked : List.of(
                List.of("tools", tools(WEATHER)),
                List.of("response_format", ",'response_format':{'type':'json_object'}"),
                List.of("grammar", ",'grammar':'root ::= [a]'"))) {
            var whole =
                    daemon.post("/v1/chat/completions", chat(asked.getLast()).replace("calling", "refusing"));
            assertEquals(400, whole.statusCode(), whole.body());
            assertEquals(asked.getFirst(), TestDaemon.error(whole).path("param").asString());
            var streamed = daemon.post(
                            "/v1/chat/completions",
                            chat(asked.getLast() + ",'stream':true").replace("calling", "refusing"))
                    .body();
            assertTrue(streamed.contains("\"param\":\"" + asked.getFirst() + "\""), streamed);
        }
    }

    @Test
    void whatIsCountedOnIsRequiredOfTheEngine() throws Exception {
        assertEquals(false, asked(chat(tools(WEATHER))).grammarRequired());
        var strict = WEATHER.replace("'name'", "'strict':true,'name'");
        assertEquals(true, asked(chat(tools(CLOCK, strict))).grammarRequired());
        var forced = chat(tools(WEATHER) + ",'tool_choice':'required'");
        assertEquals(true, asked(forced).grammarRequired());
        assertEquals(true, asked(forced.replace("hi", "think")).grammarRequired());
        assertEquals(
                true, asked(chat(",'response_format':{'type':'json_object'}")).grammarRequired());
        assertNull(asked(chat("")).grammarRequired());
    }

    @Test
    void whereNoneIsToBeCalledAnyMayBeThere() throws Exception {
        for (var tool : List.of("{'type':'web_search'}", "{'type':'function','function':{'name':'a b'}}")) {
            assertNull(asked(chat(tools(tool) + ",'tool_choice':'none'")).grammar());
            var response = daemon.post("/v1/chat/completions", chat(tools(tool) + ",'tool_choice':'auto'"));
            assertEquals(400, response.statusCode(), response.body());
        }
    }

    /** The function first, then its arguments as they come; put together, they are the whole. */
    @Test
    void callsStream() throws Exception {
        engine.pieces = ("<think>Hm.</think>Wait." + CALL)
                .chars()
                .mapToObj(c -> Character.toString((char) c))
                .toList();
        var response = daemon.post("/v1/chat/completions", chat(tools(WEATHER) + ",'stream':true"));
        var deltas = new ArrayList<JsonNode>();
        var reasons = new ArrayList<String>();
        response.body().lines().filter(line -> line.startsWith("data: {")).forEach(line -> {
            var choice = JsonMapper.shared()
                    .readTree(line.substring(6))
                    .path("choices")
                    .path(0);
            deltas.add(choice.path("delta"));
            choice.path("finish_reason").stringValueOpt().ifPresent(reasons::add);
        });
        assertEquals(List.of("tool_calls"), reasons);
        assertEquals("Hm.", joined(deltas, "reasoning_content"));
        assertEquals("Wait.", joined(deltas, "content"));
        var calls = deltas.stream()
                .flatMap(delta -> delta.path("tool_calls").values().stream())
                .toList();
        var first = calls.getFirst();
        assertTrue(first.path("id").asString().startsWith("call_"));
        assertEquals("get_weather", first.path("function").path("name").asString());
        assertEquals("", first.path("function").path("arguments").asString());
        assertTrue(calls.size() > 3, "the arguments come in pieces");
        assertTrue(calls.stream().allMatch(call -> call.path("index").asInt() == 0));
        assertTrue(first.path("function").has("name"));
        assertTrue(calls.stream()
                .skip(1)
                .noneMatch(call -> call.has("id") || call.path("function").has("name")));
        assertEquals(
                "{\"city\": \"Oslo\"}",
                calls.stream()
                        .map(call -> call.path("function").path("arguments").asString())
                        .collect(Collectors.joining()));
    }

    private static String joined(List<JsonNode> deltas, String field) {
        return deltas.stream().map(delta -> delta.path(field).asString("")).collect(Collectors.joining());
    }

    @Test
    void toolsStandInThePromptAsTheyWereGiven() throws Exception {
        var prompt = String.valueOf(asked(chat(tools(CLOCK, WEATHER))).prompt());
        assertTrue(
                prompt.startsWith(
                        "tool {\"function\": {\"name\": \"get_time\"}, \"type\": \"function\"}\n"
                                + "tool {\"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"description\": \"Weather.\","),
                prompt);
        assertFalse(String.valueOf(
                        asked(chat(tools(CLOCK) + ",'tool_choice':'none'")).prompt())
                .contains("get_time"));
    }

    @Test
    void callsAndResultsStandInThePrompt() throws Exception {
        var messages =
                "{\"model\":\"calling\",\"messages\":[{'role':'user','content':'Oslo?'},{'role':'assistant','content':null,"
                        + "'reasoning_content':'Hm.','tool_calls':[{'id':'call_1','type':'function','function':"
                        + "{'name':'get_weather','arguments':'{\\'city\\':\\'Oslo\\'}'}}]},{'role':'tool','tool_call_id':'call_1','content':'rain'}]"
                        + tools(WEATHER) + "}";
        var prompt = String.valueOf(
                asked(messages.replace("\\'", "\\\"").replace('\'', '"')).prompt());
        assertTrue(
                prompt.contains("user: Oslo?")
                        && prompt.contains("assistant: <think>Hm.</think>" + CALL + "\ntool: rain"),
                prompt);
    }

    @Test
    void aCallIsHeldToItsSchemaWhereverItMayBegin() throws Exception {
        var auto = asked(chat(tools(WEATHER, CLOCK)));
        assertEquals(List.of("<tool_call>"), auto.grammarTriggers());
        var grammar = String.valueOf(auto.grammar());
        assertTrue(grammar.contains("\\n{\\\"name\\\": \\\"get_weather\\\", \\\"arguments\\\": "), grammar);
        assertTrue(grammar.contains("get_time") && grammar.contains("more-framed"), grammar);

        var required = asked(chat(tools(WEATHER, CLOCK) + ",'tool_choice':'required','parallel_tool_calls':false"));
        assertEquals(List.of(), required.grammarTriggers());
        assertTrue(
                String.valueOf(required.grammar()).startsWith("root ::= \"<tool_call>\" framed"), required.grammar());
        assertFalse(String.valueOf(required.grammar()).contains("more-framed"), "one call alone");

        var named = asked(
                chat(tools(WEATHER, CLOCK) + ",'tool_choice':{'type':'function','function':{'name':'get_time'}}"));
        assertTrue(String.valueOf(named.grammar()).contains("get_time"));
        assertFalse(String.valueOf(named.grammar()).contains("get_weather"));

        assertNull(asked(chat(tools(WEATHER) + ",'tool_choice':'none'")).grammar());
        assertNull(asked(chat("")).grammar());
    }

    /** The prompt has the others too: it begins as without the choice. */
    @Test
    void whereSomeAreAllowedTheOthersAreNotCalled() throws Exception {
        var clock =
                "'tools':[{'type':'function','function':{'name':'get_time'}},{'type':'function','function':{'name':'get_time'}}]}}";
        var all = asked(chat(tools(WEATHER, CLOCK)));
        var allowed = chat(tools(WEATHER, CLOCK)
                + ",'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto'," + clock);
        var some = asked(allowed);
        assertEquals(all.prompt(), some.prompt());
        assertEquals(List.of("<tool_call>"), some.grammarTriggers());
        assertTrue(String.valueOf(some.grammar()).contains("get_time"));
        assertFalse(String.valueOf(some.grammar()).contains("get_weather"));
        assertEquals(CALL, choice(allowed, CALL).path("message").path("content").asString(), "no call of one of them");

        var required = asked(allowed.replace("auto", "required"));
        assertEquals(List.of(), required.grammarTriggers());
        assertFalse(String.valueOf(required.grammar()).contains("get_weather"));
    }

    /** What must be a call comes behind the thoughts that the prompt began. */
    @Test
    void aCallIsForcedBehindThoughts() throws Exception {
        var asked = asked(chat(tools(WEATHER) + ",'tool_choice':'required'").replace("hi", "think"));
        assertEquals(List.of("</think>"), asked.grammarTriggers());
        assertTrue(String.valueOf(asked.grammar()).startsWith("root ::= \"\\n\\n<tool_call>\""), asked.grammar());
        var message = choice(chat(tools(WEATHER)).replace("hi", "think"), "Hm.</think>\n\n" + CALL)
                .path("message");
        assertEquals("Hm.", message.path("reasoning_content").asString());
        assertEquals(1, message.path("tool_calls").size());
    }

    @Test
    void aSchemaThatCannotBeHonouredIsRefusedWhereItCounts() throws Exception {
        var odd = "{'type':'function','function':{'name':'f','parameters':{'type':'object','minProperties':1}MORE}}";
        var strict = odd.replace("MORE", ",'strict':true");
        for (var body : List.of(
                tools(WEATHER, strict), tools(WEATHER, odd.replace("MORE", "")) + ",'tool_choice':'required'")) {
            var response = daemon.post("/v1/chat/completions", chat(body));
            assertEquals(400, response.statusCode(), response.body());
            assertEquals(
                    "tools[1].function.parameters",
                    TestDaemon.error(response).path("param").asString());
            assertTrue(TestDaemon.error(response).path("message").asString().contains("minProperties"));
        }
        var loose = String.valueOf(
                asked(chat(tools(WEATHER, odd.replace("MORE", "")))).grammar());
        assertTrue(loose.contains("member"), "any object: " + loose);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'tools':1|tools|invalid_type",
                "'tools':[1]|tools[0]|invalid_type",
                "'tools':[{}]|tools[0].type|missing_required_parameter",
                "'tools':[{'type':'custom'}]|tools[0].type|unsupported_parameter",
                "'tools':[{'type':'function'}]|tools[0].function|missing_required_parameter",
                "'tools':[{'type':'function','function':1}]|tools[0].function|invalid_type",
                "'tools':[{'type':'function','function':{}}]|tools[0].function.name|missing_required_parameter",
                "'tools':[{'type':'function','function':{'name':'a b'}}]|tools[0].function.name|invalid_value",
                "'tools':[{'type':'function','function':{'name':''}}]|tools[0].function.name|invalid_value",
                "'tools':[{'type':'function','function':{'name':'a','description':1}}]|tools[0].function.description|invalid_type",
                "'tools':[{'type':'function','function':{'name':'a','strict':1}}]|tools[0].function.strict|invalid_type",
                "'tools':[{'type':'function','function':{'name':'a','parameters':1}}]|tools[0].function.parameters|invalid_type",
                "'tools':[{'type':'function','function':{'name':'a','parameters':{'type':'array'}}}]|tools[0].function.parameters.type|invalid_value",
                "'tools':[{'type':'function','function':{'name':'a'}},{'type':'function','function':{'name':'a'}}]|tools[1].function.name|invalid_value",
                "'tool_choice':'required'|tool_choice|invalid_value",
                "'tool_choice':'often'|tool_choice|invalid_value",
                "'tool_choice':1|tool_choice|invalid_type",
                "'tool_choice':{'type':'custom'}|tool_choice.type|unsupported_parameter",
                "'tool_choice':{'type':'allowed_tools'}|tool_choice.allowed_tools|missing_required_parameter",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{}}|tool_choice.allowed_tools.mode|missing_required_parameter",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'none'}}|tool_choice.allowed_tools.mode|invalid_value",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto'}}|tool_choice.allowed_tools.tools|missing_required_parameter",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':1}}|tool_choice.allowed_tools.tools|invalid_type",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[]}}|tool_choice.allowed_tools.tools|invalid_value",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[1]}}|tool_choice.allowed_tools.tools[0]|invalid_type",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'type':'function','function':{'name':'a'}}]}}|tool_choice.allowed_tools.tools[0].function.name|invalid_value",
                "'tool_choice':{'type':'function'}|tool_choice.function|missing_required_parameter",
                "'tool_choice':{'type':'function','function':{'name':'a'}}|tool_choice.function.name|invalid_value",
                "'parallel_tool_calls':1|parallel_tool_calls|invalid_type",
                "'tools':[{'type':'function','function':{'name':'a'}}],'response_format':{'type':'json_object'}|response_format|unsupported_parameter",
                "'tools':[{'type':'function','function':{'name':'a'}}],'grammar':'root ::= [a]'|grammar|unsupported_parameter"
            })
    void whatIsWrongIsNamed(String fields, String param, String code) throws Exception {
        var response = daemon.post("/v1/chat/completions", chat("," + fields));
        assertEquals(400, response.statusCode(), response.body());
        assertEquals(param, TestDaemon.error(response).path("param").asString());
        assertEquals(code, TestDaemon.error(response).path("code").asString());
    }

    @Test
    void namesAndNumbersAreBounded() throws Exception {
        var tools = new ArrayList<String>();
        for (var i = 0; i < Tools.TOOLS_MAX; i++) {
            tools.add("{'type':'function','function':{'name':'" + "n".repeat(61) + String.format("%03d", i) + "'}}");
        }
        choice(chat(tools(tools.toArray(String[]::new))), "well");
        tools.add("{'type':'function','function':{'name':'one-more'}}");
        var many = daemon.post("/v1/chat/completions", chat(tools(tools.toArray(String[]::new))));
        assertEquals("tools", TestDaemon.error(many).path("param").asString());
        var allowed = daemon.post(
                "/v1/chat/completions",
                chat(tools(CLOCK) + ",'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto'"
                        + tools(Collections.nCopies(Tools.TOOLS_MAX + 1, CLOCK).toArray(String[]::new)) + "}}"));
        assertEquals(
                "tool_choice.allowed_tools.tools",
                TestDaemon.error(allowed).path("param").asString());
        var longName = daemon.post(
                "/v1/chat/completions",
                chat(tools("{'type':'function','function':{'name':'" + "n".repeat(65) + "'}}")));
        assertEquals(
                "tools[0].function.name",
                TestDaemon.error(longName).path("param").asString());
    }

    @Test
    void aModelWhoseCallsAreNotKnownGetsNoTools() throws Exception {
        var response = daemon.post("/v1/chat/completions", chat(tools(WEATHER)).replace("calling", "three"));
        assertEquals(400, response.statusCode());
        assertEquals("tools", TestDaemon.error(response).path("param").asString());
        assertEquals(
                "unsupported_parameter", TestDaemon.error(response).path("code").asString());
    }
}

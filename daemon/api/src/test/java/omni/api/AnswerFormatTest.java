package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import omni.engine.EngineProtocol.GenerateParams;
import omni.schema.SchemaGrammar;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** What becomes of the form that a client asks for. */
final class AnswerFormatTest extends FakeBox {
    private static final String SCHEMA =
            "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"],\"additionalProperties\":false}";

    private @Nullable String grammarOf(String path, String more) throws Exception {
        engine.asked.clear();
        var body = path.equals("/v1/completions")
                ? "{\"model\":\"three\",\"prompt\":\"hi\"" + more + "}"
                : TestDaemon.chat("three", more);
        var response = daemon.post(path, body);
        assertEquals(200, response.statusCode(), response.body());
        return engine.asked.toArray(GenerateParams[]::new)[0].grammar();
    }

    private @Nullable String grammar(String format) throws Exception {
        return grammarOf("/v1/chat/completions", ",\"response_format\":" + format);
    }

    private static String schema(String schema) {
        return "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"strict\":true,\"schema\":" + schema + "}}";
    }

    @Test
    void theEngineIsGivenTheGrammar() throws Exception {
        assertNull(grammar("{\"type\":\"text\"}"));
        assertNull(grammar("null"));
        assertEquals(SchemaGrammar.anyObject(), grammar("{\"type\":\"json_object\"}"));
        assertEquals(SchemaGrammar.of(JsonMapper.shared().readTree(SCHEMA)), grammar(schema(SCHEMA)));
        assertEquals(grammar(schema(SCHEMA)), grammar(schema(SCHEMA).replace("true,", "false,\"description\":\"d\",")));
    }

    @Test
    void aGrammarGoesAsItStands() throws Exception {
        for (var path : new String[] {"/v1/chat/completions", "/v1/completions"}) {
            assertEquals("root ::= \"a\"", grammarOf(path, ",\"grammar\":\"root ::= \\\"a\\\"\""));
            assertNull(grammarOf(path, ",\"grammar\":\"\""));
        }
        var both = ",\"grammar\":\"root ::= [a]\",\"response_format\":{\"type\":\"json_object\"}";
        ErrorsTest.assertError(
                daemon.post("/v1/chat/completions", TestDaemon.chat("three", both)), 400, "invalid_value");
        var long1 = ",\"grammar\":\"" + "a".repeat(AnswerFormat.GRAMMAR_CHARACTERS_MAX + 1) + "\"";
        ErrorsTest.assertError(
                daemon.post("/v1/chat/completions", TestDaemon.chat("three", long1)), 400, "invalid_value");
    }

    /** Who waits while another is converted is next in turn, and can be told to leave. */
    @Test
    void whoWaitsForAConversionCanBeInterrupted() throws Exception {
        assertTrue(AnswerFormat.CONVERTING.isFair());
        var told = new CompletableFuture<ErrorCode>();
        AnswerFormat.CONVERTING.lock();
        try {
            var waiting = Thread.ofPlatform().start(() -> {
                try {
                    AnswerFormat.converted(SchemaGrammar::anyObject, _ -> "a");
                } catch (ApiError e) {
                    told.complete(e.code());
                }
            });
            Await.until("it waits", () -> AnswerFormat.CONVERTING.hasQueuedThread(waiting));
            waiting.interrupt();
            assertEquals(ErrorCode.SERVER_STOPPING, told.get(10, TimeUnit.SECONDS));
        } finally {
            AnswerFormat.CONVERTING.unlock();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{'not':{}} ~ not at #.",
                "{'type':'object','properties':{'price':{'type':'number','multipleOf':0.01}}} ~ multipleOf at #/properties/price.",
                "{'type':'string','format':'color'} ~ format at #.",
                "{'$ref':'#/$defs/none'} ~ $ref at #.",
                "{'type':'string','enum':[1]} ~ at #. No value can fulfil this schema.",
                "{'type':'string','pattern':'^(?:(?:a{0,1000}){0,1000})$'} ~ at #. The schema is too complex",
            })
    void aSchemaThatCannotBeHonouredIsRefusedByItsKeyword(String schema, String said) throws Exception {
        var format = ",\"response_format\":" + schema(schema.replace('\'', '"'));
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("three", format));

        ErrorsTest.assertError(response, 400, "unsupported_parameter");
        var error = TestDaemon.error(response);
        assertEquals("response_format.json_schema.schema", error.get("param").asString());
        assertTrue(error.get("message").asString().contains("honoured: " + said), response.body());
    }
}

package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/responses} while the vault is locked, away or out of order; bounds and shapes. What is kept: {@link ResponseWalk}. */
final class ResponsesTest {
    private static final String ALL = "/v1/responses";

    @TempDir
    private Path home;

    private FakeVault vault;
    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeEach
    void start() throws IOException {
        vault = new FakeVault(home, VaultState.SEALED);
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @AfterEach
    void stop() {
        daemon.close();
        engine.close();
        vault.close();
    }

    private static String body(String more) {
        return "{\"model\":\"three\",\"input\":\"hi\"" + more + "}";
    }

    private HttpResponse<String> post(String more) throws Exception {
        return daemon.post(ALL, body(more));
    }

    @Test
    void toolsOfWhichNoneIsToBeCalledMayBeThere() throws Exception {
        for (var tools :
                List.of("[{\"type\":\"web_search\"}],\"tool_choice\":\"none\"", "[],\"tool_choice\":\"auto\"")) {
            var response = post(",\"tools\":" + tools);
            assertEquals(200, response.statusCode(), response.body());
        }
    }

    @Test
    void withoutTheVaultItIsAnsweredAndNotKept() throws Exception {
        for (var state : List.of(VaultState.SEALED, VaultState.ABSENT)) {
            vault.become(state);
            var made = TestDaemon.json(post(",\"store\":true"));
            assertEquals("one two three", made.at("/output/0/content/0/text").asString());
            assertFalse(made.get("store").asBoolean());
        }
        vault.close();
        assertFalse(TestDaemon.json(post("")).get("store").asBoolean());
        assertEquals(0, vault.asked.get());
    }

    @ParameterizedTest
    @ValueSource(strings = {"previous_response_id", "conversation"})
    void whatNeedsMemoryIsLockedWithIt(String field) throws Exception {
        for (var store : List.of("true", "false")) {
            var refused = post(",\"" + field + "\":\"x\",\"store\":" + store);
            ErrorsTest.assertError(refused, 423, "vault_locked");
        }
        ErrorsTest.assertError(daemon.get(ALL + "/resp_1"), 423, "vault_locked");
        ErrorsTest.assertError(daemon.get(ALL + "/resp_1/input_items"), 423, "vault_locked");
        ErrorsTest.assertError(daemon.send(daemon.request(ALL + "/resp_1").DELETE()), 423, "vault_locked");
        assertTrue(engine.asked.isEmpty());
    }

    @Test
    void whatCannotBeKeptIsNoAnswer() throws Exception {
        vault.become(VaultState.OPEN);
        ErrorsTest.assertError(post(""), 500, "vault_failed");
        vault.keepsResponses = "REFUSED";
        ErrorsTest.assertError(post(""), 409, "vault_refused");
        assertEquals(200, post(",\"store\":false").statusCode());

        var events = events(post(",\"stream\":true").body());
        assertEquals("error", events.getLast().get("type").asString());
        assertEquals("vault_refused", events.getLast().get("code").asString());
        assertEquals(events.size() - 1, events.getLast().get("sequence_number").asInt());
    }

    @Test
    void aStreamIsFramedAsOpenAiDoesIt() throws Exception {
        var response = post(",\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}");

        var events = events(response.body());
        assertEquals(
                "response.created response.in_progress response.output_item.added response.content_part.added"
                        + " response.output_text.delta response.output_text.delta response.output_text.delta"
                        + " response.output_text.done response.content_part.done response.output_item.done"
                        + " response.completed",
                String.join(
                        " ", events.stream().map(e -> e.get("type").asString()).toList()));
        assertTrue(response.body().startsWith("event: response.created\ndata: {"), response.body());
        assertFalse(response.body().contains("[DONE]"), response.body());
        for (var i = 0; i < events.size(); i++) {
            assertEquals(i, events.get(i).get("sequence_number").asInt());
        }
        ErrorsTest.assertError(
                daemon.post(ALL, "{\"model\":\"busy\",\"input\":\"hi\",\"stream\":true}"), 429, "rate_limit_exceeded");
    }

    @Test
    void anAnswerThatIsCutSaysSo() throws Exception {
        var made = TestDaemon.json(daemon.post(ALL, "{\"model\":\"token\",\"input\":\"hi\",\"max_output_tokens\":1}"));
        assertEquals("incomplete", made.get("status").asString());
        assertEquals("max_output_tokens", made.at("/incomplete_details/reason").asString());
        assertEquals(1, engine.asked.remove().maxTokens());
    }

    @Test
    void itsInputIsReadAsItemsAre() throws Exception {
        var input = "[{\"role\":\"developer\",\"content\":\"a\"},{\"type\":\"reasoning\",\"summary\":[]},"
                + "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\"},"
                + "{\"type\":\"refusal\",\"refusal\":\"c\"}]},{\"role\":\"user\",\"content\":\"d\"}]";
        assertEquals(
                200,
                daemon.post(ALL, "{\"model\":\"told\",\"input\":" + input + "}").statusCode());
        assertEquals(
                "system: a\nassistant: b\nc\nuser: d\n",
                String.valueOf(engine.asked.remove().prompt()).replace("developer", "system"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "\"tools\":[{\"type\":\"web_search\"}]|tools[0].type|unsupported_parameter",
                "\"tools\":[{\"type\":\"function\"}]|tools[0].name|missing_required_parameter",
                "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]|tools[0].name|missing_required_parameter",
                "\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]|tools|unsupported_parameter",
                "\"tool_choice\":\"required\"|tool_choice|invalid_value",
                "\"tool_choice\":{\"type\":\"file_search\"}|tool_choice.type|unsupported_parameter",
                "\"tool_choice\":{\"type\":\"function\",\"name\":\"g\"}|tool_choice.name|invalid_value",
                "\"background\":true|background|unsupported_parameter",
                "\"truncation\":\"auto\"|truncation|unsupported_parameter",
                "\"top_logprobs\":1|top_logprobs|unsupported_parameter",
                "\"prompt\":{\"id\":\"p\"}|prompt|unsupported_parameter",
                "\"text\":{\"format\":{\"type\":\"xml\"}}|text.format.type|invalid_value",
                "\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{}}}|text.format.name|missing_required_parameter",
                "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"a\"}}|text.format.schema|missing_required_parameter",
                "\"text\":1|text|invalid_type",
                "\"store\":1|store|invalid_type",
                "\"instructions\":1|instructions|invalid_type",
                "\"max_output_tokens\":0|max_output_tokens|invalid_value",
                "\"temperature\":3|temperature|invalid_value",
                "\"previous_response_id\":\"\"|previous_response_id|invalid_value",
                "\"previous_response_id\":1|previous_response_id|invalid_type",
                "\"conversation\":{}|conversation.id|missing_required_parameter",
                "\"conversation\":\"a\",\"previous_response_id\":\"b\"|conversation|invalid_value",
                "\"metadata\":{\"a\":1}|metadata.a|invalid_type"
            })
    void whatIsWrongIsNamed(String more, String param, String code) throws Exception {
        refused(post("," + more), param, code);
        assertTrue(engine.asked.isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "1|input|invalid_type",
                "[]|input|invalid_value",
                "[1]|input[0]|invalid_type",
                "[{\"type\":\"reasoning\"}]|input|invalid_value",
                "[{\"type\":\"function_call\"}]|input[0].call_id|missing_required_parameter",
                "[{\"type\":\"function_call\",\"call_id\":\"a\"}]|input[0].name|missing_required_parameter",
                "[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"[]\"}]|input[0].arguments|invalid_value",
                "[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{\"}]|input[0].arguments|invalid_value",
                "[{\"type\":\"function_call_output\",\"output\":\"\"}]|input[0].call_id|missing_required_parameter",
                "[{\"type\":\"function_call_output\",\"call_id\":\"a\"}]|input[0].output|missing_required_parameter",
                "[{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":42}]|input[0].output|invalid_type",
                "[{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":[{\"type\":\"input_image\"}]}]|input[0]|unsupported_parameter",
                "[{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"item_reference\"}]|input[1]|unsupported_parameter",
                "[{\"type\":\"compaction\"},{\"role\":\"user\",\"content\":\"a\"}]|input[0]|unsupported_parameter",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"}]}]|input[0]|unsupported_parameter"
            })
    void whatIsWrongWithTheInputIsNamed(String input, String param, String code) throws Exception {
        refused(daemon.post(ALL, "{\"model\":\"three\",\"input\":" + input + "}"), param, code);
    }

    @Test
    void allIsBounded() throws Exception {
        var item = "{\"role\":\"user\",\"content\":\"hi\"}";
        var most = String.join(",", Collections.nCopies(500, item));
        assertEquals(
                200,
                daemon.post(ALL, "{\"model\":\"three\",\"input\":[" + most + "]}")
                        .statusCode());
        refused(
                daemon.post(ALL, "{\"model\":\"three\",\"input\":[" + most + "," + item + "]}"),
                "input",
                "invalid_value");
        var id = "x".repeat(128);
        ErrorsTest.assertError(post(",\"previous_response_id\":\"" + id + "\""), 423, "vault_locked");
        refused(post(",\"previous_response_id\":\"" + id + "x\""), "previous_response_id", "invalid_value");
        var text = "x".repeat(60_000);
        assertEquals(200, post(",\"instructions\":\"" + text + "\"").statusCode());
        refused(post(",\"instructions\":\"" + text + "x\""), "instructions", "invalid_value");
    }

    /** Escaped, few characters are many bytes; an item in which one level or byte too much is; a conversation that is full. */
    @Test
    void whatCouldNotBeKeptIsRefusedBeforeItIsAnswered() throws Exception {
        refused(post(",\"instructions\":\"" + "\\u0001".repeat(50_000) + "\""), "instructions", "invalid_value");
        refused(daemon.post(ALL, "{\"input\":[" + deep(49) + "]}"), "input[0]", "invalid_value");
        var deep = "[".repeat(50) + "]".repeat(50);
        refused(post(",\"text\":{\"format\":{\"type\":\"text\",\"x\":" + deep + "}}"), "instructions", "invalid_value");
        refused(daemon.post(ALL, "{\"input\":\"" + "x".repeat(1 << 20) + "\"}"), "input", "invalid_value");
        vault.become(VaultState.OPEN);
        vault.hasItems = 9_999;
        var id = TestDaemon.json(daemon.post("/v1/conversations", "{}"))
                .get("id")
                .asString();
        var full = post(",\"conversation\":\"" + id + "\"");
        ErrorsTest.assertError(full, 409, "vault_refused");
        assertEquals("conversation", TestDaemon.error(full).get("param").asString());
        assertTrue(engine.asked.isEmpty());
        vault.hasItems = 9_998;
        vault.roomBytes = 10;
        ErrorsTest.assertError(post(",\"conversation\":\"" + id + "\""), 409, "vault_refused");
        assertTrue(engine.asked.isEmpty());
        vault.roomBytes = 1000;
        var failed = post(",\"conversation\":\"" + id + "\"");
        ErrorsTest.assertError(failed, 500, "vault_failed");
        assertTrue(TestDaemon.error(failed).get("param").isNull());
        assertEquals(1, engine.asked.size(), "the control");
    }

    /** A message of so many levels. */
    private static String deep(int levels) {
        return "{\"role\":\"user\",\"content\":\"a\",\"x\":" + "[".repeat(levels - 1) + "]".repeat(levels - 1) + "}";
    }

    @Test
    void errorsNameItsOwnFields() throws Exception {
        refused(daemon.post(ALL, "{\"model\":\"long\",\"input\":\"a\"}"), "input", "context_length_exceeded");
        refused(daemon.post(ALL, "{\"model\":\"few\",\"input\":\"a\"}"), "max_output_tokens", "invalid_value");
        engine.asked.clear();
        vault.become(VaultState.OPEN);
        refused(post(",\"previous_response_id\":\"resp_1\""), "previous_response_id", "previous_response_not_found");
        var missing = post(",\"conversation\":\"conv_9\"");
        ErrorsTest.assertError(missing, 404, "not_found");
        assertEquals("conversation", TestDaemon.error(missing).get("param").asString());
        refused(
                daemon.post(ALL, "{\"input\":\"hi\",\"conversation\":\"" + longOne() + "\"}"),
                "conversation",
                "context_length_exceeded");
        assertTrue(engine.asked.isEmpty());
    }

    /** A conversation in which more was said than any prompt takes. */
    private String longOne() throws Exception {
        var item = "{\"role\":\"user\",\"content\":\"" + "x".repeat(1 << 19) + "\"}";
        var id = TestDaemon.json(daemon.post("/v1/conversations", "{\"items\":[" + item + "," + item + "]}"))
                .get("id");
        return id.asString();
    }

    private static List<JsonNode> events(String stream) {
        return stream.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> JsonMapper.shared().readTree(line.substring("data: ".length())))
                .toList();
    }

    private static void refused(HttpResponse<String> response, String param, String code) {
        ErrorsTest.assertError(response, 400, code);
        assertEquals(param, TestDaemon.error(response).get("param").asString());
    }
}

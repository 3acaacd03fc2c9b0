package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/conversations}: OpenAI's client, the shapes, and every bound at its edge and one past it. */
final class ConversationsTest {
    private static final String ALL = "/v1/conversations";

    @TempDir
    private Path home;

    private FakeVault vault;
    private TestDaemon daemon;

    @BeforeEach
    void start() throws IOException {
        vault = new FakeVault(home, VaultState.OPEN);
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @AfterEach
    void stop() {
        daemon.close();
        vault.close();
    }

    @Test
    void openAisClientGoesThroughAllOfIt() {
        ConversationWalk.through(daemon);
    }

    @Test
    void hasOpenAisShapes() throws Exception {
        assertEquals(
                "{\"id\":\"conv_1\",\"object\":\"conversation\",\"created_at\":1700000000,\"metadata\":{\"a\":\"b\"}}",
                daemon.post(ALL, "{\"metadata\":{\"a\":\"b\"},\"unknown\":1}").body());
        assertEquals(
                "{\"object\":\"list\",\"data\":[],\"first_id\":\"\",\"last_id\":\"\",\"has_more\":false}",
                daemon.get(ALL + "/conv_1/items").body());
        assertEquals(
                "{\"object\":\"list\",\"data\":[{\"type\":\"message\",\"status\":\"completed\",\"role\":\"user\","
                        + "\"content\":[{\"type\":\"input_text\",\"text\":\"hi\"}],\"id\":\"msg_2\"}],"
                        + "\"first_id\":\"msg_2\",\"last_id\":\"msg_2\",\"has_more\":false}",
                items("{\"role\":\"user\",\"content\":\"hi\"}").body());
        assertEquals(
                "{\"id\":\"conv_1\",\"object\":\"conversation.deleted\",\"deleted\":true,"
                        + "\"backups\":[\"/media/usb 20260301-120000.000-3f2a\"]}",
                daemon.send(daemon.request(ALL + "/conv_1").DELETE()).body());
    }

    @Test
    void listsTheNewestFirstAndInParts() throws Exception {
        for (var i = 0; i < 3; i++) {
            daemon.post(ALL, "{}");
        }
        var first = TestDaemon.json(daemon.get(ALL + "?limit=2"));
        var rest = TestDaemon.json(
                daemon.get(ALL + "?limit=2&after=" + first.get("last_id").asString()));

        assertEquals("conv_3 conv_2", ids(first));
        assertEquals(true, first.get("has_more").asBoolean());
        assertEquals("conv_1", ids(rest));
        assertEquals(false, rest.get("has_more").asBoolean());
    }

    /** Memory for the largest page is taken before it is read: there is some for two at once. */
    @Test
    void whoReadsBesideManyIsToldToComeLater() throws Exception {
        daemon.post(ALL, "{}");
        vault.listing = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var readers = new ExecutorCompletionService<HttpResponse<String>>(threads);
            for (var i = 0; i < 3; i++) {
                readers.submit(() -> daemon.get(ALL + "/conv_1/items"));
            }
            ErrorsTest.assertError(readers.take().get(), 429, "rate_limit_exceeded");
            vault.listing.countDown();
            assertEquals(200, readers.take().get().statusCode());
            assertEquals(200, readers.take().get().statusCode());
        }
        assertEquals(200, daemon.get(ALL + "/conv_1/items").statusCode());
    }

    @Test
    void findsWords() throws Exception {
        daemon.post(ALL, "{\"items\":[{\"role\":\"user\",\"content\":\"the tall owl\"}]}");
        daemon.post(ALL, "{\"items\":[{\"role\":\"user\",\"content\":\"a wren\"}]}");

        assertEquals(
                "{\"object\":\"list\",\"data\":[{\"id\":\"conv_1\",\"object\":\"conversation.hit\",\"item\":\"msg_2\","
                        + "\"snippet\":\"tall owl\"}],\"first_id\":\"conv_1\",\"last_id\":\"conv_1\","
                        + "\"has_more\":false}",
                daemon.get(ALL + "?q=tall+owl").body());
        assertEquals("", ids(TestDaemon.json(daemon.get(ALL + "?q=eagle&limit=1"))));
    }

    @Test
    void takesMetadataAway() throws Exception {
        daemon.post(ALL, "{\"metadata\":{\"a\":\"b\"}}");

        var taken = daemon.post(ALL + "/conv_1", "{\"metadata\":null}");

        assertEquals("{}", TestDaemon.json(taken).get("metadata").toString());
        ErrorsTest.assertError(daemon.post(ALL + "/conv_1", "{}"), 400, "missing_required_parameter");
    }

    @Test
    void oneIsKeptForATimeOfItsOwn() throws Exception {
        var made = daemon.post(ALL, "{\"keep_seconds\":1}");
        assertEquals(1, TestDaemon.json(made).get("keep_seconds").asInt());
        var changed = daemon.post(ALL + "/conv_1", "{\"keep_seconds\":2147483647}");
        assertEquals(
                Integer.MAX_VALUE, TestDaemon.json(changed).get("keep_seconds").asInt());
        var both = daemon.post(ALL + "/conv_1", "{\"keep_seconds\":60,\"metadata\":{\"a\":\"b\"}}");
        assertEquals(
                "{\"id\":\"conv_1\",\"object\":\"conversation\",\"created_at\":1700000000,"
                        + "\"metadata\":{\"a\":\"b\"},\"keep_seconds\":60}",
                both.body());
        var kept = daemon.post(ALL + "/conv_1", "{\"metadata\":null}");
        assertEquals(60, TestDaemon.json(kept).get("keep_seconds").asInt());
        assertFalse(TestDaemon.json(daemon.post(ALL + "/conv_1", "{\"keep_seconds\":null}"))
                .has("keep_seconds"));
        for (var bad : new String[] {"0", "-1", "2147483648"}) {
            refused(daemon.post(ALL, "{\"keep_seconds\":" + bad + "}"), "keep_seconds", "invalid_value");
            refused(daemon.post(ALL + "/conv_1", "{\"keep_seconds\":" + bad + "}"), "keep_seconds", "invalid_value");
        }
        refused(daemon.post(ALL, "{\"keep_seconds\":\"1\"}"), "keep_seconds", "invalid_type");
    }

    @Test
    void metadataIsBounded() throws Exception {
        assertEquals(200, daemon.post(ALL, metadata(16, "k", "v")).statusCode());
        refused(daemon.post(ALL, metadata(17, "k", "v")), "metadata", "invalid_value");
        assertEquals(
                200,
                daemon.post(ALL, metadata(1, "ü".repeat(63), "🦉".repeat(512))).statusCode());
        refused(daemon.post(ALL, metadata(1, "ü".repeat(64), "v")), "metadata", "invalid_value");
        refused(daemon.post(ALL, metadata(1, "k", "🦉".repeat(513))), "metadata", "invalid_value");
        refused(daemon.post(ALL, "{\"metadata\":{\"a\":1}}"), "metadata.a", "invalid_type");
        refused(daemon.post(ALL, "{\"metadata\":[]}"), "metadata", "invalid_type");
    }

    @Test
    void twentyItemsAtOnceAreTheMost() throws Exception {
        var item = "{\"role\":\"user\",\"content\":\"hi\"}";
        var twenty = String.join(",", Collections.nCopies(20, item));
        daemon.post(ALL, "{\"items\":[" + twenty + "]}");

        assertEquals(20, TestDaemon.json(items(twenty)).get("data").size());
        refused(items(twenty + "," + item), "items", "invalid_value");
        refused(daemon.post(ALL, "{\"items\":[" + twenty + "," + item + "]}"), "items", "invalid_value");
        refused(items(""), "items", "invalid_value");
        refused(daemon.post(ALL + "/conv_1/items", "{}"), "items", "missing_required_parameter");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "1|items[0]|invalid_type",
                "[]|items[0]|invalid_type",
                "{}|items[0].type|missing_required_parameter",
                "{\"type\":1}|items[0].type|invalid_type",
                "{\"type\":\"\"}|items[0].type|invalid_value",
                "{\"type\":\"message\",\"content\":\"a\"}|items[0].role|missing_required_parameter",
                "{\"role\":\"tool\",\"content\":\"a\"}|items[0].role|invalid_value",
                "{\"role\":1,\"content\":\"a\"}|items[0].role|invalid_type",
                "{\"role\":\"user\"}|items[0].content|missing_required_parameter",
                "{\"role\":\"user\",\"content\":1}|items[0].content|invalid_type",
                "{\"role\":\"user\",\"content\":{}}|items[0].content|invalid_type",
                "{\"role\":\"user\",\"content\":[1]}|items[0].content[0]|invalid_type",
                "{\"role\":\"user\",\"content\":[{}]}|items[0].content[0].type|missing_required_parameter",
                "{\"role\":\"user\",\"content\":[{\"type\":\"\"}]}|items[0].content[0].type|invalid_value",
                "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\"}]}|items[0].content[0].text"
                        + "|missing_required_parameter",
                "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":1}]}|items[0].content[0].text"
                        + "|invalid_type",
                "{\"role\":\"user\",\"content\":\"a\",\"status\":\"done\"}|items[0].status|invalid_value"
            })
    void malformedItemsAreRefused(String item, String param, String code) throws Exception {
        daemon.post(ALL, "{}");

        refused(items(item), param, code);
        refused(daemon.post(ALL, "{\"items\":[" + item + "]}"), param, code);
        assertEquals("", ids(TestDaemon.json(daemon.get(ALL + "/conv_1/items"))));
    }

    @Test
    void itemsMustBeAnArray() throws Exception {
        refused(daemon.post(ALL, "{\"items\":{}}"), "items", "invalid_type");
    }

    @Test
    void whatIsNoMessageIsKeptAsItIs() throws Exception {
        daemon.post(ALL, "{}");
        var item = "{\"type\":\"reasoning\",\"summary\":[],\"status\":\"odd\",\"deep\":{\"er\":[1,null]}}";

        var kept = TestDaemon.json(items(item)).at("/data/0");

        assertEquals(item.replace("]}}", "]},\"id\":\"msg_2\"}"), kept.toString());
    }

    @Test
    void ofAMessageNothingIsLost() throws Exception {
        daemon.post(ALL, "{}");

        var kept = TestDaemon.json(items("{\"type\":\"message\",\"id\":\"mine\",\"role\":\"assistant\","
                        + "\"status\":\"incomplete\",\"phase\":\"final_answer\",\"content\":["
                        + "{\"type\":\"output_text\",\"text\":\"a\"},"
                        + "{\"type\":\"output_text\",\"text\":\"b\",\"annotations\":[{}]},"
                        + "{\"type\":\"input_image\",\"file_id\":\"f\"}]}"))
                .at("/data/0");

        assertEquals(
                tree("{\"type\":\"message\",\"status\":\"incomplete\",\"role\":\"assistant\",\"content\":["
                        + "{\"type\":\"output_text\",\"text\":\"a\",\"annotations\":[]},"
                        + "{\"type\":\"output_text\",\"text\":\"b\",\"annotations\":[{}]},"
                        + "{\"type\":\"input_image\",\"file_id\":\"f\"}],\"id\":\"msg_2\",\"phase\":\"final_answer\"}"),
                kept);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/conversations?limit=0,limit",
        "/v1/conversations?limit=101,limit",
        "/v1/conversations?q=a&after=b,after",
        "/v1/conversations/conv_1/items?limit=101,limit",
        "/v1/conversations/conv_1/items?order=up,order"
    })
    void listsAreBounded(String path, String param) throws Exception {
        refused(daemon.get(path), param, "invalid_value");
    }

    /** The control is a conversation that is not there: that is no parameter of the request. */
    @Test
    void whatTheVaultRefusesIsSaidOfTheParameterAtFault() throws Exception {
        daemon.post(ALL, "{}");
        items("{\"role\":\"user\",\"content\":\"hi\"}");
        for (var path : new String[] {ALL + "?after=conv_9", ALL + "/conv_1/items?after=msg_9"}) {
            assertEquals("after", param(daemon.get(path), 404, "not_found"));
        }
        assertEquals("null", param(daemon.get(ALL + "/conv_9/items?after=msg_9"), 404, "not_found"));
        assertEquals("null", param(daemon.get(ALL + "/conv_9/items"), 404, "not_found"));
        refused(daemon.get(ALL + "?q=fail:INVALID"), "q", "invalid_value");
        assertEquals("null", param(daemon.get(ALL + "?q=fail:DAMAGED"), 500, "vault_damaged"));
        refused(daemon.post(ALL, "{\"metadata\":{\"a\":\"\\u0000\"}}"), "metadata", "invalid_value");
        refused(daemon.post(ALL + "/conv_1", "{\"metadata\":{\"a\":\"\\u0000\"}}"), "metadata", "invalid_value");
    }

    private static String param(HttpResponse<String> response, int status, String code) {
        ErrorsTest.assertError(response, status, code);
        return TestDaemon.error(response).get("param").toString().replace("\"", "");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/conversations?order=asc",
        "POST,/v1/conversations?x",
        "GET,/v1/conversations/conv_1?x",
        "POST,/v1/conversations/conv_1?x",
        "DELETE,/v1/conversations/conv_1?x",
        "GET,/v1/conversations/conv_1/items?q=a",
        "POST,/v1/conversations/conv_1/items?x",
        "GET,/v1/conversations/conv_1/items/msg_1?x",
        "DELETE,/v1/conversations/conv_1/items/msg_1?include=x"
    })
    void unknownParametersAreRefused(String method, String path) throws Exception {
        var body = java.net.http.HttpRequest.BodyPublishers.noBody();

        ErrorsTest.assertError(daemon.send(daemon.request(path).method(method, body)), 400, "unsupported_parameter");
        assertEquals(0, vault.asked.get());
    }

    @Test
    void whatIsNotThereIsNotFound() throws Exception {
        daemon.post(ALL, "{}");

        for (var path : new String[] {"/nothing", "/conv_1/items/nothing", "/nothing/items"}) {
            ErrorsTest.assertError(daemon.get(ALL + path), 404, "not_found");
        }
        ErrorsTest.assertError(
                daemon.send(daemon.request(ALL + "/conv_1/items/nothing").DELETE()), 404, "not_found");
    }

    private HttpResponse<String> items(String items) throws Exception {
        return daemon.post(ALL + "/conv_1/items", "{\"items\":[" + items + "]}");
    }

    private static String metadata(int pairs, String key, String value) {
        return IntStream.range(0, pairs)
                .mapToObj(i -> "\"" + key + (char) ('a' + i) + "\":\"" + value + "\"")
                .collect(Collectors.joining(",", "{\"metadata\":{", "}}"));
    }

    private static String ids(JsonNode list) {
        return list.get("data")
                .valueStream()
                .map(one -> one.get("id").asString())
                .collect(Collectors.joining(" "));
    }

    private static JsonNode tree(String json) {
        return JsonMapper.shared().readTree(json);
    }

    private static void refused(HttpResponse<String> response, String param, String code) {
        ErrorsTest.assertError(response, 400, code);
        assertEquals(param, TestDaemon.error(response).get("param").asString());
        assertTrue(response.body().length() < 500, "the error repeats what was sent");
    }
}

package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Input that nobody means well with: every answer is the client's own fault (4xx), none is a 500, none hangs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HostileTest {
    private static final int BODY_BYTES_MAX = 65536;

    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(
                home, home.resolve("engine.sock"), "body_bytes_max = " + BODY_BYTES_MAX, "nesting_max = 16");
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    static List<String> notJson() {
        return List.of(
                "",
                " ",
                "{",
                "nonsense",
                "{\"a\":1}}",
                "{\"a\":1} {}",
                "{'a':1}",
                "{\"a\":01}",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":1,}",
                "{\"a\":1 /* c */}",
                "{\"model\":\"a\",\"model\":\"b\"}",
                "{\"a\":\"\\ud800\"}",
                "{\"\\udc00\":1}",
                "{\"a\":[{\"b\":\"x\\ud83dy\"}]}",
                "{\"a\":\"\u0001\"}",
                "{\"a\":" + "9".repeat(65) + "}",
                "{\"" + "n".repeat(257) + "\":1}",
                "[".repeat(10_000) + "]".repeat(10_000),
                "{\"messages\":".repeat(3_000) + "1" + "}".repeat(3_000),
                "{\"messages\":" + "[".repeat(16) + "]".repeat(16) + "}");
    }

    @ParameterizedTest
    @MethodSource("notJson")
    void whatIsNotJsonIsRefused(String body) throws Exception {
        ErrorsTest.assertError(daemon.post("/v1/chat/completions", body), 400, "invalid_json");
    }

    @Test
    void theDeepestBodyAllowedIsRead() throws Exception {
        var body = TestDaemon.chat("three", ",\"x\":" + "[".repeat(15) + "]".repeat(15));

        assertEquals(200, daemon.post("/v1/chat/completions", body).statusCode());
    }

    @Test
    void moreValuesThanAllowedAreRefused() throws Exception {
        // Six tokens belong to the object and the array.
        var most = read("{\"a\":[" + "1,".repeat(Json.TOKENS_MAX - 6) + "1]}");
        assertEquals(Json.TOKENS_MAX, most.tokens());
        assertTrue(most.node().has("a"));
        var error = assertThrows(ApiError.class, () -> read("{\"a\":[" + "1,".repeat(Json.TOKENS_MAX - 5) + "1]}"));
        assertEquals(ErrorCode.INVALID_JSON, error.code());
    }

    private static Json.Body read(String body) {
        return new Json(16).object(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
    }

    /** Arguments are JSON within a text: they share the bounds of the body that they are in. */
    @Test
    void argumentsHaveTheValuesThatTheBodyLeaves() {
        var plain = read(calling("{}")).tokens();
        // Five tokens belong to the arguments' own object and array.
        var left = Json.TOKENS_MAX - plain - 5;
        var fits = read(calling("{'a':[" + "1,".repeat((int) left - 1) + "1]}"));
        assertEquals(1, ChatRequest.read(fits).messages().size());
        assertEquals(Json.TOKENS_MAX, fits.tokens());
        var over = read(calling("{'a':[" + "1,".repeat((int) left) + "1]}"));
        var error = assertThrows(ApiError.class, () -> ChatRequest.read(over));
        assertEquals(ErrorCode.INVALID_VALUE, error.code());
        assertEquals(Optional.of("messages[0].tool_calls[0].function.arguments"), error.param());
    }

    @Test
    void argumentsOfSeveralCallsShareThem() {
        var half = "{'a':[" + "1,".repeat(Json.TOKENS_MAX / 2) + "1]}";
        var one = calling(half).replace("]}]}", "," + call("{}") + "]}]}");
        assertEquals(1, ChatRequest.read(read(one)).messages().size());
        var two = calling(half).replace("]}]}", "," + call(half) + "]}]}");
        var error = assertThrows(ApiError.class, () -> ChatRequest.read(read(two)));
        assertEquals(Optional.of("messages[0].tool_calls[1].function.arguments"), error.param());
    }

    @Test
    void argumentsNestWithTheBody() throws Exception {
        // Sixteen levels are allowed; the text stands in six, and has one of its own.
        var deepest = calling("{'a':" + "[".repeat(9) + "]".repeat(9) + "}");
        assertEquals(200, daemon.post("/v1/chat/completions", deepest).statusCode());
        var deeper = calling("{'a':" + "[".repeat(10) + "]".repeat(10) + "}");
        ErrorsTest.assertError(daemon.post("/v1/chat/completions", deeper), 400, "invalid_value");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "1",
                "null",
                "{'a':1,'a':2}",
                "{'a':1} {}",
                "{'a':'#ud800'}",
                "{'a':NaN}",
                "{'a':{'b':1,'b':1}}"
            })
    void argumentsAreReadAsStrictlyAsTheBody(String arguments) throws Exception {
        var response = daemon.post("/v1/chat/completions", calling(arguments));
        ErrorsTest.assertError(response, 400, "invalid_value");
        assertEquals(
                "messages[0].tool_calls[0].function.arguments",
                TestDaemon.error(response).get("param").asString());
    }

    /** A chat whose assistant has made a call; quotes are single here, and {@code #} is a backslash. */
    private static String calling(String arguments) {
        return "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[" + call(arguments) + "]}]}";
    }

    private static String call(String arguments) {
        return "{\"function\":{\"name\":\"f\",\"arguments\":\""
                + arguments.replace("'", "\\\"").replace("#", "\\\\") + "\"}}";
    }

    @Test
    void badUtf8IsRefused() throws Exception {
        var body = TestDaemon.chat("three", "").getBytes(StandardCharsets.UTF_8);
        body[body.length / 2] = (byte) 0xff;

        ErrorsTest.assertError(daemon.post("/v1/chat/completions", body), 400, "invalid_json");
        ErrorsTest.assertError(
                daemon.post("/v1/chat/completions", "{}".getBytes(StandardCharsets.UTF_16)), 400, "invalid_json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "\"text\"", "[]", "true"})
    void onlyAnObjectIsABody(String body) throws Exception {
        for (var path : new String[] {"/v1/chat/completions", "/v1/completions", "/v1/embeddings"}) {
            ErrorsTest.assertError(daemon.post(path, body), 400, "invalid_type");
        }
    }

    /** Each field with each type it does not have, and with each number past its bounds. */
    static List<Arguments> wrongFields() {
        var chat = new ArrayList<Arguments>();
        var wrong = List.of(
                List.of("model", "1", "{}", "[]", "true"),
                List.of("messages", "\"x\"", "{}", "[]", "1", "[1]", "[null]", "[[]]", "[{}]"),
                List.of("max_tokens", "\"1\"", "0", "-1", "1.5", "2147483648", "1e999", "{}", "99999999999999999999"),
                List.of("max_completion_tokens", "\"1\"", "0"),
                List.of("temperature", "\"1\"", "-0.1", "2.1", "1e999", "-1e999", "[]"),
                List.of("top_p", "1.1", "-1", "true"),
                List.of("top_k", "-1", "1000001", "0.5"),
                List.of("min_p", "1.01", "\"\""),
                List.of("seed", "1.5", "\"1\"", "9223372036854775808"),
                List.of(
                        "stop",
                        "1",
                        "[1]",
                        "\"\"",
                        "[\"\"]",
                        "[\"a\",\"b\",\"c\",\"d\",\"e\"]",
                        "\"" + "s".repeat(257) + "\""),
                List.of("logprobs", "1", "\"true\""),
                List.of("top_logprobs", "21", "-1", "1"),
                List.of("stream", "1", "\"true\""),
                List.of("stream_options", "1", "{}"),
                List.of("n", "0", "2", "\"1\""),
                List.of("tools", "[{\"type\":\"function\"}]", "1"),
                List.of("tool_choice", "\"required\"", "{\"type\":\"function\"}"),
                List.of("functions", "[1]"),
                List.of("function_call", "\"auto\""),
                List.of(
                        "response_format",
                        "1",
                        "{}",
                        "{\"type\":\"xml\"}",
                        "{\"type\":1}",
                        "{\"type\":\"json_schema\"}",
                        "{\"type\":\"json_schema\",\"json_schema\":[]}",
                        "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{}}}",
                        "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\"}}",
                        "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a b\",\"schema\":{}}}",
                        "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":[]}}",
                        "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":{},\"strict\":1}}"),
                List.of("grammar", "1"),
                List.of("modalities", "[\"audio\"]", "1"),
                List.of("audio", "{\"voice\":\"a\"}"),
                List.of("web_search_options", "{\"a\":1}"),
                List.of(
                        "logit_bias",
                        "1",
                        "{\"a\":1}",
                        "{\"-1\":1}",
                        "{\"01\":1}",
                        "{\"1\":101}",
                        "{\"1\":true}",
                        "{\"1\":null}"),
                List.of("frequency_penalty", "2.1", "-2.1", "\"1\""),
                List.of("presence_penalty", "2.1"),
                List.of("repeat_penalty", "0", "101"),
                List.of("repeat_last_n", "-2", "65537"),
                List.of(
                        "dry_sequence_breakers",
                        "[\"a\",\"b\",\"c\",\"d\",\"e\"]",
                        "[\"\"]",
                        "[\"é\"]",
                        "[\"" + "a".repeat(41) + "\"]",
                        "1"),
                List.of("mirostat", "3", "-1"),
                List.of("top_n_sigma", "-1.1", "101"),
                List.of("typical_p", "1.1"));
        for (var field : wrong) {
            field.stream().skip(1).forEach(value -> chat.add(Arguments.of(field.getFirst(), value)));
        }
        return chat;
    }

    @ParameterizedTest
    @MethodSource("wrongFields")
    void aFieldThatIsWrongIsNamed(String field, String value) throws Exception {
        var messages = field.equals("messages") ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
        var response = daemon.post("/v1/chat/completions", "{\"" + field + "\":" + value + messages + "}");

        assertEquals(400, response.statusCode(), response.body());
        var param = TestDaemon.error(response).get("param").asString("none");
        assertTrue(param.startsWith(field), response.body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"content\":\"x\"}",
                "{\"role\":\"user\"}",
                "{\"role\":\"user\",\"content\":null}",
                "{\"role\":\"nobody\",\"content\":\"x\"}",
                "{\"role\":1,\"content\":\"x\"}",
                "{\"role\":\"user\",\"content\":1}",
                "{\"role\":\"user\",\"content\":{}}",
                "{\"role\":\"user\",\"content\":[1]}",
                "{\"role\":\"user\",\"content\":[{}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":1}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}",
                "{\"role\":\"user\",\"content\":\"x\",\"name\":1}",
                "{\"role\":\"user\",\"content\":\"x\",\"tool_calls\":[]}",
                "{\"role\":\"assistant\",\"tool_calls\":1}",
                "{\"role\":\"assistant\",\"tool_calls\":[1]}",
                "{\"role\":\"assistant\",\"tool_calls\":[{}]}",
                "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":1}]}",
                "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}",
                "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[\"}}]}",
                "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"1\"}}]}"
            })
    void aMessageThatIsWrongIsNamed(String message) throws Exception {
        var response = daemon.post("/v1/chat/completions", "{\"messages\":[" + message + "]}");

        assertEquals(400, response.statusCode(), response.body());
        assertTrue(TestDaemon.error(response).get("param").asString("none").startsWith("messages[0]"), response.body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"role\":\"user\",\"content\":\"\"}",
                "{\"role\":\"user\",\"content\":[]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"name\":\"n\"}",
                "{\"role\":\"developer\",\"content\":\"x\"}",
                "{\"role\":\"tool\",\"content\":\"x\",\"tool_call_id\":\"1\"}",
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"
            })
    void aMessageThatIsRightIsTaken(String message) throws Exception {
        var response = daemon.post("/v1/chat/completions", "{\"messages\":[" + message + "]}");

        assertEquals(200, response.statusCode(), response.body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"prompt\":null}",
                "{\"prompt\":1}",
                "{\"prompt\":\"\"}",
                "{\"prompt\":[]}",
                "{\"prompt\":[\"\"]}",
                "{\"prompt\":[\"a\",\"b\"]}",
                "{\"prompt\":[1,\"a\"]}",
                "{\"prompt\":[-1]}",
                "{\"prompt\":[1.5]}",
                "{\"prompt\":[2147483648]}",
                "{\"prompt\":[[1]]}",
                "{\"prompt\":\"x\",\"echo\":true}",
                "{\"prompt\":\"x\",\"suffix\":\"y\"}",
                "{\"prompt\":\"x\",\"best_of\":2}",
                "{\"prompt\":\"x\",\"logprobs\":true}",
                "{\"prompt\":\"x\",\"logprobs\":21}"
            })
    void aTextCompletionThatIsWrongIsRefused(String body) throws Exception {
        assertEquals(400, daemon.post("/v1/completions", body).statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"input\":null}",
                "{\"input\":1}",
                "{\"input\":\"\"}",
                "{\"input\":[]}",
                "{\"input\":[\"\"]}",
                "{\"input\":[1,2]}",
                "{\"input\":[[1]]}",
                "{\"input\":[\"a\",1]}",
                "{\"input\":\"x\",\"encoding_format\":\"hex\"}",
                "{\"input\":\"x\",\"encoding_format\":1}",
                "{\"input\":\"x\",\"dimensions\":0}",
                "{\"input\":\"x\",\"dimensions\":3}"
            })
    void anEmbeddingThatIsWrongIsRefused(String body) throws Exception {
        assertEquals(400, daemon.post("/v1/embeddings", body).statusCode());
    }

    @Test
    void theLargestBodyAllowedIsReadAndOneByteMoreIsNot() throws Exception {
        var frame = TestDaemon.chat("three", ",\"x\":\"\"");
        var most = TestDaemon.chat("three", ",\"x\":\"" + "x".repeat(BODY_BYTES_MAX - frame.length()) + "\"");
        assertEquals(BODY_BYTES_MAX, most.length());

        assertEquals(200, daemon.post("/v1/chat/completions", most).statusCode());
        ErrorsTest.assertError(daemon.post("/v1/chat/completions", most + " "), 413, "body_too_large");
        ErrorsTest.assertError(daemon.post("/v1/chat/completions", " ".repeat(5_000_000)), 413, "body_too_large");
    }

    @Test
    void aChunkedBodyIsBoundedToo() throws Exception {
        var chunk = "8000\r\n" + " ".repeat(0x8000) + "\r\n";
        var answer = raw(post("Transfer-Encoding: chunked") + chunk + chunk + chunk + "0\r\n\r\n");

        assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        assertTrue(answer.contains("\"body_too_large\""), answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: -1",
                "Content-Length: x",
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Content-Length: 5\r\nContent-Length: 6",
                "Transfer-Encoding: gzip, chunked",
                "Content-Length: 99999999999999999999",
                "Bad Header: x",
                "Content-Encoding: gzip\r\nContent-Length: 5"
            })
    void framingThatIsWrongIsRefused(String header) throws Exception {
        var answer = raw(post(header) + "{\"a\":");

        assertTrue(answer.matches("(?s)HTTP/1.1 (4..|501) .*"), answer);
        assertTrue(answer.contains("{\"error\":{"), answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
                "GET /\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                "nonsense\r\n\r\n"
            })
    void whatIsNotHttpIsRefused(String request) throws Exception {
        var answer = raw(request);

        assertTrue(answer.startsWith("HTTP/1.1 4") || answer.startsWith("HTTP/1.1 505"), answer);
        assertTrue(answer.contains("{\"error\":{"), answer);
    }

    @Test
    void headersAreBounded() throws Exception {
        var answer = raw("GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + "a".repeat(20_000) + "\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 4"), answer);
        var line = raw("GET /" + "a".repeat(5_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertTrue(line.startsWith("HTTP/1.1 4"), line);
    }

    @Test
    void aBodyThatBreaksOffIsNobodysFault() throws Exception {
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            socket.getOutputStream().write((post("Content-Length: 100") + "{").getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            socket.setSoTimeout(20_000);
            assertEquals(0, socket.getInputStream().readAllBytes().length);
        }
        assertEquals(200, daemon.get("/health").statusCode());
    }

    private static String post(String header) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TestDaemon.KEY
                + "\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n";
    }

    /** Sends bytes and reads one response, or nothing. */
    private String raw(String request) throws IOException {
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            var answer = new ByteArrayOutputStream();
            while (!answer.toString(StandardCharsets.UTF_8).endsWith("}}")) {
                var next = socket.getInputStream().read();
                if (next < 0) {
                    break;
                }
                answer.write(next);
            }
            return answer.toString(StandardCharsets.UTF_8);
        }
    }
}

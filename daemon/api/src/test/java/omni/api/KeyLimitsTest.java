package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Each right of a key by HTTP, and what a key hears that has not got it; the engine behind it is a fake. */
final class KeyLimitsTest {
    private static final KeyRights ALL = KeyRights.ALL;
    private static final int TOKENS = 13;

    @TempDir
    private Path home;

    private FakeEngine engine;
    private final AtomicInteger made = new AtomicInteger();
    private Optional<TestDaemon> daemon = Optional.empty();

    @BeforeEach
    void start() {
        engine = new FakeEngine(home.resolve("engine.sock"));
    }

    @AfterEach
    void stop() {
        daemon.ifPresent(TestDaemon::close);
        engine.close();
    }

    /** The daemon, which knows the keys that were made before it is first asked for. */
    private TestDaemon daemon() throws IOException {
        if (daemon.isEmpty()) {
            daemon = Optional.of(new TestDaemon(home, home.resolve("engine.sock")));
        }
        return daemon.get();
    }

    private void restart() {
        daemon.ifPresent(TestDaemon::close);
        daemon = Optional.empty();
    }

    private String key(KeyRights rights) {
        var text = "omni-key-" + made.incrementAndGet();
        KeyStore.open(home, "tree", 64, Clock.systemUTC())
                .add(text, TestDaemon.hash(text), false, Priority.NORMAL, rights);
        return text;
    }

    private static KeyRights models(String... names) {
        return new KeyRights(
                Optional.of(List.of(names)), ALL.routes(), ALL.ratePerMinute(), ALL.tokensPerDay(), ALL.expires());
    }

    private static KeyRights routes(RouteGroup... groups) {
        return new KeyRights(
                ALL.models(), Optional.of(List.of(groups)), ALL.ratePerMinute(), ALL.tokensPerDay(), ALL.expires());
    }

    private static KeyRights rate(long perMinute) {
        return new KeyRights(ALL.models(), ALL.routes(), OptionalLong.of(perMinute), ALL.tokensPerDay(), ALL.expires());
    }

    private static KeyRights tokens(long perDay) {
        return new KeyRights(ALL.models(), ALL.routes(), ALL.ratePerMinute(), OptionalLong.of(perDay), ALL.expires());
    }

    private static KeyRights until(Instant time) {
        return new KeyRights(ALL.models(), ALL.routes(), ALL.ratePerMinute(), ALL.tokensPerDay(), Optional.of(time));
    }

    private HttpResponse<String> send(String key, String method, String path, String json) throws Exception {
        return daemon().send(HttpRequest.newBuilder(daemon().url.resolve(path))
                .timeout(Await.LONG)
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .method(method, json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json)));
    }

    private HttpResponse<String> get(String key, String path) throws Exception {
        return send(key, "GET", path, "");
    }

    private static int retryAfter(HttpResponse<String> response) {
        return Integer.parseInt(response.headers().firstValue("retry-after").orElseThrow());
    }

    @Test
    void aKeyWhoseTimeIsOverIsToldSo() throws Exception {
        var over = key(until(Instant.now().minusSeconds(1)));
        var good = key(until(Instant.now().plus(Duration.ofHours(1))));
        assertEquals(200, get(good, "/v1/models").statusCode(), "the control");
        var refused = get(over, "/v1/models");
        ErrorsTest.assertError(refused, 401, "key_expired");
        assertTrue(refused.body().contains("expired at 2"), refused.body());
        assertTrue(refused.headers().firstValue("www-authenticate").isPresent());
        ErrorsTest.assertError(send(over, "POST", "/v1/airgap/engage", ""), 401, "key_expired");
        ErrorsTest.assertError(get(over, "/nowhere"), 401, "key_expired");
        assertEquals("authentication_error", anthropic(send(over, "POST", "/v1/messages", "{}"), 401));
        assertTrue(ollama(get(over, "/api/tags"), 401).contains("expired"));
        assertEquals(200, get(over, "/health").statusCode(), "which needs no key");
    }

    /** Every route, with a key for each group. */
    @ParameterizedTest
    @EnumSource(RouteGroup.class)
    void aKeyUsesTheRoutesOfItsGroupsAndTheGap(RouteGroup group) throws Exception {
        var key = key(routes(group));
        for (var route : ErrorsTest.routes().all()) {
            var path = route.pattern().replaceAll("\\{[^}]*}", "x");
            var answer = send(key, route.method().text(), path, "");
            var refused = answer.body().contains("may not use routes of the group");
            var mayNot = route.group().filter(other -> other != group).isPresent();
            assertEquals(mayNot, refused, route.method() + " " + path + ": " + answer.body());
            assertEquals(mayNot, answer.statusCode() == 403 && refused, route.pattern());
        }
    }

    @Test
    void aRouteThatIsNotAllowedIsToldInEachDialect() throws Exception {
        var key = key(routes(RouteGroup.MEMORY, RouteGroup.AIRGAP));
        var refused = get(key, "/v1/models");
        ErrorsTest.assertError(refused, 403, "route_not_allowed");
        assertTrue(refused.body().contains("group models. It may use: memory, airgap."), refused.body());
        assertEquals("permission_error", anthropic(send(key, "POST", "/v1/messages", "{}"), 403));
        assertTrue(ollama(send(key, "POST", "/api/chat", "{}"), 403).contains("group chat"));
        ErrorsTest.assertError(get(key, "/v1/nowhere"), 404, "unknown_url");
        ErrorsTest.assertError(send(key, "DELETE", "/v1/models", ""), 405, "method_not_allowed");
    }

    @Test
    void aResponseOfAKeyWithoutConversationsIsAnsweredAndNotKept() throws Exception {
        var key = key(routes(RouteGroup.CHAT));
        var answered = send(key, "POST", "/v1/responses", "{\"model\":\"three\",\"input\":\"hi\",\"store\":true}");
        assertEquals(200, answered.statusCode(), answered.body());
        assertFalse(TestDaemon.json(answered).get("store").asBoolean());
        for (var memory : List.of("\"conversation\":\"conv_1\"", "\"previous_response_id\":\"resp_1\"")) {
            var refused = send(key, "POST", "/v1/responses", "{\"model\":\"three\",\"input\":\"hi\"," + memory + "}");
            ErrorsTest.assertError(refused, 403, "route_not_allowed");
        }
        ErrorsTest.assertError(get(key, "/v1/responses/resp_1"), 403, "route_not_allowed");
    }

    @Test
    void aKeyHearsOfItsModelsAlone() throws Exception {
        var key = key(models("three", "id-begun", "absent"));
        var other = key(models("echo"));
        assertEquals(List.of("three", "begun"), texts(TestDaemon.json(get(key, "/v1/models")), "data", "id"));
        var versioned = daemon().send(HttpRequest.newBuilder(daemon().url.resolve("/v1/models?limit=1"))
                .header("x-api-key", key)
                .header("anthropic-version", "2023-06-01"));
        assertEquals(List.of("three"), texts(TestDaemon.json(versioned), "data", "id"));
        assertEquals("three", TestDaemon.json(versioned).get("first_id").asString());
        assertEquals(
                List.of("three:latest", "begun:latest"),
                texts(TestDaemon.json(get(key, "/api/tags")), "models", "name"));
        assertEquals(List.of("begun:latest"), texts(TestDaemon.json(get(key, "/api/ps")), "models", "name"));
        assertEquals(1, TestDaemon.json(get(key, "/slots")).size());
        assertTrue(TestDaemon.json(daemon().get("/v1/models")).get("data").size() > 3, "the control: another key");

        assertEquals(0, TestDaemon.json(get(other, "/slots")).size());
        assertEquals(List.of(), texts(TestDaemon.json(get(other, "/api/ps")), "models", "name"));
    }

    private static List<String> texts(JsonNode root, String list, String member) {
        return root.get(list).values().stream()
                .map(each -> each.get(member).asString())
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "GET|/v1/models/MODEL|",
                "GET|/props?model=MODEL|",
                "POST|/v1/chat/completions|{\"model\":\"MODEL\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                "POST|/v1/completions|{\"model\":\"MODEL\",\"prompt\":\"hi\"}",
                "POST|/v1/responses|{\"model\":\"MODEL\",\"input\":\"hi\"}",
                "POST|/v1/embeddings|{\"model\":\"MODEL\",\"input\":\"hi\"}",
                "POST|/tokenize|{\"model\":\"MODEL\",\"content\":\"hi\"}",
                "POST|/detokenize|{\"model\":\"MODEL\",\"tokens\":[65]}",
                "POST|/apply-template|{\"model\":\"MODEL\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
            })
    void aModelThatIsNotAllowedIsRefused(String method, String path, String body) throws Exception {
        var json = body == null ? "" : body;
        var key = key(models("begun", "echo", "id-told", "absent"));
        for (var model : List.of("three", "id-three", "three:latest", "nowhere", "default")) {
            var refused = send(key, method, path.replace("MODEL", model), json.replace("MODEL", model));
            ErrorsTest.assertError(refused, 403, "model_not_allowed");
            assertEquals("model", TestDaemon.error(refused).get("param").asString());
            assertTrue(refused.body().contains("It may use: begun, echo, id-told, absent."), refused.body());
        }
        var missing = send(key, method, path.replace("MODEL", "absent"), json.replace("MODEL", "absent"));
        ErrorsTest.assertError(missing, 404, "model_not_found");
        assertTrue(missing.body().contains("There is: echo, told, begun."), missing.body());
        engine.hold.countDown();
        for (var model :
                path.startsWith("/props") ? List.of("begun") : List.of("echo", "id-echo", "echo:latest", "told")) {
            var answered = send(key, method, path.replace("MODEL", model), json.replace("MODEL", model));
            assertEquals(200, answered.statusCode(), answered.body());
        }
    }

    @Test
    void theDefaultModelIsOneThatMayBeUsedOrNot() throws Exception {
        var body = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        var refused = send(key(models("echo")), "POST", "/v1/chat/completions", body);
        ErrorsTest.assertError(refused, 403, "model_not_allowed");
        assertTrue(refused.body().contains("the default model. It may use: echo."), refused.body());
        restart();
        assertEquals(
                200,
                send(key(models("three")), "POST", "/v1/chat/completions", body).statusCode());
    }

    @Test
    void aModelThatIsNotAllowedIsToldInEachDialect() throws Exception {
        var key = key(models("echo"));
        var message = "{\"model\":\"three\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        assertEquals("permission_error", anthropic(send(key, "POST", "/v1/messages", message), 403));
        assertEquals("permission_error", anthropic(send(key, "POST", "/v1/messages/count_tokens", message), 403));
        for (var path : List.of("/api/chat", "/api/show", "/api/embed", "/api/embeddings")) {
            var refused = ollama(send(key, "POST", path, message), 403);
            assertTrue(refused.contains("It may use: echo."), refused);
        }
        for (var asks : List.of("\"prompt\":\"hi\"", "\"raw\":true,\"prompt\":\"hi\"", "\"keep_alive\":0")) {
            var refused = ollama(send(key, "POST", "/api/generate", "{\"model\":\"three\"," + asks + "}"), 403);
            assertTrue(refused.contains("It may use: echo."), refused);
        }
        assertEquals(0, engine.asked.size() + engine.embedded.size() + engine.unloaded.size());
    }

    @Test
    void aMinuteHasAsManyRequestsAsItsKeyMay() throws Exception {
        var key = key(rate(2));
        var other = key(rate(2));
        assertEquals(200, get(key, "/v1/models").statusCode());
        assertEquals(404, get(key, "/v1/nowhere").statusCode(), "which is no route, and not counted");
        assertEquals(200, get(key, "/api/tags").statusCode());
        var refused = get(key, "/v1/models");
        ErrorsTest.assertError(refused, 429, "rate_limit_exceeded");
        assertTrue(
                retryAfter(refused) >= 1 && retryAfter(refused) <= 61,
                refused.headers().toString());
        assertTrue(refused.body().contains("2 requests per minute"), refused.body());
        assertEquals("rate_limit_error", anthropic(send(key, "POST", "/v1/messages", "{}"), 429));
        assertTrue(ollama(get(key, "/api/tags"), 429).contains("per minute"));
        assertEquals(200, get(other, "/v1/models").statusCode());
        ErrorsTest.assertError(send(key, "POST", "/v1/airgap/engage", ""), 503, "airgap_unavailable");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "/v1/chat/completions|{\"model\":\"three\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}|13",
                "/v1/chat/completions|{\"model\":\"three\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}|13",
                "/v1/completions|{\"model\":\"three\",\"prompt\":\"hi\"}|13",
                "/v1/completions|{\"model\":\"three\",\"prompt\":\"hi\",\"stream\":true}|13",
                "/v1/responses|{\"model\":\"three\",\"input\":\"hi\"}|13",
                "/v1/responses|{\"model\":\"three\",\"input\":\"hi\",\"stream\":true}|13",
                "/v1/messages|{\"model\":\"three\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}|13",
                "/api/chat|{\"model\":\"three\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}|13",
                "/api/generate|{\"model\":\"three\",\"prompt\":\"hi\",\"raw\":true}|13",
                "/v1/embeddings|{\"model\":\"three\",\"input\":[\"a\",\"b\",\"c\"]}|3",
                "/api/embed|{\"model\":\"three\",\"input\":[\"a\",\"b\",\"c\"]}|3",
                "/api/embeddings|{\"model\":\"three\",\"prompt\":\"a\"}|1"
            })
    void aDayHasAsManyTokensAsItsKeyMay(String path, String body, int each) throws Exception {
        var key = key(tokens(each + 1));
        assertEquals(200, send(key, "POST", path, body).statusCode());
        var last = send(key, "POST", path, body);
        assertEquals(200, last.statusCode(), "with a token left it is answered to its end: " + last.body());
        var refused = send(key, "POST", path, body);
        assertEquals(429, refused.statusCode(), refused.body());
        assertTrue(
                retryAfter(refused) >= 1 && retryAfter(refused) <= 86_400,
                refused.headers().toString());
        assertTrue(
                refused.body().contains((each + 1) + " tokens of today. The day turns at 00:00 UTC"), refused.body());
        assertEquals(200, get(key, "/v1/models").statusCode(), "which computes nothing");
    }

    @Test
    void theTokensOfTheDayOutliveTheDaemon() throws Exception {
        var key = key(tokens(TOKENS));
        var ask = "{\"model\":\"three\",\"prompt\":\"hi\"}";
        assertEquals(200, send(key, "POST", "/v1/completions", ask).statusCode());
        restart();
        ErrorsTest.assertError(send(key, "POST", "/v1/completions", ask), 429, "tokens_per_day_exceeded");
        ErrorsTest.assertError(send(key, "POST", "/v1/embeddings", ask), 429, "tokens_per_day_exceeded");
        var message = send(key, "POST", "/v1/messages", "{}");
        assertEquals("rate_limit_error", anthropic(message, 429));
        ErrorsTest.assertError(send(key, "POST", "/v1/airgap/engage", ""), 503, "airgap_unavailable");
    }

    /** What was computed for it until then. */
    @Test
    void anAnswerThatIsBrokenOffIsCountedAsFarAsItCame() throws Exception {
        var key = key(tokens(11));
        var failed = send(key, "POST", "/v1/completions", "{\"model\":\"failing\",\"prompt\":\"hi\"}");
        assertEquals(503, failed.statusCode(), failed.body());
        var refused = send(key, "POST", "/v1/completions", "{\"model\":\"three\",\"prompt\":\"hi\"}");
        ErrorsTest.assertError(refused, 429, "tokens_per_day_exceeded");
    }

    private static String anthropic(HttpResponse<String> response, int status) {
        assertEquals(status, response.statusCode(), response.body());
        return TestDaemon.error(response).get("type").asString();
    }

    private static String ollama(HttpResponse<String> response, int status) {
        assertEquals(status, response.statusCode(), response.body());
        return TestDaemon.json(response).get("error").asString();
    }
}

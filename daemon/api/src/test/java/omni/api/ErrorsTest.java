package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import omni.airgap.AirgapProtocol;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.engine.EngineProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every refusal and failure in OpenAI's shape, with its status; faults come from a fake engine. */
final class ErrorsTest extends FakeBox {
    @ParameterizedTest
    @CsvSource({
        "busy,429,rate_limit_error,rate_limit_exceeded",
        "late,504,server_error,deadline_exceeded",
        "long,400,invalid_request_error,context_length_exceeded",
        "unloadable,500,server_error,model_unusable",
        "strict,400,invalid_request_error,invalid_value",
        "gone,404,invalid_request_error,model_not_found",
        "failing,503,server_error,engine_unavailable",
        "odd,500,server_error,internal_error",
        "nowhere,404,invalid_request_error,model_not_found"
    })
    void whatTheEngineSaysBecomesAStatus(String model, int status, String type, String code) throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat(model, ""));

        assertError(response, status, code);
        assertEquals(type, TestDaemon.error(response).get("type").asString());
    }

    @Test
    void busyAndAwaySayWhenToComeAgain() throws Exception {
        assertEquals("7", retryAfter(daemon.post("/v1/chat/completions", TestDaemon.chat("busy", ""))));
        assertEquals("2", retryAfter(daemon.post("/v1/chat/completions", TestDaemon.chat("failing", ""))));
        var full = daemon.post("/v1/chat/completions", TestDaemon.chat("full", ""));
        assertError(full, 429, "rate_limit_exceeded");
        assertEquals("90", retryAfter(full));
        assertTrue(message(full).startsWith("This key has as many requests"), full.body());
    }

    @Test
    void aPromptThatIsTooLongIsToldBothCounts() throws Exception {
        var chat = daemon.post("/v1/chat/completions", TestDaemon.chat("long", ""));
        var text = daemon.post("/v1/completions", "{\"model\":\"long\",\"prompt\":\"x\"}");

        assertTrue(message(chat).contains("2048") && message(chat).contains("3000"), chat.body());
        assertEquals("messages", TestDaemon.error(chat).get("param").asString());
        assertEquals("prompt", TestDaemon.error(text).get("param").asString());
    }

    @Test
    void aStreamThatIsRefusedBeforeItBeginsHasAProperStatus() throws Exception {
        assertError(
                daemon.post("/v1/chat/completions", TestDaemon.chat("long", ",\"stream\":true")),
                400,
                "context_length_exceeded");
    }

    @Test
    void aStreamThatFailsOnTheWaySaysSoAndEnds() throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("failing", ",\"stream\":true"));

        assertEquals(200, response.statusCode());
        var last = ChatTest.events(response.body()).getLast();
        assertEquals("engine_unavailable", last.at("/error/code").asString(), response.body());
        assertFalse(response.body().contains("[DONE]"), response.body());
    }

    @Test
    void anUnknownModelIsToldWhichThereAre() throws Exception {
        var response = daemon.post("/v1/chat/completions", TestDaemon.chat("nowhere", ""));

        assertTrue(message(response).contains("three"), response.body());
        assertError(daemon.get("/v1/models/nowhere"), 404, "model_not_found");
    }

    @Test
    void unknownPathsAreNotFound() throws Exception {
        for (var path : new String[] {"/v1", "/v1/models/", "/v1/models/{model}x", "/v2/chat", "/health/x"}) {
            var response = daemon.get(path.replace("{", "%7B").replace("}", "%7D"));
            assertEquals(404, response.statusCode(), path);
            assertEquals(
                    "invalid_request_error",
                    TestDaemon.error(response).get("type").asString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/chat/completions,POST",
        "PUT,/v1/completions,POST",
        "OPTIONS,/v1/chat/completions,POST",
        "POST,/v1/models,'GET, HEAD'",
        "DELETE,/v1/models/three,'GET, HEAD'",
        "POST,/health,'GET, HEAD'"
    })
    void otherMethodsAreToldWhichThereAre(String method, String path, String allow) throws Exception {
        var response = daemon.send(daemon.request(path).method(method, HttpRequest.BodyPublishers.noBody()));

        assertError(response, 405, "method_not_allowed");
        assertEquals(allow, response.headers().firstValue("allow").orElse(""));
    }

    @Test
    void headersAloneComeForHead() throws Exception {
        var get = daemon.get("/v1/models");
        var head = daemon.send(daemon.request("/v1/models").HEAD());

        assertEquals(200, head.statusCode());
        assertEquals("", head.body());
        assertEquals(
                get.headers().firstValue("content-length").orElse("none"),
                head.headers().firstValue("content-length").orElse(""));
    }

    @ParameterizedTest
    @CsvSource({"text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data"})
    void onlyJsonIsRead(String type) throws Exception {
        var response = daemon.send(daemon.request("/v1/chat/completions")
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(TestDaemon.chat("three", ""))));

        assertError(response, 415, "unsupported_media_type");
    }

    @Test
    void jsonWithACharsetIsRead() throws Exception {
        var response = daemon.send(daemon.request("/v1/chat/completions")
                .header("Content-Type", "Application/JSON; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(TestDaemon.chat("three", ""))));

        assertEquals(200, response.statusCode(), response.body());
    }

    @Test
    void whileTheEngineIsAwayTheAnswerIs503(@TempDir Path elsewhere) throws Exception {
        try (var alone = new TestDaemon(elsewhere, elsewhere.resolve("nobody.sock"))) {
            for (var response : new HttpResponse<?>[] {
                alone.post("/v1/chat/completions", TestDaemon.chat("three", "")),
                alone.post("/v1/completions", "{\"prompt\":\"x\",\"stream\":true}"),
                alone.post("/v1/embeddings", "{\"input\":\"x\"}"),
                alone.get("/v1/models")
            }) {
                assertEquals(503, response.statusCode());
                assertEquals("2", response.headers().firstValue("retry-after").orElse(""));
            }
            var health = alone.get("/health");
            assertEquals(503, health.statusCode());
            assertEquals("{\"status\":\"degraded\"}", health.body());
        }
    }

    @Test
    void anEngineThatDiesOnTheWayIsTold(@TempDir Path elsewhere) throws Exception {
        var socket = elsewhere.resolve("engine.sock");
        var dying = new FakeEngine(socket);
        try (var other = new TestDaemon(elsewhere, socket)) {
            var asked = CompletableFuture.supplyAsync(() -> post(other, ""));
            var streamed = CompletableFuture.supplyAsync(() -> post(other, ",\"stream\":true"));
            Await.until("both are asked", () -> dying.asked.size() == 2);
            dying.close();

            var whole = asked.get();
            var stream = streamed.get();
            assertError(whole, 503, "engine_unavailable");
            assertEquals("2", retryAfter(whole));
            assertEquals(200, stream.statusCode());
            assertEquals(
                    "engine_unavailable",
                    ChatTest.events(stream.body()).getLast().at("/error/code").asString(),
                    stream.body());
        } finally {
            dying.close();
        }
    }

    @Test
    void aStoppingDaemonEndsItsAnswers(@TempDir Path elsewhere) throws Exception {
        var socket = elsewhere.resolve("engine.sock");
        try (var fake = new FakeEngine(socket);
                var other = new TestDaemon(elsewhere, socket)) {
            var asked = CompletableFuture.supplyAsync(() -> post(other, ""));
            Await.until("it is asked", () -> fake.asked.size() == 1);
            other.daemon.stop(Duration.ofMillis(100));

            assertError(asked.get(), 503, "server_stopping");
            Await.until("the engine is free", () -> fake.cancelled.get() == 1);
        }
    }

    @Test
    void anAnswerThatTakesTooLongIsEnded(@TempDir Path elsewhere) throws Exception {
        var socket = elsewhere.resolve("engine.sock");
        try (var fake = new FakeEngine(socket);
                var other = new TestDaemon(elsewhere, socket, "answer_timeout = \"200ms\"")) {
            assertError(other.post("/v1/chat/completions", TestDaemon.chat("silent", "")), 504, "answer_timeout");
            Await.until("the engine is free", () -> fake.cancelled.get() == 1);
        }
    }

    /** The load of a model is part of the answer: the clock runs, and a stopping daemon ends it. */
    @Test
    void aModelThatLoadsTooLongIsNotAwaited(@TempDir Path elsewhere) throws Exception {
        var socket = elsewhere.resolve("engine.sock");
        try (var fake = new FakeEngine(socket);
                var other = new TestDaemon(elsewhere, socket, "answer_timeout = \"200ms\"")) {
            assertError(other.post("/v1/chat/completions", TestDaemon.chat("loading", "")), 504, "answer_timeout");
            Await.until("the load is given up", () -> fake.cancelled.get() == 1);
            assertEquals(
                    200,
                    other.post("/v1/chat/completions", TestDaemon.chat("three", ""))
                            .statusCode());
        }
    }

    @Test
    void aStoppingDaemonEndsTheLoadOfAModel(@TempDir Path elsewhere) throws Exception {
        var socket = elsewhere.resolve("engine.sock");
        try (var fake = new FakeEngine(socket);
                var other = new TestDaemon(elsewhere, socket)) {
            var asked = CompletableFuture.supplyAsync(() -> {
                try {
                    return other.post("/v1/chat/completions", TestDaemon.chat("loading", ""));
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            Await.until("the engine loads", () -> fake.templateCalls.get() == 1);
            other.daemon.stop(Duration.ofMillis(100));

            assertError(asked.get(), 503, "server_stopping");
            Await.until("the load is given up", () -> fake.cancelled.get() == 1);
        }
    }

    /** What the engine cannot do on another try either has no Retry-After. */
    @Test
    void anEngineThatCannotWorkIsNotAskedAgain() throws Exception {
        var unusable = daemon.post("/v1/chat/completions", TestDaemon.chat("unusable", ""));
        assertError(unusable, 500, "internal_error");
        assertEquals("", retryAfter(unusable));
        assertTrue(message(unusable).contains("no store"), unusable.body());
    }

    @Test
    void aPromptThatWasNotCountedIsSaidToBeSo() throws Exception {
        var vast = daemon.post("/v1/chat/completions", TestDaemon.chat("vast", ""));
        assertError(vast, 400, "context_length_exceeded");
        assertTrue(message(vast).contains("2048 tokens") && message(vast).contains("at least 9000"), vast.body());
    }

    @Test
    void limitsOfTheBusAreToldApart() {
        var large = EngineLink.translate(new BusException.Oversize("too large"), "prompt");
        assertEquals(ErrorCode.BODY_TOO_LARGE, large.code());
        assertEquals(Optional.of("prompt"), large.param());
        var full = EngineLink.translate(new BusException.Exhausted("no connection"), "prompt");
        assertEquals(ErrorCode.RATE_LIMIT_EXCEEDED, full.code());
        assertTrue(full.retryAfterSeconds().isPresent());
        var reply = EngineLink.translate(new BusException.Limit("reply too large"), "prompt");
        assertEquals(ErrorCode.INTERNAL_ERROR, reply.code());
        assertTrue(reply.retryAfterSeconds().isEmpty());
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeIsDocumented(ErrorCode code) throws IOException {
        var page = Files.readString(Path.of(System.getProperty("omni.root"), "docs", "api.md"));

        assertTrue(page.contains("| `" + code.code() + "` | " + code.status() + " |"), code.code());
    }

    @Test
    void everyRouteIsDocumented() throws IOException {
        var pages = Stream.of("docs/api.md", "daemon/api/README.md")
                .map(name -> Path.of(System.getProperty("omni.root"), name))
                .toList();
        for (var page : pages) {
            var text = Files.readString(page);
            for (var route : routes().all()) {
                assertTrue(text.contains("`" + route.method() + " " + route.pattern() + "`"), page + route.pattern());
            }
        }
    }

    private static HttpResponse<String> post(TestDaemon daemon, String more) {
        try {
            return daemon.post("/v1/chat/completions", TestDaemon.chat(more.isEmpty() ? "silent" : "begun", more));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All of them, over nothing. */
    static Routes routes() {
        var link = new EngineLink(EngineProtocol.Client.of(BusClient.to(Path.of("nobody.sock"))));
        var clock = Clock.systemUTC();
        var day = Duration.ofDays(1);
        var sweeper = new Sweeper(new Wire.Patience(day, day, day));
        sweeper.close();
        var answers = new Answers(
                link,
                new Templates(link, clock, false),
                sweeper,
                day,
                clock,
                () -> {},
                new Metrics(() -> new EngineCounts(false, Optional.empty())));
        var airgap = new AirgapLink(AirgapProtocol.Client.of(BusClient.to(Path.of("nobody.sock"))));
        var vault = new VaultLink(
                BusClient.to(Path.of("nobody.sock")), Path.of("nobody.sock"), () -> {}, Duration.ZERO, true);
        vault.close();
        var nobody = BusClient.to(Path.of("nobody.sock"));
        var store = new OllamaStoreRoutes(answers, link, airgap, new FetchLink(nobody, nobody), true);
        return new Routes(answers, link, airgap, vault, new Health(() -> {}), store, 1, clock);
    }

    static void assertError(HttpResponse<String> response, int status, String code) {
        assertEquals(status, response.statusCode(), response.body());
        var error = TestDaemon.error(response);
        assertEquals(code, error.get("code").asString(), response.body());
        assertTrue(error.get("message").asString().endsWith("."), response.body());
        assertTrue(error.has("param") && error.has("type"), response.body());
    }

    private static String message(HttpResponse<String> response) {
        return TestDaemon.error(response).get("message").asString();
    }

    private static String retryAfter(HttpResponse<String> response) {
        return response.headers().firstValue("retry-after").orElse("");
    }
}

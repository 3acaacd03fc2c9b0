package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import omni.airgap.AirgapProtocol.GapState;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.ImportFile;
import omni.engine.EngineProtocol.Priority;
import omni.engine.EngineProtocol.Sampling;
import omni.engine.EngineProtocol.Source;
import omni.engine.EngineProtocol.SourceKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models that are pulled and deleted as Ollama's clients do it, over an engine and a role that fetches that are fakes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OllamaStoreTest {
    private static final String LET = "pull_models = true";

    private FakeEngine engine;
    private FakeFetch fetch;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        fetch = new FakeFetch(home);
        var keys = KeyStore.open(home, "tree", 8, Clock.systemUTC());
        Map.of(
                        "sees", KeyRightsTest.rights(null, List.of(RouteGroup.MODELS), null, null, null),
                        "guest", KeyRightsTest.rights(List.of("echo"), null, null, null, null),
                        "hurried", KeyRightsTest.rights(null, null, 60L, 60L, "2999-01-01T00:00:00Z"))
                .forEach((name, rights) -> keys.add(name, TestDaemon.hash(name), false, Priority.NORMAL, rights));
        daemon = new TestDaemon(home, home.resolve("engine.sock"), LET);
    }

    @BeforeEach
    void forget() {
        fetch.told.clear();
        fetch.gap = GapState.OPEN;
        engine.imported.clear();
        engine.removed.clear();
    }

    @AfterAll
    void stop() {
        daemon.close();
        fetch.close();
        engine.close();
    }

    private HttpResponse<String> pull(String model) throws Exception {
        return daemon.post("/api/pull", "{\"model\":\"" + model + "\"}");
    }

    private HttpResponse<String> whole(String model) throws Exception {
        return daemon.post("/api/pull", "{\"model\":\"" + model + "\",\"stream\":false}");
    }

    private HttpResponse<String> delete(String key, String body) throws Exception {
        return daemon.send(daemon.request("/api/delete")
                .setHeader("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .method("DELETE", BodyPublishers.ofString(body)));
    }

    private static List<JsonNode> lines(HttpResponse<String> response) {
        assertEquals(200, response.statusCode(), response.body());
        assertEquals(
                "application/x-ndjson",
                response.headers().firstValue("content-type").orElse(""));
        return response.body().lines().map(JsonMapper.shared()::readTree).toList();
    }

    private static String error(HttpResponse<String> response, int status) {
        assertEquals(status, response.statusCode(), response.body());
        return TestDaemon.json(response).get("error").asString();
    }

    @Test
    void aModelComesLineByLineAndIsThereByTheNameThatWasAsked() throws Exception {
        var lines = lines(pull("acme/tiny:1b"));

        assertEquals(
                List.of(
                        "pulling manifest",
                        "pulling cdcdcdcdcdcd",
                        "verifying sha256 digest",
                        "writing manifest",
                        "success"),
                lines.stream().map(line -> line.get("status").asString()).toList());
        assertEquals(
                "{\"status\":\"pulling cdcdcdcdcdcd\",\"digest\":\"sha256:" + FakeFetch.HASH
                        + "\",\"total\":200,\"completed\":100}",
                lines.get(1).toString());
        assertEquals(
                List.of("start", "pull ollama:acme/tiny:1b", "start", "forget " + FakeFetch.PULL),
                List.copyOf(fetch.told));
        var order = engine.imported.element();
        assertEquals("acme-tiny:1b", order.name());
        assertEquals(List.of(new ImportFile("/x/tiny.gguf", FakeFetch.HASH)), order.files());
        assertEquals(new Source(SourceKind.OLLAMA, "ollama:acme/tiny:1b", "1b"), order.source());
        assertEquals("mit", order.licence());
        assertEquals("{{ messages }}", order.template());
        assertEquals(new Sampling(0.5, null, 7L, null, null, null), order.parameters());
        assertEquals(
                200, daemon.post("/api/show", "{\"model\":\"acme/tiny:1b\"}").statusCode());
    }

    @Test
    void whoWantsOneObjectGetsOne() throws Exception {
        assertEquals(
                "{\"status\":\"success\"}",
                daemon.post("/api/pull", "{\"name\":\"whole\",\"stream\":false,\"insecure\":false}")
                        .body());
        assertEquals("whole", engine.imported.element().name());
    }

    /** Clients pull at each start: nothing leaves the box for what it has, not even where it may not or could not. */
    @ParameterizedTest
    @ValueSource(strings = {"three", "three:latest", "echo"})
    void whatIsHereIsNotAskedForAgain(String model) throws Exception {
        fetch.gap = GapState.GAP;
        var lines = lines(pull(model));
        assertEquals("success", lines.getLast().get("status").asString());
        assertEquals("{\"status\":\"success\"}", whole(model).body());
        assertEquals(List.of(), List.copyOf(fetch.told));
        assertTrue(engine.imported.isEmpty());
    }

    @Test
    void withoutTheOwnersWordNothingIsFetched(@TempDir Path other) throws Exception {
        try (var engine = new FakeEngine(other.resolve("engine.sock"));
                var fetch = new FakeFetch(other);
                var daemon = new TestDaemon(other, other.resolve("engine.sock"))) {
            var refused = error(daemon.post("/api/pull", "{\"model\":\"tiny\"}"), 403);
            assertTrue(refused.contains("pull_models = true") && refused.contains("omni models pull"), refused);
            assertEquals(List.of(), List.copyOf(fetch.told));
            assertTrue(engine.imported.isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource(value = GapState.class, mode = Mode.EXCLUDE, names = "OPEN")
    void nothingIsFetchedInAGap(GapState state) throws Exception {
        fetch.gap = state;
        assertTrue(error(pull("tiny"), 409).contains("omni airgap lift"));
        assertEquals(List.of(), List.copyOf(fetch.told));
    }

    @Test
    void norWhereNobodyCanSayHowTheGapStandsOrStartsTheRole(@TempDir Path other) throws Exception {
        try (var _ = new FakeEngine(other.resolve("engine.sock"));
                var daemon = new TestDaemon(other, other.resolve("engine.sock"), LET)) {
            assertTrue(
                    error(daemon.post("/api/pull", "{\"model\":\"tiny\"}"), 503).contains("kill switch"));
        }
        var nobody = omni.bus.BusClient.to(other.resolve("nobody.sock"));
        var away = assertThrows(ApiError.class, () -> new FetchLink(nobody, nobody).pull("acme/tiny"));
        assertEquals(ErrorCode.FETCH_UNAVAILABLE, away.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sees", "guest"})
    void aKeyWithABoundOnModelsOrRoutesChangesNothing(String key) throws Exception {
        var pulled = daemon.send(daemon.request("/api/pull")
                .setHeader("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"model\":\"tiny\"}")));
        assertTrue(error(pulled, 403).contains("every model and every route"));
        assertTrue(error(delete(key, "{\"model\":\"echo\"}"), 403).contains("every model and every route"));
        assertEquals(List.of(), List.copyOf(fetch.told));
        assertTrue(engine.removed.isEmpty());
        assertEquals(200, delete("hurried", "{\"model\":\"echo\"}").statusCode(), "the control");
    }

    @ParameterizedTest
    @CsvSource({
        "qwen3,ollama:qwen3:latest,qwen3",
        "qwen3:latest,ollama:qwen3:latest,qwen3",
        "qwen3:0.6b,ollama:qwen3:0.6b,qwen3:0.6b",
        "me/own_1:v2,ollama:me/own_1:v2,me-own_1:v2",
        "registry.ollama.ai/library/qwen3,ollama:library/qwen3:latest,registry.ollama.ai-library-qwen3",
        "hf.co/acme/Tiny-GGUF,acme/Tiny-GGUF,hf.co-acme-Tiny-GGUF",
        "hf.co/acme/Tiny-GGUF:latest,acme/Tiny-GGUF,hf.co-acme-Tiny-GGUF",
        "huggingface.co/acme/Tiny-GGUF:Q4_K_M,acme/Tiny-GGUF:Q4_K_M,huggingface.co-acme-Tiny-GGUF:Q4_K_M"
    })
    void namesOfOllamasClientsAreTaken(String name, String source, String stored) {
        assertEquals(new OllamaName(source, stored), OllamaName.of(name));
    }

    @Test
    void aNameIsAsLongAsOneHereAndNoLonger() throws Exception {
        var most = "m".repeat(OllamaName.CHARACTERS_MAX);
        assertEquals(most, OllamaName.of(most).stored());
        assertTrue(error(pull(most + "m"), 400).contains("--name"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.org/m.gguf",
                "oci:registry.example/m:1",
                "registry.example/m",
                "registry.example/a/m:1",
                "registry.example:5000/a/m",
                "registry.ollama.ai/a.example/m",
                "hf.co/tiny",
                "a/b/c",
                "hf.co/a/b/c",
                "a b",
                "../m",
                "a//b",
                "a:b:c",
                "m@sha256:00",
                "-m",
                "m:",
                "default:latest"
            })
    void namesOfOtherPlacesAreRefused(String name) throws Exception {
        var refused = error(pull(name), 400);
        assertTrue(refused.contains("hf.co/owner/repo") && refused.contains("omni models pull"), refused);
        assertEquals(List.of(), List.copyOf(fetch.told));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"model\":1}",
                "{\"model\":\"default\"}",
                "{\"model\":\"m\",\"stream\":1}",
                "{\"model\":\"m\",\"insecure\":1}",
                "{\"model\":\"m\",\"insecure\":true}",
                "[]",
                ""
            })
    void bodiesThatAreNoneAreRefused(String body) throws Exception {
        assertFalse(error(daemon.post("/api/pull", body), 400).isEmpty());
        assertEquals(List.of(), List.copyOf(fetch.told));
    }

    @Test
    void whatTheSourceSaysBeforeItBeginsHasItsStatus() throws Exception {
        assertEquals("There is no such model there.", error(pull("missing"), 404));
        assertTrue(error(pull("hf.co/acme/gated"), 403).endsWith("At the box: omni models login hub.example."));
    }

    @Test
    void whatGoesWrongLaterIsTheLastLine() throws Exception {
        var last = lines(pull("broken")).getLast();
        assertEquals("Not the bytes that were promised.", last.get("error").asString());
        assertEquals(1, last.size());
        assertEquals("Not the bytes that were promised.", error(whole("broken"), 502));
        assertTrue(engine.imported.isEmpty());
    }

    /** The owner's name of a model stays: the store has one for each. */
    @Test
    void aModelThatIsHereUnderAnotherNameKeepsIt() throws Exception {
        assertTrue(error(whole("same"), 409).contains("is called echo"));
        assertTrue(engine.imported.isEmpty());
        assertEquals("forget " + FakeFetch.PULL, List.copyOf(fetch.told).getLast());
    }

    @Test
    void whoLeavesEndsThePullAndWhatHasComeStays() throws Exception {
        var body = "{\"model\":\"slow\"}";
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            socket.getOutputStream()
                    .write(("POST /api/pull HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TestDaemon.KEY
                                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                                    + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            assertTrue(socket.getInputStream().read() >= 0);
            assertEquals(0, fetch.cancelled.get());
        }
        Await.until("the role hears of it", () -> fetch.cancelled.get() == 1);
        assertEquals(List.of("start", "pull ollama:slow:latest"), List.copyOf(fetch.told));
        assertTrue(engine.imported.isEmpty());
    }

    @Test
    void aModelIsDeleted() throws Exception {
        var deleted = delete(TestDaemon.KEY, "{\"model\":\"echo:latest\"}");
        assertEquals(200, deleted.statusCode(), deleted.body());
        assertEquals("", deleted.body());
        assertEquals(200, delete(TestDaemon.KEY, "{\"name\":\"told\"}").statusCode());
        assertEquals(List.of("id-echo", "id-told"), List.copyOf(engine.removed));
    }

    @Test
    void whatIsNotThereOrHeldIsNotDeleted() throws Exception {
        assertTrue(
                error(delete(TestDaemon.KEY, "{\"model\":\"nowhere\"}"), 404).startsWith("model 'nowhere' not found"));
        var held = error(delete(TestDaemon.KEY, "{\"model\":\"three\"}"), 409);
        assertTrue(held.contains("it is the default"), held);
        for (var body : List.of("{}", "{\"model\":\"\"}", "{\"model\":\"default\"}", "{\"name\":1}")) {
            error(delete(TestDaemon.KEY, body), 400);
        }
        assertTrue(engine.removed.isEmpty());
    }
}

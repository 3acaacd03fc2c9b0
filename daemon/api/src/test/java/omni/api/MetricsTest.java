package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import omni.engine.EngineProtocol.ModelCounters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code GET /metrics} says, and what of each request and answer it counts. */
final class MetricsTest extends FakeBox {
    private static final String KEY = TestDaemon.keyId();

    private PrometheusText scrape() throws Exception {
        var response = daemon.get("/metrics");
        assertEquals(200, response.statusCode(), response.body());
        assertEquals(
                "text/plain; version=0.0.4; charset=utf-8",
                response.headers().firstValue("content-type").orElse(""));
        return PrometheusText.read(response.body());
    }

    /** Scrapes until that is there: what ends is counted when its answer is out. */
    private PrometheusText scrapeUntil(double value, String name, String... labels) throws Exception {
        var end = System.nanoTime() + Await.LONG.toNanos();
        var read = scrape();
        while (read.or0(name, labels) < value && System.nanoTime() < end) {
            read = scrape();
        }
        assertEquals(value, read.or0(name, labels), name + List.of(labels));
        return read;
    }

    @Test
    void anAnswerCountsUnderItsModelAndKey() throws Exception {
        var labels = new String[] {"model", "calling", "key", KEY};
        engine.pieces = List.of("a", "b");
        var before = scrape();
        assertEquals(
                200,
                daemon.post("/v1/chat/completions", TestDaemon.chat("calling", ""))
                        .statusCode());
        assertEquals(
                200,
                daemon.post("/v1/chat/completions", TestDaemon.chat("calling", ",\"stream\":true"))
                        .statusCode());
        var done = before.or0("omni_requests_total", "model", "calling", "key", KEY, "outcome", "done") + 2;
        var after = scrapeUntil(done, "omni_requests_total", "model", "calling", "key", KEY, "outcome", "done");
        Map.of(
                        "omni_prompt_tokens_total", 20,
                        "omni_prompt_cached_tokens_total", 8,
                        "omni_completion_tokens_total", 6,
                        "omni_cache_hits_total", 2,
                        "omni_time_to_first_token_seconds_count", 2,
                        "omni_queue_seconds_count", 2,
                        "omni_inter_token_seconds_count", 2)
                .forEach((name, more) -> assertEquals(before.or0(name, labels) + more, after.or0(name, labels), name));
        assertEquals(
                before.or0("omni_queue_seconds_sum", labels) + 0.01, after.or0("omni_queue_seconds_sum", labels), 1e-9);
        assertEquals(
                before.or0("omni_inter_token_seconds_sum", labels) + 0.001,
                after.or0("omni_inter_token_seconds_sum", labels),
                1e-9);
        assertTrue(after.or0("omni_time_to_first_token_seconds_sum", labels) > 0);
    }

    @Test
    void whatIsEmbeddedCounts() throws Exception {
        assertEquals(
                200,
                daemon.post("/v1/embeddings", "{\"model\":\"wordy\",\"input\":[\"a\",\"b\"]}")
                        .statusCode());
        scrapeUntil(2, "omni_prompt_tokens_total", "model", "wordy", "key", KEY);
    }

    @Test
    void aRefusalCountsAsWhatItWas() throws Exception {
        daemon.post("/v1/chat/completions", TestDaemon.chat("busy", ""));
        var busy = scrapeUntil(1, "omni_requests_total", "model", "busy", "key", KEY, "outcome", "rate_limit_exceeded");
        assertTrue(busy.value("omni_queue_seconds_count", "model", "busy", "key", KEY)
                .isEmpty());
    }

    @Test
    void anAnswerThatBreaksOffCountsUpToThere() throws Exception {
        daemon.post("/v1/chat/completions", TestDaemon.chat("failing", ""));
        var read = scrapeUntil(1, "omni_time_to_first_token_seconds_count", "model", "failing", "key", KEY);
        assertTrue(read.value("omni_prompt_tokens_total", "model", "failing", "key", KEY)
                .isEmpty());
    }

    /** Whatever a client writes: only what is there has a name. */
    @Test
    void aNameThatAClientMakesUpIsNoLabel() throws Exception {
        var unknown = new String[] {"model", "none", "key", "none", "outcome", "invalid_api_key"};
        var before = scrape().or0("omni_requests_total", unknown);
        for (var i = 0; i < 50; i++) {
            assertEquals(
                    404,
                    daemon.post("/v1/chat/completions", TestDaemon.chat("made-up-" + i, ""))
                            .statusCode());
            daemon.send(daemon.request("/made-up-" + i).setHeader("Authorization", "Bearer made-up-" + i));
        }
        scrapeUntil(50, "omni_requests_total", "model", "none", "key", KEY, "outcome", "model_not_found");
        scrapeUntil(before + 50, "omni_requests_total", unknown);
        assertFalse(daemon.get("/metrics").body().contains("made-up"));
    }

    @Test
    void nothingThatIsSaidIsThere() throws Exception {
        engine.pieces = List.of("canary answer");
        var counted = new String[] {"model", "calling", "key", KEY, "outcome", "done"};
        var before = scrape().or0("omni_requests_total", counted);
        daemon.post("/v1/chat/completions", TestDaemon.chat("calling", "").replace("hi", "canary prompt"));
        scrapeUntil(before + 1, "omni_requests_total", counted);
        var body = daemon.get("/metrics").body();
        assertFalse(body.contains("canary"));
        assertFalse(body.contains(TestDaemon.KEY));
    }

    @Test
    void theEngineTellsWhatItKnows() throws Exception {
        var read = scrape();
        assertEquals(1, read.or0("omni_engine_up"));
        assertEquals(50e6, read.or0("omni_engine_resident_bytes"));
        assertEquals(4e9, read.or0("omni_memory_available_bytes"));
        assertTrue(read.or0("omni_daemon_heap_used_bytes") > 0);
        Map.of(
                        "omni_model_loaded", 1.0,
                        "omni_model_sequences", 1.0,
                        "omni_model_sequences_limit", 4.0,
                        "omni_model_waiting", 2.0,
                        "omni_model_loads_total", 3.0,
                        "omni_model_load_failures_total", 1.0,
                        "omni_model_load_seconds_total", 1.5)
                .forEach((name, value) -> assertEquals(value, read.or0(name, "model", "begun"), name));
        assertEquals(1, read.or0("omni_model_evictions_total", "model", "begun", "reason", "idle"));
        assertEquals(1, read.or0("omni_model_evictions_total", "model", "begun", "reason", "room"));
        assertEquals(10, read.or0("omni_model_memory_bytes", "model", "begun", "part", "weights"));
        assertEquals(20, read.or0("omni_model_memory_bytes", "model", "begun", "part", "cache"));
        assertEquals("gauge", read.types.get("omni_model_loaded"));
        assertEquals("counter", read.types.get("omni_model_loads_total"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "omni-wrong"})
    void withoutAKeyThereIsNothing(String key) throws Exception {
        var response = daemon.send(daemon.request("/metrics").setHeader("Authorization", "Bearer " + key));
        assertEquals(401, response.statusCode());
        assertFalse(response.body().contains("omni_"));
    }

    @Test
    void manyModelsAreOneMoreThanThereIsRoomFor(@TempDir Path home) throws Exception {
        try (var many = new FakeEngine(home.resolve("engine.sock"));
                var box = new TestDaemon(home, home.resolve("engine.sock"))) {
            many.counters = IntStream.range(0, 30)
                    .mapToObj(i -> new ModelCounters("id" + i, "m" + i, 1, 0, 0, 0, 0, 0, true, 0, 1, 0, 1, 1, 1))
                    .toList();
            var read = PrometheusText.read(box.get("/metrics").body());
            assertEquals(22, read.or0("omni_model_loads_total", "model", "other"));
            assertEquals(LabelPairs.MODELS_MAX + 1, read.values("model"));
        }
    }

    @Test
    void anEngineThatIsAwayIsSaidToBe(@TempDir Path home) throws Exception {
        try (var box = new TestDaemon(home, home.resolve("engine.sock"))) {
            box.post("/v1/chat/completions", TestDaemon.chat("three", ""));
            var response = box.get("/metrics");
            assertEquals(200, response.statusCode(), response.body());
            var read = PrometheusText.read(response.body());
            assertEquals(0, read.value("omni_engine_up").orElseThrow());
            assertTrue(read.value("omni_engine_resident_bytes").isEmpty());
            assertFalse(response.body().contains("omni_model_"));
            assertTrue(read.value("omni_daemon_heap_used_bytes").isPresent());
        }
    }

    @Test
    void anEngineThatIsSlowIsNotWaitedFor(@TempDir Path home) throws Exception {
        try (var slow = new FakeEngine(home.resolve("engine.sock"));
                var box = new TestDaemon(home, home.resolve("engine.sock"))) {
            slow.counting = FakeEngine.Counting.SLOW;
            var begin = System.nanoTime();
            var read = PrometheusText.read(box.get("/metrics").body());
            assertTrue(Duration.ofNanos(System.nanoTime() - begin).compareTo(Await.LONG) < 0);
            assertEquals(0, read.value("omni_engine_up").orElseThrow());
            assertEquals(1, slow.scrapes.get());
            slow.counting = FakeEngine.Counting.PROMPT;
            assertEquals(1, PrometheusText.read(box.get("/metrics").body()).or0("omni_engine_up"));
        }
    }
}

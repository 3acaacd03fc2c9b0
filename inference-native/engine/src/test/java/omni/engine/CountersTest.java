package omni.engine;

import static omni.engine.EngineFixture.LONG;
import static omni.engine.EngineFixture.ask;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told to who watches the box: each load and each way out of memory once, and nothing that watching brings about. */
class CountersTest {
    private static final String SUM = "What is 7 plus 5?";
    private static final String SEED = "omni-seed-f16";

    @TempDir
    Path folder;

    private static EngineProtocol.ModelCounters of(EngineFixture engine, String name) {
        return engine.client.counters(new EngineProtocol.CountersParams()).models().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Path changed(String name, String from, String to) throws IOException {
        byte[] model = Files.readAllBytes(EngineFixture.SEED);
        String head = new String(model, 0, 4000, StandardCharsets.ISO_8859_1).replace(from, to);
        System.arraycopy(head.getBytes(StandardCharsets.ISO_8859_1), 0, model, 0, 4000);
        model[model.length - 2] = 1;
        return Files.write(folder.resolve(name), model);
    }

    @Test
    void watchingLoadsNothing() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder)) {
            for (int i = 0; i < 3; i++) {
                EngineProtocol.ModelCounters seed = of(engine, SEED);
                assertFalse(seed.loaded());
                assertEquals(0, seed.loads() + seed.loadsFailed());
                assertEquals(0, seed.weightBytes() + seed.sequencesMax());
            }
        }
    }

    @Test
    void aLoadAndItsMemoryAreCounted() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder)) {
            engine.client.generate(ask(SUM, 5L));
            engine.client.generate(ask(SUM, 5L));
            EngineProtocol.ModelCounters seed = of(engine, SEED);
            assertTrue(seed.loaded());
            assertEquals(1, seed.loads());
            assertTrue(seed.loadMillis() > 0);
            assertTrue(seed.weightBytes() > 5_000_000 && seed.cacheBytes() > 0 && seed.computeBytes() > 0);
            assertTrue(seed.sequencesMax() > 0);
            Long resident =
                    engine.client.counters(new EngineProtocol.CountersParams()).residentBytes();
            assertTrue(Objects.requireNonNull(resident) > 10_000_000);
        }
    }

    @Test
    void watchingKeepsNothingInMemory() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder, "idle_unload = \"1s\"")) {
            engine.client.generate(ask(SUM, 5L));
            Await.until(LONG, () -> !of(engine, SEED).loaded());
            assertEquals(1, of(engine, SEED).evictedIdle());
        }
    }

    @Test
    void whoHasToGoIsCountedByTheReason() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder, "models_loaded_max = 1")) {
            engine.client.import_(EngineFixture.taking(changed("twin.gguf", "", ""), null));
            engine.client.generate(ask(SUM, 5L));
            engine.client.generate(
                    Ask.chat(SUM).model("twin").maxTokens(5L).greedy().params());
            EngineProtocol.ModelCounters seed = of(engine, SEED);
            assertEquals(List.of(0L, 1L, 0L), List.of(seed.evictedIdle(), seed.evictedForRoom(), seed.unloaded()));
            engine.awaitIdle();
            Await.until(
                    LONG,
                    () -> engine.client
                            .unload(new EngineProtocol.UnloadParams("twin"))
                            .unloaded());
            EngineProtocol.ModelCounters twin = of(engine, "twin");
            assertEquals(List.of(0L, 0L, 1L), List.of(twin.evictedIdle(), twin.evictedForRoom(), twin.unloaded()));
        }
    }

    @Test
    void aLoadThatFailsIsCountedAsThat() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder)) {
            engine.client.import_(EngineFixture.taking(changed("odd.gguf", "llama", "lxama"), null));
            EngineProtocol.GenerateParams params =
                    Ask.chat(SUM).model("odd").maxTokens(5L).greedy().params();
            assertThrows(EngineProtocol.LoadFailed.class, () -> engine.client.generate(params));
            EngineProtocol.ModelCounters odd = of(engine, "odd");
            assertEquals(List.of(0L, 1L), List.of(odd.loads(), odd.loadsFailed()));
        }
    }
}

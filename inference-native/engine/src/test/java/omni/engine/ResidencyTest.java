package omni.engine;

import static omni.engine.EngineFixture.LONG;
import static omni.engine.EngineFixture.ask;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import omni.bus.ReplyStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models come into memory when they are asked for, and go; places are bounded. */
class ResidencyTest {
    private static final String SUM = "What is 7 plus 5?";

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger loads = new AtomicInteger();
    private final CountDownLatch latch = new CountDownLatch(1);

    @AfterEach
    void stop() {
        latch.countDown();
        threads.close();
    }

    private EngineFixture counting(String... settings) throws IOException {
        return new EngineFixture(
                folder,
                decoder -> {
                    loads.incrementAndGet();
                    return decoder;
                },
                settings);
    }

    private EngineFixture held(String... settings) throws IOException {
        return new EngineFixture(folder, decoder -> new HeldDecoder(decoder, latch), settings);
    }

    /** The seed with other bytes at a place. */
    private Path changed(String name, int at, byte[] bytes) throws IOException {
        byte[] model = Files.readAllBytes(EngineFixture.SEED);
        System.arraycopy(bytes, 0, model, at, bytes.length);
        return Files.write(folder.resolve(name), model);
    }

    private Path twin() throws IOException {
        return changed("twin.gguf", (int) Files.size(EngineFixture.SEED) - 2, new byte[] {1, 0});
    }

    private static EngineProtocol.Model take(EngineFixture engine, Path file) {
        EngineProtocol.Model model =
                engine.client.import_(EngineFixture.taking(file, null)).model();
        assertTrue(model != null);
        return model;
    }

    private static EngineProtocol.GenerateParams askOf(String model) {
        return Ask.chat(SUM).model(model).maxTokens(50L).greedy().params();
    }

    private static List<EngineProtocol.ModelStats> loaded(EngineFixture engine) {
        return engine.client.stats(new EngineProtocol.StatsParams()).models();
    }

    @Test
    void nothingIsLoadedBeforeItIsNeeded() throws Exception {
        try (EngineFixture engine = counting()) {
            EngineProtocol.StatsReply stats = engine.client.stats(new EngineProtocol.StatsParams());
            assertEquals(List.of(), stats.models());
            assertEquals("not loaded yet", stats.library().backend());
            assertFalse(engine.client
                    .models(new EngineProtocol.ModelsParams())
                    .models()
                    .getFirst()
                    .loaded());
            assertEquals(0, loads.get());
        }
    }

    @Test
    void manyWhoComeAtOnceWaitForOneLoad() throws Exception {
        try (EngineFixture engine = counting()) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                answers.add(threads.submit(
                        () -> engine.client.generate(ask(SUM, 50L)).text()));
            }
            for (Future<String> answer : answers) {
                assertEquals("7 plus 5 is 12.", answer.get());
            }
            assertEquals(1, loads.get());
        }
    }

    @Test
    void anIdleModelGoesAndComesBack() throws Exception {
        try (EngineFixture engine = counting("idle_unload = \"1s\"")) {
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
            Await.until(LONG, () -> loaded(engine).isEmpty());
            Await.until(LONG, () -> engine.note.get().isEmpty());
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
            assertEquals(2, loads.get());
        }
    }

    @Test
    void oneRequestPastTheQueueIsBusy() throws Exception {
        try (EngineFixture engine = held("sequences_max = 2", "queue_max = 3")) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                answers.add(threads.submit(
                        () -> engine.client.generate(ask(SUM, 50L)).text()));
            }
            Await.until(
                    LONG,
                    () -> !loaded(engine).isEmpty()
                            && engine.stats().sequences() + engine.stats().waiting() == 5);
            EngineProtocol.Busy busy =
                    assertThrows(EngineProtocol.Busy.class, () -> engine.client.generate(ask(SUM, 50L)));
            assertTrue(busy.retryAfterSeconds() >= 1);
            assertEquals(false, busy.keyFull());
            assertThrows(
                    EngineProtocol.Busy.class,
                    () -> engine.client.embed(new EngineProtocol.EmbedParams(null, List.of("x"), null)));
            latch.countDown();
            for (Future<String> answer : answers) {
                assertEquals("7 plus 5 is 12.", answer.get());
            }
            assertEquals(2, engine.stats().sequencesPerDecodeMax());
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
        }
    }

    @Test
    void oneRequestPastAKeysOwnIsBusyForThatKeyAlone() throws Exception {
        try (EngineFixture engine = held("sequences_max = 2", "queue_max = 8", "key_requests_max = 3")) {
            List<Future<String>> answers = new ArrayList<>();
            Ask ofKey = Ask.chat(SUM).maxTokens(50L).greedy().caller("aaaaaaaaaaaa");
            for (int i = 0; i < 3; i++) {
                answers.add(threads.submit(
                        () -> engine.client.generate(ofKey.params()).text()));
            }
            Await.until(
                    LONG, () -> !loaded(engine).isEmpty() && callers(engine).equals(List.of("aaaaaaaaaaaa normal 3")));
            EngineProtocol.Busy busy =
                    assertThrows(EngineProtocol.Busy.class, () -> engine.client.generate(ofKey.params()));
            assertEquals(true, busy.keyFull());
            assertEquals(2, busy.retryAfterSeconds(), "three by two at once, of a second each as far as is known");
            Ask lowered = Ask.chat(SUM).caller("aaaaaaaaaaaa", EngineProtocol.Priority.BACKGROUND);
            assertThrows(EngineProtocol.Busy.class, () -> engine.client.generate(lowered.params()));
            Ask ofOther = Ask.chat(SUM).maxTokens(50L).greedy().caller("bbbbbbbbbbbb");
            answers.add(threads.submit(
                    () -> engine.client.generate(ofOther.params()).text()));
            latch.countDown();
            for (Future<String> answer : answers) {
                assertEquals("7 plus 5 is 12.", answer.get());
            }
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(ofKey.params()).text());
        }
    }

    private static List<String> callers(EngineFixture engine) {
        return engine.stats().callers().stream()
                .map(c -> c.key() + " " + c.priority().wire() + " " + c.requests())
                .toList();
    }

    @Test
    void itIsKnownWhoseTheRequestsAre() throws Exception {
        try (EngineFixture engine = held("sequences_max = 2", "queue_max = 8")) {
            List<Future<String>> answers = new ArrayList<>();
            for (Ask ask : List.of(
                    Ask.chat(SUM).caller("bbbbbbbbbbbb"),
                    Ask.chat(SUM).caller("aaaaaaaaaaaa"),
                    Ask.chat(SUM),
                    Ask.chat(SUM).caller("bbbbbbbbbbbb"))) {
                EngineProtocol.GenerateParams params =
                        ask.maxTokens(50L).greedy().params();
                answers.add(threads.submit(() -> engine.client.generate(params).text()));
            }
            List<String> all = List.of("null interactive 1", "aaaaaaaaaaaa normal 1", "bbbbbbbbbbbb normal 2");
            Await.until(LONG, () -> !loaded(engine).isEmpty() && callers(engine).equals(all));
            latch.countDown();
            for (Future<String> answer : answers) {
                assertEquals("7 plus 5 is 12.", answer.get());
            }
            assertEquals(List.of(), engine.stats().callers());
        }
    }

    @Test
    void aFileThatCannotBeLoadedSaysWhyAndHarmsNobody() throws Exception {
        byte[] seed = Files.readAllBytes(EngineFixture.SEED);
        String names = new String(seed, 0, 4000, StandardCharsets.ISO_8859_1).replace("llama", "lxama");
        Path odd = changed("odd.gguf", 0, names.getBytes(StandardCharsets.ISO_8859_1));
        try (EngineFixture engine = counting()) {
            EngineProtocol.Model model = take(engine, odd);
            assertEquals("lxama", model.architecture());
            for (int i = 0; i < 2; i++) {
                EngineProtocol.LoadFailed failed =
                        assertThrows(EngineProtocol.LoadFailed.class, () -> engine.client.generate(askOf(model.id())));
                assertEquals("odd", failed.model());
                assertTrue(failed.reason().contains("lxama"), failed.reason());
            }
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
            engine.client.remove(new EngineProtocol.RemoveParams("odd"));
        }
    }

    @Test
    void nativesThatCannotBeReadFailTheLoadAndNotTheEngine() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        Supplier<Path> natives = () -> {
            if (tries.incrementAndGet() <= 2) {
                throw new UncheckedIOException(new AccessDeniedException("libllama.so"));
            }
            return EngineFixture.nativeFolder();
        };
        try (EngineFixture engine = new EngineFixture(folder, decoder -> decoder, natives)) {
            for (int i = 0; i < 2; i++) {
                EngineProtocol.LoadFailed failed =
                        assertThrows(EngineProtocol.LoadFailed.class, () -> engine.client.generate(ask(SUM, 50L)));
                assertTrue(failed.reason().contains("cannot be read"), failed.reason());
            }
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
        }
    }

    @Test
    void aStoreThatCannotBeUsedIsNotCalledPassing() throws Exception {
        Path twin = twin();
        try (EngineFixture engine = counting()) {
            Path cartridges = folder.resolve("cartridges");
            Files.writeString(cartridges, "no folder");
            assertThrows(EngineProtocol.Unusable.class, () -> engine.client.import_(EngineFixture.taking(twin, null)));
            Files.delete(cartridges);
            take(engine, twin);
        }
    }

    @Test
    void aSecondModelTakesThePlaceOfAnIdleOne() throws Exception {
        try (EngineFixture engine = counting("models_loaded_max = 1")) {
            EngineProtocol.Model twin = take(engine, twin());
            engine.client.generate(ask(SUM, 50L));
            assertEquals(
                    "7 plus 5 is 12.", engine.client.generate(askOf("twin")).text());
            assertEquals(
                    List.of(twin.id()),
                    loaded(engine).stream()
                            .map(EngineProtocol.ModelStats::model)
                            .toList());
        }
    }

    @Test
    void aModelLeavesMemoryAtOnceUnlessItIsInUse() throws Exception {
        try (EngineFixture engine = held()) {
            EngineProtocol.UnloadParams seed = new EngineProtocol.UnloadParams(null);
            assertTrue(engine.client.unload(seed).unloaded(), "it is not in memory");
            Future<EngineProtocol.GenerateReply> answer = threads.submit(() -> engine.client.generate(ask(SUM, 50L)));
            Await.until(LONG, () -> !loaded(engine).isEmpty());
            assertFalse(engine.client.unload(seed).unloaded());
            latch.countDown();
            EngineProtocol.Usage usage = answer.get().usage();
            assertTrue(usage != null && usage.loadMillis() > 0);
            engine.awaitIdle();
            assertTrue(engine.client.unload(seed).unloaded());
            assertEquals(List.of(), loaded(engine));
        }
    }

    @Test
    void aPinnedModelStaysInMemoryWhoeverAsks() throws Exception {
        try (EngineFixture engine = counting("models_loaded_max = 1")) {
            EngineProtocol.Model twin = take(engine, twin());
            engine.client.generate(askOf("twin"));
            engine.awaitIdle();
            EngineProtocol.UnloadParams unload = new EngineProtocol.UnloadParams(twin.id());
            engine.client.pin(new EngineProtocol.PinParams(twin.id(), true));
            assertFalse(engine.client.unload(unload).unloaded());
            engine.client.pin(new EngineProtocol.PinParams(twin.id(), false));
            assertTrue(engine.client.unload(unload).unloaded());
        }
    }

    @Test
    void aModelInUseKeepsItsPlaceAndIsNotRemoved() throws Exception {
        try (EngineFixture engine = held("models_loaded_max = 1")) {
            take(engine, twin());
            Future<String> answer =
                    threads.submit(() -> engine.client.generate(askOf("twin")).text());
            Await.until(LONG, () -> !loaded(engine).isEmpty());
            assertThrows(EngineProtocol.Busy.class, () -> engine.client.generate(ask(SUM, 50L)));
            EngineProtocol.InUse inUse = assertThrows(
                    EngineProtocol.InUse.class, () -> engine.client.remove(new EngineProtocol.RemoveParams("twin")));
            assertEquals("twin", inUse.model());
            latch.countDown();
            assertEquals("7 plus 5 is 12.", answer.get());
            engine.awaitIdle();
            engine.client.remove(new EngineProtocol.RemoveParams("twin"));
            assertEquals(
                    1,
                    engine.client
                            .models(new EngineProtocol.ModelsParams())
                            .models()
                            .size());
            assertEquals(List.of(), loaded(engine));
        }
    }

    @Test
    void importTellsItsProgressAndUseLasts() throws Exception {
        Path file = twin();
        try (EngineFixture engine = counting()) {
            EngineProtocol.ImportReply last = null;
            try (ReplyStream<EngineProtocol.ImportReply> replies =
                    engine.client.import_More(EngineFixture.taking(file, "mine"))) {
                while (replies.hasNext()) {
                    last = replies.next();
                }
            }
            assertTrue(last != null && last.model() != null);
            assertEquals(Files.size(file), last.bytesDone());
            engine.client.use(new EngineProtocol.UseParams("mine"));
        }
        try (EngineFixture again = counting()) {
            assertTrue(again.client
                    .models(new EngineProtocol.ModelsParams())
                    .models()
                    .getLast()
                    .isDefault());
        }
        try (EngineFixture fixed = counting("default_model = \"omni-seed-f16\"")) {
            assertTrue(fixed.client
                    .models(new EngineProtocol.ModelsParams())
                    .models()
                    .getFirst()
                    .isDefault());
            EngineProtocol.Invalid refused = assertThrows(
                    EngineProtocol.Invalid.class, () -> fixed.client.use(new EngineProtocol.UseParams("mine")));
            assertTrue(refused.hint().contains("omni.toml"));
        }
    }

    @Test
    void aCallerThatVanishesWithoutStreamingFreesItsSequence() throws Exception {
        try (EngineFixture engine = counting()) {
            engine.client.generate(ask(SUM, 1L));
            EngineFixture.Caller caller = engine.anotherCaller();
            Future<String> answer = threads.submit(() ->
                    caller.client().generate(ask("Count from 1 to 20.", 1500L)).text());
            Await.until(LONG, () -> engine.stats().sequences() == 1);
            caller.close();
            engine.awaitIdle();
            assertThrows(ExecutionException.class, answer::get);
            assertTrue(engine.stats().completionTokens() < 1500);
        }
    }

    /** Anonymous memory of this process in bytes: proc_pid_status(5). */
    private static long anonymousBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("no RssAnon");
    }

    @Test
    void memoryStaysFlatOverManyAnswersAndLoads() throws Exception {
        try (EngineFixture engine = counting("models_loaded_max = 1")) {
            take(engine, twin());
            for (int round = 0; round < 5; round++) {
                answerRound(engine);
            }
            System.gc();
            long before = anonymousBytes();
            for (int round = 0; round < 20; round++) {
                answerRound(engine);
            }
            System.gc();
            long grown = anonymousBytes() - before;
            // One context that is not freed takes more than 25 MB: forty loads would show it.
            assertTrue(grown < 100L << 20, "grew by " + grown + " bytes");
            assertEquals(50, loads.get());
        }
    }

    private void answerRound(EngineFixture engine) throws Exception {
        for (String model : List.of("omni-seed-f16", "twin")) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(threads.submit(
                        () -> engine.client.generate(askOf(model)).text()));
            }
            for (Future<String> answer : answers) {
                assertEquals("7 plus 5 is 12.", answer.get());
            }
            engine.client.embed(new EngineProtocol.EmbedParams(model, List.of("a fox"), null));
        }
    }
}

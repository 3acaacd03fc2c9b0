package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ContextTest {
    private static final int POSITIONS = 2048;

    @Test
    void answersAQuestion() {
        try (var context = Seed.context(1)) {
            assertEquals("7 plus 5 is 12.", Seed.text(Seed.answer(context, "What is 7 plus 5?", 0, 40)));
            assertTrue(context.perf().promptTokens() > 10);
            assertTrue(context.perf().evalTokens() > 5);
            context.resetPerf();
            assertTrue(context.perf().evalTokens() <= 1, "llama.cpp reports at least one");
        }
    }

    @Test
    void severalSequencesInOneBatchAnswerAsEachAlone() {
        var questions = List.of("What is 7 plus 5?", "What is 3 plus 4?", "Tell me a story about a fox.", "Hello!");
        try (var context = Seed.context(questions.size())) {
            var solo = new ArrayList<List<Integer>>();
            for (var question : questions) {
                solo.add(Seed.answer(context, question, 0, 24));
                context.memory().removeSequence(0);
            }
            assertEquals(solo, together(context, questions, 24));
        }
    }

    private static List<List<Integer>> together(Context context, List<String> questions, int tokensMax) {
        var n = questions.size();
        var answers = new ArrayList<List<Integer>>();
        var positions = new int[n];
        var index = new int[n];
        var samplers = new ArrayList<Sampler>();
        var batch = Batch.allocate(512, 1);
        for (var s = 0; s < n; s++) {
            answers.add(new ArrayList<>());
            samplers.add(Sampler.chain(Seed.MODEL).greedy().build());
            var prompt = Seed.chat(questions.get(s));
            for (var i = 0; i < prompt.length; i++) {
                index[s] = batch.add(prompt[i], i, s, i == prompt.length - 1);
            }
            positions[s] = prompt.length;
        }
        while (batch.size() > 0) {
            assertEquals(DecodeResult.DONE, context.decode(batch));
            batch.clear();
            for (var s = 0; s < n; s++) {
                if (index[s] < 0) {
                    continue;
                }
                var token = samplers.get(s).sample(context, index[s]);
                index[s] = -1;
                if (!Seed.MODEL.vocab().isEndOfGeneration(token)
                        && answers.get(s).size() < tokensMax) {
                    answers.get(s).add(token);
                    index[s] = batch.add(token, positions[s]++, s, true);
                }
            }
        }
        samplers.forEach(Sampler::close);
        return answers;
    }

    @Test
    void aSavedSequenceGoesOnElsewhereAsIfNothingHappened() {
        var prompt = Seed.chat("Tell me a story about a fox.");
        try (var context = Seed.context(2);
                var other = Seed.context(2)) {
            Seed.prefill(context, prompt, 0);
            try (var state = context.save(0)) {
                assertTrue(state.sizeBytes() > 1000);
                var expected = Seed.continueGreedily(context, 0, prompt.length - 1, prompt.length, 30);

                other.restore(1, state);
                assertEquals(prompt.length - 1, other.memory().positionMax(1));
                // The state holds no logits: the last token is computed again.
                other.memory().removeSequence(1, prompt.length - 1, SequenceMemory.END);
                var batch = Batch.allocate(1, 1);
                batch.add(prompt[prompt.length - 1], prompt.length - 1, 1, true);
                other.decode(batch);
                assertEquals(expected, Seed.continueGreedily(other, 1, 0, prompt.length, 30));
            }
        }
    }

    @Test
    void aStateThatDoesNotFitIsRefusedAndLeavesTheSequenceEmpty() {
        var prompt = Seed.chat("Hello!");
        var otherCache = new ContextParams(
                512,
                512,
                512,
                1,
                2,
                2,
                false,
                ContextParams.Pooling.MODEL,
                ContextParams.FlashAttention.AUTO,
                true,
                ContextParams.CacheType.F32,
                ContextParams.CacheType.F32);
        try (var context = Seed.context(1);
                var other = Context.create(Seed.MODEL, otherCache)) {
            Seed.prefill(context, prompt, 0);
            var state = context.save(0);
            assertThrows(LlamaException.class, () -> other.restore(0, state));
            assertEquals(-1, other.memory().positionMax(0));
            state.close();
            state.close();
            assertThrows(LlamaException.class, () -> context.restore(0, state));
        }
    }

    @Test
    void abortEndsADecodeUnderWay() throws Exception {
        try (var context = longRunning()) {
            var result = CompletableFuture.supplyAsync(() -> context.decode(longBatch()));
            Await.until(Duration.ofSeconds(20), context::isComputing);
            context.requestAbort();
            assertEquals(DecodeResult.ABORTED, result.get(60, TimeUnit.SECONDS));
            assertTrue(context.memory().positionMax(0) < POSITIONS - 2, "it was not computed to the end");
            context.memory().clear(false);
            assertEquals(
                    DecodeResult.DONE, Seed.prefill(context, Seed.chat("Hello!"), 0), "an abort is for one decode");
        }
    }

    @Test
    void closingDuringADecodeIsRefused() throws Exception {
        var context = longRunning();
        var result = CompletableFuture.supplyAsync(() -> context.decode(longBatch()));
        Await.until(Duration.ofSeconds(20), context::isComputing);
        var refused = assertThrows(LlamaException.class, context::close);
        assertEquals("closed while in use", refused.problem());
        context.requestAbort();
        assertEquals(DecodeResult.ABORTED, result.get(60, TimeUnit.SECONDS));
        context.close();
        context.close();
    }

    private static Context longRunning() {
        return Context.create(
                Seed.MODEL,
                new ContextParams(
                        POSITIONS,
                        POSITIONS,
                        32,
                        1,
                        1,
                        1,
                        false,
                        ContextParams.Pooling.MODEL,
                        ContextParams.FlashAttention.AUTO,
                        true,
                        ContextParams.CacheType.F16,
                        ContextParams.CacheType.F16));
    }

    private static Batch longBatch() {
        var batch = Batch.allocate(POSITIONS, 1);
        for (var i = 0; i < POSITIONS - 1; i++) {
            batch.add(300 + i, i, 0, true);
        }
        return batch;
    }

    @Test
    void everyNumberOfABatchIsCheckedOnePastItsBound() {
        try (var context = Seed.context(2)) {
            var vocab = Seed.MODEL.vocab().size();
            assertThrows(LlamaException.class, () -> context.decode(Batch.allocate(1, 1)), "empty");
            refuses(context, vocab, 0, 0);
            refuses(context, 5, POSITIONS, 0);
            refuses(context, 5, 0, 2);
            var tooLong = Batch.allocate(513, 1);
            for (var i = 0; i < 513; i++) {
                tooLong.add(5, i, 0, false);
            }
            assertThrows(LlamaException.class, () -> context.decode(tooLong));
            assertEquals(-1, context.memory().positionMax(0), "nothing of it was computed");

            var last = Batch.allocate(1, 1);
            last.add(vocab - 1, 0, 1, true);
            assertEquals(DecodeResult.DONE, context.decode(last), "the last ones in bounds");
        }
    }

    private static void refuses(Context context, int token, int position, int sequence) {
        var batch = Batch.allocate(1, 1);
        batch.add(token, position, sequence, true);
        assertThrows(LlamaException.class, () -> context.decode(batch));
    }

    @Test
    void outputsAreCheckedOnePastTheirBound() {
        for (var most : new int[] {2, 5, 512}) {
            try (var context = Context.create(
                    Seed.MODEL, ContextParams.generation(512, 2, 1).withOutputsMax(most))) {
                assertEquals(most, context.outputsMax());
                var batch = Batch.allocate(512, 1);
                for (var i = 0; i < most; i++) {
                    batch.add(300 + i, i, 0, true);
                }
                assertEquals(DecodeResult.DONE, context.decode(batch));
                if (most < 512) {
                    context.memory().clear(false);
                    batch.add(300, most, 0, true);
                    assertThrows(LlamaException.class, () -> context.decode(batch));
                    assertEquals(-1, context.memory().positionMax(0), "nothing of it was computed");
                }
            }
        }
        var params = ContextParams.generation(512, 4, 1);
        assertEquals(4, params.nOutputsMax());
        assertThrows(LlamaException.class, () -> params.withOutputsMax(3), "one for each sequence at least");
        assertThrows(LlamaException.class, () -> params.withOutputsMax(-1));
        assertThrows(LlamaException.class, () -> params.withOutputsMax(ContextParams.CONTEXT_TOKENS_MAX + 1));
    }

    @Test
    void onlyAnEncoderEncodesAndOnlyAPoolessContextHasEmbeddingsOfTokens() {
        try (var context = Seed.context(1)) {
            var batch = Batch.allocate(1, 1);
            batch.add(5, 0, 0, true);
            assertThrows(LlamaException.class, () -> context.encode(batch));
            context.decode(batch);
            assertThrows(LlamaException.class, () -> context.embeddings(0));
        }
    }

    @Test
    void aGapInThePositionsIsRefusedByTheLibrary() {
        try (var context = Seed.context(1)) {
            Seed.prefill(context, Seed.chat("Hello!"), 0);
            var batch = Batch.allocate(1, 1);
            batch.add(5, 1000, 0, true);
            var refused = assertThrows(LlamaException.class, () -> context.decode(batch));
            assertEquals("the batch was refused", refused.problem());
            assertFalse(refused.detail().isEmpty(), "the library's own words");
        }
    }

    @Test
    void aFullCacheIsSaidAndNothingIsLost() {
        var params = ContextParams.generation(256, 2, 1).withOutputsMax(16);
        try (var context = Context.create(Seed.MODEL, params)) {
            var filling = Batch.allocate(512, 1);
            for (var i = 0; i < 250; i++) {
                filling.add(300 + i, i, 0, false);
            }
            assertEquals(DecodeResult.DONE, context.decode(filling));
            var more = Batch.allocate(16, 1);
            for (var i = 0; i < 16; i++) {
                more.add(300 + i, i, 1, true);
            }
            assertEquals(DecodeResult.NO_ROOM, context.decode(more));
            assertEquals(249, context.memory().positionMax(0));
            assertEquals(-1, context.memory().positionMax(1));
            context.memory().removeSequence(0);
            assertEquals(DecodeResult.DONE, context.decode(more));
        }
    }

    @Test
    void onlyOutputsAskedForCanBeRead() {
        try (var context = Seed.context(1);
                var sampler = Sampler.chain(Seed.MODEL).greedy().build()) {
            var batch = Batch.allocate(2, 1);
            batch.add(300, 0, 0, false);
            batch.add(301, 1, 0, true);
            context.decode(batch);
            assertEquals(Seed.MODEL.vocab().size(), context.logits(1).size());
            for (var index : List.of(-1, 0, 2)) {
                assertThrows(LlamaException.class, () -> context.logits(index));
                assertThrows(LlamaException.class, () -> sampler.sample(context, index));
            }
            assertThrows(LlamaException.class, () -> context.embeddingsSequence(0));
        }
    }

    @Test
    void parametersAreCheckedOnePastTheirBounds() {
        var most = Seed.LIBRARY.sequencesMax();
        try (var context = Context.create(Seed.MODEL, ContextParams.generation(256, most, 1))) {
            assertEquals(most, context.sequencesMax());
            assertThrows(LlamaException.class, () -> context.setThreads(0, 1));
            assertThrows(LlamaException.class, () -> context.setThreads(1, ContextParams.THREADS_MAX + 1));
            context.setThreads(2, 2);
        }
        assertThrows(
                LlamaException.class, () -> Context.create(Seed.MODEL, ContextParams.generation(256, most + 1, 1)));
        assertThrows(LlamaException.class, () -> ContextParams.generation(256, 0, 1));
        assertThrows(LlamaException.class, () -> ContextParams.generation(256, 1, ContextParams.THREADS_MAX + 1));
        assertThrows(LlamaException.class, () -> ContextParams.generation(ContextParams.CONTEXT_TOKENS_MAX + 1, 1, 1));
    }

    @Test
    void aClosedContextIsAnErrorAndNoCrash() {
        var context = Seed.context(1);
        context.close();
        context.close();
        var batch = Batch.allocate(1, 1);
        batch.add(5, 0, 0, true);
        assertThrows(LlamaException.class, () -> context.decode(batch));
        assertThrows(LlamaException.class, () -> context.memory().positionMax(0));
        assertThrows(LlamaException.class, () -> context.save(0));
        assertThrows(LlamaException.class, () -> context.setThreads(1, 1));
        assertThrows(LlamaException.class, context::perf);
    }
}

package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SequenceMemoryTest {
    private static final int[] PROMPT = Seed.chat("Tell me a story about a fox.");

    @Test
    void aCopyGoesOnLikeTheOriginal() {
        try (var context = Seed.context(2)) {
            Seed.prefill(context, PROMPT, 0);
            var memory = context.memory();
            memory.copySequence(0, 1, 0, SequenceMemory.END);
            assertEquals(PROMPT.length - 1, memory.positionMax(1));
            var expected = Seed.continueGreedily(context, 0, PROMPT.length - 1, PROMPT.length, 10);
            assertTrue(memory.removeSequence(1, PROMPT.length - 1, SequenceMemory.END));
            var batch = Batch.allocate(1, 1);
            batch.add(PROMPT[PROMPT.length - 1], PROMPT.length - 1, 1, true);
            context.decode(batch);
            assertEquals(expected, Seed.continueGreedily(context, 1, 0, PROMPT.length, 10));
        }
    }

    @Test
    void aTokenSharedByTwoSequencesIsInBoth() {
        try (var context = Seed.context(2)) {
            var batch = Batch.allocate(PROMPT.length, 2);
            for (var i = 0; i < PROMPT.length; i++) {
                batch.add(PROMPT[i], i, new int[] {0, 1}, i == PROMPT.length - 1);
            }
            context.decode(batch);
            assertEquals(PROMPT.length - 1, context.memory().positionMax(0));
            assertEquals(PROMPT.length - 1, context.memory().positionMax(1));
        }
    }

    @Test
    void removingAndClearingForget() {
        try (var context = Seed.context(2)) {
            var memory = context.memory();
            Seed.prefill(context, PROMPT, 0);
            assertEquals(0, memory.positionMin(0));
            assertTrue(memory.removeSequence(0, 5, SequenceMemory.END));
            assertEquals(4, memory.positionMax(0));
            memory.removeSequence(0);
            assertEquals(-1, memory.positionMax(0));
            Seed.prefill(context, PROMPT, 1);
            memory.clear(true);
            assertEquals(-1, memory.positionMax(1));
        }
    }

    @Test
    void boundsAreCheckedOnePast() {
        try (var context = Seed.context(2)) {
            var memory = context.memory();
            Seed.prefill(context, PROMPT, 0);
            for (var sequence : new int[] {-1, 2}) {
                assertThrows(LlamaException.class, () -> memory.positionMax(sequence));
                assertThrows(LlamaException.class, () -> memory.positionMin(sequence));
                assertThrows(LlamaException.class, () -> memory.removeSequence(sequence));
                assertThrows(LlamaException.class, () -> memory.copySequence(0, sequence, 0, 1));
                assertThrows(LlamaException.class, () -> memory.copySequence(sequence, 1, 0, 1));
                assertThrows(LlamaException.class, () -> context.save(sequence));
            }
            assertThrows(LlamaException.class, () -> memory.removeSequence(0, -1, 1));
            assertThrows(LlamaException.class, () -> memory.removeSequence(0, 2, 1));
            assertThrows(LlamaException.class, () -> memory.copySequence(0, 0, 0, 1), "the target is not empty");
        }
    }

    @Test
    void withSeparateCachesOnlyAWholeSequenceIsCopied() {
        var params = new ContextParams(
                512,
                512,
                512,
                2,
                1,
                1,
                false,
                ContextParams.Pooling.MODEL,
                ContextParams.FlashAttention.AUTO,
                false,
                ContextParams.CacheType.F16,
                ContextParams.CacheType.F16);
        try (var context = Context.create(Seed.MODEL, params)) {
            assertEquals(256, context.sequenceTokensMax());
            Seed.prefill(context, PROMPT, 0);
            assertThrows(LlamaException.class, () -> context.memory().copySequence(0, 1, 0, 5));
            context.memory().copySequence(0, 1, 0, SequenceMemory.END);
            assertEquals(PROMPT.length - 1, context.memory().positionMax(1));
        }
    }

    @Test
    void keepingOneForgetsTheOthers() {
        var apart = new ContextParams(
                1024,
                512,
                512,
                3,
                1,
                1,
                false,
                ContextParams.Pooling.MODEL,
                ContextParams.FlashAttention.AUTO,
                false,
                ContextParams.CacheType.F16,
                ContextParams.CacheType.F16);
        for (var params : List.of(ContextParams.generation(1024, 3, 1), apart)) {
            try (var context = Context.create(Seed.MODEL, params)) {
                for (var sequence = 0; sequence < 3; sequence++) {
                    Seed.prefill(context, PROMPT, sequence);
                }
                context.memory().keepSequence(1);
                assertEquals(-1, context.memory().positionMax(0));
                assertEquals(PROMPT.length - 1, context.memory().positionMax(1));
                assertEquals(-1, context.memory().positionMax(2));
            }
        }
    }

    @Test
    void movedPositionsGoOn() {
        try (var context = Seed.context(2)) {
            var memory = context.memory();
            assertTrue(memory.canShift());
            Seed.prefill(context, PROMPT, 0);
            // A window slides: the first ten go, the others move to the front.
            assertTrue(memory.removeSequence(0, 0, 10));
            memory.addPositions(0, 10, SequenceMemory.END, -10);
            assertEquals(0, memory.positionMin(0));
            assertEquals(PROMPT.length - 11, memory.positionMax(0));
            var batch = Batch.allocate(1, 1);
            batch.add(PROMPT[PROMPT.length - 1], PROMPT.length - 10, 0, true);
            assertEquals(DecodeResult.DONE, context.decode(batch));
            memory.addPositions(0, 0, SequenceMemory.END, -5);
            assertEquals(0, memory.positionMin(0), "what came before 0 is forgotten");
            memory.dividePositions(0, 0, SequenceMemory.END, 2);
            assertEquals((PROMPT.length - 15) / 2, memory.positionMax(0));
            memory.addPositions(1, 0, SequenceMemory.END, 100);
            assertEquals(-1, memory.positionMax(1), "an empty one has nothing to move");
        }
    }

    @Test
    void movesAreCheckedOnePastTheirBounds() {
        try (var context = Seed.context(2)) {
            var memory = context.memory();
            Seed.prefill(context, PROMPT, 0);
            var room = context.sequenceTokensMax() - PROMPT.length;
            assertThrows(LlamaException.class, () -> memory.addPositions(0, 0, SequenceMemory.END, room + 1));
            memory.addPositions(0, 0, SequenceMemory.END, room);
            assertEquals(context.sequenceTokensMax() - 1, memory.positionMax(0));
            memory.addPositions(0, 0, SequenceMemory.END, -room);
            for (var sequence : new int[] {-1, 2}) {
                assertThrows(LlamaException.class, () -> memory.addPositions(sequence, 0, 1, 1));
                assertThrows(LlamaException.class, () -> memory.dividePositions(sequence, 0, 1, 2));
                assertThrows(LlamaException.class, () -> memory.keepSequence(sequence));
            }
            assertThrows(LlamaException.class, () -> memory.addPositions(0, -1, 1, 1));
            assertThrows(LlamaException.class, () -> memory.addPositions(0, 2, 1, 1));
            assertThrows(LlamaException.class, () -> memory.addPositions(0, 0, 1, Integer.MIN_VALUE));
            assertThrows(LlamaException.class, () -> memory.addPositions(0, 0, 1, Integer.MAX_VALUE));
            assertThrows(LlamaException.class, () -> memory.dividePositions(0, 0, 1, 0));
            assertThrows(LlamaException.class, () -> memory.dividePositions(0, 0, 1, 65_537));
        }
    }
}

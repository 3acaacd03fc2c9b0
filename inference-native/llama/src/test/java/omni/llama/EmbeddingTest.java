package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddingTest {
    private static final ContextParams PARAMS = ContextParams.embedding(512, 4, 1, ContextParams.Pooling.MEAN);

    @Test
    void aTextHasTheSameEmbeddingAloneAndBesideOthers() {
        try (var context = Context.create(Seed.MODEL, PARAMS)) {
            var alone = embed(context, List.of("The fox sleeps.")).getFirst();
            assertEquals(256, alone.length);
            assertTrue(Double.isFinite(norm(alone)) && norm(alone) > 0.1, "a vector with a direction");
            var together = embed(context, List.of("Count from 1 to 20.", "The fox sleeps.", "7"));
            assertTrue(cosine(alone, together.get(1)) > 0.999);
            assertTrue(cosine(alone, together.get(0)) < 0.99, "another text, another direction");
        }
    }

    @Test
    void aTextOneTokenTooLongIsRefused() {
        try (var context = Context.create(Seed.MODEL, PARAMS)) {
            var batch = Batch.allocate(1000, 1);
            for (var i = 0; i <= context.batchTokensMax(); i++) {
                batch.add(300, i, 0, true);
            }
            assertThrows(LlamaException.class, () -> context.decode(batch));
        }
    }

    @Test
    void sequencesThatWereNotInTheBatchHaveNone() {
        try (var context = Context.create(Seed.MODEL, PARAMS)) {
            embed(context, List.of("one", "two"));
            assertThrows(LlamaException.class, () -> context.embeddingsSequence(2));
            assertThrows(LlamaException.class, () -> context.embeddingsSequence(4));
            assertThrows(LlamaException.class, () -> context.logits(0), "embeddings instead of logits");
        }
    }

    @Test
    void eachPoolingTakesItsTokens() {
        var text = Seed.MODEL.vocab().tokenize("The fox sleeps.", true, false);
        try (var none = Context.create(Seed.MODEL, pooling(ContextParams.Pooling.NONE));
                var mean = Context.create(Seed.MODEL, pooling(ContextParams.Pooling.MEAN));
                var first = Context.create(Seed.MODEL, pooling(ContextParams.Pooling.CLS));
                var last = Context.create(Seed.MODEL, pooling(ContextParams.Pooling.LAST))) {
            for (var context : List.of(none, mean, first, last)) {
                assertEquals(DecodeResult.DONE, Seed.prefill(context, text, 0));
            }
            assertTrue(cosine(none.embeddings(0), first.embeddingsSequence(0)) > 0.999);
            assertTrue(cosine(none.embeddings(text.length - 1), last.embeddingsSequence(0)) > 0.999);
            var sum = new float[256];
            for (var i = 0; i < text.length; i++) {
                var token = none.embeddings(i);
                for (var j = 0; j < 256; j++) {
                    sum[j] += token[j];
                }
            }
            assertTrue(cosine(sum, mean.embeddingsSequence(0)) > 0.999);
            assertThrows(LlamaException.class, () -> none.embeddingsSequence(0), "not pooled");
            assertThrows(LlamaException.class, () -> mean.embeddings(0), "pooled");
            for (var index : List.of(-1, text.length)) {
                assertThrows(LlamaException.class, () -> none.embeddings(index));
            }
        }
        assertEquals(0, Seed.MODEL.classifierOutputs());
        assertThrows(LlamaException.class, () -> Seed.MODEL.classifierLabel(0));
        assertThrows(
                LlamaException.class,
                () -> Context.create(Seed.MODEL, pooling(ContextParams.Pooling.RANK)),
                "no classification head");
    }

    private static ContextParams pooling(ContextParams.Pooling pooling) {
        return ContextParams.embedding(256, 1, 1, pooling);
    }

    private static List<float[]> embed(Context context, List<String> texts) {
        context.memory().clear(false);
        var batch = Batch.allocate(512, 1);
        for (var s = 0; s < texts.size(); s++) {
            var tokens = Seed.MODEL.vocab().tokenize(texts.get(s), true, false);
            for (var i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], i, s, true);
            }
        }
        assertEquals(DecodeResult.DONE, context.decode(batch));
        return java.util.stream.IntStream.range(0, texts.size())
                .mapToObj(context::embeddingsSequence)
                .toList();
    }

    private static double norm(float[] v) {
        return Math.sqrt(dot(v, v));
    }

    private static double cosine(float[] a, float[] b) {
        return dot(a, b) / norm(a) / norm(b);
    }

    private static double dot(float[] a, float[] b) {
        var sum = 0.0;
        for (var i = 0; i < a.length; i++) {
            sum += a[i] * (double) b[i];
        }
        return sum;
    }
}

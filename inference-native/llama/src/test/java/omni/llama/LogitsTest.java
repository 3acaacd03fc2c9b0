package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class LogitsTest {
    @Test
    void theProbabilitiesSumToOne() {
        try (var context = Seed.context(1)) {
            var prompt = Seed.chat("Hello!");
            Seed.prefill(context, prompt, 0);
            var logits = context.logits(prompt.length - 1);
            var sum = 0.0;
            for (var token = 0; token < logits.size(); token++) {
                sum += Math.exp(logits.logprob(token));
            }
            assertEquals(1.0, sum, 1e-6);
        }
    }

    @Test
    void theBestComeFirstAndOfEqualsTheLowerId() {
        var logits = new Logits(new float[] {1, 3, 2, 3, -1});
        assertEquals(List.of(1, 3, 2), logits.top(3));
        assertEquals(List.of(1, 3, 2, 0, 4), logits.top(9));
        assertEquals(List.of(), logits.top(0));
    }

    @Test
    void largeScoresDoNotOverflow() {
        var logits = new Logits(new float[] {1e30f, 1e30f, Float.NEGATIVE_INFINITY});
        assertEquals(-Math.log(2), logits.logprob(0), 1e-9);
        assertEquals(Double.NEGATIVE_INFINITY, logits.logprob(2));
    }

    @Test
    void oneTokenPastTheEndIsRefused() {
        var logits = new Logits(new float[] {1, 2});
        assertThrows(LlamaException.class, () -> logits.logit(2));
        assertThrows(LlamaException.class, () -> logits.logprob(-1));
    }
}

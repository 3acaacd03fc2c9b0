package omni.llama;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The scores of all tokens for one place in a text: a copy, good for any thread and time. */
public final class Logits {
    private final float[] values;
    // Kept apart: for large scores their sum would lose the smaller one.
    private final double max;
    private final double logSum;

    Logits(float[] values) {
        this.values = values;
        var best = Float.NEGATIVE_INFINITY;
        for (var value : values) {
            best = Math.max(best, value);
        }
        var sum = 0.0;
        for (var value : values) {
            sum += Math.exp((double) value - best);
        }
        this.max = best;
        this.logSum = Math.log(sum);
    }

    /** How many tokens there are. */
    public int size() {
        return values.length;
    }

    /** A token's raw score. */
    public float logit(int token) {
        return values[LlamaException.within("token", token, 0, values.length)];
    }

    /** Natural logarithm of a token's probability over the whole vocabulary (log-softmax), before any sampler. */
    public double logprob(int token) {
        return (logit(token) - max) - logSum;
    }

    /** The {@code count} best tokens, the best first; of equals, the lower id first. */
    public List<Integer> top(int count) {
        var worstFirst = Comparator.<Integer>comparingDouble(t -> values[t]).thenComparing(Comparator.reverseOrder());
        var best = new PriorityQueue<>(worstFirst);
        for (var token = 0; token < values.length && count > 0; token++) {
            if (best.size() == count) {
                if (values[token] <= values[best.element()]) {
                    continue;
                }
                best.remove();
            }
            best.add(token);
        }
        var sorted = new ArrayList<>(best);
        sorted.sort(worstFirst.reversed());
        return List.copyOf(sorted);
    }
}

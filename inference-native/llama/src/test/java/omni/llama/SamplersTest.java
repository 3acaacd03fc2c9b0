package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The steps beyond the usual ones: what each does to the same logits. */
class SamplersTest {
    private static final int[] PROMPT = Seed.chat("Tell me a story about a fox.");

    /** What a hundred seeds pick. */
    private static Set<Integer> picks(UnaryOperator<Sampler.Builder> steps) {
        var picks = new TreeSet<Integer>();
        try (var context = Seed.context(1)) {
            Seed.prefill(context, PROMPT, 0);
            for (var seed = 0; seed < 100; seed++) {
                try (var sampler =
                        steps.apply(Sampler.chain(Seed.MODEL)).dist(seed).build()) {
                    picks.add(sampler.sample(context, PROMPT.length - 1));
                }
            }
        }
        return picks;
    }

    private static int best() {
        try (var context = Seed.context(1);
                var greedy = Sampler.chain(Seed.MODEL).greedy().build()) {
            Seed.prefill(context, PROMPT, 0);
            return greedy.sample(context, PROMPT.length - 1);
        }
    }

    @Test
    void eachNarrowsOrMovesTheChoice() {
        var hot = picks(s -> s.temperature(3));
        assertTrue(hot.size() > 10, "a wide choice to begin with: " + hot.size());
        assertTrue(picks(s -> s.temperature(3).topK(100).typical(0.2)).size() < hot.size());
        assertEquals(1, picks(s -> s.topNSigma(0.0001)).size());
        assertTrue(picks(s -> s.topNSigma(5).temperature(3)).size() < hot.size());
        var best = best();
        assertTrue(picks(s -> s.topK(5)).contains(best));
        // Always on, and so low a threshold that the best of five always goes.
        assertTrue(!picks(s -> s.topK(5).temperature(3).xtc(1, 0.000_001, 1)).contains(best));
        assertEquals(picks(s -> s.topK(5)), picks(s -> s.topK(5).xtc(0, 0.1, 1)));
        assertTrue(picks(s -> s.dynamicTemperature(5, 1, 1)).size() > 1);
    }

    @Test
    void biasRulesOutAndForces() {
        var best = best();
        assertTrue(
                !picks(s -> s.logitBias(Map.of(best, Double.NEGATIVE_INFINITY))).contains(best));
        assertEquals(List.of(300), List.copyOf(picks(s -> s.logitBias(Map.of(300, 1000.0)))));
        assertEquals(picks(s -> s.topK(3)), picks(s -> s.logitBias(Map.of()).topK(3)));
        var all = new HashMap<Integer, Double>();
        for (var token = 0; token < Seed.MODEL.vocab().size(); token++) {
            all.put(token, Double.NEGATIVE_INFINITY);
        }
        assertEquals(1, picks(s -> s.logitBias(all)).size(), "with all of them ruled out it still picks, and lives");
    }

    @Test
    void mirostatPicksAndFollows() {
        try (var context = Seed.context(1);
                var one = Sampler.chain(Seed.MODEL)
                        .temperature(4)
                        .mirostat(5, 5, 0.1, 100)
                        .build();
                var two = Sampler.chain(Seed.MODEL)
                        .temperature(4)
                        .mirostatV2(5, 5, 0.1)
                        .build()) {
            Seed.prefill(context, PROMPT, 0);
            for (var sampler : List.of(one, two)) {
                var first = IntStream.range(0, 20)
                        .map(i -> sampler.sample(context, PROMPT.length - 1))
                        .boxed()
                        .toList();
                sampler.reset();
                var again = IntStream.range(0, 20)
                        .map(i -> sampler.sample(context, PROMPT.length - 1))
                        .boxed()
                        .toList();
                assertEquals(first, again);
                assertTrue(new TreeSet<>(first).size() > 1);
            }
        }
    }

    @Test
    void dryBreaksARepetition() {
        try (var context = Seed.context(1);
                var free = Sampler.chain(Seed.MODEL).greedy().build();
                var dry = Sampler.chain(Seed.MODEL)
                        .dry(100, 2, 1, 1000, List.of("\n", ":", "\"", "*"))
                        .greedy()
                        .build()) {
            Seed.prefill(context, PROMPT, 0);
            var best = free.sample(context, PROMPT.length - 1);
            // What it would pick has followed these three tokens before.
            for (var round = 0; round < 2; round++) {
                for (var token : new int[] {500, 501, 502}) {
                    dry.accept(token);
                }
                if (round == 0) {
                    dry.accept(best);
                }
            }
            assertNotEquals(best, dry.sample(context, PROMPT.length - 1));
        }
    }

    @Test
    void everyBoundIsCheckedOnePast() {
        refused(s -> s.typical(1.01));
        refused(s -> s.topNSigma(-0.1));
        refused(s -> s.topNSigma(100.1));
        refused(s -> s.xtc(1.1, 0.1, 1));
        refused(s -> s.xtc(0.1, -0.1, 1));
        refused(s -> s.dynamicTemperature(101, 0, 1));
        refused(s -> s.dynamicTemperature(1, 101, 1));
        refused(s -> s.dynamicTemperature(1, 1, 10.1));
        refused(s -> s.mirostat(1, 100.1, 0.1, 100));
        refused(s -> s.mirostat(1, 5, 1.1, 100));
        refused(s -> s.mirostat(1, 5, 0.1, 1));
        refused(s -> s.mirostat(1, 5, 0.1, 10_001));
        refused(s -> s.mirostatV2(1, Double.NaN, 0.1));
        refused(s -> s.mirostatV2(1, 5, -0.1));
        refused(s -> s.logitBias(Map.of(Seed.MODEL.vocab().size(), 1.0)));
        refused(s -> s.logitBias(Map.of(-1, 1.0)));
        refused(s -> s.logitBias(Map.of(1, 1000.1)));
        refused(s -> s.logitBias(Map.of(1, Double.POSITIVE_INFINITY)));
        refused(s -> s.logitBias(Map.of(1, Double.NaN)));
        refused(s -> s.dry(1000.1, 2, 1, 10, List.of()));
        refused(s -> s.dry(1, 0.9, 1, 10, List.of()));
        refused(s -> s.dry(1, 2, -1, 10, List.of()));
        refused(s -> s.dry(1, 2, 1, Sampler.PENALTY_TOKENS_MAX + 1, List.of()));
        refused(s -> s.dry(1, 2, 1, 10, Collections.nCopies(Sampler.DRY_BREAKERS_MAX + 1, "x")));
        refused(s -> s.dry(1, 2, 1, 10, List.of("x".repeat(Sampler.DRY_BREAKER_BYTES_MAX + 1))));
        refused(s -> s.dry(1, 2, 1, 10, List.of("")));
        refused(s -> s.dry(1, 2, 1, 10, List.of("é")));
        refused(s -> s.mirostatV2(1, 5, 0.1).greedy());
    }

    private static void refused(UnaryOperator<Sampler.Builder> steps) {
        assertThrows(LlamaException.class, () -> steps.apply(Sampler.chain(Seed.MODEL)));
    }
}

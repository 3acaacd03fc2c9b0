package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SamplerTest {
    private final Context context = Seed.context(1);
    private final int[] prompt = Seed.chat("Tell me a story about a fox.");
    private final int last = prompt.length - 1;

    @BeforeAll
    void decode() {
        Seed.prefill(context, prompt, 0);
    }

    @AfterAll
    void close() {
        context.close();
    }

    private List<Integer> draw(UnaryOperator<Sampler.Builder> steps, int times) {
        try (var sampler = steps.apply(Sampler.chain(Seed.MODEL)).build()) {
            var drawn = new ArrayList<Integer>();
            for (var i = 0; i < times; i++) {
                drawn.add(sampler.sample(context, last));
            }
            return drawn;
        }
    }

    @Test
    void everyWayToTakeTheBestTakesTheBest() {
        var best = context.logits(last).top(1);
        assertEquals(best, draw(Sampler.Builder::greedy, 1));
        assertEquals(best, draw(c -> c.topK(1).dist(3), 1));
        assertEquals(best, draw(c -> c.topP(0).dist(3), 1));
        assertEquals(best, draw(c -> c.minP(1).dist(3), 1));
        assertEquals(best, draw(c -> c.temperature(0).dist(3), 1));
    }

    @Test
    void aSeedRepeatsAndAnotherDiffers() {
        UnaryOperator<Sampler.Builder> hot = c -> c.temperature(5).dist(42);
        assertEquals(draw(hot, 20), draw(hot, 20));
        assertNotEquals(draw(hot, 20), draw(c -> c.temperature(5).dist(43), 20));
        UnaryOperator<Sampler.Builder> allOnes = c -> c.temperature(5).dist(0xffff_ffffL);
        assertEquals(draw(allOnes, 20), draw(allOnes, 20), "the value that means random to llama.cpp does not here");
    }

    @Test
    void resetStartsTheRandomNumbersAgain() {
        try (var sampler = Sampler.chain(Seed.MODEL).temperature(5).dist(42).build()) {
            var first = List.of(sampler.sample(context, last), sampler.sample(context, last));
            sampler.reset();
            assertEquals(first, List.of(sampler.sample(context, last), sampler.sample(context, last)));
        }
    }

    @Test
    void penaltiesPushAwayWhatWasAccepted() {
        var best = context.logits(last).top(1).getFirst();
        try (var sampler =
                Sampler.chain(Seed.MODEL).penalties(64, 1, 0, 1000).greedy().build()) {
            sampler.accept(best);
            assertNotEquals(best, sampler.sample(context, last));
        }
    }

    @Test
    void aChainEndsWithTheStepThatPicks() {
        assertThrows(
                LlamaException.class, () -> Sampler.chain(Seed.MODEL).topK(5).build());
        assertThrows(
                LlamaException.class, () -> Sampler.chain(Seed.MODEL).greedy().topK(5));
    }

    @Test
    void numbersOnePastTheirBoundsAreRefused() {
        var chain = Sampler.chain(Seed.MODEL);
        assertThrows(LlamaException.class, () -> chain.topK(-1));
        assertThrows(LlamaException.class, () -> chain.topP(1.01));
        assertThrows(LlamaException.class, () -> chain.topP(Double.NaN));
        assertThrows(LlamaException.class, () -> chain.minP(-0.01));
        assertThrows(LlamaException.class, () -> chain.temperature(100.1));
        assertThrows(LlamaException.class, () -> chain.penalties(Sampler.PENALTY_TOKENS_MAX + 1, 1, 0, 0));
        assertThrows(LlamaException.class, () -> chain.penalties(64, 0, 0, 0));
        try (var sampler = chain.greedy().build()) {
            assertThrows(
                    LlamaException.class,
                    () -> sampler.accept(Seed.MODEL.vocab().size()));
            assertThrows(LlamaException.class, () -> sampler.accept(-1));
        }
    }

    @Test
    void aClosedChainIsAnErrorAndNoCrash() {
        var sampler = Sampler.chain(Seed.MODEL).greedy().build();
        sampler.close();
        sampler.close();
        assertThrows(LlamaException.class, () -> sampler.sample(context, last));
        assertThrows(LlamaException.class, () -> sampler.accept(5));
        assertThrows(LlamaException.class, sampler::reset);
    }
}

package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import omni.llama.raw.Llama;
import omni.llama.raw.llama_sampler_chain_params;

/**
 * A chain that picks the next token from the logits; it remembers what it picked. One for each text.
 *
 * <p>One thread at a time.
 */
public final class Sampler implements AutoCloseable {
    /** Most tokens that penalties look back. */
    public static final int PENALTY_TOKENS_MAX = 65_536;

    private final Owned owned;
    private final int vocabSize;

    private Sampler(Owned owned, int vocabSize) {
        this.owned = owned;
        this.vocabSize = vocabSize;
    }

    /** A chain for texts of the model; its steps work in the order in which they are added. */
    public static Builder chain(Model model) {
        return new Builder(model.vocab().size());
    }

    /** Collects the steps of a chain. */
    public static final class Builder {
        private final int vocabSize;
        private final List<Supplier<MemorySegment>> steps = new ArrayList<>();
        private boolean selects;

        private Builder(int vocabSize) {
            this.vocabSize = vocabSize;
        }

        /**
         * Makes tokens of the last {@code lastTokens} less likely.
         *
         * @param lastTokens how far back, 0 to {@link #PENALTY_TOKENS_MAX}; 0 switches it off
         * @param repeat divisor of a seen token's score, above 0; 1 is none
         * @param frequency taken from the score for each time it was seen; 0 is none
         * @param presence taken from the score once it was seen; 0 is none
         */
        public Builder penalties(int lastTokens, double repeat, double frequency, double presence) {
            LlamaException.within("lastTokens", lastTokens, 0, PENALTY_TOKENS_MAX + 1);
            finite("repeat", repeat, 1e-6, 1e6);
            finite("frequency", frequency, -1e6, 1e6);
            finite("presence", presence, -1e6, 1e6);
            return step(() -> Llama.llama_sampler_init_penalties(
                    vocabSize, lastTokens, (float) repeat, (float) frequency, (float) presence));
        }

        /** Keeps the {@code k} best; 0 keeps all. */
        public Builder topK(int k) {
            LlamaException.within("topK", k, 0, Integer.MAX_VALUE);
            return step(() -> Llama.llama_sampler_init_top_k(k));
        }

        /** Keeps the best whose probabilities first sum to {@code p}, 0 to 1; at least one. */
        public Builder topP(double p) {
            finite("topP", p, 0, 1);
            return step(() -> Llama.llama_sampler_init_top_p((float) p, 1));
        }

        /** Keeps those at least {@code p} times as likely as the best, 0 to 1; at least one. */
        public Builder minP(double p) {
            finite("minP", p, 0, 1);
            return step(() -> Llama.llama_sampler_init_min_p((float) p, 1));
        }

        /** Divides the scores by {@code t}, 0 to 100; 0 leaves only the best. */
        public Builder temperature(double t) {
            finite("temperature", t, 0, 100);
            return step(() -> Llama.llama_sampler_init_temp((float) t));
        }

        /** Picks the best; the last step of a chain. */
        public Builder greedy() {
            step(Llama::llama_sampler_init_greedy);
            selects = true;
            return this;
        }

        /**
         * Picks by chance; the last step of a chain.
         *
         * @param seed any; the same seed picks the same tokens from the same logits. 64 bits are folded to 32
         */
        public Builder dist(long seed) {
            var folded = (int) (seed ^ (seed >>> 32));
            // 0xFFFFFFFF would mean a random seed to llama.cpp.
            var fixed = folded == -1 ? 0 : folded;
            step(() -> Llama.llama_sampler_init_dist(fixed));
            selects = true;
            return this;
        }

        /**
         * The chain.
         *
         * @throws LlamaException if its last step does not pick a token
         */
        public Sampler build() {
            if (!selects) {
                throw new LlamaException("the sampler chain picks no token", "", "End it with greedy or dist.");
            }
            var owned = new Owned("sampler");
            try (var arena = Arena.ofConfined()) {
                var params = Llama.llama_sampler_chain_default_params(arena);
                llama_sampler_chain_params.no_perf(params, true);
                owned.take(Llama.llama_sampler_chain_init(params), Llama::llama_sampler_free);
            }
            for (var step : steps) {
                Llama.llama_sampler_chain_add(owned.pointer(), step.get());
            }
            return new Sampler(owned, vocabSize);
        }

        private Builder step(Supplier<MemorySegment> step) {
            if (selects) {
                throw new LlamaException("a step after the one that picks", "", "Put greedy or dist last.");
            }
            steps.add(step);
            return this;
        }

        private static void finite(String name, double value, double from, double to) {
            if (!(value >= from && value <= to)) {
                throw new LlamaException(
                        "argument out of bounds", name + " is " + value, name + " must be " + from + " to " + to);
            }
        }
    }

    /**
     * Picks the next token and remembers it, as {@link #accept} would.
     *
     * @param context whose last decode made the logits; of the model that this chain is for
     * @param index the token's index in that batch
     * @throws LlamaException if no output was asked for at that index
     */
    public int sample(Context context, int index) {
        if (context.vocabSize() != vocabSize) {
            throw new LlamaException("sampler and context are of different models", "", "Make a chain for this model.");
        }
        return Llama.llama_sampler_sample(owned.pointer(), context.outputAt(index), index);
    }

    /**
     * Remembers a token that it did not pick, such as one of the prompt.
     *
     * @throws LlamaException if there is no such token
     */
    public void accept(int token) {
        LlamaException.within("token", token, 0, vocabSize);
        Llama.llama_sampler_accept(owned.pointer(), token);
    }

    /** Forgets what it picked and starts its random numbers again. */
    public void reset() {
        Llama.llama_sampler_reset(owned.pointer());
    }

    /** Frees it; once, however often it is called. */
    @Override
    public void close() {
        owned.close();
    }
}

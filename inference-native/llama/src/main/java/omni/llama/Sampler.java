package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import omni.llama.raw.Llama;
import omni.llama.raw.llama_logit_bias;
import omni.llama.raw.llama_sampler_chain_params;

/**
 * A chain that picks the next token from the logits; it remembers what it picked. One for each text.
 *
 * <p>One thread at a time. With a grammar it keeps its model in use until it is closed.
 */
public final class Sampler implements AutoCloseable {
    /** Most tokens that penalties look back. */
    public static final int PENALTY_TOKENS_MAX = 65_536;

    /** Most entries of {@link Builder#logitBias}. */
    public static final int LOGIT_BIAS_MAX = 65_536;

    /** Most sequence breakers of {@link Builder#dry}. */
    public static final int DRY_BREAKERS_MAX = 16;

    /** Most bytes of one sequence breaker. */
    public static final int DRY_BREAKER_BYTES_MAX = 40;

    private final Owned owned;
    private final int vocabSize;
    private final Optional<Grammar> grammar;

    private Sampler(Owned owned, int vocabSize, Optional<Grammar> grammar) {
        this.owned = owned;
        this.vocabSize = vocabSize;
        this.grammar = grammar;
    }

    /** A chain for texts of the model; its steps work in the order in which they are added. */
    public static Builder chain(Model model) {
        return new Builder(model);
    }

    /** Collects the steps of a chain. */
    public static final class Builder {
        private final Model model;
        private final int vocabSize;
        private final List<Function<Arena, MemorySegment>> steps = new ArrayList<>();
        private Optional<Grammar.Source> grammar = Optional.empty();
        private boolean selects;

        private Builder(Model model) {
            this.model = model;
            this.vocabSize = model.vocab().size();
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
            within("repeat", repeat, 1e-6, 1e6);
            within("frequency", frequency, -1e6, 1e6);
            within("presence", presence, -1e6, 1e6);
            return step(a -> Llama.llama_sampler_init_penalties(
                    vocabSize, lastTokens, (float) repeat, (float) frequency, (float) presence));
        }

        /**
         * Makes a token that would continue a repetition less likely, the more the longer it is ("don't repeat yourself").
         *
         * @param multiplier strength, 0 to 1000; 0 switches it off
         * @param base growth with each token of the repetition, 1 to 100
         * @param allowedLength tokens that may repeat, 0 to {@link #PENALTY_TOKENS_MAX}
         * @param lastTokens how far back, 0 to {@link #PENALTY_TOKENS_MAX}
         * @param breakers texts that end a repetition, at most {@link #DRY_BREAKERS_MAX} of 1 to
         *     {@link #DRY_BREAKER_BYTES_MAX} ASCII characters: others llama.cpp would cut in the middle
         */
        public Builder dry(double multiplier, double base, int allowedLength, int lastTokens, List<String> breakers) {
            model.vocab().checkListed();
            within("multiplier", multiplier, 0, 1000);
            within("base", base, 1, 100);
            LlamaException.within("allowedLength", allowedLength, 0, PENALTY_TOKENS_MAX + 1);
            LlamaException.within("lastTokens", lastTokens, 0, PENALTY_TOKENS_MAX + 1);
            LlamaException.within("breakers", breakers.size(), 0, DRY_BREAKERS_MAX + 1);
            for (var breaker : breakers) {
                LlamaException.within("breaker length", breaker.length(), 1, DRY_BREAKER_BYTES_MAX + 1);
                if (breaker.chars().anyMatch(c -> c == 0 || c > 127)) {
                    throw new LlamaException(
                            "a sequence breaker is not ASCII", "", "Use letters, signs and line ends.");
                }
            }
            var texts = List.copyOf(breakers);
            return step(arena -> {
                var pointers = arena.allocate(ValueLayout.ADDRESS, Math.max(1, texts.size()));
                for (var i = 0; i < texts.size(); i++) {
                    pointers.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(texts.get(i)));
                }
                return Llama.llama_sampler_init_dry(
                        model.vocab().pointer(),
                        (float) multiplier,
                        (float) base,
                        allowedLength,
                        lastTokens,
                        pointers,
                        texts.size());
            });
        }

        /**
         * Adds to the scores of single tokens.
         *
         * @param bias for each token -1000 to 1000, or negative infinity to rule it out; at most {@link #LOGIT_BIAS_MAX}
         */
        public Builder logitBias(Map<Integer, Double> bias) {
            LlamaException.within("biases", bias.size(), 0, LOGIT_BIAS_MAX + 1);
            bias.forEach((token, value) -> {
                LlamaException.within("token", token, 0, vocabSize);
                if (value != Double.NEGATIVE_INFINITY) {
                    within("bias", value, -1000, 1000);
                }
            });
            var entries = List.copyOf(bias.entrySet());
            return step(arena -> {
                var array = llama_logit_bias.allocateArray(Math.max(1, entries.size()), arena);
                for (var i = 0; i < entries.size(); i++) {
                    var entry = llama_logit_bias.asSlice(array, i);
                    llama_logit_bias.token(entry, entries.get(i).getKey());
                    llama_logit_bias.bias(entry, entries.get(i).getValue().floatValue());
                }
                return Llama.llama_sampler_init_logit_bias(vocabSize, entries.size(), array);
            });
        }

        /** Keeps the {@code k} best; 0 keeps all. */
        public Builder topK(int k) {
            LlamaException.within("topK", k, 0, Integer.MAX_VALUE);
            return step(a -> Llama.llama_sampler_init_top_k(k));
        }

        /** Keeps the best whose probabilities first sum to {@code p}, 0 to 1; at least one. */
        public Builder topP(double p) {
            within("topP", p, 0, 1);
            return step(a -> Llama.llama_sampler_init_top_p((float) p, 1));
        }

        /** Keeps those at least {@code p} times as likely as the best, 0 to 1; at least one. */
        public Builder minP(double p) {
            within("minP", p, 0, 1);
            return step(a -> Llama.llama_sampler_init_min_p((float) p, 1));
        }

        /** Keeps the most typical whose probabilities first sum to {@code p}, 0 to 1; at least one (arXiv:2202.00666). */
        public Builder typical(double p) {
            within("typical", p, 0, 1);
            return step(a -> Llama.llama_sampler_init_typical((float) p, 1));
        }

        /** Keeps those at most {@code n} standard deviations below the best score, 0 to 100; 0 keeps all (arXiv:2411.07641). */
        public Builder topNSigma(double n) {
            within("topNSigma", n, 0, 100);
            return step(a -> Llama.llama_sampler_init_top_n_sigma((float) n));
        }

        /**
         * Takes the most likely ones away, so that a less likely one is picked ("exclude top choices").
         *
         * @param probability how often, 0 to 1
         * @param threshold all but the least likely of those at least this likely go, 0 to 1; above 0.5 none go
         * @param seed as for {@link #dist}
         */
        public Builder xtc(double probability, double threshold, long seed) {
            within("probability", probability, 0, 1);
            within("threshold", threshold, 0, 1);
            var folded = seed(seed);
            return step(a -> Llama.llama_sampler_init_xtc((float) probability, (float) threshold, 1, folded));
        }

        /** Divides the scores by {@code t}, 0 to 100; 0 leaves only the best. */
        public Builder temperature(double t) {
            within("temperature", t, 0, 100);
            return step(a -> Llama.llama_sampler_init_temp((float) t));
        }

        /**
         * Divides the scores by a temperature that grows with the entropy (arXiv:2309.02772).
         *
         * @param t middle of its range, 0 to 100
         * @param delta half of its range, 0 to 100; 0 is {@link #temperature}
         * @param exponent how it grows, 0 to 10
         */
        public Builder dynamicTemperature(double t, double delta, double exponent) {
            within("temperature", t, 0, 100);
            within("delta", delta, 0, 100);
            within("exponent", exponent, 0, 10);
            return step(a -> Llama.llama_sampler_init_temp_ext((float) t, (float) delta, (float) exponent));
        }

        /**
         * Lets through only what the grammar allows; works before all other steps, wherever it is added.
         *
         * @param gbnf rules in llama.cpp's notation (GBNF, {@code grammars/README.md} of the release), without named tokens
         * @param root the rule to start with
         * @throws LlamaException if it is no grammar, says where and why; or if there is one already
         */
        public Builder grammar(String gbnf, String root) {
            return grammar(new Grammar.Source(gbnf, root, List.of()));
        }

        /**
         * Like {@link #grammar}, but only from behind one of the triggers on: until then everything is allowed.
         *
         * <p>Where a token has a trigger's end and more, and the grammar does not allow that, it waits on.
         *
         * @param triggers texts that switch it on when they have been written, 1 to {@link Grammar#TRIGGERS_MAX}, each of 1 to
         *     {@link Grammar#TRIGGER_BYTES_MAX} bytes of UTF-8
         */
        public Builder lazyGrammar(String gbnf, String root, List<String> triggers) {
            LlamaException.within("triggers", triggers.size(), 1, Grammar.TRIGGERS_MAX + 1);
            for (var trigger : triggers) {
                var bytes = trigger.getBytes(StandardCharsets.UTF_8).length;
                LlamaException.within("trigger bytes", bytes, 1, Grammar.TRIGGER_BYTES_MAX + 1);
            }
            return grammar(new Grammar.Source(gbnf, root, List.copyOf(triggers)));
        }

        private Builder grammar(Grammar.Source source) {
            if (grammar.isPresent()) {
                throw new LlamaException("a second grammar", "", "Put both into one.");
            }
            model.vocab().checkListed();
            Gbnf.check(source.gbnf(), source.root());
            grammar = Optional.of(source);
            return this;
        }

        /** Picks the best; the last step of a chain. */
        public Builder greedy() {
            step(a -> Llama.llama_sampler_init_greedy());
            selects = true;
            return this;
        }

        /**
         * Picks by chance; the last step of a chain.
         *
         * @param seed any; the same seed picks the same tokens from the same logits. 64 bits are folded to 32
         */
        public Builder dist(long seed) {
            var folded = seed(seed);
            step(a -> Llama.llama_sampler_init_dist(folded));
            selects = true;
            return this;
        }

        /**
         * Picks so that the surprise stays near a target; the last step of a chain (arXiv:2007.14966, version 1).
         *
         * @param tau the target, in bits, 0 to 100
         * @param eta how fast it follows, 0 to 1
         * @param m tokens it estimates from, 2 to 10,000; the paper has 100
         */
        public Builder mirostat(long seed, double tau, double eta, int m) {
            within("tau", tau, 0, 100);
            within("eta", eta, 0, 1);
            LlamaException.within("m", m, 2, 10_001);
            var folded = seed(seed);
            step(a -> Llama.llama_sampler_init_mirostat(vocabSize, folded, (float) tau, (float) eta, m));
            selects = true;
            return this;
        }

        /** Like {@link #mirostat}, version 2. */
        public Builder mirostatV2(long seed, double tau, double eta) {
            within("tau", tau, 0, 100);
            within("eta", eta, 0, 1);
            var folded = seed(seed);
            step(a -> Llama.llama_sampler_init_mirostat_v2(folded, (float) tau, (float) eta));
            selects = true;
            return this;
        }

        // 0xFFFFFFFF would mean a random seed to llama.cpp.
        private static int seed(long seed) {
            var folded = (int) (seed ^ (seed >>> 32));
            return folded == -1 ? 0 : folded;
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
                for (var step : steps) {
                    Llama.llama_sampler_chain_add(owned.pointer(), step.apply(arena));
                }
            }
            try {
                return new Sampler(owned, vocabSize, grammar.map(source -> Grammar.of(model, source)));
            } catch (LlamaException e) {
                owned.close();
                throw e;
            }
        }

        private Builder step(Function<Arena, MemorySegment> step) {
            if (selects) {
                throw new LlamaException("a step after the one that picks", "", "Put greedy or dist last.");
            }
            steps.add(step);
            return this;
        }

        private static void within(String name, double value, double from, double to) {
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
     * @throws LlamaException if no output was asked for at that index, or the grammar allows no token there
     */
    public int sample(Context context, int index) {
        if (context.vocabSize() != vocabSize) {
            throw new LlamaException("sampler and context are of different models", "", "Make a chain for this model.");
        }
        var pointer = context.outputAt(index);
        var chain = owned.pointer();
        if (grammar.isEmpty()) {
            return Llama.llama_sampler_sample(chain, pointer, index);
        }
        if (grammar.get().isWaiting()) {
            var free = Llama.llama_sampler_sample(chain, pointer, index);
            grammar.get().accept(free);
            return free;
        }
        var logits = Llama.llama_get_logits_ith(pointer, index).reinterpret(4L * vocabSize);
        var token = grammar.get().pick(chain, logits);
        Llama.llama_sampler_accept(chain, token);
        return token;
    }

    /**
     * Remembers a token that it did not pick, such as one of the prompt; with a grammar, only tokens that it allows.
     *
     * @throws LlamaException if there is no such token, or the grammar does not allow it
     */
    public void accept(int token) {
        LlamaException.within("token", token, 0, vocabSize);
        var chain = owned.pointer();
        grammar.ifPresent(g -> g.accept(token));
        Llama.llama_sampler_accept(chain, token);
    }

    /**
     * Remembers tokens of a prompt, as penalties do that look back; a grammar is about the answer alone, and not asked.
     *
     * @param tokens in their order; of more than {@link #PENALTY_TOKENS_MAX} the last ones
     * @throws LlamaException if one of them is no token
     */
    public void acceptPrompt(int[] tokens) {
        var chain = owned.pointer();
        for (var i = Math.max(0, tokens.length - PENALTY_TOKENS_MAX); i < tokens.length; i++) {
            LlamaException.within("token", tokens[i], 0, vocabSize);
            Llama.llama_sampler_accept(chain, tokens[i]);
        }
    }

    /** Forgets what it picked and starts its random numbers and its grammar again. */
    public void reset() {
        Llama.llama_sampler_reset(owned.pointer());
        grammar.ifPresent(Grammar::reset);
    }

    /** Frees it; once, however often it is called. */
    @Override
    public void close() {
        owned.close();
        grammar.ifPresent(Grammar::close);
    }
}

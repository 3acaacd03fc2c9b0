package omni.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import omni.llama.Sampler;
import org.jspecify.annotations.Nullable;

/**
 * The samplers beside those of {@link Sampling}, and the whole chain in llama.cpp's own order (common_sampler_init in
 * {@code common/sampling.cpp}): biases, penalties, dry, top-n-sigma, top-k, typical, top-p, min-p, xtc, temperature, draw.
 *
 * @param asked what was said of them, within its bounds
 */
record Samplers(EngineProtocol.Samplers asked) {
    static final int BIASES_MAX = 1024;
    static final double BIAS_MAX = 1000;
    static final double REPEAT_PENALTY_MIN = 0.01;
    static final double PENALTY_MAX = 100;

    /** For each of them llama.cpp goes through the whole vocabulary, while all answers wait. */
    static final int DRY_BREAKERS_MAX = 4;

    private static final long PENALTY_TOKENS = 64;
    private static final double DRY_BASE = 1.75;
    private static final long DRY_ALLOWED_LENGTH = 2;
    private static final List<String> DRY_BREAKERS = List.of("\n", ":", "\"", "*");
    private static final double XTC_THRESHOLD = 0.1;
    private static final double DYNAMIC_EXPONENT = 1;
    private static final double MIROSTAT_TAU = 5;
    private static final double MIROSTAT_ETA = 0.1;
    private static final int MIROSTAT_M = 100;

    private static final EngineProtocol.Samplers UNSAID = new EngineProtocol.Samplers(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null);

    /** All off. */
    static final Samplers NONE = new Samplers(UNSAID);

    static Samplers of(EngineProtocol.@Nullable Samplers asked) {
        return asked == null ? NONE : new Samplers(asked);
    }

    /** Whether there is none that could change anything. */
    boolean areOff() {
        return biases().isEmpty()
                && !mirostat()
                && !penalize()
                && said(asked.dryMultiplier(), 0) == 0
                && said(asked.topNSigma(), 0) == 0
                && said(asked.typicalP(), 1) == 1
                && said(asked.xtcProbability(), 0) == 0
                && said(asked.dynamicTemperatureRange(), 0) == 0;
    }

    /**
     * Checks them.
     *
     * @param prefix of the names that a refusal gives
     * @throws EngineException.Invalid naming the first that is out of its bounds
     */
    static void check(String prefix, EngineProtocol.Samplers asked) {
        checkBiases(prefix + "logitBias", asked.logitBias());
        within(prefix + "penaltyTokens", asked.penaltyTokens(), 0, Sampler.PENALTY_TOKENS_MAX);
        within(prefix + "repeatPenalty", asked.repeatPenalty(), REPEAT_PENALTY_MIN, PENALTY_MAX);
        within(prefix + "frequencyPenalty", asked.frequencyPenalty(), -PENALTY_MAX, PENALTY_MAX);
        within(prefix + "presencePenalty", asked.presencePenalty(), -PENALTY_MAX, PENALTY_MAX);
        within(prefix + "dryMultiplier", asked.dryMultiplier(), 0, 1000);
        within(prefix + "dryBase", asked.dryBase(), 1, 100);
        within(prefix + "dryAllowedLength", asked.dryAllowedLength(), 0, Sampler.PENALTY_TOKENS_MAX);
        within(prefix + "dryPenaltyTokens", asked.dryPenaltyTokens(), 0, Sampler.PENALTY_TOKENS_MAX);
        checkBreakers(prefix + "drySequenceBreakers", asked.drySequenceBreakers());
        within(prefix + "topNSigma", asked.topNSigma(), 0, 100);
        within(prefix + "typicalP", asked.typicalP(), 0, 1);
        within(prefix + "xtcProbability", asked.xtcProbability(), 0, 1);
        within(prefix + "xtcThreshold", asked.xtcThreshold(), 0, 1);
        within(prefix + "dynamicTemperatureRange", asked.dynamicTemperatureRange(), 0, Sampling.TEMPERATURE_MAX);
        within(prefix + "dynamicTemperatureExponent", asked.dynamicTemperatureExponent(), 0, 10);
        within(prefix + "mirostat", asked.mirostat(), 0, 2);
        within(prefix + "mirostatTau", asked.mirostatTau(), 0, 100);
        within(prefix + "mirostatEta", asked.mirostatEta(), 0, 1);
    }

    private static void checkBiases(String parameter, @Nullable List<EngineProtocol.Bias> biases) {
        if (biases == null) {
            return;
        }
        if (biases.size() > BIASES_MAX) {
            throw new EngineException.Invalid(parameter, "Give at most " + BIASES_MAX + " biases.");
        }
        if (biases.stream().map(EngineProtocol.Bias::token).distinct().count() != biases.size()) {
            throw new EngineException.Invalid(parameter, "A token has more than one bias. Give each once.");
        }
        for (EngineProtocol.Bias bias : biases) {
            within(parameter, bias.bias(), -BIAS_MAX, BIAS_MAX);
        }
    }

    private static void checkBreakers(String parameter, @Nullable List<String> breakers) {
        if (breakers == null) {
            return;
        }
        if (breakers.size() > DRY_BREAKERS_MAX) {
            throw new EngineException.Invalid(parameter, "Give at most " + DRY_BREAKERS_MAX + " sequence breakers.");
        }
        for (String breaker : breakers) {
            boolean ascii = breaker.chars().allMatch(c -> c > 0 && c < 128);
            if (breaker.isEmpty() || breaker.length() > Sampler.DRY_BREAKER_BYTES_MAX || !ascii) {
                throw new EngineException.Invalid(
                        parameter,
                        "A sequence breaker has 1 to " + Sampler.DRY_BREAKER_BYTES_MAX + " ASCII characters.");
            }
        }
    }

    private static void within(String parameter, @Nullable Number value, double min, double max) {
        if (value != null && !(value.doubleValue() >= min && value.doubleValue() <= max)) {
            throw new EngineException.Invalid(parameter, "Give " + plain(min) + " to " + plain(max) + ".");
        }
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }

    /** Each as one was asked for, else as the model's own say. */
    Samplers over(Samplers own) {
        EngineProtocol.Samplers a = asked;
        EngineProtocol.Samplers b = own.asked;
        return new Samplers(new EngineProtocol.Samplers(
                first(a.logitBias(), b.logitBias()),
                first(a.penaltyTokens(), b.penaltyTokens()),
                first(a.repeatPenalty(), b.repeatPenalty()),
                first(a.frequencyPenalty(), b.frequencyPenalty()),
                first(a.presencePenalty(), b.presencePenalty()),
                first(a.dryMultiplier(), b.dryMultiplier()),
                first(a.dryBase(), b.dryBase()),
                first(a.dryAllowedLength(), b.dryAllowedLength()),
                first(a.dryPenaltyTokens(), b.dryPenaltyTokens()),
                first(a.drySequenceBreakers(), b.drySequenceBreakers()),
                first(a.topNSigma(), b.topNSigma()),
                first(a.typicalP(), b.typicalP()),
                first(a.xtcProbability(), b.xtcProbability()),
                first(a.xtcThreshold(), b.xtcThreshold()),
                first(a.dynamicTemperatureRange(), b.dynamicTemperatureRange()),
                first(a.dynamicTemperatureExponent(), b.dynamicTemperatureExponent()),
                first(a.mirostat(), b.mirostat()),
                first(a.mirostatTau(), b.mirostatTau()),
                first(a.mirostatEta(), b.mirostatEta())));
    }

    private static <T> @Nullable T first(@Nullable T asked, @Nullable T own) {
        return asked != null ? asked : own;
    }

    /**
     * Checks the biases against a model.
     *
     * @throws EngineException.Invalid if one is of a token that it has not
     */
    void checkVocabulary(int vocabularySize) {
        for (EngineProtocol.Bias bias : biases()) {
            if (bias.token() < 0 || bias.token() >= vocabularySize) {
                throw new EngineException.Invalid(
                        "sampling.samplers.logitBias", "A token is not in the model's vocabulary.");
            }
        }
    }

    private List<EngineProtocol.Bias> biases() {
        List<EngineProtocol.Bias> biases = asked.logitBias();
        return biases == null ? List.of() : biases;
    }

    /** Whether the tokens of the prompt count for what is chosen. */
    boolean lookBack() {
        return !mirostat() && (penalize() || said(asked.dryMultiplier(), 0) != 0);
    }

    private boolean mirostat() {
        return said(asked.mirostat(), 0) != 0;
    }

    private boolean penalize() {
        return said(asked.repeatPenalty(), 1) != 1
                || said(asked.frequencyPenalty(), 0) != 0
                || said(asked.presencePenalty(), 0) != 0;
    }

    /** Adds all the steps, to the one that picks. */
    Sampler.Builder chain(Sampler.Builder chain, Sampling sampling) {
        bias(chain);
        if (mirostat()) {
            return mirostat(chain.temperature(sampling.temperature()), sampling.seed());
        }
        if (penalize()) {
            chain.penalties(
                    (int) said(asked.penaltyTokens(), PENALTY_TOKENS),
                    said(asked.repeatPenalty(), 1),
                    said(asked.frequencyPenalty(), 0),
                    said(asked.presencePenalty(), 0));
        }
        dry(chain);
        return picking(chain, sampling);
    }

    private void bias(Sampler.Builder chain) {
        if (!biases().isEmpty()) {
            Map<Integer, Double> biases = new HashMap<>();
            biases().forEach(bias -> biases.put((int) bias.token(), said(bias.bias(), Double.NEGATIVE_INFINITY)));
            chain.logitBias(biases);
        }
    }

    private void dry(Sampler.Builder chain) {
        double multiplier = said(asked.dryMultiplier(), 0);
        if (multiplier != 0) {
            List<String> breakers = asked.drySequenceBreakers();
            chain.dry(
                    multiplier,
                    said(asked.dryBase(), DRY_BASE),
                    (int) said(asked.dryAllowedLength(), DRY_ALLOWED_LENGTH),
                    (int) said(asked.dryPenaltyTokens(), Sampler.PENALTY_TOKENS_MAX),
                    breakers == null ? DRY_BREAKERS : breakers);
        }
    }

    /** What narrows the choice, and the choice. Without anything that could take the best away, temperature 0 picks that at once. */
    private Sampler.Builder picking(Sampler.Builder chain, Sampling sampling) {
        double sigma = said(asked.topNSigma(), 0);
        double typical = said(asked.typicalP(), 1);
        double xtc = said(asked.xtcProbability(), 0);
        double range = said(asked.dynamicTemperatureRange(), 0);
        if (sampling.greedy() && typical == 1 && xtc == 0 && range == 0) {
            return chain.greedy();
        }
        if (sigma != 0) {
            chain.topNSigma(sigma);
        }
        chain.topK(sampling.topK());
        if (typical != 1) {
            chain.typical(typical);
        }
        chain.topP(sampling.topP()).minP(sampling.minP());
        if (xtc != 0) {
            chain.xtc(xtc, said(asked.xtcThreshold(), XTC_THRESHOLD), sampling.seed());
        }
        return (range == 0
                        ? chain.temperature(sampling.temperature())
                        : chain.dynamicTemperature(
                                sampling.temperature(),
                                range,
                                said(asked.dynamicTemperatureExponent(), DYNAMIC_EXPONENT)))
                .dist(sampling.seed());
    }

    private Sampler.Builder mirostat(Sampler.Builder chain, long seed) {
        double tau = said(asked.mirostatTau(), MIROSTAT_TAU);
        double eta = said(asked.mirostatEta(), MIROSTAT_ETA);
        return said(asked.mirostat(), 0) == 1
                ? chain.mirostat(seed, tau, eta, MIROSTAT_M)
                : chain.mirostatV2(seed, tau, eta);
    }

    private static double said(@Nullable Number value, double otherwise) {
        return value == null ? otherwise : value.doubleValue();
    }
}

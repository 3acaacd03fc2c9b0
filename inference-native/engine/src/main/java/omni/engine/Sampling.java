package omni.engine;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the next token is chosen, in llama.cpp's own order: the {@code topK} most probable, of these the least
 * set whose probabilities sum to {@code topP}, of these all at least {@code minP} times as probable as the first, then
 * the temperature, then the draw, with other samplers in between. Temperature 0 takes the most probable token.
 *
 * @param temperature 0 to 2
 * @param topP 0 to 1; 1 keeps all
 * @param topK 0 keeps all
 * @param minP 0 to 1; 0 keeps all
 * @param seed start of the draw's random numbers; llama.cpp takes 32 bits, into which the rest is folded
 * @param samplers those in between
 */
record Sampling(double temperature, double topP, int topK, double minP, long seed, Samplers samplers) {
    /** Nothing said. */
    static final EngineProtocol.Sampling UNSAID = new EngineProtocol.Sampling(null, null, null, null, null, null);

    static final int TOP_K_MAX = 1_000_000;
    static final double TEMPERATURE_MAX = 2;

    /**
     * Checks the parameters of a request or a model.
     *
     * @param prefix of the names that a refusal gives
     * @throws EngineException.Invalid naming the first that is out of its bounds
     */
    static void check(String prefix, EngineProtocol.Sampling sampling) {
        within(prefix + "temperature", sampling.temperature(), TEMPERATURE_MAX, "Give 0 to 2.");
        within(prefix + "topP", sampling.topP(), 1, "Give 0 to 1.");
        within(prefix + "minP", sampling.minP(), 1, "Give 0 to 1.");
        Long topK = sampling.topK();
        if (topK != null && (topK < 0 || topK > TOP_K_MAX)) {
            throw new EngineException.Invalid(prefix + "topK", "Give 0 to 1000000.");
        }
        EngineProtocol.Samplers samplers = sampling.samplers();
        if (samplers != null) {
            Samplers.check(prefix + "samplers.", samplers);
        }
    }

    private static void within(String parameter, @Nullable Double value, double max, String hint) {
        if (value != null && !(value >= 0 && value <= max)) {
            throw new EngineException.Invalid(parameter, hint);
        }
    }

    /**
     * Completes what a request says: first what came along with the model, then its own file ({@code
     * general.sampling.*}), then the configuration.
     *
     * @param along what came along with the model
     * @param file what the model's file says under a key
     * @param randomSeed for a request that gives none
     */
    static Sampling complete(
            EngineProtocol.Sampling asked,
            EngineProtocol.@Nullable Sampling along,
            Function<String, Optional<String>> file,
            EngineConfig config,
            long randomSeed) {
        EngineProtocol.Sampling own = along != null ? along : UNSAID;
        Double temperature = first(asked.temperature(), own.temperature());
        Double topP = first(asked.topP(), own.topP());
        Long topK = first(asked.topK(), own.topK());
        Double minP = first(asked.minP(), own.minP());
        Long seed = asked.seed();
        return new Sampling(
                temperature != null ? temperature : said(file, "temp", config.temperature(), TEMPERATURE_MAX),
                topP != null ? topP : said(file, "top_p", config.topP(), 1),
                topK != null ? topK.intValue() : (int) said(file, "top_k", config.topK(), TOP_K_MAX),
                minP != null ? minP : said(file, "min_p", config.minP(), 1),
                seed != null ? seed : randomSeed,
                Samplers.of(asked.samplers()).over(Samplers.of(own.samplers())));
    }

    private static <T> @Nullable T first(@Nullable T asked, @Nullable T own) {
        return asked != null ? asked : own;
    }

    private static double said(Function<String, Optional<String>> file, String key, double otherwise, double max) {
        try {
            double value =
                    Double.parseDouble(file.apply("general.sampling." + key).orElse(""));
            return value >= 0 && value <= max ? value : otherwise;
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }

    boolean greedy() {
        return temperature == 0;
    }
}

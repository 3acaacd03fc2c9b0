package omni.engine;

import org.jspecify.annotations.Nullable;

/**
 * How the next token is chosen. The chain is llama.cpp's own order: the {@code topK} most probable, of these the least
 * set whose probabilities sum to {@code topP}, of these all at least {@code minP} times as probable as the first, then
 * the temperature, then the draw. Temperature 0 takes the most probable token and ignores the rest.
 *
 * @param temperature 0 to 2
 * @param topP 0 to 1; 1 keeps all
 * @param topK 0 keeps all
 * @param minP 0 to 1; 0 keeps all
 * @param seed start of the draw's random numbers; llama.cpp takes 32 bits, into which the rest is folded
 */
record Sampling(double temperature, double topP, int topK, double minP, long seed) {
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
    }

    private static void within(String parameter, @Nullable Double value, double max, String hint) {
        if (value != null && !(value >= 0 && value <= max)) {
            throw new EngineException.Invalid(parameter, hint);
        }
    }

    boolean greedy() {
        return temperature == 0;
    }
}

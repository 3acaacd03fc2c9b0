package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import omni.engine.EngineProtocol.Bias;
import omni.engine.EngineProtocol.Samplers;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The samplers that a body asks for, by the names that llama.cpp's server and Ollama have for them; OpenAI's two penalties and biases are
 * among them.
 */
final class SamplerFields {
    /** OpenAI's bound, up and down. */
    static final double PENALTY_MAX = 2;

    /** The engine's bounds. */
    static final int BIASES_MAX = 1024;

    static final int LAST_TOKENS_MAX = 65_536;

    private static final double BIAS_MAX = 100;
    private static final double REPEAT_PENALTY_MIN = 0.01;
    private static final double REPEAT_PENALTY_MAX = 100;
    private static final double DRY_MULTIPLIER_MAX = 1000;
    private static final double DRY_BASE_MAX = 100;
    private static final double SIGMA_MAX = 100;
    private static final double RANGE_MAX = 2;
    private static final double EXPONENT_MAX = 10;
    private static final double TAU_MAX = 100;
    private static final int BREAKERS_MAX = 4;
    private static final int BREAKER_CHARACTERS_MAX = 40;
    private static final Pattern TOKEN = Pattern.compile("0|[1-9]\\d{0,8}");

    private SamplerFields() {}

    /** Those of a body; null where it asks for none. */
    static @Nullable Samplers read(Fields body) {
        var read = new Samplers(
                biases(body),
                lastTokens(body, "repeat_last_n"),
                number(body, "repeat_penalty", REPEAT_PENALTY_MIN, REPEAT_PENALTY_MAX),
                number(body, "frequency_penalty", -PENALTY_MAX, PENALTY_MAX),
                number(body, "presence_penalty", -PENALTY_MAX, PENALTY_MAX),
                number(body, "dry_multiplier", 0, DRY_MULTIPLIER_MAX),
                number(body, "dry_base", 1, DRY_BASE_MAX),
                integer(body.integer("dry_allowed_length", 0, LAST_TOKENS_MAX)),
                lastTokens(body, "dry_penalty_last_n"),
                breakers(body),
                sigma(body),
                number(body, "typical_p", 0, 1),
                number(body, "xtc_probability", 0, 1),
                number(body, "xtc_threshold", 0, 1),
                number(body, "dynatemp_range", 0, RANGE_MAX),
                number(body, "dynatemp_exponent", 0, EXPONENT_MAX),
                integer(body.integer("mirostat", 0, 2)),
                number(body, "mirostat_tau", 0, TAU_MAX),
                number(body, "mirostat_eta", 0, 1));
        return read.toJson().isEmpty() ? null : read;
    }

    private static @Nullable Double number(Fields body, String name, double min, double max) {
        var value = body.number(name, min, max);
        return value.isPresent() ? (Double) value.getAsDouble() : null;
    }

    private static @Nullable Long integer(OptionalInt value) {
        return value.isPresent() ? (Long) (long) value.getAsInt() : null;
    }

    /** -1 is all of the context. */
    private static @Nullable Long lastTokens(Fields body, String name) {
        var value = integer(body.integer(name, -1, LAST_TOKENS_MAX));
        return value != null && value < 0 ? (Long) (long) LAST_TOKENS_MAX : value;
    }

    /** -1 keeps all, as 0 does. */
    private static @Nullable Double sigma(Fields body) {
        var value = number(body, "top_n_sigma", -1, SIGMA_MAX);
        return value == null ? null : (Double) Math.max(0, value);
    }

    private static @Nullable List<String> breakers(Fields body) {
        if (body.get("dry_sequence_breakers").isEmpty()) {
            return null;
        }
        var breakers = body.texts("dry_sequence_breakers", BREAKERS_MAX);
        for (var breaker : breakers) {
            if (breaker.length() > BREAKER_CHARACTERS_MAX || !breaker.chars().allMatch(c -> c > 0 && c < 128)) {
                throw ApiError.at(
                        body.at("dry_sequence_breakers"),
                        ErrorCode.INVALID_VALUE,
                        "A sequence breaker has at most " + BREAKER_CHARACTERS_MAX + " ASCII characters.");
            }
        }
        return breakers;
    }

    /** Of each token by its number; {@code false} rules it out, as llama.cpp's server has it. */
    private static @Nullable List<Bias> biases(Fields body) {
        var given = body.object("logit_bias");
        if (given.isEmpty() || given.get().node().isEmpty()) {
            return null;
        }
        var path = body.at("logit_bias");
        if (given.get().node().size() > BIASES_MAX) {
            throw ApiError.at(path, ErrorCode.INVALID_VALUE, "At most " + BIASES_MAX + " tokens may have a bias.");
        }
        var biases = new ArrayList<Bias>();
        for (var entry : given.get().node().properties()) {
            biases.add(new Bias(token(entry.getKey(), path), bias(entry.getValue(), given.get(), entry.getKey())));
        }
        return biases;
    }

    private static long token(String key, String path) {
        if (!TOKEN.matcher(key).matches()) {
            throw ApiError.at(
                    path,
                    ErrorCode.INVALID_VALUE,
                    "Tokens are named by their numbers, as in {\"42\": -100}: POST /tokenize tells them.");
        }
        return Long.parseLong(key);
    }

    private static @Nullable Double bias(JsonNode value, Fields given, String key) {
        if (value.isBoolean() && !value.booleanValue()) {
            return null;
        }
        return given.number(key, -BIAS_MAX, BIAS_MAX).orElseThrow(() -> Fields.type(given.at(key), "a number"));
    }
}

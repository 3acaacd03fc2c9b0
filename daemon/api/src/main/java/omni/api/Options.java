package omni.api;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.GenerateParams;
import omni.engine.EngineProtocol.Priority;
import omni.engine.EngineProtocol.Sampling;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What chat and text completions have in common.
 *
 * <p>Fields that Omni does not know are left alone, as OpenAI's own clients expect of a compatible server; fields of
 * OpenAI's API that would change the answer and cannot be honoured are refused by name (docs/decisions/0051).
 *
 * @param model as the client wrote it; empty for the default model
 * @param maxTokens of the answer; empty for as many as fit
 * @param stop texts that end the answer, 0 to 16
 * @param logprobs how many alternatives to report for each token; empty for no report
 * @param deadlineNanos when the answer is to have ended, as {@link System#nanoTime} counts; empty where that is the same
 * @param form what the answer may be; empty where it may be anything
 * @param variables what the chat template is given beside messages and tools
 * @param reorders whether lines of the instructions that say what time it is go behind the others; empty for as the box is set up
 * @param stream whether the answer comes as server-sent events
 * @param priority how urgent it is; empty for as urgent as its key's requests are
 * @param usageChunk whether a stream ends with a chunk of token counts
 * @param timings whether the answer says how long it took
 */
record Options(
        Optional<String> model,
        OptionalInt maxTokens,
        Sampling sampling,
        List<String> stop,
        OptionalInt logprobs,
        Optional<Priority> priority,
        OptionalLong deadlineNanos,
        Optional<Bound> form,
        ObjectNode variables,
        Optional<Boolean> reorders,
        boolean stream,
        boolean usageChunk,
        boolean timings) {
    /** OpenAI's bound. */
    static final int STOPS_MAX = 4;

    /** OpenAI's bound for chat; ours for both. */
    static final int LOGPROBS_MAX = 20;

    /** The engine's bound, for the dialects that have none. */
    static final int ENGINE_STOPS_MAX = 16;

    /** The engine's bound, in characters of one stop. */
    static final int STOP_CHARACTERS_MAX = 256;

    static final String REORDERS = "reorder_volatile_lines";

    private static final double DEADLINE_SECONDS_MIN = 0.001;
    private static final double DEADLINE_SECONDS_MAX = 86_400;
    /** The engine's bound. */
    static final double TEMPERATURE_MAX = 2;

    private static final int TOP_K_MAX = 1_000_000;

    /** Reads the common fields; which of the token limits, logprobs and forms count is the caller's to say. */
    static Options read(Fields body, OptionalInt maxTokens, OptionalInt logprobs, Optional<Bound> form) {
        refuseUnsupported(body);
        var stream = body.flag("stream");
        return new Options(
                model(body),
                maxTokens,
                sampling(body, TEMPERATURE_MAX),
                stops(body, "stop", STOPS_MAX),
                logprobs,
                priority(body),
                deadline(body),
                form,
                TemplateVariables.ofOpenAi(body),
                reorders(body),
                stream,
                usageChunk(body, stream),
                body.flag("timings_per_token"));
    }

    /** Whether lines that say what time it is go behind the others. */
    static Optional<Boolean> reorders(Fields body) {
        return body.get(REORDERS).map(_ -> body.flag(REORDERS));
    }

    /** From when the body was read on. */
    static OptionalLong deadline(Fields body) {
        var seconds = body.number("deadline_seconds", DEADLINE_SECONDS_MIN, DEADLINE_SECONDS_MAX);
        return seconds.isPresent()
                ? OptionalLong.of(System.nanoTime() + (long) (seconds.getAsDouble() * 1e9))
                : OptionalLong.empty();
    }

    /**
     * What is left of the time, in milliseconds.
     *
     * @throws ApiError DEADLINE_EXCEEDED where nothing is
     */
    private @Nullable Long deadlineMillis() {
        if (deadlineNanos.isEmpty()) {
            return null;
        }
        var millis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos.getAsLong() - System.nanoTime());
        if (millis < 1) {
            throw EngineLink.expired();
        }
        return millis;
    }

    /** How urgent a body says that it is. */
    static Optional<Priority> priority(Fields body) {
        return body.text("priority")
                .map(word -> Stream.of(Priority.values())
                        .filter(each -> each.wire().equals(word))
                        .findFirst()
                        .orElseThrow(() -> ApiError.at(
                                "priority",
                                ErrorCode.INVALID_VALUE,
                                "priority must be interactive, normal or background.")));
    }

    /**
     * Who asks, with a request of that urgency.
     *
     * @throws ApiError INVALID_VALUE where it is more urgent than its key's requests may be
     */
    static Caller asking(Caller key, Optional<Priority> priority) {
        var asked = priority.orElse(key.priority());
        if (asked.compareTo(key.priority()) < 0) {
            throw ApiError.at(
                    "priority",
                    ErrorCode.INVALID_VALUE,
                    "This key's requests are no more urgent than "
                            + key.priority().wire() + ". Ask for that or less, or use another key.");
        }
        return new Caller(key.key(), asked);
    }

    /** The model a body names; "default", the empty text and no text are the default model. */
    static Optional<String> model(Fields body) {
        return body.text("model").filter(name -> !name.isEmpty() && !name.equals("default"));
    }

    /**
     * What the engine is asked: this, with a prompt in which control tokens count and an answer that is bound to that; no caller is
     * the owner at the box.
     */
    GenerateParams generate(
            String modelId,
            @Nullable String prompt,
            @Nullable List<Long> tokens,
            Optional<Caller> caller,
            Optional<Bound> bound) {
        return new GenerateParams(
                modelId,
                prompt,
                tokens,
                true,
                maxTokens.isPresent() ? (Long) (long) maxTokens.getAsInt() : null,
                sampling,
                stop,
                logprobs.isPresent() ? (Long) (long) logprobs.getAsInt() : null,
                caller.map(key -> asking(key, priority)).orElse(null),
                deadlineMillis(),
                bound.map(Bound::grammar).orElse(null),
                bound.map(Bound::triggers).orElse(null),
                bound.map(Bound::required).orElse(null));
    }

    /** Texts that end the answer, none of them empty. */
    static List<String> stops(Fields body, String name, int countMax) {
        var stops = body.texts(name, countMax);
        if (stops.stream().anyMatch(stop -> stop.length() > STOP_CHARACTERS_MAX)) {
            throw ApiError.at(
                    body.at(name),
                    ErrorCode.INVALID_VALUE,
                    "A stop has at most " + STOP_CHARACTERS_MAX + " characters. Shorten it.");
        }
        return stops;
    }

    /** How tokens are chosen, at most as warm as that. */
    static Sampling sampling(Fields body, double temperatureMax) {
        var temperature = body.number("temperature", 0, temperatureMax);
        var topP = body.number("top_p", 0, 1);
        var topK = body.integer("top_k", 0, TOP_K_MAX);
        var minP = body.number("min_p", 0, 1);
        OptionalLong seed = body.wide("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        return new Sampling(
                temperature.isPresent() ? (Double) temperature.getAsDouble() : null,
                topP.isPresent() ? (Double) topP.getAsDouble() : null,
                topK.isPresent() ? (Long) (long) topK.getAsInt() : null,
                minP.isPresent() ? (Double) minP.getAsDouble() : null,
                seed.isPresent() ? (Long) seed.getAsLong() : null,
                SamplerFields.read(body));
    }

    private static boolean usageChunk(Fields body, boolean stream) {
        var options = body.object("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        if (!stream) {
            throw ApiError.at(
                    "stream_options", ErrorCode.INVALID_VALUE, "stream_options is for streams. Set stream to true.");
        }
        return options.get().flag("include_usage");
    }

    private static void refuseUnsupported(Fields body) {
        body.integer("n", 1, Integer.MAX_VALUE).ifPresent(n -> {
            if (n != 1) {
                throw unsupported("n", "Only one answer a request is made. Set n to 1 or send several requests.");
            }
        });
    }

    /** A refusal of a field that is OpenAI's but not ours. */
    static ApiError unsupported(String param, String message) {
        return ApiError.at(param, ErrorCode.UNSUPPORTED_PARAMETER, message);
    }

    /** Refuses the field if it holds anything but null, an empty array or an empty object. */
    static void refuse(Fields body, String name, String message) {
        body.get(name).filter(Options::saysSomething).ifPresent(_ -> {
            throw unsupported(body.at(name), message);
        });
    }

    private static boolean saysSomething(JsonNode node) {
        return !node.isContainer() || !node.isEmpty();
    }
}

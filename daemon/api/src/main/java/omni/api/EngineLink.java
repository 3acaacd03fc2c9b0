package omni.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.bus.BusError;
import omni.bus.BusException;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.CountTokensParams;
import omni.engine.EngineProtocol.CountersParams;
import omni.engine.EngineProtocol.DetokenizeParams;
import omni.engine.EngineProtocol.EmbedParams;
import omni.engine.EngineProtocol.EmbedReply;
import omni.engine.EngineProtocol.GenerateParams;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.ImportParams;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelStats;
import omni.engine.EngineProtocol.ModelsParams;
import omni.engine.EngineProtocol.RemoveParams;
import omni.engine.EngineProtocol.ShowParams;
import omni.engine.EngineProtocol.ShowReply;
import omni.engine.EngineProtocol.StatsParams;
import omni.engine.EngineProtocol.TemplateParams;
import omni.engine.EngineProtocol.TemplateReply;
import omni.engine.EngineProtocol.TokenizeParams;
import omni.engine.EngineProtocol.UnloadParams;

/**
 * The engine as the API needs it: its calls, with its errors turned into those of the API. Safe for use by many threads;
 * holds nothing but the client.
 */
final class EngineLink {
    /** How long a client should wait for an engine that is away: the tree has it back within two seconds. */
    static final int AWAY_SECONDS = 2;

    private static final String LATEST = ":latest";

    private final EngineProtocol.Client engine;

    EngineLink(EngineProtocol.Client engine) {
        this.engine = engine;
    }

    /** The models on this box. */
    List<Model> models() {
        try {
            return engine.models(new ModelsParams()).models();
        } catch (BusException e) {
            throw translate(e, "model");
        }
    }

    /** The models on this box that a key may use. */
    List<Model> models(KeyRights rights) {
        return models().stream().filter(rights::allow).toList();
    }

    /**
     * The model of that name or id, or the default one, where a key may use it: it hears of no other. A name without a tag is the same as
     * that with the tag {@code latest}, as people who know Ollama write it, and its slashes stand for the dashes of the store's name.
     *
     * @throws ApiError MODEL_NOT_ALLOWED naming those that the key may use; MODEL_NOT_FOUND naming those there are of them
     */
    Model resolve(Optional<String> wanted, KeyRights rights) {
        var models = models();
        var found = find(models, wanted);
        if (found.isPresent() ? rights.allow(found.get()) : wanted.isEmpty() || rights.allowModel(wanted.get())) {
            return found.orElseThrow(
                    () -> missing(wanted, models.stream().filter(rights::allow).toList()));
        }
        throw ApiError.at(
                "model",
                ErrorCode.MODEL_NOT_ALLOWED,
                (wanted.isEmpty() ? "This key may not use the default model." : "This key may not use that model.")
                        + " It may use: " + String.join(", ", rights.models().orElse(List.of())) + ".");
    }

    private static Optional<Model> find(List<Model> models, Optional<String> wanted) {
        if (wanted.isEmpty()) {
            return models.stream().filter(Model::isDefault).findFirst();
        }
        var name = wanted.get();
        return models.stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .or(() ->
                        models.stream().filter(model -> model.id().equals(name)).findFirst())
                .or(() -> models.stream()
                        .filter(model -> tagged(model.name()).equals(tagged(OllamaName.stored(name))))
                        .findFirst());
    }

    private static ApiError missing(Optional<String> wanted, List<Model> models) {
        return notFound(
                wanted.isEmpty()
                        ? "No model is the default. Name one, or choose with omni models use."
                        : "There is no such model.",
                models);
    }

    /** The name with its tag. */
    static String tagged(String name) {
        return name.contains(":") ? name : name + LATEST;
    }

    /** The model's chat template; loads the model where it is not. */
    TemplateReply template(Model model) {
        try {
            return engine.template(new TemplateParams(model.id()));
        } catch (BusException e) {
            throw translate(e, "model");
        }
    }

    /** All that is known of a model without loading it, with as much context as it would have. */
    ShowReply show(Model model) {
        try {
            return engine.show(new ShowParams(model.id(), null));
        } catch (BusException e) {
            throw translate(e, "model");
        }
    }

    /** How the models in memory are used. */
    List<ModelStats> stats() {
        try {
            return engine.stats(new StatsParams()).models();
        } catch (BusException e) {
            throw translate(e, "model");
        }
    }

    /** What the engine has counted; says, too, where it is not there. */
    static EngineCounts counts(EngineProtocol.Client engine) {
        try {
            return new EngineCounts(true, Optional.of(engine.counters(new CountersParams())));
        } catch (BusError | BusException.Exhausted e) {
            Log.debug("the engine is there, and does not say what it has counted", e);
            return new EngineCounts(true, Optional.empty());
        } catch (BusException e) {
            Log.debug("the engine is not there to be counted", e);
            return new EngineCounts(false, Optional.empty());
        }
    }

    /** Takes a model out of memory, unless it is in use; says whether it is out. */
    boolean unload(Model model) {
        try {
            return engine.unload(new UnloadParams(model.id())).unloaded();
        } catch (BusException e) {
            throw translate(e, "model");
        }
    }

    /** Takes a model into the store; waits until it is there. One that is there already gets the name of the order. */
    Model take(ImportParams order) {
        Model model;
        try {
            model = engine.import_(order).model();
        } catch (BusException e) {
            throw translate(e, "model");
        }
        if (model == null) {
            throw ApiError.of(
                    ErrorCode.INTERNAL_ERROR, "The engine ended an import without a model. Its log says why.");
        }
        return model;
    }

    /**
     * Takes a model out of the store, and its file off the disk.
     *
     * @throws ApiError MODEL_HELD where it is the default, pinned or in use
     */
    void remove(Model model) {
        try {
            engine.remove(new RemoveParams(model.id()));
        } catch (BusException e) {
            throw translate(e, "model");
        }
    }

    /**
     * The tokens of a text.
     *
     * @param special whether control tokens that are written in it count as such
     * @param addBos whether the token that begins a prompt is put in front, where the model wants one
     */
    List<Long> tokenize(Model model, String content, boolean special, boolean addBos) {
        try {
            return engine.tokenize(new TokenizeParams(model.id(), content, special, addBos))
                    .tokens();
        } catch (BusException e) {
            throw translate(e, "content").naming(Map.of("text", "content"));
        }
    }

    /** The text of tokens, control tokens written out. */
    String detokenize(Model model, List<Long> tokens) {
        try {
            return engine.detokenize(new DetokenizeParams(model.id(), tokens)).text();
        } catch (BusException e) {
            throw translate(e, "tokens");
        }
    }

    /** How many tokens a prompt has in which control tokens count. */
    long countTokens(Model model, String prompt, String promptParam) {
        try {
            return engine.countTokens(new CountTokensParams(model.id(), prompt, true))
                    .tokens();
        } catch (BusException e) {
            throw translate(e, promptParam);
        }
    }

    /**
     * Starts to continue a prompt.
     *
     * @param loadMillis what its model took to be in memory until now
     * @param names what fields are called in the request, where that is not what they are called here
     */
    Answer<GenerateReply> generate(
            GenerateParams params, String promptParam, double loadMillis, Map<String, String> names) {
        try {
            return new Answer<>(engine.generateMore(params), promptParam, loadMillis, names);
        } catch (BusException e) {
            throw translate(e, promptParam).naming(names);
        }
    }

    /** Starts to embed texts, which stand in that field; the answer has one reply. */
    Answer<EmbedReply> embed(EmbedParams params, String field) {
        try {
            return new Answer<>(engine.embedMore(params), field, 0, Map.of());
        } catch (BusException e) {
            throw translate(e, field);
        }
    }

    /** What a failure of the bus or an error of the engine means to a client. */
    static ApiError translate(BusException e, String promptParam) {
        return switch (e) {
            // It was there when the request was read. Which others there are is not said: the key may not know of all.
            case EngineProtocol.NoSuchModel _ ->
                ApiError.at(
                        "model",
                        ErrorCode.MODEL_NOT_FOUND,
                        "This model is gone. Choose another one of the list of models.");
            case EngineProtocol.InUse error ->
                ApiError.at(
                        "model",
                        ErrorCode.MODEL_HELD,
                        "The model " + error.model() + " stays: " + String.join(", ", error.by())
                                + ". See omni models list, use and unpin.");
            case EngineProtocol.PromptTooLong error ->
                ApiError.at(
                        promptParam,
                        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
                        "This model's context holds " + error.contextTokens() + " tokens, and the prompt has "
                                + (Boolean.TRUE.equals(error.atLeast()) ? "at least " : "") + error.promptTokens()
                                + ". Shorten the prompt.");
            case EngineProtocol.Busy error ->
                ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        Math.clamp(error.retryAfterSeconds(), 1, 3600),
                        Boolean.TRUE.equals(error.keyFull())
                                ? "This key has as many requests under way as it may have. Try again later."
                                : "The queue is full. Try again later.");
            case EngineProtocol.Expired _ -> expired();
            case EngineProtocol.LoadFailed error ->
                ApiError.of(
                        ErrorCode.MODEL_UNUSABLE,
                        "The model cannot be loaded: " + error.reason() + ". Choose another model.",
                        error);
            case EngineProtocol.Failed error ->
                ApiError.later(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        AWAY_SECONDS,
                        "The engine ended the answer: " + error.reason() + ". Try again.",
                        error);
            case EngineProtocol.Unusable error ->
                ApiError.of(
                        ErrorCode.INTERNAL_ERROR,
                        "The engine cannot work: " + error.reason() + ". Its log says why.",
                        error);
            case EngineProtocol.Invalid error ->
                ApiError.at(param(error.parameter(), promptParam), ErrorCode.INVALID_VALUE, error.hint());
            case BusError error ->
                ApiError.of(ErrorCode.INTERNAL_ERROR, "The engine refused a request of the daemon.", error);
            case BusException.Oversize oversize ->
                ApiError.at(
                        promptParam, ErrorCode.BODY_TOO_LARGE, "The prompt is too large for the engine. Shorten it.");
            case BusException.Exhausted exhausted ->
                ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        AWAY_SECONDS,
                        "Every connection to the engine is in use. Try again later.",
                        exhausted);
            case BusException.Limit limit ->
                ApiError.of(
                        ErrorCode.INTERNAL_ERROR, "The engine sent more than the daemon takes. Ask for less.", limit);
            default ->
                ApiError.later(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        AWAY_SECONDS,
                        "The engine is not there at the moment. Try again.",
                        e);
        };
    }

    /** The deadline of a request has passed. */
    static ApiError expired() {
        return ApiError.of(
                ErrorCode.DEADLINE_EXCEEDED,
                "The deadline passed before the answer was begun. Give it more time, or ask when less is asked.");
    }

    /** The engine ended an answer without its last reply. */
    static ApiError lost() {
        return ApiError.later(ErrorCode.ENGINE_UNAVAILABLE, AWAY_SECONDS, "The engine was lost on the way. Try again.");
    }

    private static ApiError notFound(String message, List<Model> models) {
        var names = models.isEmpty()
                ? "none"
                : String.join(", ", models.stream().map(Model::name).toList());
        return ApiError.at("model", ErrorCode.MODEL_NOT_FOUND, message + " There is: " + names + ".");
    }

    /** The engine's name of a parameter as the API writes it. */
    private static String param(String parameter, String promptParam) {
        return switch (parameter) {
            case "prompt", "tokens", "inputs" -> promptParam;
            case "maxTokens" -> "max_tokens";
            case "sampling.topP", "topP" -> "top_p";
            case "sampling.topK", "topK" -> "top_k";
            case "sampling.minP", "minP" -> "min_p";
            case "sampling.samplers.logitBias" -> "logit_bias";
            default -> parameter.startsWith("sampling.") ? parameter.substring("sampling.".length()) : parameter;
        };
    }
}

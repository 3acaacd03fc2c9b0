package omni.engine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The parameters of a Generate call, each checked against its bounds, not yet tied to a model. */
final class GenerateRequest {
    static final int STOPS_MAX = 16;
    static final int STOP_LENGTH_MAX = 256;
    static final int LOGPROBS_MAX = 20;
    static final long DEADLINE_MILLIS_MAX = 86_400_000;

    /** Tokens and alternatives that an answer in one piece may report. */
    static final int REPORTS_MAX = 1 << 16;

    private final EngineProtocol.GenerateParams in;
    private final EngineProtocol.Sampling sampling;
    private final Caller caller;
    private final OptionalLong deadlineNanos;

    private GenerateRequest(EngineProtocol.GenerateParams in, EngineProtocol.Sampling sampling, Caller caller) {
        Long millis = in.deadlineMillis();
        this.deadlineNanos = millis == null
                ? OptionalLong.empty()
                : OptionalLong.of(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
        this.in = in;
        this.sampling = sampling;
        this.caller = caller;
    }

    /**
     * Checks what can be checked without a model.
     *
     * @throws EngineException.Invalid naming the first parameter that is out of its bounds
     */
    static GenerateRequest checked(EngineProtocol.GenerateParams in) {
        if ((in.prompt() == null) == (in.tokens() == null)) {
            throw new EngineException.Invalid("prompt", "Give either prompt or tokens.");
        }
        Long maxTokens = in.maxTokens();
        if (maxTokens != null && maxTokens < 1) {
            throw new EngineException.Invalid("maxTokens", "Ask for at least 1 token.");
        }
        Long logprobs = in.logprobs();
        if (logprobs != null && (logprobs < 0 || logprobs > LOGPROBS_MAX)) {
            throw new EngineException.Invalid("logprobs", "Ask for 0 to 20 alternatives.");
        }
        if (in.stop().size() > STOPS_MAX) {
            throw new EngineException.Invalid("stop", "Give at most 16 stop strings.");
        }
        for (String stop : in.stop()) {
            if (stop.isEmpty() || stop.length() > STOP_LENGTH_MAX) {
                throw new EngineException.Invalid("stop", "A stop string has 1 to 256 characters.");
            }
        }
        Long deadline = in.deadlineMillis();
        if (deadline != null && (deadline < 1 || deadline > DEADLINE_MILLIS_MAX)) {
            throw new EngineException.Invalid("deadlineMillis", "Give 1 to 86400000 milliseconds.");
        }
        form(in).ifPresent(Form::check);
        EngineProtocol.Sampling given = in.sampling();
        EngineProtocol.Sampling sampling = given != null ? given : Sampling.UNSAID;
        Sampling.check("sampling.", sampling);
        return new GenerateRequest(in, sampling, Caller.of(in.caller()));
    }

    private static Optional<Form> form(EngineProtocol.GenerateParams in) {
        String grammar = in.grammar();
        List<String> triggers = in.grammarTriggers();
        if (grammar == null) {
            if (triggers != null && !triggers.isEmpty()) {
                throw new EngineException.Invalid("grammarTriggers", "Triggers are for a grammar: give one.");
            }
            return Optional.empty();
        }
        return Optional.of(
                new Form(grammar, triggers == null ? List.of() : triggers, Boolean.TRUE.equals(in.grammarRequired())));
    }

    Caller caller() {
        return caller;
    }

    /** What its prompt and its grammar take in memory. */
    long bytes() {
        String prompt = in.prompt();
        List<Long> tokens = in.tokens();
        String grammar = in.grammar();
        return (prompt != null ? Texts.bytes(prompt) : tokens == null ? 0 : (long) tokens.size() * Texts.NUMBER_BYTES)
                + (grammar == null ? 0 : Texts.bytes(grammar));
    }

    /**
     * Makes the request for a model.
     *
     * @param streamed whether the reader takes reports of tokens as they come; else they are kept to the end
     * @throws EngineException.Invalid if the model writes no text, the prompt is none, the grammar cannot be used, or there
     *     are more reports than can be kept
     * @throws EngineException.PromptTooLong if the prompt leaves no room for an answer
     */
    Generation on(LoadedModel model, boolean streamed) {
        if (!model.canGenerate()) {
            throw new EngineException.Invalid("model", "This model makes embeddings and writes no text.");
        }
        Optional<Form> form = form(in).filter(model::holdsTo);
        int[] prompt = prompt(model);
        if (prompt.length == 0) {
            throw new EngineException.Invalid("prompt", "The prompt is empty: give at least one token.");
        }
        if (prompt.length >= model.contextTokens()) {
            throw new EngineException.PromptTooLong(prompt.length, model.contextTokens(), false);
        }
        Long maxTokens = in.maxTokens();
        Long logprobs = in.logprobs();
        if (logprobs != null && !streamed) {
            long room = (long) model.contextTokens() - prompt.length;
            if (!fits(maxTokens == null ? room : Math.min(maxTokens, room), logprobs)) {
                throw new EngineException.Invalid(
                        "logprobs", "Ask for fewer tokens or alternatives, or take the reply as a stream.");
            }
        }
        return new Generation(
                prompt,
                in.prompt(),
                maxTokens == null ? Integer.MAX_VALUE : (int) Math.min(maxTokens, Integer.MAX_VALUE),
                model.sampling(sampling, ThreadLocalRandom.current().nextLong()),
                in.stop(),
                logprobs == null ? -1 : logprobs.intValue(),
                form,
                caller,
                deadlineNanos,
                model::wake);
    }

    /** Whether reports of so many tokens with so many alternatives each can be kept. */
    static boolean fits(long tokens, long alternatives) {
        return tokens * (1 + alternatives) <= REPORTS_MAX;
    }

    private int[] prompt(LoadedModel model) {
        List<Long> tokens = in.tokens();
        if (tokens != null) {
            return tokens(tokens, model.vocabularySize());
        }
        String prompt = in.prompt();
        return model.tokenizePrompt(prompt == null ? "" : prompt, in.special());
    }

    /**
     * Returns the tokens as numbers of the vocabulary.
     *
     * @throws EngineException.Invalid if one of them is none
     */
    static int[] tokens(List<Long> tokens, int vocabularySize) {
        int[] result = new int[tokens.size()];
        for (int i = 0; i < result.length; i++) {
            long token = tokens.get(i);
            if (token < 0 || token >= vocabularySize) {
                throw new EngineException.Invalid("tokens", "A token is not in the model's vocabulary.");
            }
            result[i] = (int) token;
        }
        return result;
    }
}

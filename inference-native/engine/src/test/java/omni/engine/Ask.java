package omni.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Generate call in the making: what a test does not say is absent, as from a caller who does not know of it. */
final class Ask {
    private @Nullable String model;
    private @Nullable String prompt;
    private @Nullable List<Long> tokens;
    private boolean special;
    private @Nullable Long maxTokens;
    private EngineProtocol.@Nullable Sampling sampling;
    private List<String> stop = List.of();
    private @Nullable Long logprobs;
    private EngineProtocol.@Nullable Caller caller;
    private @Nullable Long deadlineMillis;
    private @Nullable String grammar;
    private @Nullable List<String> grammarTriggers;

    private Ask() {}

    /** Neither a prompt nor tokens. */
    static Ask nothing() {
        return new Ask();
    }

    static Ask prompt(String prompt) {
        Ask ask = new Ask();
        ask.prompt = prompt;
        return ask;
    }

    static Ask tokens(List<Long> tokens) {
        return new Ask().andTokens(tokens);
    }

    /** A chat turn; its control tokens count. */
    static Ask chat(String question) {
        return prompt(EngineFixture.chat(question)).special();
    }

    Ask andTokens(List<Long> given) {
        tokens = given;
        return this;
    }

    Ask model(String named) {
        model = named;
        return this;
    }

    Ask special() {
        special = true;
        return this;
    }

    Ask maxTokens(@Nullable Long most) {
        maxTokens = most;
        return this;
    }

    Ask sampling(EngineProtocol.@Nullable Sampling how) {
        sampling = how;
        return this;
    }

    Ask greedy() {
        return sampling(new EngineProtocol.Sampling(0.0, null, null, null, null, null));
    }

    Ask stop(List<String> texts) {
        stop = texts;
        return this;
    }

    Ask logprobs(@Nullable Long alternatives) {
        logprobs = alternatives;
        return this;
    }

    Ask caller(String key) {
        return caller(key, EngineProtocol.Priority.NORMAL);
    }

    Ask caller(String key, EngineProtocol.Priority priority) {
        caller = new EngineProtocol.Caller(key, priority);
        return this;
    }

    Ask deadlineMillis(long millis) {
        deadlineMillis = millis;
        return this;
    }

    Ask grammar(String gbnf) {
        grammar = gbnf;
        return this;
    }

    Ask grammarTriggers(List<String> texts) {
        grammarTriggers = texts;
        return this;
    }

    EngineProtocol.GenerateParams params() {
        return new EngineProtocol.GenerateParams(
                model,
                prompt,
                tokens,
                special,
                maxTokens,
                sampling,
                stop,
                logprobs,
                caller,
                deadlineMillis,
                grammar,
                grammarTriggers,
                null);
    }
}

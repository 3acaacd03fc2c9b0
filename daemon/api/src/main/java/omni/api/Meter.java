package omni.api;

import java.util.function.Consumer;
import java.util.function.LongConsumer;
import omni.engine.EngineProtocol.GenerateReply;

/**
 * Counts the tokens of one answer as they come: what the engine says at its end is what counts, and until then the prompt and a token for
 * each reply that has text, so that an answer that is broken off is not had for nothing. For the thread that reads the answer.
 */
final class Meter implements Consumer<GenerateReply> {
    private final LongConsumer spent;
    private boolean begun;
    private long counted;

    /** {@code spent} is given what has come since it was called last. */
    Meter(LongConsumer spent) {
        this.spent = spent;
    }

    @Override
    public void accept(GenerateReply reply) {
        var usage = reply.usage();
        add(usage == null ? soFar(reply) : usage.promptTokens() + usage.completionTokens() - counted);
        begun = true;
    }

    private long soFar(GenerateReply reply) {
        var prompt = reply.promptTokens();
        var text = reply.text().isEmpty() ? 0 : 1;
        return (begun || prompt == null ? 0 : prompt) + Math.max(reply.tokens().size(), text);
    }

    private void add(long tokens) {
        if (tokens > 0) {
            counted += tokens;
            spent.accept(tokens);
        }
    }
}

package omni.api;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import omni.engine.EngineProtocol.GenerateReply;

/**
 * Counts the tokens of one answer as they come: what the engine says at its end is what counts, and until then the prompt and an estimate by
 * the length of the text, so that an answer that is broken off is not had for nothing. A reply may have the text of many tokens. For the
 * thread that reads the answer.
 */
final class Meter implements Consumer<GenerateReply> {
    /** Of UTF-8: what tokens of English have on the average, and more than those of most other languages. */
    private static final int BYTES_A_TOKEN = 4;

    private final LongConsumer spent;
    private boolean begun;
    private long counted;

    /** {@code spent} is given what has come since it was called last; less than zero where the estimate was too high. */
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
        var bytes = reply.text().getBytes(StandardCharsets.UTF_8).length;
        return (begun || prompt == null ? 0 : prompt)
                + Math.max(reply.tokens().size(), (bytes + BYTES_A_TOKEN - 1) / BYTES_A_TOKEN);
    }

    private void add(long tokens) {
        if (tokens != 0) {
            counted += tokens;
            spent.accept(tokens);
        }
    }
}

package omni.api;

import java.time.Duration;
import java.util.Optional;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.Usage;
import org.jspecify.annotations.Nullable;

/** How long one answer takes, as far as it has come. Sees whether a reply holds text, and never keeps it. For one thread. */
final class AnswerTimes {
    private static final double NANOS_A_MILLI = 1e6;

    private final long startNanos;
    private long firstNanos;
    private boolean begun;
    private @Nullable Usage usage;

    /** {@code startNanos} is when the request was read, as {@link System#nanoTime} counts. */
    AnswerTimes(long startNanos) {
        this.startNanos = startNanos;
    }

    /** A reply of the engine has come. */
    void see(GenerateReply reply) {
        var last = reply.usage();
        if (!begun && (!reply.text().isEmpty() || !reply.tokens().isEmpty() || last != null)) {
            begun = true;
            firstNanos = System.nanoTime();
        }
        usage = last == null ? usage : last;
    }

    /** From the request to its first text; nothing where none has come. */
    Optional<Duration> toFirst() {
        return begun ? Optional.of(Duration.ofNanos(firstNanos - startNanos)) : Optional.empty();
    }

    /** The engine's counts; nothing where the answer did not come to its end. */
    Optional<Usage> usage() {
        return Optional.ofNullable(usage);
    }

    /** The mean time from one token to the next; nothing for an answer of one. */
    static Optional<Duration> betweenTokens(Usage usage) {
        return usage.completionTokens() < 2
                ? Optional.empty()
                : Optional.of(millis(usage.completionMillis() / (usage.completionTokens() - 1)));
    }

    static Duration millis(double millis) {
        return Duration.ofNanos((long) (Math.max(0, millis) * NANOS_A_MILLI));
    }
}

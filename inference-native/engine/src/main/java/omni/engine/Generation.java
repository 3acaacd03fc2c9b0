package omni.engine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One request for text: what is asked, where the answer goes, and whether anybody still wants it. */
final class Generation {
    final int[] prompt;
    /** The text that the prompt's tokens were made of; null where a caller gave tokens. */
    final @Nullable String text;

    final int maxTokens;
    final Sampling sampling;
    final List<String> stops;
    /** Alternatives to report for each token; -1 reports no tokens at all. */
    final int logprobs;

    /** What the answer may be; empty where it may be anything. */
    final Optional<Form> form;

    final Caller caller;
    /** When the answer is to have ended, as {@link System#nanoTime} counts; nothing where that is the same. */
    final OptionalLong deadlineNanos;

    final Outbox outbox;
    final long startNanos = System.nanoTime();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final Runnable wake;

    /**
     * Makes a request.
     *
     * @param maxTokens at least 1
     * @param wake makes the decode loop look at its requests again; any thread may run it
     */
    Generation(
            int[] prompt,
            @Nullable String text,
            int maxTokens,
            Sampling sampling,
            List<String> stops,
            int logprobs,
            Optional<Form> form,
            Caller caller,
            OptionalLong deadlineNanos,
            Runnable wake) {
        this.prompt = prompt;
        this.text = text;
        this.maxTokens = maxTokens;
        this.sampling = sampling;
        this.stops = stops;
        this.logprobs = logprobs;
        this.form = form;
        this.caller = caller;
        this.deadlineNanos = deadlineNanos;
        this.wake = wake;
        this.outbox = new Outbox(wake);
    }

    /** Gives the request up: its sequence is freed before the next decode call. */
    void cancel() {
        cancelled.set(true);
        outbox.fail(new EngineException.Failed("The request was cancelled."));
        wake.run();
    }

    /** Whether the answer is wanted no more at that time. */
    boolean isLate(long nanos) {
        return deadlineNanos.isPresent() && nanos - deadlineNanos.getAsLong() >= 0;
    }

    boolean isCancelled() {
        return cancelled.get();
    }
}

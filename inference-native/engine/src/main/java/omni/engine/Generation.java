package omni.engine;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** One request for text: what is asked, where the answer goes, and whether anybody still wants it. */
final class Generation {
    final int[] prompt;
    final int maxTokens;
    final Sampling sampling;
    final List<String> stops;
    /** Alternatives to report for each token; -1 reports no tokens at all. */
    final int logprobs;

    final Outbox outbox;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final Runnable wake;

    /**
     * Makes a request.
     *
     * @param maxTokens at least 1
     * @param wake makes the decode loop look at its requests again; any thread may run it
     */
    Generation(int[] prompt, int maxTokens, Sampling sampling, List<String> stops, int logprobs, Runnable wake) {
        this.prompt = prompt;
        this.maxTokens = maxTokens;
        this.sampling = sampling;
        this.stops = stops;
        this.logprobs = logprobs;
        this.wake = wake;
        this.outbox = new Outbox(wake);
    }

    /** Gives the request up: its sequence is freed before the next decode call. */
    void cancel() {
        cancelled.set(true);
        outbox.fail(new EngineException.Failed("The request was cancelled."));
        wake.run();
    }

    boolean isCancelled() {
        return cancelled.get();
    }
}

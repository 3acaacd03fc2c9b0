package omni.measure;

import java.util.List;
import java.util.OptionalLong;

/**
 * A streamed answer as it came.
 *
 * @param startNanos when the request went out; by {@link System#nanoTime}, as all times here
 * @param pieceNanos when each piece of text came; at least one
 * @param promptTokens as the server counts them
 * @param cachedTokens of those, what the server had computed before; none where it does not say
 * @param completionTokens as the server counts them
 */
record Answer(
        long startNanos, List<Long> pieceNanos, long promptTokens, OptionalLong cachedTokens, long completionTokens) {
    /** Nanoseconds until the first piece. */
    long firstNanos() {
        return pieceNanos.getFirst() - startNanos;
    }

    /** When the last piece came. */
    long lastNanos() {
        return pieceNanos.getLast();
    }

    /**
     * Tokens a second after the first one.
     *
     * @throws MeasureException where less than half of what was asked for came: that is no time to tell
     */
    double decodeRate(int asked) {
        var nanos = lastNanos() - pieceNanos.getFirst();
        if (completionTokens < Math.max(2, asked / 2) || nanos <= 0) {
            throw new MeasureException(
                    MeasureException.Kind.UNUSABLE,
                    "the answer ended after " + completionTokens + " of " + asked + " tokens, in " + pieceNanos.size()
                            + " pieces: that cannot be timed");
        }
        return (completionTokens - 1) * 1e9 / nanos;
    }
}

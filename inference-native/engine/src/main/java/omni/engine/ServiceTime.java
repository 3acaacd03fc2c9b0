package omni.engine;

import java.util.concurrent.TimeUnit;

/**
 * How long an answer holds its place: a mean in which each of the last counts most (EWMA, of weight 1/8, as RFC 6298 has it for
 * round trips). From it comes when to come again, where the queue is full.
 *
 * <p>One thread measures, any reads.
 */
final class ServiceTime {
    static final int RETRY_SECONDS_MAX = 600;

    private static final double WEIGHT = 1.0 / 8;
    private static final double UNKNOWN_SECONDS = 1;

    private volatile double seconds = -1;

    /** An answer has held its place for so long. */
    void measured(long nanos) {
        double sample = (double) nanos / TimeUnit.SECONDS.toNanos(1);
        double mean = seconds;
        seconds = mean < 0 ? sample : mean + WEIGHT * (sample - mean);
    }

    /** Seconds in which so many requests will have been answered, by so many at once; 1 to {@value #RETRY_SECONDS_MAX}. */
    int retryAfterSeconds(int requests, int places) {
        double mean = seconds < 0 ? UNKNOWN_SECONDS : seconds;
        return (int) Math.clamp(Math.ceil(mean * requests / places), 1, RETRY_SECONDS_MAX);
    }
}

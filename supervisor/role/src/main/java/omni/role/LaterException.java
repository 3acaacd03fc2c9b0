package omni.role;

import java.io.IOException;
import java.time.Duration;

/** A try that comes too early: it was not judged, and counts for nothing. */
public final class LaterException extends IOException {
    private static final long serialVersionUID = 1L;

    private static final int SECONDS_MAX = 90;

    private final Duration left;

    LaterException(int count, Duration left) {
        super("After " + many(count, "wrong try", "wrong tries") + " wait " + wait(left) + ".");
        this.left = left;
    }

    /** In minutes where seconds would be no help, rounded up. */
    private static String wait(Duration left) {
        long seconds = left.toSeconds() + 1;
        return seconds <= SECONDS_MAX
                ? many(seconds, "more second", "more seconds")
                : many(left.toMinutes() + 1, "more minute", "more minutes");
    }

    private static String many(long number, String one, String more) {
        return number + " " + (number == 1 ? one : more);
    }

    /** How long to wait still. */
    public Duration left() {
        return left;
    }
}

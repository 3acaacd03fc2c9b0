package omni.role;

import java.io.IOException;
import java.time.Duration;

/** A try that comes too early: it was not judged, and counts for nothing. */
public final class LaterException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration left;

    LaterException(int count, Duration left) {
        super("After " + count + " wrong tries wait another " + (left.toSeconds() + 1) + " seconds.");
        this.left = left;
    }

    /** How long to wait still. */
    public Duration left() {
        return left;
    }
}

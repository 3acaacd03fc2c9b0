package omni.bus;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Warnings about peers, ten a minute: a hostile one must not fill the disk with log lines. Thread-safe. */
final class Warnings {
    static final int WINDOW_LINES_MAX = 10;

    private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();

    private final Logger log;
    private long windowStartNanos = System.nanoTime();
    private int lines;
    private int withheld;

    Warnings(Logger log) {
        this.log = log;
    }

    /** Logs the warning, or counts it if the minute has had its share. */
    synchronized void warn(String message, Object... parameters) {
        long now = System.nanoTime();
        if (now - windowStartNanos > WINDOW_NANOS) {
            if (withheld > 0) {
                log.log(Level.WARNING, "{0} more warnings about peers were withheld", withheld);
            }
            windowStartNanos = now;
            lines = 0;
            withheld = 0;
        }
        if (lines == WINDOW_LINES_MAX) {
            withheld++;
            return;
        }
        lines++;
        log.log(Level.WARNING, message, parameters);
    }

    /** Warnings counted and not logged in this minute. */
    synchronized int withheld() {
        return withheld;
    }
}

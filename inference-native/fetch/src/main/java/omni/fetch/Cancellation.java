package omni.fetch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Whether a piece of work is still wanted, and what ends its waits when it is not. Thread-safe; its monitor guards the
 * two fields, and actions run outside it.
 */
final class Cancellation {
    private final Set<Hold> holds = new LinkedHashSet<>();
    private boolean cancelled;

    /** An action that waits for the cancellation; closing takes it back. */
    final class Hold implements AutoCloseable {
        private final Runnable action;

        private Hold(Runnable action) {
            this.action = action;
        }

        @Override
        public void close() {
            synchronized (Cancellation.this) {
                holds.remove(this);
            }
        }
    }

    /** Ends the work; a second time does nothing. */
    void cancel() {
        List<Hold> actions;
        synchronized (this) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            actions = new ArrayList<>(holds);
            notifyAll();
        }
        actions.forEach(hold -> hold.action.run());
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    /** Ends the calling work where it is cancelled. */
    void check() {
        if (isCancelled()) {
            throw FetchException.cancelled();
        }
    }

    /** Runs the action on cancellation, at once where that was before. */
    Hold onCancel(Runnable action) {
        Hold hold = new Hold(action);
        boolean late;
        synchronized (this) {
            late = cancelled;
            if (!late) {
                holds.add(hold);
            }
        }
        if (late) {
            action.run();
        }
        return hold;
    }

    /** Waits; ends the calling work where it is cancelled meanwhile. */
    void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        synchronized (this) {
            while (!cancelled) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw FetchException.cancelled();
                }
            }
        }
        throw FetchException.cancelled();
    }
}

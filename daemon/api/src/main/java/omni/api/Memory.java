package omni.api;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bound on the memory that many requests take together, counted in kibibytes. Safe for use by many threads.
 */
final class Memory {
    private static final int UNIT_BYTES = 1024;

    private final int unitsMax;
    private final Semaphore units;
    private final Duration wait;

    /** {@code wait} is how long a request may wait for its share. */
    Memory(long bytesMax, Duration wait) {
        this.unitsMax = units(bytesMax);
        this.units = new Semaphore(unitsMax, true);
        this.wait = wait;
    }

    /** A share, until it is closed; closing again does nothing. */
    final class Share implements AutoCloseable {
        private final AtomicInteger held;

        private Share(int held) {
            this.held = new AtomicInteger(held);
        }

        /** Gives back what is beyond so many bytes. */
        void shrink(long bytes) {
            var keep = units(bytes);
            var had = held.getAndUpdate(have -> Math.min(have, keep));
            units.release(Math.max(0, had - keep));
        }

        @Override
        public void close() {
            units.release(held.getAndSet(0));
        }
    }

    /**
     * Takes a share; one larger than all there is takes all there is.
     *
     * @throws ApiError RATE_LIMIT_EXCEEDED where it is not free in time
     */
    Share take(long bytes) {
        var wanted = Math.min(units(bytes), unitsMax);
        try {
            // Who fits goes past who waits for much: a small prompt is not held up by a large one.
            if (!units.tryAcquire(wanted) && !units.tryAcquire(wanted, wait.toMillis(), TimeUnit.MILLISECONDS)) {
                throw ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED, 1, "Too much is being sent at once. Try again later.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.later(ErrorCode.SERVER_STOPPING, EngineLink.AWAY_SECONDS, "The daemon stops.", e);
        }
        return new Share(wanted);
    }

    /** Bytes that are not taken, in whole units. */
    long freeBytes() {
        return (long) units.availablePermits() * UNIT_BYTES;
    }

    private static int units(long bytes) {
        return Math.clamp((bytes + UNIT_BYTES - 1) / UNIT_BYTES, 1, Integer.MAX_VALUE);
    }
}

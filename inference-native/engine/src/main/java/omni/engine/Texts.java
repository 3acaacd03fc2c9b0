package omni.engine;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A bound on the memory that the texts and vectors of all calls together take in this process, so that what each may
 * bring fits the heap also where many come at once. Thread-safe.
 */
final class Texts {
    /** A quarter of the role's heap. */
    static final int BYTES_MAX = 24 << 20;

    /** A number of a list or a vector, as JSON and as Java has it. */
    static final int NUMBER_BYTES = 64;

    private static final int UNIT_BYTES = 1024;
    private static final int RETRY_SECONDS = 5;

    private final Semaphore units = new Semaphore(BYTES_MAX / UNIT_BYTES, true);
    private final Duration wait;

    /** {@code wait} is how long a call may wait for its share. */
    Texts(Duration wait) {
        this.wait = wait;
    }

    /** A share, until it is closed. */
    final class Share implements AutoCloseable {
        private final int held;

        private Share(int held) {
            this.held = held;
        }

        @Override
        public void close() {
            units.release(held);
        }
    }

    /**
     * Takes a share; one larger than all there is takes all there is.
     *
     * @throws EngineException.Busy if it does not become free
     */
    Share take(long bytes) throws InterruptedException {
        int wanted = Math.clamp(bytes / UNIT_BYTES + 1, 1, BYTES_MAX / UNIT_BYTES);
        if (!units.tryAcquire(wanted, wait.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new EngineException.Busy(RETRY_SECONDS, false);
        }
        return new Share(wanted);
    }

    /** What a text takes. */
    static long bytes(String text) {
        return 2L * text.length();
    }
}

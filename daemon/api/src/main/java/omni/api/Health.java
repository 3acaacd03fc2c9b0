package omni.api;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Whether the box can answer: whether its engine does. Anybody may ask, so the engine is asked once a second at most,
 * by one thread at most, and waited for a short time only. Safe for use by many threads.
 */
final class Health {
    private static final Duration FRESH = Duration.ofSeconds(1);
    private static final Duration WAIT_MAX = Duration.ofSeconds(2);

    private final Runnable probe;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable CompletableFuture<Boolean> last;
    private long lastNanos;

    /** {@code probe} asks the engine something, and throws {@link ApiException} where it does not answer. */
    Health(Runnable probe) {
        this.probe = probe;
    }

    /** Whether the engine answered just now. */
    boolean well() {
        try {
            return current().get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            Log.debug("the engine's health is not known", e);
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private CompletableFuture<Boolean> current() {
        lock.lock();
        try {
            var known = last;
            var old = System.nanoTime() - lastNanos > FRESH.toNanos();
            if (known != null && (!known.isDone() || !old)) {
                return known;
            }
            var asked = new CompletableFuture<Boolean>();
            last = asked;
            lastNanos = System.nanoTime();
            Thread.ofVirtual().name("omni-api-health").start(() -> ask(asked));
            return asked;
        } finally {
            lock.unlock();
        }
    }

    private void ask(CompletableFuture<Boolean> asked) {
        try {
            probe.run();
            asked.complete(true);
        } catch (ApiException e) {
            Log.debug("the engine does not answer", e);
            asked.complete(false);
        } catch (RuntimeException e) {
            asked.completeExceptionally(e);
        }
    }
}

package omni.airgap;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Work that may hang in the kernel for ever: a thread of its own does it, is waited for so long and no longer, and there is one at the
 * most. For any thread.
 */
final class Hanging {
    private final String name;
    private final Duration patience;
    private final Semaphore free = new Semaphore(1);

    /** Named as its threads are. */
    Hanging(String name, Duration patience) {
        this.name = name;
        this.patience = patience;
    }

    /**
     * Does it.
     *
     * @param hangs what is said where it has not ended in that time
     * @param failed what is said where it failed otherwise; what it says itself is said as it is
     * @throws AirgapException with those words; also where an earlier one has not ended yet, or this thread is interrupted, and then the
     *     work is
     */
    <T> T await(Callable<T> work, Supplier<String> hangs, String failed) throws AirgapException {
        try {
            return result(work);
        } catch (TimeoutException e) {
            throw new AirgapException(hangs.get(), e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AirgapException known) {
                throw known;
            }
            throw new AirgapException(failed, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirgapException("The role is being stopped.", e);
        }
    }

    private <T> T result(Callable<T> work) throws TimeoutException, ExecutionException, InterruptedException {
        if (!free.tryAcquire()) {
            throw new TimeoutException("an earlier one has not ended");
        }
        var task = new FutureTask<>(work);
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            try {
                task.run();
            } finally {
                free.release();
            }
        });
        try {
            thread.start();
        } finally {
            if (thread.getState() == Thread.State.NEW) {
                free.release(); // there was no thread to be had
            }
        }
        boolean done = false;
        try {
            T result = task.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            done = true;
            return result;
        } finally {
            if (!done) {
                var _ = task.cancel(true);
            }
        }
    }
}

package omni.vault;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What is done at the end of a vault within a moment, or not at all: neither a disk or a chip that hangs, nor a log that nobody reads,
 * keeps an end waiting.
 */
final class LastWord {
    private static final String THREAD = "last-word";

    private LastWord() {}

    /** What came of it; nothing, and a warning, where it failed or took too long. */
    static <T> Optional<T> within(Duration time, Callable<T> work, String warning) {
        FutureTask<T> task = Aside.start(THREAD, work);
        try {
            return Optional.of(task.get(time.toNanos(), TimeUnit.NANOSECONDS));
        } catch (ExecutionException | TimeoutException e) {
            var _ = Aside.start(THREAD, () -> {
                System.getLogger("omni.vault").log(System.Logger.Level.WARNING, warning, e);
                return true;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }
}

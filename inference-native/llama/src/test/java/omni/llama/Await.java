package omni.llama;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a deadline. */
final class Await {
    private Await() {}

    static void until(Duration wait, BooleanSupplier condition) {
        var end = System.nanoTime() + wait.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "not within " + wait);
            LockSupport.parkNanos(200_000);
        }
    }
}

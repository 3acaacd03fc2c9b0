package omni.role;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what will come. */
final class Await {
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private Await() {}

    /** Returns once it holds; fails the test where that takes a minute. */
    static void until(String what, BooleanSupplier holds) {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                fail("Not within " + LONGEST + ": " + what);
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }
}

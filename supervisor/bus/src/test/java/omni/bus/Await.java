package omni.bus;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits on a condition with a deadline. */
final class Await {
    private static final Duration STEP = Duration.ofMillis(2);

    /** Long enough for a loaded machine; a test that passes never waits it out. */
    static final Duration LONG = Duration.ofSeconds(60);

    private Await() {}

    static void until(String what, BooleanSupplier condition) {
        until(LONG, what, condition);
    }

    static void until(Duration time, String what, BooleanSupplier condition) {
        long end = System.nanoTime() + time.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                fail("Not within " + time + ": " + what);
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
    }
}

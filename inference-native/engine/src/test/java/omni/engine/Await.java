package omni.engine;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assertions;

/** Waits for a condition, with a deadline. */
final class Await {
    private Await() {}

    /** A condition that may ask another process or the disk. */
    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(Duration limit, Condition condition) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                Assertions.fail("The condition did not hold within " + limit + ".");
            }
            LockSupport.parkNanos(2_000_000);
        }
    }
}

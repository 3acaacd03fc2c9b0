package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is use, and what is none. */
final class IdlenessTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final Idleness idleness = new Idleness(now::get);

    private void assertIdle(long seconds) {
        assertEquals(Duration.ofSeconds(seconds), idleness.time());
    }

    private void after(long seconds) {
        now.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    @Test
    void whatWasAskedForLastBeginsIt() {
        after(7);
        assertIdle(7);
        idleness.used();
        assertIdle(0);
        after(2);
        assertIdle(2);
    }

    /** A stick that hangs keeps no vault open, and a backup by schedule none longer than it takes. */
    @Test
    void workIsNoIdlenessWhileItComesFurther() {
        try (Idleness.Work work = idleness.steps()) {
            after(10);
            assertIdle(10);
            work.step();
            assertIdle(0);
            after(3);
            assertIdle(3);
        }
        assertIdle(13);
    }

    @Test
    void norIsWorkThatCannotTell() {
        after(1);
        try (var _ = idleness.work()) {
            after(1000);
            assertIdle(0);
        }
        assertIdle(1001);
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Whoever deletes all day fills no log, and leaves no deletion out of it. */
final class AuditTallyTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final AtomicBoolean fails = new AtomicBoolean();
    private final List<String> told = new ArrayList<>();
    private final AuditTally tally = new AuditTally(
            (event, details) -> {
                if (fails.get()) {
                    throw new VaultException(VaultException.Reason.FAILED, "The disk is full.");
                }
                told.add(event + " " + details.get("what") + " " + details.get("count"));
            },
            now::get);

    @Test
    void aKindHasALineAMinute() {
        for (int i = 0; i < 1000; i++) {
            tally.count(AuditEvent.DELETED, "item", 1);
            now.addAndGet(Duration.ofMillis(100).toNanos());
        }
        tally.count(AuditEvent.DELETED, "memory", 3);
        tally.flush();
        tally.flush();
        assertEquals(List.of("DELETED item 1", "DELETED item 600", "DELETED memory 3", "DELETED item 399"), told);
    }

    @Test
    void whatTheLogDoesNotTakeIsNotForgotten() {
        fails.set(true);
        tally.count(AuditEvent.DELETED, "item", 1);
        fails.set(false);
        tally.count(AuditEvent.DELETED, "item", 1);
        assertEquals(List.of("DELETED item 2"), told);
    }

    @Test
    void whatHasWaitedForAMinuteIsWrittenWithoutAnother() {
        tally.count(AuditEvent.DELETED, "item", 1);
        tally.count(AuditEvent.DELETED, "item", 2);
        tally.flushDue();
        now.addAndGet(Duration.ofMinutes(1).minusNanos(1).toNanos());
        tally.flushDue();
        assertEquals(List.of("DELETED item 1"), told, "the control");
        now.addAndGet(1);
        tally.flushDue();
        tally.flushDue();
        assertEquals(List.of("DELETED item 1", "DELETED item 2"), told);
    }

    /** A full disk is not tried each second. */
    @Test
    void whatTheLogDoesNotTakeIsTriedAgainEachMinute() {
        fails.set(true);
        tally.count(AuditEvent.DELETED, "item", 1);
        fails.set(false);
        tally.flushDue();
        assertEquals(List.of(), told);
        now.addAndGet(Duration.ofMinutes(1).toNanos());
        tally.flushDue();
        assertEquals(List.of("DELETED item 1"), told);
    }

    @Test
    void whatIsLeftIsToldByItsEvent() {
        tally.count(AuditEvent.DELETED, "item", 1);
        assertEquals(Map.of(), tally.left(true));
        tally.count(AuditEvent.DELETED, "memory", 1);
        tally.count(AuditEvent.DELETED, "memory", 3);
        tally.count(AuditEvent.DELETED, "item", 5);
        assertEquals(Map.of("deleted", "item 5, memory 3"), tally.left(false));
    }
}

package omni.vault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Lines of the audit log for what may be done often: one a minute of each kind, with a count, and nothing of what it was done to. The
 * first is written at once, and further ones with the next after the minute, or at a {@link #flush}, which comes each minute; a kill
 * loses those of the last one. No lock is held while the disk writes. For any thread.
 */
final class AuditTally {
    private static final long EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    /** Where the lines go. */
    interface Log {
        /** Returns when the disk has it. */
        void add(AuditEvent event, Map<String, String> details) throws VaultException;
    }

    private static final class Count {
        private boolean told;
        private long triedNanos;
        private long pending;
        private long writing;
    }

    private final Log log;
    private final LongSupplier nanos;
    private final Map<AuditEvent, Map<String, Count>> counts = new EnumMap<>(AuditEvent.class);

    /** By {@link System#nanoTime()}. */
    AuditTally(Log log) {
        this(log, System::nanoTime);
    }

    AuditTally(Log log, LongSupplier nanos) {
        this.log = log;
        this.nanos = nanos;
    }

    /** So many of those were done. It is done already: where the log does not take it, that is said, and tried again with the next. */
    void count(AuditEvent event, String what, int done) {
        Count count;
        synchronized (this) {
            count = counts.computeIfAbsent(event, _ -> new TreeMap<>()).computeIfAbsent(what, _ -> new Count());
            count.pending += done;
            if (count.told && isYoung(count)) {
                return;
            }
        }
        write(event, what, count);
    }

    private boolean isYoung(Count count) {
        return nanos.getAsLong() - count.triedNanos < EVERY_NANOS;
    }

    /** Writes down what is not yet. */
    void flush() {
        flush(_ -> true);
    }

    /** Writes down what has waited for a minute. */
    void flushDue() {
        flush(count -> !isYoung(count));
    }

    private void flush(Predicate<Count> which) {
        List<Runnable> writes = new ArrayList<>();
        synchronized (this) {
            counts.forEach((event, kinds) -> kinds.forEach((what, count) -> {
                if (count.pending > 0 && which.test(count)) {
                    writes.add(() -> write(event, what, count));
                }
            }));
        }
        writes.forEach(Runnable::run);
    }

    /**
     * What is not written down, as details of another line: {@code "deleted": "item 3, memory 1"}.
     *
     * @param writing also what is being written: of a log that does not take it
     */
    synchronized Map<String, String> left(boolean writing) {
        Map<String, String> left = new TreeMap<>();
        counts.forEach((event, kinds) -> kinds.forEach((what, count) -> {
            long some = count.pending + (writing ? count.writing : 0);
            if (some > 0) {
                left.merge(event.text(), what + " " + some, (before, next) -> before + ", " + next);
            }
        }));
        return left;
    }

    private void write(AuditEvent event, String what, Count count) {
        long some = begin(count);
        if (some == 0) {
            return;
        }
        boolean written = false;
        try {
            log.add(event, Map.of("what", what, "count", Long.toString(some)));
            written = true;
        } catch (VaultException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, event.text() + " was not written down", e);
        } finally {
            end(count, some, written);
        }
    }

    private synchronized long begin(Count count) {
        long some = count.pending;
        count.pending = 0;
        count.writing += some;
        count.told = true;
        count.triedNanos = nanos.getAsLong();
        return some;
    }

    private synchronized void end(Count count, long some, boolean written) {
        count.writing -= some;
        if (!written) {
            count.pending += some;
            count.told = false;
        }
    }
}

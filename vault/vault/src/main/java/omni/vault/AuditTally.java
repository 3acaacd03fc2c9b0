package omni.vault;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Lines of the audit log for what may be done often: one a minute of each kind, with a count, and nothing of what it was done to. The
 * first is written at once, and further ones with the next after the minute, or at a {@link #flush}; a kill loses those of the last
 * minutes. For any thread.
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
        private long toldNanos;
        private long pending;
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
    synchronized void count(AuditEvent event, String what, int done) {
        Count count = counts.computeIfAbsent(event, _ -> new TreeMap<>()).computeIfAbsent(what, _ -> new Count());
        count.pending += done;
        if (!count.told || nanos.getAsLong() - count.toldNanos >= EVERY_NANOS) {
            write(event, what, count);
        }
    }

    /** Writes down what is not yet. */
    synchronized void flush() {
        counts.forEach((event, kinds) -> kinds.forEach((what, count) -> write(event, what, count)));
    }

    private void write(AuditEvent event, String what, Count count) {
        if (count.pending == 0) {
            return;
        }
        try {
            log.add(event, Map.of("what", what, "count", Long.toString(count.pending)));
            count.pending = 0;
            count.told = true;
            count.toldNanos = nanos.getAsLong();
        } catch (VaultException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, event.text() + " was not written down", e);
        }
    }
}

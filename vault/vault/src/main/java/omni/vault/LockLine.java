package omni.vault;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * The line of a lock, with what was counted until then and not written down: one line is one write of the disk. Nothing that hangs
 * keeps a lock waiting for longer than that time. For any thread.
 *
 * @param time for each of its two places
 */
record LockLine(SealedLog sealedLog, Duration time) {
    /** Writes it among the records; says whether that was done. */
    boolean among(OpenVault closing, String cause) {
        Callable<Boolean> note = () -> {
            closing.audit().add(AuditEvent.LOCKED, details(closing, cause, false));
            System.getLogger("omni.vault").log(System.Logger.Level.INFO, "Locked: " + cause);
            return true;
        };
        return LastWord.within(time, note, "The lock was not written down among the records")
                .isPresent();
    }

    /** Writes it where it waits for the next unlock: who writes a lot, or checks it, may have the records. */
    void beside(OpenVault closing, String cause) {
        Callable<Boolean> note = () -> {
            sealedLog.add(AuditEvent.LOCKED, details(closing, cause, true));
            return true;
        };
        var _ = LastWord.within(time, note, "The lock was not written down");
    }

    private static Map<String, String> details(OpenVault closing, String cause, boolean writing) {
        Map<String, String> details = closing.tally().left(writing);
        details.put("why", cause);
        return details;
    }
}

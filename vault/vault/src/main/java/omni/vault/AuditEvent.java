package omni.vault;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What the audit log tells of. A word in it never changes its meaning. */
enum AuditEvent {
    /** The vault was made. */
    CREATED,
    UNLOCKED,
    LOCKED,
    /** A password, a recovery key or a key file was wrong. */
    WRONG_SECRET,
    /** A try came before its time, and was not judged. */
    TOO_EARLY,
    /** The password was given for something dangerous. */
    PROVED,
    /** What shows it was used up: another role learned that the owner was there. */
    PERMIT_USED,
    EXPORTED,
    BACKED_UP,
    RESTORED,
    PASSWORD_CHANGED,
    RECOVERY_USED,
    RECOVERY_CHANGED,
    /** There is a new data key. */
    ROTATED,
    /** For how long something is kept; "what" says of what. */
    POLICY_CHANGED,
    /** "what" says what was, and "count" how many. */
    DELETED,
    /** The owner said that a backup is gone for good, which nobody has checked. */
    BACKUP_GONE,
    /** The TPM has begun to count unlocks, and how far it was then. */
    COUNTED,
    /** API keys became known, or were not as they were known; "what" says which. */
    API_KEYS,
    /** Something on the disk was not as it was written. */
    DAMAGE_FOUND,
    /** The log's own: the next lines are signed by this key. */
    AUDIT_KEY,
    /** The log's own: it was not as it was left. */
    ALARM;

    /** As in the lines. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<AuditEvent> of(String text) {
        return Arrays.stream(values())
                .filter(event -> event.text().equals(text))
                .findFirst();
    }

    /** Whether the log alone writes it. */
    boolean own() {
        return this == AUDIT_KEY || this == ALARM;
    }
}

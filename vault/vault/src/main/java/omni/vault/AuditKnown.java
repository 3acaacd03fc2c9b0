package omni.vault;

import java.util.List;
import java.util.Optional;

/**
 * What a check of the audit log knows of it beforehand. Without any of it, lines that were cut off at the end do not show.
 *
 * @param head the newest as kept beside the store; the log may be one line ahead of it, after a crash
 * @param older lines that the log had at some time, and must have still
 */
record AuditKnown(Optional<AuditHead> head, List<AuditHead> older) {
    static final AuditKnown NOTHING = new AuditKnown(Optional.empty(), List.of());
}

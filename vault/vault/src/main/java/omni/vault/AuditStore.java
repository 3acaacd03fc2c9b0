package omni.vault;

import java.util.List;
import java.util.Optional;

/** Where the lines of the audit log are kept. For one thread at a time. */
interface AuditStore {
    /**
     * Adds a line, and returns when the disk has it.
     *
     * @throws VaultException REFUSED where the number is not the next one
     */
    void append(AuditRow row) throws VaultException;

    /** The rows from that number up, in their order, at most so many. */
    List<AuditRow> read(long from, int max) throws VaultException;

    /** The row with the greatest number. */
    Optional<AuditRow> newest() throws VaultException;
}

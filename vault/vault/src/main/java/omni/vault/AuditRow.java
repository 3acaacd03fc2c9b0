package omni.vault;

/** A line of the audit log at its place in the store. */
record AuditRow(long number, String line) {}

package omni.vault;

import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/**
 * The table {@code audit} of the database. Each line is a transaction of its own: it is in the database before the head beside
 * it is written. For any thread.
 */
final class AuditTable implements AuditStore {
    /** Rows of one read. */
    static final int ROWS_MAX = 1000;

    private static final String SELECT =
            "SELECT number, substr(line, 1, " + (AuditJson.LINE_BYTES_MAX + 1) + ") FROM audit ";

    private static final Sql.Row<AuditRow> ROW = row -> new AuditRow(row.getLong(1), row.getString(2));

    private final Records records;

    AuditTable(Records records) {
        this.records = records;
    }

    @Override
    public void append(AuditRow row) throws VaultException {
        int added = records.write(sql -> sql.change(
                "INSERT INTO audit (number, line) SELECT ?, ? WHERE ? = (SELECT coalesce(max(number), 0) + 1 FROM audit)",
                row.number(),
                row.line(),
                row.number()));
        if (added != 1) {
            throw new VaultException(Reason.REFUSED, "Line " + row.number() + " is not the next of the audit log.");
        }
    }

    @Override
    public List<AuditRow> read(long from, int max) throws VaultException {
        return records.read(sql -> sql.rows(
                SELECT + "WHERE number >= ? ORDER BY number LIMIT ?", ROW, from, Math.clamp(max, 0, ROWS_MAX)));
    }

    @Override
    public Optional<AuditRow> newest() throws VaultException {
        return records.read(sql -> sql.first(SELECT + "ORDER BY number DESC LIMIT 1", ROW));
    }
}

package omni.vault;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/** Rows in memory, which a test may change, and which fail when it says so. */
final class AuditStoreDouble implements AuditStore {
    /** What the store does when it fails: it keeps the row, or it does not. */
    enum Failure {
        NONE,
        BEFORE,
        AFTER
    }

    final List<AuditRow> rows = new ArrayList<>();
    Failure failure = Failure.NONE;

    /** Appends that are taken before it fails. */
    int before = Integer.MAX_VALUE;

    AuditStoreDouble() {}

    AuditStoreDouble(List<AuditRow> rows) {
        this.rows.addAll(rows);
    }

    @Override
    public void append(AuditRow row) throws VaultException {
        boolean fails = failure != Failure.NONE && before-- <= 0;
        if (fails && failure == Failure.BEFORE) {
            throw new VaultException(Reason.FAILED, "The double fails before it has the row.");
        }
        long next = rows.isEmpty() ? 1 : rows.getLast().number() + 1;
        if (row.number() != next) {
            throw new VaultException(Reason.REFUSED, "Not the next one.");
        }
        rows.add(row);
        if (fails) {
            throw new VaultException(Reason.FAILED, "The double fails after it has the row.");
        }
    }

    @Override
    public List<AuditRow> read(long from, int max) {
        return rows.stream().filter(row -> row.number() >= from).limit(max).toList();
    }

    @Override
    public Optional<AuditRow> newest() {
        return rows.isEmpty() ? Optional.empty() : Optional.of(rows.getLast());
    }
}

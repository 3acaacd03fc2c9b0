package omni.vault;

import java.sql.SQLException;
import omni.vault.VaultException.Reason;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Says what a failure of SQLite means. */
final class SqlFailure {
    private SqlFailure() {}

    static VaultException of(SQLException e) {
        SQLiteErrorCode code =
                e instanceof SQLiteException sqlite ? sqlite.getResultCode() : SQLiteErrorCode.UNKNOWN_ERROR;
        // An extended code has the plain one in its low byte.
        return switch (code.code & 0xff) {
            case 11, 26 ->
                new VaultException(
                        Reason.DAMAGED,
                        "A part of the records is damaged, or the disk could not read it. Check them; where they are damaged, put"
                                + " back a backup.",
                        e);
            case 13 ->
                new VaultException(
                        Reason.FAILED,
                        "There is no room for the records: delete something, or make room on the disk.",
                        e);
            case 5, 6 -> new VaultException(Reason.FAILED, "Another program holds the records: end it.", e);
            default -> new VaultException(Reason.FAILED, "The records could not be read or written.", e);
        };
    }
}

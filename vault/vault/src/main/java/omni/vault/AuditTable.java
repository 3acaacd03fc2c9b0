package omni.vault;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/**
 * The table {@code audit} of the database, over a connection of its own: a line is in the database before the head beside
 * it is written, and waits for nobody's transaction. For one thread at a time.
 */
final class AuditTable implements AuditStore {
    /** Rows of one read. */
    static final int ROWS_MAX = 1000;

    private static final String SELECT =
            "SELECT number, substr(line, 1, " + (AuditJson.LINE_BYTES_MAX + 1) + ") FROM audit ";

    private final Connection connection;

    AuditTable(Connection connection) throws VaultException {
        this.connection = connection;
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public void append(AuditRow row) throws VaultException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO audit (number, line)"
                + " SELECT ?, ? WHERE ? = (SELECT coalesce(max(number), 0) + 1 FROM audit)")) {
            statement.setLong(1, row.number());
            statement.setString(2, row.line());
            statement.setLong(3, row.number());
            if (statement.executeUpdate() != 1) {
                throw new VaultException(Reason.REFUSED, "Line " + row.number() + " is not the next of the audit log.");
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public List<AuditRow> read(long from, int max) throws VaultException {
        try (PreparedStatement statement =
                connection.prepareStatement(SELECT + "WHERE number >= ? ORDER BY number LIMIT ?")) {
            statement.setLong(1, from);
            statement.setInt(2, Math.clamp(max, 0, ROWS_MAX));
            return rows(statement);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public Optional<AuditRow> newest() throws VaultException {
        try (PreparedStatement statement = connection.prepareStatement(SELECT + "ORDER BY number DESC LIMIT 1")) {
            return rows(statement).stream().findFirst();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private static List<AuditRow> rows(PreparedStatement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery()) {
            List<AuditRow> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(new AuditRow(result.getLong(1), result.getString(2)));
            }
            return rows;
        }
    }

    private static VaultException failed(SQLException e) {
        return new VaultException(
                Reason.FAILED, "The audit log could not be read or written. Is there room on the disk?", e);
    }
}

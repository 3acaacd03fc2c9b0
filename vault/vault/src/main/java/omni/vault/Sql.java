package omni.vault;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statements over one connection: the text of each is a constant, and whatever comes from outside is bound to it. */
final class Sql {
    /** Makes something of the row that the result stands at. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException, VaultException;
    }

    private final Connection connection;

    Sql(Connection connection) {
        this.connection = connection;
    }

    /** Every row. */
    <T> List<T> rows(String sql, Row<T> row, @Nullable Object... values) throws SQLException, VaultException {
        try (PreparedStatement statement = prepared(sql, values);
                ResultSet result = statement.executeQuery()) {
            List<T> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(row.read(result));
            }
            return rows;
        }
    }

    /** Up to so many rows, fewer where the budget is spent; the statement's own limit is one more. */
    <T> Listing<T> listing(int limit, ReadBudget budget, String sql, Row<T> row, @Nullable Object... values)
            throws SQLException, VaultException {
        try (PreparedStatement statement = prepared(sql, values);
                ResultSet result = statement.executeQuery()) {
            List<T> rows = new ArrayList<>();
            boolean more = result.next();
            while (more && rows.size() < limit && !budget.isSpent()) {
                rows.add(row.read(result));
                more = result.next();
            }
            return new Listing<>(rows, more);
        }
    }

    /** The first row, where there is one. */
    <T> Optional<T> first(String sql, Row<T> row, @Nullable Object... values) throws SQLException, VaultException {
        return rows(sql, row, values).stream().findFirst();
    }

    /** The number that is the only answer. */
    long number(String sql, @Nullable Object... values) throws SQLException, VaultException {
        return first(sql, row -> row.getLong(1), values).orElseThrow(() -> new SQLException("no row"));
    }

    /** Changes rows, and returns how many. */
    int change(String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = prepared(sql, values)) {
            return statement.executeUpdate();
        }
    }

    /** Adds a row, and returns its number. */
    long insert(String sql, @Nullable Object... values) throws SQLException, VaultException {
        change(sql, values);
        return number("SELECT last_insert_rowid()");
    }

    /** Runs a statement of any kind, without looking at what it answers. */
    void run(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private PreparedStatement prepared(String sql, @Nullable Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }
}

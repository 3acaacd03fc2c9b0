package omni.vault;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Statements over one connection: the text of each is a constant, and whatever comes from outside is bound to it. Those with
 * values are prepared once and kept, up to {@value #KEPT_MAX}, without what was bound to them. For one thread at a time.
 */
final class Sql implements AutoCloseable {
    static final int KEPT_MAX = 128;

    /** Makes something of the row that the result stands at. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException, VaultException;
    }

    private final Connection connection;

    /** Those that nobody is using; one in use is not here, so that a statement within its own rows is another. */
    private final Map<String, PreparedStatement> kept = new HashMap<>();

    Sql(Connection connection) {
        this.connection = connection;
    }

    /** Every row. */
    <T> List<T> rows(String sql, Row<T> row, @Nullable Object... values) throws SQLException, VaultException {
        try (Lent lent = lend(sql, values);
                ResultSet result = lent.statement().executeQuery()) {
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
        try (Lent lent = lend(sql, values);
                ResultSet result = lent.statement().executeQuery()) {
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

    /**
     * Fails where a page could not be read since the transaction began: the cipher notes that, and gives out what was in the
     * page's place; what is asked for next fails, if anything is.
     */
    void checkRead() throws SQLException {
        try (Lent lent = lend("SELECT 1 FROM sqlite_schema LIMIT 1");
                ResultSet any = lent.statement().executeQuery()) {
            any.next();
        }
    }

    /** The number that is the only answer. */
    long number(String sql, @Nullable Object... values) throws SQLException, VaultException {
        return first(sql, row -> row.getLong(1), values).orElseThrow(() -> new SQLException("no row"));
    }

    /** Changes rows, and returns how many. */
    int change(String sql, @Nullable Object... values) throws SQLException {
        try (Lent lent = lend(sql, values)) {
            return lent.statement().executeUpdate();
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

    private Lent lend(String sql, @Nullable Object... values) throws SQLException {
        PreparedStatement known = kept.remove(sql);
        Lent lent = new Lent(sql, known != null ? known : connection.prepareStatement(sql));
        for (int i = 0; i < values.length; i++) {
            lent.statement().setObject(i + 1, values[i]);
        }
        return lent;
    }

    /** A statement until it is given back. */
    private final class Lent implements AutoCloseable {
        private final String text;
        private final PreparedStatement statement;

        Lent(String text, PreparedStatement statement) {
            this.text = text;
            this.statement = statement;
        }

        PreparedStatement statement() {
            return statement;
        }

        @Override
        public void close() throws SQLException {
            statement.clearParameters();
            if (kept.size() == KEPT_MAX || kept.putIfAbsent(text, statement) != null) {
                statement.close();
            }
        }
    }

    /** Closes the connection, and with it all statements. */
    @Override
    public void close() throws SQLException {
        connection.close();
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;

/** Statements that are kept. */
final class SqlTest {
    @TempDir
    Path folder;

    private Sql sql;

    @BeforeEach
    void open() throws SQLException, VaultException {
        SqliteLibrary.load(folder);
        sql = new Sql(JDBC.createConnection(JDBC.PREFIX + ":memory:", new java.util.Properties()));
        sql.run("CREATE TABLE numbers (number INTEGER PRIMARY KEY, half INTEGER)");
        for (int i = 0; i < 4; i++) {
            sql.insert("INSERT INTO numbers (number, half) VALUES (?, ?)", i, i / 2);
        }
    }

    @Test
    void aStatementWithinItsOwnRowsIsAnother() throws SQLException, VaultException {
        String halves = "SELECT number FROM numbers WHERE half = ? ORDER BY number";
        assertEquals(
                List.of(List.of(0L, 1L), List.of(2L, 3L)),
                sql.rows(
                        "SELECT DISTINCT half FROM numbers WHERE number >= ? ORDER BY half",
                        outer -> sql.rows(halves, inner -> inner.getLong(1), outer.getLong(1)),
                        0));
        assertEquals(
                List.of(2L, 2L),
                sql.rows(
                        halves,
                        row -> (long) sql.rows(halves, inner -> inner.getLong(1), row.getLong(1))
                                .size(),
                        0));
        assertEquals(List.of(2L, 3L), sql.rows(halves, row -> row.getLong(1), 1));
    }

    @Test
    void valuesAreNotKept() throws SQLException, VaultException {
        assertEquals(7, sql.number("SELECT ?", 7));
        assertEquals(0, sql.number("SELECT ?"));
    }

    @Test
    void oneThatFailedCanBeUsedAgain() throws SQLException, VaultException {
        String insert = "INSERT INTO numbers (number, half) VALUES (?, ?)";
        assertThrows(SQLException.class, () -> sql.insert(insert, 1, 1));
        assertEquals(9, sql.insert(insert, 9, 4));
    }

    @Test
    void moreThanAreKeptWork() throws SQLException, VaultException {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i <= Sql.KEPT_MAX; i++) {
                assertEquals(i, sql.number("SELECT " + i));
            }
        }
    }
}

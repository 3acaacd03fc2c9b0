package omni.vault;

import java.sql.SQLException;
import java.util.List;

/**
 * Takes the words of deleted texts out of the full-text index. FTS5 of SQLite 3.40 marks them as deleted, in a new segment, and
 * leaves them in the old one: merging all segments drops both. SQLite overwrites what it deletes; but where it had moved rows
 * to another page before, it left a copy of them between the rows of the first. So the index's own tables are written anew, in
 * order, which moves nothing.
 */
final class Purge {
    /** A table of the index, and the order its rows are in. */
    private record Part(String name, String order) {}

    private static final List<Part> PARTS = List.of(
            new Part("data", "id"),
            new Part("content", "id"),
            new Part("docsize", "id"),
            new Part("idx", "segid, term"));

    private static final long IN_MEMORY_PAGES_MAX = (64 << 20) / CipherPages.PAGE_BYTES;

    private Purge() {}

    /** Notes, in the transaction that deletes, that there is something to do. */
    static void due(Sql sql, Words words) throws SQLException {
        sql.change("INSERT OR IGNORE INTO purge_due (name) VALUES (?)", words.name());
    }

    /** Leaves no word in the index that is in no text; where it is interrupted, the next call does the rest. */
    static void finish(Records records) throws VaultException {
        for (String name : records.write(sql -> sql.rows("SELECT name FROM purge_due", row -> row.getString(1)))) {
            String table = Words.valueOf(name).table();
            records.write(sql -> {
                sql.run("INSERT INTO " + table + " (" + table + ") VALUES ('optimize')");
                return name;
            });
            records.write(sql -> {
                for (Part part : PARTS) {
                    writeAnew(sql, table + "_" + part.name(), part.order());
                }
                return sql.change("DELETE FROM purge_due WHERE name = ?", name);
            });
        }
    }

    /** The copy is in memory where the database is small enough for that. */
    private static void writeAnew(Sql sql, String table, String order) throws SQLException, VaultException {
        boolean small = sql.number("PRAGMA page_count") <= IN_MEMORY_PAGES_MAX;
        String copy = small ? "temp.purge_copy" : "main.purge_copy";
        sql.run("CREATE TABLE " + copy + " AS SELECT * FROM " + table + " ORDER BY " + order);
        sql.run("DELETE FROM " + table);
        sql.run("INSERT INTO " + table + " SELECT * FROM purge_copy ORDER BY " + order);
        sql.run("DROP TABLE " + copy);
    }
}

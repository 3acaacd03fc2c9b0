package omni.vault;

import java.util.List;

/**
 * Takes the words of deleted texts out of the full-text index. FTS5 of SQLite 3.40 marks them as deleted, in a new segment,
 * and leaves them in the old one: merging all segments drops both.
 */
final class Purge {
    private static final List<String> TABLES = List.of("item_words", "memory_words");

    private Purge() {}

    /** Leaves no word in the index that is in no text. */
    static void words(Records records) throws VaultException {
        for (String table : TABLES) {
            records.write(sql -> {
                sql.run("INSERT INTO " + table + " (" + table + ") VALUES ('optimize')");
                return table;
            });
        }
    }
}

package omni.vault;

import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;

/** One table of the full-text index: the words of a text, under the number of its row. */
enum Words {
    ITEMS("item_words"),
    MEMORIES("memory_words");

    static final int QUERY_CHARACTERS_MAX = 1000;
    static final int QUERY_WORDS_MAX = 32;

    /** What FTS5's tokenizer takes for a word. */
    private static final Pattern WORD =
            Pattern.compile("[\\p{L}\\p{N}\\p{M}\\p{Co}]*[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}\\p{Co}]*");

    private final String table;

    Words(String table) {
        this.table = table;
    }

    String table() {
        return table;
    }

    void add(Sql sql, long number, String text) throws SQLException {
        sql.change("INSERT INTO " + table + " (rowid, text) VALUES (?, ?)", number, text);
    }

    void remove(Sql sql, long number) throws SQLException {
        sql.change("DELETE FROM " + table + " WHERE rowid = ?", number);
        Purge.due(sql, this);
    }

    /**
     * What to ask FTS5 for, so that all words are found, the last one also as a beginning. Each is quoted, and letters and digits
     * alone are left of it: no query is a mistake, and none means anything but its words. Empty where there is no word.
     */
    static String query(String typed) throws VaultException {
        Bounds.text("A query", typed, QUERY_CHARACTERS_MAX);
        List<String> words = WORD.matcher(typed)
                .results()
                .map(word -> '"' + word.group() + '"')
                .toList();
        if (words.size() > QUERY_WORDS_MAX) {
            throw Bounds.invalid("A query has at most " + QUERY_WORDS_MAX + " words.");
        }
        return words.isEmpty() ? "" : String.join(" ", words) + '*';
    }
}

package omni.vault;

import java.util.List;

/** Full-text search over conversations and memories: letters without their accents, all words, the last one as a beginning. For any thread. */
final class Search {
    static final int SNIPPET_CHARACTERS_MAX = 500;

    private static final String CONVERSATIONS = """
            SELECT conversations.id, items.id, snippet(item_words, 0, '', '', '…', 24)
            FROM item_words JOIN items ON items.number = item_words.rowid
              JOIN conversations ON conversations.number = items.conversation
            WHERE item_words MATCH ? ORDER BY item_words.rank LIMIT ?
            """;
    private static final String MEMORIES = """
            SELECT memories.id, memories.id, snippet(memory_words, 0, '', '', '…', 24)
            FROM memory_words JOIN memories ON memories.number = memory_words.rowid
            WHERE memory_words MATCH ? ORDER BY memory_words.rank LIMIT ?
            """;

    /**
     * A place where all words were found.
     *
     * @param in the conversation or the memory
     * @param item the item of the conversation; the memory again
     * @param snippet some words around
     */
    record Hit(String in, String item, String snippet) {}

    private final Records records;

    Search(Records records) {
        this.records = records;
    }

    /** The best first. */
    List<Hit> conversations(String typed, int limit) throws VaultException {
        return find(CONVERSATIONS, typed, limit);
    }

    /** The best first. */
    List<Hit> memories(String typed, int limit) throws VaultException {
        return find(MEMORIES, typed, limit);
    }

    private List<Hit> find(String statement, String typed, int limit) throws VaultException {
        Bounds.limit(limit);
        String query = Words.query(typed);
        if (query.isEmpty()) {
            return List.of();
        }
        return records.read(sql -> sql.rows(
                statement,
                row -> new Hit(row.getString(1), row.getString(2), shortened(row.getString(3))),
                query,
                limit));
    }

    /** One word may be as long as the whole text. */
    private static String shortened(String snippet) {
        if (snippet.codePointCount(0, snippet.length()) <= SNIPPET_CHARACTERS_MAX) {
            return snippet;
        }
        return snippet.substring(0, snippet.offsetByCodePoints(0, SNIPPET_CHARACTERS_MAX - 1)) + "…";
    }
}

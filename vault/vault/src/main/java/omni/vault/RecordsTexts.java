package omni.vault;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;

/** Opens every encrypted text once. */
final class RecordsTexts {
    private static final int AT_ONCE = 100;

    /** One kind of text: a statement that gives number, owner, number of the owner's key, place and text. */
    private static final List<String> KINDS = List.of(
            "SELECT number, id, key, 'metadata', metadata FROM conversations WHERE number > ? ORDER BY number LIMIT ?",
            "SELECT items.number, conversations.id, key, items.id, body FROM items JOIN conversations"
                    + " ON conversations.number = conversation WHERE items.number > ? ORDER BY items.number LIMIT ?",
            "SELECT responses.number, conversations.id, key, responses.id, body FROM responses JOIN conversations"
                    + " ON conversations.number = conversation WHERE responses.number > ? ORDER BY responses.number LIMIT ?",
            "SELECT number, id, key, 'memory', body FROM memories WHERE number > ? ORDER BY number LIMIT ?",
            "SELECT rowid, 'secret ' || name, key, 'secret', body FROM provider_secrets WHERE rowid > ? ORDER BY rowid LIMIT ?");

    private final Records records;
    private final RowKeys keys;
    private long count;

    RecordsTexts(Records records) {
        this.records = records;
        this.keys = new RowKeys(records.keys());
    }

    /** Tells of each that does not open, and returns how many there are. */
    long check(Consumer<String> problems) throws VaultException {
        for (String kind : KINDS) {
            long last = 0;
            while (last >= 0) {
                long from = last;
                last = records.read(sql -> check(sql, kind, from, problems));
            }
        }
        return count;
    }

    /** Returns the number of the last, or -1 where there is none. */
    private long check(Sql sql, String kind, long from, Consumer<String> problems) throws SQLException, VaultException {
        List<Long> numbers = sql.rows(
                kind,
                row -> {
                    count++;
                    try {
                        keys.open(sql, row.getLong(3), row.getString(2))
                                .decrypt(new Bytes(row.getBytes(5)), row.getString(4));
                    } catch (VaultException e) {
                        problems.accept(e.getMessage());
                    }
                    return row.getLong(1);
                },
                from,
                AT_ONCE);
        return numbers.isEmpty() ? -1 : numbers.getLast();
    }
}

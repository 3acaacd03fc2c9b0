package omni.vault;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import tools.jackson.databind.node.ObjectNode;

/** What is remembered: each text under a key of its own, its words in the full-text index. For any thread. */
final class Memories {
    static final int COUNT_MAX = 10_000;
    static final int NAME_MAX = 200;
    static final int TEXT_BYTES_MAX = 64 << 10;
    private static final int STORED_BYTES_MAX = 1 << 20;
    private static final int MEMORY_TOKENS = 6;
    private static final String PREFIX = "mem_";
    private static final String BODY = "memory";
    private static final String COLUMNS = "SELECT number, id, key, created, updated, body FROM memories ";
    private static final String OLDEST = COLUMNS + "WHERE number > ? ORDER BY number LIMIT ?";
    private static final String NEWEST = COLUMNS + "WHERE number < ? ORDER BY number DESC LIMIT ?";

    private record Stored(long number, String id, long key, long created, long updated, Bytes body) {
        static Stored read(ResultSet row) throws SQLException {
            return new Stored(
                    row.getLong(1),
                    row.getString(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    new Bytes(row.getBytes(6)));
        }
    }

    private final Records records;
    private final RowKeys keys;
    private final Clock clock;

    Memories(Records records, Clock clock) {
        this.records = records;
        this.keys = new RowKeys(records.keys());
        this.clock = clock;
    }

    Memory create(String name, String text) throws VaultException {
        check(name, text);
        String id = Ids.random(PREFIX);
        return records.write(sql -> {
            if (sql.number("SELECT count(*) FROM memories") >= COUNT_MAX) {
                throw new VaultException(Reason.REFUSED, "There are " + COUNT_MAX + " memories: delete one first.");
            }
            RowKeys.Fresh key = keys.add(sql, id);
            long now = clock.millis();
            long number = sql.insert(
                    "INSERT INTO memories (id, key, created, updated, body) VALUES (?, ?, ?, ?, ?)",
                    id,
                    key.number(),
                    now,
                    now,
                    sealed(key.key(), name, text));
            Words.MEMORIES.add(sql, number, words(name, text));
            return new Memory(id, name, text, Instant.ofEpochMilli(now), Instant.ofEpochMilli(now));
        });
    }

    Memory retrieve(String id) throws VaultException {
        return records.read(sql -> opened(sql, stored(sql, id)));
    }

    /** The newest first; from behind the one of that id on. */
    Listing<Memory> list(Optional<String> after, int limit) throws VaultException {
        Bounds.limit(limit);
        return records.read(sql -> {
            long before = after.isPresent() ? stored(sql, after.get()).number() : Long.MAX_VALUE;
            ReadBudget budget = new ReadBudget();
            return sql.listing(
                    limit,
                    budget,
                    NEWEST,
                    row -> {
                        Stored memory = Stored.read(row);
                        budget.take(memory.body().array().length, MEMORY_TOKENS);
                        return opened(sql, memory);
                    },
                    before,
                    limit + 1);
        });
    }

    /** Some, the oldest first, from behind that number on; none at the end. */
    List<Numbered<Memory>> behind(long number) throws VaultException {
        return records.read(sql -> {
            ReadBudget budget = new ReadBudget();
            return sql.listing(
                            Bounds.LIST_MAX,
                            budget,
                            OLDEST,
                            row -> {
                                Stored memory = Stored.read(row);
                                budget.take(memory.body().array().length, 1);
                                return new Numbered<>(memory.number(), opened(sql, memory));
                            },
                            number,
                            Bounds.LIST_MAX)
                    .entries();
        });
    }

    /** Puts another name and text in the place of what was there, which is then gone. */
    Memory edit(String id, String name, String text) throws VaultException {
        check(name, text);
        return records.erase(sql -> {
            Stored stored = stored(sql, id);
            RowKey key = keys.replace(sql, stored.key(), id);
            sql.change(
                    "UPDATE memories SET body = ?, updated = ? WHERE number = ?",
                    sealed(key, name, text),
                    clock.millis(),
                    stored.number());
            Words.MEMORIES.remove(sql, stored.number());
            Words.MEMORIES.add(sql, stored.number(), words(name, text));
            return opened(sql, stored(sql, id));
        });
    }

    /** Deletes it beyond recovery. */
    void delete(String id) throws VaultException {
        records.erase(sql -> {
            Stored stored = stored(sql, id);
            Words.MEMORIES.remove(sql, stored.number());
            sql.change("DELETE FROM memories WHERE number = ?", stored.number());
            keys.erase(sql, stored.key());
            return id;
        });
    }

    private static void check(String name, String text) throws VaultException {
        Bounds.name("A memory's name", name, NAME_MAX);
        Bounds.textBytes("A memory", text, TEXT_BYTES_MAX);
    }

    private static String words(String name, String text) {
        return name + "\n" + text;
    }

    /** What of a memory can be searched. */
    static String words(ObjectNode body) {
        return words(body.path("name").asString(), body.path("text").asString());
    }

    private static byte[] sealed(RowKey key, String name, String text) throws VaultException {
        ObjectNode body = Json.object().put("name", name).put("text", text);
        return key.encrypt(Json.bytes(body, STORED_BYTES_MAX), BODY);
    }

    private static Stored stored(Sql sql, String id) throws SQLException, VaultException {
        return sql.first(COLUMNS + "WHERE id = ?", Stored::read, id)
                .orElseThrow(() -> new VaultException(Reason.MISSING, "There is no such memory."));
    }

    private Memory opened(Sql sql, Stored stored) throws SQLException, VaultException {
        ObjectNode body = Json.object(keys.open(sql, stored.key(), stored.id()).decrypt(stored.body(), BODY));
        return new Memory(
                stored.id(),
                body.path("name").asString(),
                body.path("text").asString(),
                Instant.ofEpochMilli(stored.created()),
                Instant.ofEpochMilli(stored.updated()));
    }
}

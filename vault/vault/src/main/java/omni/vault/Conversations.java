package omni.vault;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import omni.vault.VaultException.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Conversations, in the sense of OpenAI's API of that name. Metadata and items are encrypted under the conversation's own key;
 * the words of the items are in the full-text index, too. For any thread.
 */
final class Conversations {
    static final Duration KEEP_MAX = Duration.ofDays(36_500);
    private static final String PREFIX = "conv_";
    static final String METADATA = "metadata";
    private static final int METADATA_BYTES_MAX = 1 << 18;
    private static final int EXPIRED_AT_ONCE = 100;

    private static final String COLUMNS =
            "SELECT number, id, key, created, changed, keep_seconds, items, metadata FROM conversations ";
    static final String ADD =
            "INSERT INTO conversations (id, key, created, changed, keep_seconds, items, metadata) VALUES (?, ?, ?, ?, ?, 0, ?)";
    private static final String NEWEST = COLUMNS + "WHERE number < ? ORDER BY number DESC LIMIT ?";
    private static final String OLDEST = COLUMNS + "WHERE number > ? ORDER BY number LIMIT ?";
    private static final String EXPIRED =
            "SELECT number FROM conversations WHERE changed + 1000 * coalesce(keep_seconds, ?) <= ? ORDER BY number LIMIT ?";

    /** A conversation's row, as it stands there. */
    record Stored(
            long number,
            String id,
            long key,
            long created,
            long changed,
            Optional<Duration> keep,
            int items,
            Bytes metadata) {
        static Stored read(ResultSet row) throws SQLException {
            long seconds = row.getLong(6);
            Optional<Duration> keep = row.wasNull() ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
            return new Stored(
                    row.getLong(1),
                    row.getString(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    keep,
                    row.getInt(7),
                    new Bytes(row.getBytes(8)));
        }
    }

    private final Records records;
    private final RowKeys keys;
    private final Clock clock;
    private final ConversationItems items;
    private final Responses responses;

    Conversations(Records records, Clock clock) {
        this(records, clock, KeptBounds.CONVERSATION_BYTES_MAX);
    }

    /** Where one may have so many bytes. */
    Conversations(Records records, Clock clock, long bytesMax) {
        this.records = records;
        this.keys = new RowKeys(records.keys());
        this.clock = clock;
        this.items = new ConversationItems(records, keys, clock, bytesMax);
        this.responses = new Responses(records, keys, clock, this);
    }

    /** What is in them. */
    ConversationItems items() {
        return items;
    }

    /** Answers that were asked for by themselves. */
    Responses responses() {
        return responses;
    }

    /** Begins one, with up to {@value ConversationItems#AT_ONCE_MAX} items. */
    Conversation create(Map<String, String> metadata, List<ObjectNode> first, Optional<Duration> keep)
            throws VaultException {
        Bounds.metadata(metadata);
        checkKeep(keep);
        List<ConversationItems.Written> written = items.written(first, ConversationItems.AT_ONCE_MAX);
        return records.write(sql -> {
            Stored begun = begin(sql, metadata, keep);
            items.add(sql, begun, keys.open(sql, begun.key(), begun.id()), written);
            return opened(sql, stored(sql, begun.id()));
        });
    }

    /** Begins an empty one, within a transaction. */
    Stored begin(Sql sql, Map<String, String> metadata, Optional<Duration> keep) throws SQLException, VaultException {
        String id = Ids.random(PREFIX);
        RowKeys.Fresh key = keys.add(sql, id);
        long now = clock.millis();
        sql.insert(ADD, id, key.number(), now, now, seconds(keep), sealed(key.key(), metadata));
        return stored(sql, id);
    }

    Conversation retrieve(String id) throws VaultException {
        return records.read(sql -> opened(sql, stored(sql, id)));
    }

    /**
     * Refuses where it has no room for so many further items, of so many bytes as JSON together, and for an answer of one more, as
     * large as one may be: what could not be kept is not to be asked for.
     */
    void requireRoom(String id, int more, long bytes) throws VaultException {
        if (more < 0 || more > KeptBounds.ITEMS_MAX || bytes < 0) {
            throw Bounds.invalid("Room is asked for up to " + KeptBounds.ITEMS_MAX + " items, of 0 bytes and more.");
        }
        records.read(sql -> {
            items.requireRoom(sql, stored(sql, id), more, bytes);
            return id;
        });
    }

    /** The newest first; from behind the one of that id on. */
    Listing<Conversation> list(Optional<String> after, int limit) throws VaultException {
        Bounds.limit(limit);
        return records.read(sql -> {
            long before = after.isPresent() ? stored(sql, after.get()).number() : Long.MAX_VALUE;
            ReadBudget budget = new ReadBudget();
            return sql.listing(
                    limit,
                    budget,
                    NEWEST,
                    row -> {
                        Stored stored = Stored.read(row);
                        budget.take(stored.metadata().array().length, 2L * Bounds.METADATA_PAIRS_MAX);
                        return opened(sql, stored);
                    },
                    before,
                    limit + 1);
        });
    }

    /** Some, in the order they were begun, from behind that number on; none at the end. */
    List<Numbered<Conversation>> behind(long number) throws VaultException {
        return records.read(sql -> sql.rows(
                OLDEST,
                row -> {
                    Stored stored = Stored.read(row);
                    return new Numbered<>(stored.number(), opened(sql, stored));
                },
                number,
                Bounds.LIST_MAX));
    }

    /** Puts other metadata in the place of what was there, which is then gone. */
    Conversation update(String id, Map<String, String> metadata) throws VaultException {
        Bounds.metadata(metadata);
        return records.erase(sql -> {
            Stored stored = stored(sql, id);
            items.encryptAnew(sql, stored, keys.open(sql, stored.key(), id), bytes(metadata));
            sql.change("UPDATE conversations SET changed = ? WHERE number = ?", clock.millis(), stored.number());
            return opened(sql, stored(sql, id));
        });
    }

    /** Says how long after its last change it is kept; where it is empty, the vault's own rule holds. */
    Conversation keep(String id, Optional<Duration> keep) throws VaultException {
        checkKeep(keep);
        return records.write(sql -> {
            sql.change(
                    "UPDATE conversations SET keep_seconds = ? WHERE number = ?",
                    seconds(keep),
                    stored(sql, id).number());
            return opened(sql, stored(sql, id));
        });
    }

    /** Deletes it and all that it has, beyond recovery. */
    void delete(String id) throws VaultException {
        records.erase(sql -> {
            delete(sql, stored(sql, id).number());
            return id;
        });
    }

    /**
     * Deletes those whose time is over; those without a time of their own have that of the vault.
     *
     * @param count is told how many are gone each time that some are
     */
    void expire(Instant now, Optional<Duration> rule, IntConsumer count) throws VaultException {
        checkKeep(rule);
        while (!records.read(sql -> over(sql, now, rule).isEmpty())) {
            var gone = new AtomicInteger();
            boolean done = false;
            try {
                records.erase(sql -> {
                    for (long number : over(sql, now, rule)) { // once more: one may have gone on since
                        gone.addAndGet(delete(sql, number));
                    }
                    return gone;
                });
                done = true;
            } catch (VaultException e) {
                done = e.isDone();
                throw e;
            } finally {
                if (done) {
                    count.accept(gone.get());
                }
            }
        }
    }

    private static List<Long> over(Sql sql, Instant now, Optional<Duration> rule) throws SQLException, VaultException {
        return sql.rows(EXPIRED, row -> row.getLong(1), seconds(rule), now.toEpochMilli(), EXPIRED_AT_ONCE);
    }

    /** Deletes it within a transaction; returns how many that were. */
    int delete(Sql sql, long number) throws SQLException, VaultException {
        Optional<Long> key = sql.first("SELECT key FROM conversations WHERE number = ?", row -> row.getLong(1), number);
        if (key.isEmpty()) {
            return 0;
        }
        items.deleteAll(sql, number);
        sql.change("DELETE FROM responses WHERE conversation = ?", number);
        sql.change("DELETE FROM conversations WHERE number = ?", number);
        keys.erase(sql, key.get());
        return 1;
    }

    private Conversation opened(Sql sql, Stored stored) throws SQLException, VaultException {
        byte[] metadata = keys.open(sql, stored.key(), stored.id()).decrypt(stored.metadata(), METADATA);
        return new Conversation(
                stored.id(),
                Instant.ofEpochMilli(stored.created()),
                Instant.ofEpochMilli(stored.changed()),
                stored.keep(),
                stored.items(),
                Json.pairs(Json.object(metadata)));
    }

    private static byte[] sealed(RowKey key, Map<String, String> metadata) throws VaultException {
        return key.encrypt(bytes(metadata), METADATA);
    }

    private static byte[] bytes(Map<String, String> metadata) throws VaultException {
        return Json.bytes(Json.of(metadata), METADATA_BYTES_MAX);
    }

    /** The row of that id; MISSING where there is none. */
    static Stored stored(Sql sql, String id) throws SQLException, VaultException {
        return sql.first(COLUMNS + "WHERE id = ?", Stored::read, id)
                .orElseThrow(() -> new VaultException(Reason.MISSING, "There is no such conversation."));
    }

    /** The row of that number; MISSING where there is none. */
    static Stored stored(Sql sql, long number) throws SQLException, VaultException {
        return sql.first(COLUMNS + "WHERE number = ?", Stored::read, number)
                .orElseThrow(() -> new VaultException(Reason.MISSING, "There is no such conversation."));
    }

    private static @Nullable Long seconds(Optional<Duration> keep) {
        return keep.isPresent() ? keep.get().toSeconds() : null;
    }

    static void checkKeep(Optional<Duration> keep) throws VaultException {
        if (keep.isPresent() && (keep.get().toSeconds() < 1 || keep.get().compareTo(KEEP_MAX) > 0)) {
            throw Bounds.invalid(
                    "A conversation is kept from one second to " + KEEP_MAX.toDays() + " days after its last change.");
        }
    }
}

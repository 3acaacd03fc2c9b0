package omni.vault;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import tools.jackson.databind.node.ObjectNode;

/** The items of conversations, in the order they came in. For any thread. */
final class ConversationItems {
    static final int AT_ONCE_MAX = 20;

    /** An item also carries its id, in the place of one that its sender may have given it. */
    private static final int STORED_BYTES_MAX = KeptBounds.ITEM_BYTES_MAX + 100;

    /** What an item is longer than its JSON where it stands: by its name, and what encrypts it. */
    static final int STORED_BYTES_MORE = 200;

    /** An answer is an item, and what is told of it. */
    static final long ANSWER_BYTES_MAX =
            STORED_BYTES_MAX + STORED_BYTES_MORE + 2L * KeptBounds.RESPONSE_BYTES_MAX + STORED_BYTES_MORE;

    private static final String PREFIX = "msg_";
    private static final String COLUMNS = "SELECT number, id, created, body FROM items ";
    static final String ADD = "INSERT INTO items (id, conversation, created, body) VALUES (?, ?, ?, ?)";
    static final String ONE = COLUMNS + "WHERE conversation = ? AND id = ?";
    static final String UP = COLUMNS + "WHERE conversation = ? AND number > ? ORDER BY number LIMIT ?";
    private static final String DOWN = COLUMNS + "WHERE conversation = ? AND number < ? ORDER BY number DESC LIMIT ?";
    static final String COUNT = "UPDATE conversations SET items = items + ?, changed = ? WHERE number = ?";

    /** Lengths alone: SQLite reads none of the bodies for it. */
    private static final String BYTES =
            "SELECT (SELECT coalesce(sum(length(body)), 0) FROM items WHERE conversation = ?)"
                    + " + (SELECT coalesce(sum(length(body)), 0) FROM responses WHERE conversation = ?)";

    /** Which end of a conversation a list begins at. */
    enum Order {
        OLDEST_FIRST,
        NEWEST_FIRST
    }

    /** An item that can be stored. */
    record Written(String id, ObjectNode body, Bytes bytes) {}

    private record Stored(long number, String id, long created, Bytes body) {
        static Stored read(ResultSet row) throws SQLException {
            return new Stored(row.getLong(1), row.getString(2), row.getLong(3), new Bytes(row.getBytes(4)));
        }
    }

    private final Records records;
    private final RowKeys keys;
    private final Clock clock;
    private final long bytesMax;

    /** {@code bytesMax} is for a conversation as a whole. */
    ConversationItems(Records records, RowKeys keys, Clock clock, long bytesMax) {
        this.bytesMax = bytesMax;
        this.records = records;
        this.keys = keys;
        this.clock = clock;
    }

    /** Adds up to {@value #AT_ONCE_MAX}, all or none. */
    List<ConversationItem> create(String conversation, List<ObjectNode> bodies) throws VaultException {
        if (bodies.isEmpty()) {
            throw Bounds.invalid("There is no item to add.");
        }
        List<Written> written = written(bodies, AT_ONCE_MAX);
        return records.write(sql -> {
            Conversations.Stored stored = Conversations.stored(sql, conversation);
            return add(sql, stored, keys.open(sql, stored.key(), conversation), written);
        });
    }

    /** From behind the item of that id on; fewer than asked for where they are large. */
    Listing<ConversationItem> list(String conversation, Optional<String> after, int limit, Order order)
            throws VaultException {
        Bounds.limit(limit);
        return records.read(sql -> {
            Conversations.Stored stored = Conversations.stored(sql, conversation);
            RowKey key = keys.open(sql, stored.key(), conversation);
            boolean up = order == Order.OLDEST_FIRST;
            long from = up ? 0 : Long.MAX_VALUE;
            if (after.isPresent()) {
                from = one(sql, stored, after.get()).number();
            }
            ReadBudget budget = new ReadBudget();
            return sql.listing(
                    limit,
                    budget,
                    up ? UP : DOWN,
                    row -> {
                        return opened(key, Stored.read(row), budget);
                    },
                    stored.number(),
                    from,
                    limit + 1);
        });
    }

    /**
     * Some of a conversation, the oldest first, from behind that number on; none at the end.
     *
     * @throws VaultException MISSING where the conversation is
     */
    List<Numbered<ConversationItem>> behind(String conversation, long number) throws VaultException {
        return records.read(sql -> {
            Conversations.Stored stored = Conversations.stored(sql, conversation);
            RowKey key = keys.open(sql, stored.key(), conversation);
            ReadBudget budget = new ReadBudget();
            return sql.listing(
                            Bounds.LIST_MAX,
                            budget,
                            UP,
                            row -> {
                                Stored item = Stored.read(row);
                                budget.take(item.body().array().length, 1);
                                return new Numbered<>(item.number(), opened(key, item));
                            },
                            stored.number(),
                            number,
                            Bounds.LIST_MAX)
                    .entries();
        });
    }

    ConversationItem retrieve(String conversation, String id) throws VaultException {
        return records.read(sql -> {
            Conversations.Stored stored = Conversations.stored(sql, conversation);
            return opened(keys.open(sql, stored.key(), conversation), one(sql, stored, id));
        });
    }

    /** Deletes it beyond recovery: those that remain are encrypted anew, under another key. */
    void delete(String conversation, String id) throws VaultException {
        records.erase(sql -> {
            Conversations.Stored stored = Conversations.stored(sql, conversation);
            one(sql, stored, id);
            delete(sql, stored, List.of(id));
            return id;
        });
    }

    /** The same for those of them that are there, within a transaction. */
    void delete(Sql sql, Conversations.Stored stored, List<String> ids) throws SQLException, VaultException {
        for (String id : ids) {
            Optional<Stored> item = sql.first(ONE, Stored::read, stored.number(), id);
            if (item.isPresent()) {
                Words.ITEMS.remove(sql, item.get().number());
                sql.change("DELETE FROM items WHERE number = ?", item.get().number());
                sql.change(COUNT, -1, clock.millis(), stored.number());
            }
        }
        RowKey key = keys.open(sql, stored.key(), stored.id());
        encryptAnew(sql, stored, key, key.decrypt(stored.metadata(), Conversations.METADATA));
    }

    /**
     * Encrypts the conversation under another key, within a transaction: what it was before opens no more, wherever the database has
     * left a copy.
     *
     * @param metadata as it is from now on
     */
    void encryptAnew(Sql sql, Conversations.Stored stored, RowKey before, byte[] metadata)
            throws SQLException, VaultException {
        RowKey after = keys.replace(sql, stored.key(), stored.id());
        sql.change(
                "UPDATE conversations SET metadata = ? WHERE number = ?",
                after.encrypt(metadata, Conversations.METADATA),
                stored.number());
        Responses.encryptAnew(sql, stored.number(), before, after);
        long last = 0;
        while (true) {
            List<Stored> some = sql.rows(UP, Stored::read, stored.number(), last, AT_ONCE_MAX);
            for (Stored item : some) {
                byte[] body = after.encrypt(before.decrypt(item.body(), item.id()), item.id());
                sql.change("UPDATE items SET body = ? WHERE number = ?", body, item.number());
                last = item.number();
            }
            if (some.isEmpty()) {
                return;
            }
        }
    }

    /** Checks up to so many, and gives them names. */
    List<Written> written(List<ObjectNode> bodies, int atOnceMax) throws VaultException {
        if (bodies.size() > atOnceMax) {
            throw Bounds.invalid("At most " + atOnceMax + " items are added at once.");
        }
        List<Written> written = new ArrayList<>();
        for (ObjectNode body : bodies) {
            written.add(written(body, Ids.random(PREFIX)));
        }
        return written;
    }

    /** Checks up to {@value #AT_ONCE_MAX} that have names of this form already. */
    List<Written> named(List<ObjectNode> bodies) throws VaultException {
        if (bodies.size() > AT_ONCE_MAX) {
            throw Bounds.invalid("At most " + AT_ONCE_MAX + " items are added at once.");
        }
        List<Written> written = new ArrayList<>();
        for (ObjectNode body : bodies) {
            String id = body.path("id").asString("");
            Ids.check(PREFIX, id);
            written.add(written(body, id));
        }
        return written;
    }

    private static Written written(ObjectNode body, String id) throws VaultException {
        Json.bytes(body, KeptBounds.ITEM_BYTES_MAX);
        Optional<String> fault = KeptBounds.fault(body);
        if (fault.isPresent()) {
            throw Bounds.invalid(fault.get());
        }
        ObjectNode named = body.deepCopy().put("id", id);
        return new Written(id, named, new Bytes(Json.bytes(named, STORED_BYTES_MAX)));
    }

    /** The item of that id, where it is there, within a transaction. */
    static Optional<ConversationItem> find(
            Sql sql, Conversations.Stored conversation, RowKey key, String id, ReadBudget budget)
            throws SQLException, VaultException {
        Optional<Stored> stored = sql.first(ONE, Stored::read, conversation.number(), id);
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(opened(key, stored.get(), budget));
    }

    /** Adds them within a transaction. */
    List<ConversationItem> add(Sql sql, Conversations.Stored conversation, RowKey key, List<Written> written)
            throws SQLException, VaultException {
        requireCount(conversation, written.size());
        long now = clock.millis();
        List<ConversationItem> added = new ArrayList<>();
        for (Written item : written) {
            byte[] body = key.encrypt(item.bytes().array(), item.id());
            long number = sql.insert(ADD, item.id(), conversation.number(), now, body);
            Words.ITEMS.add(sql, number, Json.words(item.body()));
            added.add(new ConversationItem(item.id(), Instant.ofEpochMilli(now), item.body()));
        }
        sql.change(COUNT, written.size(), now, conversation.number());
        requireWithinBounds(sql, conversation.number());
        return added;
    }

    private static void requireCount(Conversations.Stored conversation, int more) throws VaultException {
        if (conversation.items() + more > KeptBounds.ITEMS_MAX) {
            throw new VaultException(
                    Reason.REFUSED, "A conversation has at most " + KeptBounds.ITEMS_MAX + " items: begin another.");
        }
    }

    /** Refuses where so many further items, of so many bytes as JSON, and the largest answer to them do not go into it. */
    void requireRoom(Sql sql, Conversations.Stored conversation, int more, long bytes)
            throws SQLException, VaultException {
        requireCount(conversation, more + 1);
        long others = ANSWER_BYTES_MAX + (long) more * STORED_BYTES_MORE;
        long has = sql.number(BYTES, conversation.number(), conversation.number());
        if (bytes > bytesMax - has - others) {
            throw tooLarge();
        }
    }

    private VaultException tooLarge() {
        return new VaultException(
                Reason.REFUSED, "A conversation has at most " + bytesMax + " bytes in all: begin another.");
    }

    /** Refuses, and so takes back, what has made a conversation larger than one may be, within a transaction. */
    void requireWithinBounds(Sql sql, long conversation) throws SQLException, VaultException {
        if (sql.number(BYTES, conversation, conversation) > bytesMax) {
            throw tooLarge();
        }
    }

    /** Deletes all of that conversation within a transaction. */
    void deleteAll(Sql sql, long conversation) throws SQLException {
        sql.change(
                "DELETE FROM item_words WHERE rowid IN (SELECT number FROM items WHERE conversation = ?)",
                conversation);
        sql.change("DELETE FROM items WHERE conversation = ?", conversation);
        Purge.due(sql, Words.ITEMS);
    }

    private static Stored one(Sql sql, Conversations.Stored conversation, String id)
            throws SQLException, VaultException {
        return sql.first(ONE, Stored::read, conversation.number(), id)
                .orElseThrow(() -> new VaultException(Reason.MISSING, "There is no such item in the conversation."));
    }

    private static ConversationItem opened(RowKey key, Stored stored, ReadBudget budget) throws VaultException {
        ConversationItem item = opened(key, stored);
        budget.take(stored.body().array().length, KeptBounds.tokens(item.body()));
        return item;
    }

    private static ConversationItem opened(RowKey key, Stored stored) throws VaultException {
        return new ConversationItem(
                stored.id(),
                Instant.ofEpochMilli(stored.created()),
                Json.object(key.decrypt(stored.body(), stored.id())));
    }
}

package omni.vault;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.vault.ConversationItems.Order;
import omni.vault.ConversationItems.Written;
import omni.vault.VaultException.Reason;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers that were asked for by themselves, in the sense of OpenAI's Responses API. What one was asked with and what it gave are
 * items of a conversation: of the one that is named, of that of the answer which it goes on from, or of a new one. That is where an
 * answer that goes on from one in a named conversation is, too: what goes on apart from a conversation is no part of it. The rest is
 * encrypted under that conversation's key. For any thread.
 */
final class Responses {
    /** Items that one is asked with. */
    static final int INPUT_MAX = 500;

    /** Answers that one goes on from, all together. */
    static final int CHAIN_MAX = 1000;

    static final String PREFIX = "resp_";
    private static final String COLUMNS = "SELECT number, id, conversation, created, body FROM responses ";
    private static final String ONE = COLUMNS + "WHERE id = ?";
    private static final String ADD = "INSERT INTO responses (id, conversation, created, body) VALUES (?, ?, ?, ?)";
    private static final String OF = COLUMNS + "WHERE conversation = ? AND number > ? ORDER BY number LIMIT ?";

    /** Where an answer belongs; not to both. */
    record Place(Optional<String> conversation, Optional<String> previous) {}

    /** An answer; {@code output} are those of its items that are still there. */
    record Kept(String id, String conversation, Instant created, ObjectNode body, List<ConversationItem> output) {}

    private record Stored(long number, String id, long conversation, long created, Bytes body) {
        static Stored read(ResultSet row) throws SQLException {
            return new Stored(
                    row.getLong(1), row.getString(2), row.getLong(3), row.getLong(4), new Bytes(row.getBytes(5)));
        }
    }

    /** What its row says when it is decrypted: {@code own} is whether its items are nobody else's. */
    private record Content(
            boolean own, Optional<String> previous, List<String> input, List<String> output, ObjectNode body) {
        ObjectNode json() {
            ObjectNode json = Json.object().put("own", own).put("previous", previous.orElse(null));
            ArrayNode inputIds = json.putArray("input");
            input.forEach(inputIds::add);
            ArrayNode outputIds = json.putArray("output");
            output.forEach(outputIds::add);
            json.set("response", body);
            return json;
        }

        static Content of(ObjectNode json) throws VaultException {
            if (!(json.get("response") instanceof ObjectNode body)) {
                throw new VaultException(Reason.DAMAGED, "A record is no answer.");
            }
            return new Content(
                    json.path("own").asBoolean(),
                    json.path("previous").stringValueOpt(),
                    ids(json, "input"),
                    ids(json, "output"),
                    body);
        }

        private static List<String> ids(ObjectNode json, String name) {
            return json.path(name).valueStream().map(id -> id.asString()).toList();
        }
    }

    /** A conversation that is open. */
    private record Within(Conversations.Stored in, RowKey key) {
        List<Part> parts(List<String> ids) {
            return ids.stream().map(id -> new Part(this, id)).toList();
        }
    }

    /** An item in it, by its id. */
    private record Part(Within within, String id) {
        Optional<ConversationItem> find(Sql sql, ReadBudget budget) throws SQLException, VaultException {
            return ConversationItems.find(sql, within.in(), within.key(), id, budget);
        }
    }

    private final Records records;
    private final RowKeys keys;
    private final Clock clock;
    private final Conversations conversations;

    Responses(Records records, RowKeys keys, Clock clock, Conversations conversations) {
        this.records = records;
        this.keys = keys;
        this.clock = clock;
        this.conversations = conversations;
    }

    /**
     * Keeps one, with what it was asked with and what it gave: all or nothing.
     *
     * @param id made by the caller, who has told it to somebody already; so are those that the items of {@code output} have
     */
    Kept keep(String id, Place place, ObjectNode body, List<ObjectNode> input, List<ObjectNode> output)
            throws VaultException {
        Ids.check(PREFIX, id);
        if (place.conversation().isPresent() && place.previous().isPresent()) {
            throw Bounds.invalid("An answer belongs to a conversation, or goes on from another answer; not both.");
        }
        Json.bytes(body, KeptBounds.RESPONSE_BYTES_MAX);
        List<Written> asked = conversations.items().written(input, INPUT_MAX);
        List<Written> given = conversations.items().named(output);
        return records.write(sql -> {
            if (sql.first(ONE, Stored::read, id).isPresent()) {
                throw new VaultException(Reason.REFUSED, "There is an answer of that id already.");
            }
            Conversations.Stored in = conversation(sql, place);
            RowKey key = keys.open(sql, in.key(), in.id());
            conversations.items().add(sql, in, key, asked);
            conversations.items().add(sql, Conversations.stored(sql, in.id()), key, given);
            Content content = new Content(
                    place.conversation().isEmpty(),
                    place.previous(),
                    asked.stream().map(Written::id).toList(),
                    given.stream().map(Written::id).toList(),
                    body);
            sql.insert(ADD, id, in.number(), clock.millis(), sealed(key, id, content));
            conversations.items().requireWithinBounds(sql, in.number());
            return opened(sql, stored(sql, id));
        });
    }

    private Conversations.Stored conversation(Sql sql, Place place) throws SQLException, VaultException {
        if (place.conversation().isPresent()) {
            return Conversations.stored(sql, place.conversation().get());
        }
        if (place.previous().isEmpty()) {
            return conversations.begin(sql, Map.of(), Optional.empty());
        }
        Stored previous = stored(sql, place.previous().get());
        Within within = within(sql, previous);
        return content(within.key(), previous).own()
                ? within.in()
                : conversations.begin(sql, Map.of(), within.in().keep()); // and for no longer than what it tells of
    }

    private Within within(Sql sql, Stored response) throws SQLException, VaultException {
        Conversations.Stored in = Conversations.stored(sql, response.conversation());
        return new Within(in, keys.open(sql, in.key(), in.id()));
    }

    Kept retrieve(String id) throws VaultException {
        return records.read(sql -> opened(sql, stored(sql, id)));
    }

    /**
     * What it was made from, from behind the item of that id on: what the answers that it goes on from were asked and gave, and
     * what it was asked with itself.
     *
     * @throws VaultException MISSING also where one of those answers was deleted
     */
    Listing<ConversationItem> input(String id, Optional<String> after, int limit, Order order) throws VaultException {
        Bounds.limit(limit);
        return records.read(sql -> {
            ReadBudget budget = new ReadBudget();
            List<ConversationItem> found = new ArrayList<>();
            for (Part part : behind(chain(sql, stored(sql, id)), after, order)) {
                if (found.size() == limit || budget.isSpent()) {
                    return new Listing<>(found, true);
                }
                part.find(sql, budget).ifPresent(found::add);
            }
            return new Listing<>(found, false);
        });
    }

    private static List<Part> behind(List<Part> oldestFirst, Optional<String> after, Order order)
            throws VaultException {
        List<Part> parts = new ArrayList<>(oldestFirst);
        if (order == Order.NEWEST_FIRST) {
            Collections.reverse(parts);
        }
        if (after.isEmpty()) {
            return parts;
        }
        int at = parts.stream().map(Part::id).toList().indexOf(after.get());
        if (at < 0) {
            throw new VaultException(Reason.MISSING, "There is no such item in the answer's input.");
        }
        return parts.subList(at + 1, parts.size());
    }

    /** All items that it was made from, the oldest first; those of a named conversation are in another one than what goes on from them. */
    private List<Part> chain(Sql sql, Stored last) throws SQLException, VaultException {
        Within within = within(sql, last);
        Content content = content(within.key(), last);
        List<List<Part>> parts = new ArrayList<>(List.of(within.parts(content.input())));
        while (content.previous().isPresent()) {
            if (parts.size() > 2 * CHAIN_MAX) {
                throw new VaultException(
                        Reason.REFUSED, "This goes on from more than " + CHAIN_MAX + " answers: begin anew.");
            }
            Stored previous = stored(sql, content.previous().get());
            if (previous.conversation() != within.in().number()) {
                within = within(sql, previous);
            }
            content = content(within.key(), previous);
            parts.add(within.parts(content.output()));
            parts.add(within.parts(content.input()));
        }
        return parts.reversed().stream().flatMap(List::stream).toList();
    }

    /**
     * Some of a conversation as they stand in an export, the oldest first, from behind that number on; none at the end.
     *
     * @throws VaultException MISSING where the conversation is
     */
    List<Numbered<ObjectNode>> behind(String conversation, long number) throws VaultException {
        return records.read(sql -> {
            Conversations.Stored in = Conversations.stored(sql, conversation);
            RowKey key = keys.open(sql, in.key(), in.id());
            ReadBudget budget = new ReadBudget();
            return sql.listing(
                            Bounds.LIST_MAX,
                            budget,
                            OF,
                            row -> {
                                Stored stored = Stored.read(row);
                                budget.take(stored.body().array().length, 1);
                                return new Numbered<>(stored.number(), exported(conversation, key, stored));
                            },
                            in.number(),
                            number,
                            Bounds.LIST_MAX)
                    .entries();
        });
    }

    private static ObjectNode exported(String conversation, RowKey key, Stored stored) throws VaultException {
        ObjectNode object = Json.object()
                .put("conversation", conversation)
                .put("id", stored.id())
                .put("created", Instant.ofEpochMilli(stored.created()).toString());
        object.setAll(content(key, stored).json());
        return object;
    }

    /** Deletes it beyond recovery; its items, too, where it was not asked for within a conversation. */
    void delete(String id) throws VaultException {
        records.erase(sql -> {
            Stored stored = stored(sql, id);
            Within within = within(sql, stored);
            Conversations.Stored in = within.in();
            Content content = content(within.key(), stored);
            sql.change("DELETE FROM responses WHERE number = ?", stored.number());
            List<String> items = new ArrayList<>();
            if (content.own()) {
                items.addAll(content.input());
                items.addAll(content.output());
            }
            conversations.items().delete(sql, in, items);
            if (content.own() && isEmpty(sql, in)) {
                conversations.delete(sql, in.number());
            }
            return id;
        });
    }

    private static boolean isEmpty(Sql sql, Conversations.Stored conversation) throws SQLException, VaultException {
        return Conversations.stored(sql, conversation.id()).items() == 0
                && sql.number("SELECT count(*) FROM responses WHERE conversation = ?", conversation.number()) == 0;
    }

    /** Encrypts those of a conversation anew, within a transaction. */
    static void encryptAnew(Sql sql, long conversation, RowKey before, RowKey after)
            throws SQLException, VaultException {
        long last = 0;
        while (true) {
            List<Stored> some = sql.rows(OF, Stored::read, conversation, last, Bounds.LIST_MAX);
            for (Stored response : some) {
                byte[] body = after.encrypt(before.decrypt(response.body(), response.id()), response.id());
                sql.change("UPDATE responses SET body = ? WHERE number = ?", body, response.number());
                last = response.number();
            }
            if (some.isEmpty()) {
                return;
            }
        }
    }

    private Kept opened(Sql sql, Stored stored) throws SQLException, VaultException {
        Within within = within(sql, stored);
        Content content = content(within.key(), stored);
        List<ConversationItem> output = new ArrayList<>();
        for (Part part : within.parts(content.output())) {
            part.find(sql, new ReadBudget()).ifPresent(output::add);
        }
        return new Kept(stored.id(), within.in().id(), Instant.ofEpochMilli(stored.created()), content.body(), output);
    }

    private static Content content(RowKey key, Stored stored) throws VaultException {
        return Content.of(Json.object(key.decrypt(stored.body(), stored.id())));
    }

    /** The ids beside it are this program's own, and bounded by the number of items. */
    private static byte[] sealed(RowKey key, String id, Content content) throws VaultException {
        return key.encrypt(Json.bytes(content.json(), 2 * KeptBounds.RESPONSE_BYTES_MAX), id);
    }

    private static Stored stored(Sql sql, String id) throws SQLException, VaultException {
        return sql.first(ONE, Stored::read, id)
                .orElseThrow(() -> new VaultException(Reason.MISSING, "There is no such response."));
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import omni.vault.ConversationItems.Order;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ConversationsTest {
    @TempDir
    Path folder;

    private TestVault vault;
    private Conversations conversations;
    private ConversationItems items;

    @BeforeEach
    void open() throws Exception {
        vault = new TestVault(folder.resolve("v"));
        conversations = vault.conversations;
        items = conversations.items();
    }

    @AfterEach
    void close() throws Exception {
        vault.close();
    }

    @Test
    void oneIsCreatedReadChangedAndDeleted() throws Exception {
        Conversation made = conversations.create(Map.of("a", "ä"), List.of(), Optional.empty());
        assertTrue(made.id().matches("conv_[0-9a-f]{48}"));
        assertEquals(TestVault.BEGIN, made.created());
        assertEquals(made, conversations.retrieve(made.id()));
        vault.at(TestVault.BEGIN.plusSeconds(5));
        Conversation updated = conversations.update(made.id(), Map.of("b", ""));
        assertEquals(Map.of("b", ""), updated.metadata());
        assertEquals(TestVault.BEGIN.plusSeconds(5), updated.changed());
        assertEquals(updated, conversations.retrieve(made.id()));
        conversations.delete(made.id());
        refused(Reason.MISSING, () -> conversations.retrieve(made.id()));
        refused(Reason.MISSING, () -> conversations.update(made.id(), Map.of()));
        refused(Reason.MISSING, () -> conversations.delete(made.id()));
        refused(Reason.MISSING, () -> items.create(made.id(), List.of(TestVault.message("late"))));
    }

    @Test
    void metadataIsBounded() throws Exception {
        Map<String, String> pairs = new HashMap<>();
        for (int i = 0; i < 16; i++) {
            pairs.put(i + "\uD83D\uDE00".repeat(62), "\uD83D\uDE00".repeat(512));
        }
        assertEquals(
                pairs, conversations.create(pairs, List.of(), Optional.empty()).metadata());
        pairs.put("one more", "");
        invalidMetadata(pairs);
        invalidMetadata(Map.of("k".repeat(65), ""));
        invalidMetadata(Map.of("k", "v".repeat(513)));
        invalidMetadata(Map.of("k", "\uD83D"));
        invalidMetadata(Map.of("k\0", ""));
        assertEquals(1, conversations.list(Optional.empty(), 100).entries().size());
    }

    private void invalidMetadata(Map<String, String> metadata) {
        refused(Reason.INVALID, () -> conversations.create(metadata, List.of(), Optional.empty()));
    }

    @Test
    void theNewestIsListedFirst() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.addFirst(vault.conversation());
        }
        Listing<Conversation> first = conversations.list(Optional.empty(), 2);
        assertEquals(
                ids.subList(0, 2),
                first.entries().stream().map(Conversation::id).toList());
        assertTrue(first.more());
        Listing<Conversation> rest = conversations.list(Optional.of(ids.get(1)), 3);
        assertEquals(
                ids.subList(2, 5), rest.entries().stream().map(Conversation::id).toList());
        assertFalse(rest.more());
        refused(Reason.INVALID, () -> conversations.list(Optional.empty(), 0));
        refused(Reason.INVALID, () -> conversations.list(Optional.empty(), 101));
        refused(Reason.MISSING, () -> conversations.list(Optional.of("conv_none"), 1));
    }

    @Test
    void itemsComeBackAsTheyWereInBothOrders() throws Exception {
        String id = vault.conversation("a", "b");
        List<ConversationItem> added = items.create(
                id, List.of(TestVault.message("c"), TestVault.message("d").put("id", "of the sender")));
        assertTrue(added.getLast().id().matches("msg_[0-9a-f]{48}"));
        assertEquals(added.getLast().id(), added.getLast().body().path("id").asString());
        Listing<ConversationItem> all = items.list(id, Optional.empty(), 100, Order.OLDEST_FIRST);
        assertEquals(List.of("a", "b", "c", "d"), texts(all));
        assertEquals(4, conversations.retrieve(id).items());
        Listing<ConversationItem> up =
                items.list(id, Optional.of(all.entries().get(0).id()), 2, Order.OLDEST_FIRST);
        assertEquals(List.of("b", "c"), texts(up));
        assertTrue(up.more());
        Listing<ConversationItem> down =
                items.list(id, Optional.of(added.getFirst().id()), 2, Order.NEWEST_FIRST);
        assertEquals(List.of("b", "a"), texts(down));
        assertFalse(down.more());
        assertEquals(added.getFirst(), items.retrieve(id, added.getFirst().id()));
        items.delete(id, added.getFirst().id());
        assertEquals(List.of("a", "b", "d"), texts(items.list(id, Optional.empty(), 100, Order.OLDEST_FIRST)));
        assertEquals(3, conversations.retrieve(id).items());
        refused(Reason.MISSING, () -> items.retrieve(id, added.getFirst().id()));
    }

    private static List<String> texts(Listing<ConversationItem> list) {
        return list.entries().stream()
                .map(item -> item.body().path("content").path(0).path("text").asString())
                .toList();
    }

    @Test
    void anItemIsFoundInItsOwnConversationAlone() throws Exception {
        String one = vault.conversation("of one");
        String other = vault.conversation("of the other");
        String item = items.list(one, Optional.empty(), 1, Order.OLDEST_FIRST)
                .entries()
                .getFirst()
                .id();
        refused(Reason.MISSING, () -> items.retrieve(other, item));
        refused(Reason.MISSING, () -> items.delete(other, item));
        refused(Reason.MISSING, () -> items.list(other, Optional.of(item), 1, Order.OLDEST_FIRST));
    }

    @Test
    void itemsAreBoundedInCount() throws Exception {
        String id = vault.conversation();
        assertEquals(
                20,
                items.create(id, Collections.nCopies(20, TestVault.message("x")))
                        .size());
        refused(Reason.INVALID, () -> items.create(id, Collections.nCopies(21, TestVault.message("x"))));
        refused(Reason.INVALID, () -> items.create(id, List.of()));
        vault.records.write(sql -> sql.change("UPDATE conversations SET items = ?", KeptBounds.ITEMS_MAX - 1));
        refused(Reason.REFUSED, () -> items.create(id, Collections.nCopies(2, TestVault.message("x"))));
        items.create(id, List.of(TestVault.message("the last")));
        refused(Reason.REFUSED, () -> items.create(id, List.of(TestVault.message("one more"))));
    }

    /** To change one encrypts all of it anew: no more than so much. */
    @Test
    void aConversationIsBoundedInBytes() throws Exception {
        String id = vault.conversation("one");
        long one = bytes(id);
        items.create(id, List.of(TestVault.message("two")));
        long full = bytes(id);
        assertTrue(one > 0 && full > one);
        var tight = new Conversations(vault.records, Clock.systemUTC(), full + one - 1);
        refused(Reason.REFUSED, () -> tight.items().create(id, List.of(TestVault.message("six"))));
        assertEquals(2, conversations.retrieve(id).items(), "nothing of it is there");
        assertEquals(full, bytes(id));
        var enough = new Conversations(vault.records, Clock.systemUTC(), full + one);
        enough.items().create(id, List.of(TestVault.message("six")));
        refused(
                Reason.REFUSED,
                () -> enough.responses()
                        .keep(
                                "resp_" + "0".repeat(48),
                                new Responses.Place(Optional.of(id), Optional.empty()),
                                Json.object(),
                                List.of(),
                                List.of()));
        assertEquals(Map.of("a", "b"), enough.update(id, Map.of("a", "b")).metadata(), "what is full can be changed");
        assertEquals(full + one, bytes(id));
    }

    /** What it was said to have room for is kept, at its largest. */
    @Test
    void roomIsAskedForBeforehand() throws Exception {
        String id = vault.conversation("one");
        var asked = TestVault.message("what is asked");
        int length = asked.toString().length();
        long max = bytes(id) + ConversationItems.ANSWER_BYTES_MAX + ConversationItems.STORED_BYTES_MORE + length;
        var tight = new Conversations(vault.records, Clock.systemUTC(), max);
        refused(Reason.REFUSED, () -> tight.requireRoom(id, 1, length + 1));
        tight.requireRoom(id, 1, length);
        var answer = Json.object().put("id", "msg_" + "0".repeat(48)).put("type", "message");
        answer.put(
                "text", "x".repeat(KeptBounds.ITEM_BYTES_MAX - answer.toString().length() - 10));
        var body = Json.object().put("a", "x".repeat(KeptBounds.RESPONSE_BYTES_MAX - 8));
        var place = new Responses.Place(Optional.of(id), Optional.empty());
        tight.responses().keep("resp_" + "0".repeat(48), place, body, List.of(asked), List.of(answer));

        vault.records.write(sql -> sql.change("UPDATE conversations SET items = ?", KeptBounds.ITEMS_MAX - 2));
        conversations.requireRoom(id, 1, 0);
        refused(Reason.REFUSED, () -> conversations.requireRoom(id, 2, 0));
        refused(Reason.INVALID, () -> conversations.requireRoom(id, -1, 0));
        refused(Reason.INVALID, () -> conversations.requireRoom(id, 1, -1));
        refused(Reason.MISSING, () -> conversations.requireRoom("conv_none", 1, 0));
    }

    private long bytes(String conversation) throws VaultException {
        return vault.records.read(sql -> sql.number(
                "SELECT sum(length(body)) FROM items JOIN conversations ON conversations.number = conversation"
                        + " WHERE conversations.id = ?",
                conversation));
    }

    @Test
    void anItemIsBoundedInSizeAndDepth() throws Exception {
        String id = vault.conversation();
        int frame = Json.bytes(Json.object().put("text", ""), 100).length;
        String longest = "x".repeat(KeptBounds.ITEM_BYTES_MAX - frame);
        items.create(id, List.of(Json.object().put("text", longest)));
        refused(Reason.INVALID, () -> items.create(id, List.of(Json.object().put("text", longest + "x"))));
        items.create(id, List.of(nested(KeptBounds.ITEM_DEPTH_MAX)));
        refused(Reason.INVALID, () -> items.create(id, List.of(nested(KeptBounds.ITEM_DEPTH_MAX + 1))));
        items.create(id, List.of(counted(KeptBounds.ITEM_TOKENS_MAX)));
        refused(Reason.INVALID, () -> items.create(id, List.of(counted(KeptBounds.ITEM_TOKENS_MAX + 1))));
        refused(Reason.INVALID, () -> items.create(id, List.of(Json.object().put("text", "\uD83D"))));
        assertEquals(3, conversations.retrieve(id).items());
    }

    /** Of so many values, names and brackets: five, and the rest in an array. */
    private static ObjectNode counted(int tokens) {
        ObjectNode item = Json.object();
        var array = item.putArray("in");
        for (int i = 5; i < tokens; i++) {
            array.add(1);
        }
        return item;
    }

    /** The whole of a conversation comes within messages of the bus, however many brackets it has: a page ends early. */
    @Test
    void aPageIsBoundedInWhatItHolds() throws Exception {
        String id = vault.conversation();
        for (int i = 0; i < 6; i++) {
            items.create(id, List.of(counted(40_000)));
        }
        Listing<ConversationItem> page = items.list(id, Optional.empty(), 100, Order.OLDEST_FIRST);
        assertEquals(2, page.entries().size());
        assertTrue(page.more());
    }

    private static ObjectNode nested(int depth) {
        ObjectNode node = Json.object();
        for (int i = 1; i < depth; i++) {
            ObjectNode outer = Json.object();
            outer.set("in", node);
            node = outer;
        }
        return node;
    }

    @Test
    void whatIsOverIsDeletedAndNothingElse() throws Exception {
        List<String> told = new ArrayList<>();
        Retention retention = new Retention(
                vault.settings,
                conversations,
                new AuditTally((event, details) -> told.add(event + " " + details.get("count"))),
                Optional.empty());
        String kept = vault.conversation("kept");
        String brief = vault.conversation("brief");
        conversations.keep(brief, Optional.of(Duration.ofHours(1)));
        assertEquals(0, retention.expire(TestVault.BEGIN.plus(Duration.ofMinutes(59))));
        assertEquals(1, retention.expire(TestVault.BEGIN.plus(Duration.ofHours(1))));
        refused(Reason.MISSING, () -> conversations.retrieve(brief));
        assertEquals(List.of("DELETED 1"), told, "and nothing of the runs that found none");

        retention.rule(Optional.of(Duration.ofDays(30)));
        assertEquals(Optional.of(Duration.ofDays(30)), retention.rule());
        String longer = conversations
                .create(Map.of(), List.of(), Optional.of(Duration.ofDays(90)))
                .id();
        vault.at(TestVault.BEGIN.plus(Duration.ofDays(29)));
        items.create(kept, List.of(TestVault.message("still in use")));
        assertEquals(0, retention.expire(TestVault.BEGIN.plus(Duration.ofDays(58))));
        assertEquals(1, retention.expire(TestVault.BEGIN.plus(Duration.ofDays(59))));
        refused(Reason.MISSING, () -> conversations.retrieve(kept));
        assertEquals(0, retention.expire(TestVault.BEGIN.plus(Duration.ofDays(89))));
        retention.rule(Optional.empty());
        conversations.keep(longer, Optional.empty());
        assertEquals(0, retention.expire(TestVault.BEGIN.plus(Duration.ofDays(30_000))));
        assertEquals(longer, conversations.retrieve(longer).id());
    }

    /** One that is over when it is looked for and goes on before it is deleted is not deleted. */
    @Test
    void whatGoesOnMeanwhileIsKept() throws Exception {
        String id = conversations
                .create(Map.of(), List.of(), Optional.of(Duration.ofSeconds(1)))
                .id();
        var now = TestVault.BEGIN.plusSeconds(1);
        var gone = new CompletableFuture<Integer>();
        var count = new AtomicInteger();
        vault.records.write(sql -> {
            var expiry = Thread.ofPlatform().start(() -> {
                try {
                    conversations.expire(now, Optional.empty(), count::addAndGet);
                    gone.complete(count.get());
                } catch (VaultException e) {
                    gone.completeExceptionally(e);
                }
            });
            while (expiry.getState() != Thread.State.WAITING && expiry.isAlive()) {
                Thread.onSpinWait(); // until it waits for this transaction's end
            }
            return sql.change("UPDATE conversations SET changed = ?", now.toEpochMilli());
        });
        assertEquals(0, gone.get());
        assertEquals(id, conversations.retrieve(id).id());
    }

    @Test
    void manyAreOverAtOnce() throws Exception {
        for (int i = 0; i < 150; i++) {
            conversations.create(Map.of(), List.of(), Optional.of(Duration.ofSeconds(1)));
        }
        var gone = new AtomicInteger();
        conversations.expire(TestVault.BEGIN.plusSeconds(1), Optional.empty(), gone::addAndGet);
        assertEquals(150, gone.get());
    }

    @Test
    void theTimeThatOneIsKeptIsBounded() throws Exception {
        String id = vault.conversation();
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofSeconds(-1), Conversations.KEEP_MAX.plusNanos(1))) {
            refused(Reason.INVALID, () -> conversations.keep(id, Optional.of(wrong)));
            refused(Reason.INVALID, () -> conversations.create(Map.of(), List.of(), Optional.of(wrong)));
        }
        assertEquals(
                Optional.of(Conversations.KEEP_MAX),
                conversations.keep(id, Optional.of(Conversations.KEEP_MAX)).keep());
    }

    @Test
    void eachHasAKeyOfItsOwnUnderTheNewestVersion() throws Exception {
        String before = vault.conversation("same");
        vault.keys.addVersion(Purpose.CONVERSATIONS);
        String after = vault.conversation("same");
        List<byte[]> wrapped = vault.records.read(
                sql -> sql.rows("SELECT wrapped FROM row_keys ORDER BY number", row -> row.getBytes(1)));
        assertEquals(1, wrapped.get(0)[3]);
        assertEquals(2, wrapped.get(1)[3]);
        List<String> bodies =
                vault.records.read(sql -> sql.rows("SELECT hex(body) FROM items", row -> row.getString(1)));
        assertNotEquals(bodies.get(0), bodies.get(1));
        for (String id : List.of(before, after)) {
            assertEquals(List.of("same"), texts(items.list(id, Optional.empty(), 1, Order.OLDEST_FIRST)));
        }
    }

    @Test
    void aKeyOrATextOfAnotherDoesNotOpen() throws Exception {
        String one = vault.conversation("a");
        String other = vault.conversation("b");
        vault.records.write(sql ->
                sql.change("UPDATE conversations SET key = (SELECT max(number) FROM row_keys) WHERE id = ?", one));
        refused(Reason.DAMAGED, () -> conversations.retrieve(one));
        assertEquals(List.of("b"), texts(items.list(other, Optional.empty(), 1, Order.OLDEST_FIRST)));
    }

    static void refused(Reason reason, Executable call) {
        assertEquals(reason, assertThrows(VaultException.class, call).reason());
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.vault.ConversationItems.Order;
import omni.vault.Responses.Place;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ResponsesTest {
    private static final Place ALONE = new Place(Optional.empty(), Optional.empty());

    @TempDir
    Path folder;

    private TestVault vault;
    private Responses responses;
    private int made;

    @BeforeEach
    void open() throws Exception {
        open(RecordsOptions.PRODUCT);
    }

    private void open(RecordsOptions options) throws Exception {
        vault = new TestVault(folder.resolve("v" + options.synchronous()), options);
        responses = vault.conversations.responses();
    }

    @AfterEach
    void close() throws Exception {
        vault.close();
    }

    private static Place after(String id) {
        return new Place(Optional.empty(), Optional.of(id));
    }

    private static Place in(String conversation) {
        return new Place(Optional.of(conversation), Optional.empty());
    }

    private static String id(String prefix, int number) {
        return prefix + String.format("%048x", number);
    }

    private static ObjectNode body() {
        return Json.object().put("object", "response").put("instructions", "be brief");
    }

    /** Asks and answers, and returns the id. */
    private String kept(Place place, String asked, String given) throws VaultException {
        String id = id("resp_", ++made);
        ObjectNode output = TestVault.message(given).put("id", id("msg_", made));
        return responses
                .keep(id, place, body(), List.of(TestVault.message(asked)), List.of(output))
                .id();
    }

    private List<String> input(String id) throws VaultException {
        return responses.input(id, Optional.empty(), 100, Order.OLDEST_FIRST).entries().stream()
                .map(item -> item.body().at("/content/0/text").asString())
                .toList();
    }

    private long count(String conversation) throws VaultException {
        return vault.conversations.retrieve(conversation).items();
    }

    @Test
    void oneIsKeptWithWhatItWasAskedAndGave() throws Exception {
        String id = kept(ALONE, "which bird?", "an owl");
        Responses.Kept kept = responses.retrieve(id);
        assertEquals(body(), kept.body());
        assertEquals(id("msg_", made), kept.output().getFirst().id());
        assertEquals(
                "an owl", kept.output().getFirst().body().at("/content/0/text").asString());
        assertEquals(List.of("which bird?"), input(id));
        assertEquals(2, count(kept.conversation()));
        assertEquals(
                kept.conversation(),
                vault.search.conversations("owl", 10).getFirst().in());
        assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
    }

    @Test
    void oneGoesOnFromAnother() throws Exception {
        String first = kept(ALONE, "1?", "1.");
        String second = kept(after(first), "2?", "2.");
        String fork = kept(after(first), "other?", "other.");
        String third = kept(after(second), "3?", "3.");
        assertEquals(List.of("1?", "1.", "2?", "2.", "3?"), input(third));
        assertEquals(List.of("1?", "1.", "other?"), input(fork));
        assertEquals(
                responses.retrieve(first).conversation(),
                responses.retrieve(third).conversation());

        var page = responses.input(third, Optional.empty(), 2, Order.NEWEST_FIRST);
        assertTrue(page.more());
        var rest = responses.input(third, Optional.of(page.entries().getLast().id()), 100, Order.NEWEST_FIRST);
        assertFalse(rest.more());
        assertEquals(3, rest.entries().size());
        refused(Reason.MISSING, () -> responses.input(third, Optional.of("nothing"), 1, Order.NEWEST_FIRST));

        responses.delete(second);
        refused(Reason.MISSING, () -> responses.retrieve(second));
        refused(Reason.MISSING, () -> input(third));
        assertEquals(
                "3.",
                responses
                        .retrieve(third)
                        .output()
                        .getFirst()
                        .body()
                        .at("/content/0/text")
                        .asString());
        assertEquals(List.of("1?"), input(first));
    }

    @Test
    void deletedAloneNothingOfItIsLeft() throws Exception {
        String other = kept(ALONE, "ostrich", "emu");
        String id = kept(ALONE, "xylophonequail", "zebrafinchling");
        String conversation = responses.retrieve(id).conversation();
        List<String> words = List.of("lophonequail", "brafinchling");
        assertEquals(2, PlainPages.found(pages(), words), "the control");
        responses.delete(id);
        assertEquals(0, PlainPages.found(pages(), words));
        refused(Reason.MISSING, () -> vault.conversations.retrieve(conversation));
        assertEquals(List.of("ostrich"), input(other));
    }

    /** What remains is under another key, so that a copy of the deleted answer in some page opens no more. */
    @Test
    void deletedFromAChainItsKeyIsGone() throws Exception {
        String first = kept(ALONE, "1?", "1.");
        String second = kept(after(first), "2?", "2.");
        byte[] key = vault.records.read(
                sql -> sql.first("SELECT wrapped FROM row_keys ORDER BY number DESC", row -> row.getBytes(1))
                        .orElseThrow());
        assertTrue(holds(key), "the control");
        responses.delete(second);
        assertFalse(holds(key));
        assertEquals(List.of("1?"), input(first));
        assertEquals(body(), responses.retrieve(first).body());
        assertEquals(2, count(responses.retrieve(first).conversation()));
    }

    @Test
    void inAConversationItGoesWithItAndNotTheOtherWayRound() throws Exception {
        String conversation = vault.conversation("before");
        String first = kept(in(conversation), "1?", "1.");
        String second = kept(in(conversation), "2?", "2.");
        assertEquals(5, count(conversation));
        assertEquals(List.of("2?"), input(second));
        responses.delete(first);
        assertEquals(5, count(conversation));
        vault.conversations.items().delete(conversation, id("msg_", made));
        assertEquals(List.of(), responses.retrieve(second).output());
        assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
        vault.conversations.delete(conversation);
        refused(Reason.MISSING, () -> responses.retrieve(second));
    }

    /** The control is what goes on from that again: it is in one conversation with it. */
    @Test
    void whatGoesOnFromOneInAConversationIsApartFromIt() throws Exception {
        String conversation = vault.conversations
                .create(Map.of(), List.of(TestVault.message("before")), Optional.of(Duration.ofDays(2)))
                .id();
        String named = kept(in(conversation), "1?", "1.");
        String apart = kept(after(named), "2?", "2.");
        String again = kept(after(apart), "3?", "3.");
        String other = kept(after(named), "other?", "other.");
        String later = kept(in(conversation), "4?", "4.");

        assertEquals(5, count(conversation));
        String own = responses.retrieve(apart).conversation();
        assertEquals(own, responses.retrieve(again).conversation());
        assertEquals(4, count(own));
        assertEquals(
                3,
                Set.of(conversation, own, responses.retrieve(other).conversation())
                        .size());
        assertEquals(
                Optional.of(Duration.ofDays(2)),
                vault.conversations.retrieve(own).keep());
        assertEquals(List.of("1?", "1.", "2?", "2.", "3?"), input(again));
        assertEquals(List.of("1?", "1.", "other?"), input(other));
        assertEquals(List.of("4?"), input(later));
        String second = responses
                .input(again, Optional.empty(), 2, Order.OLDEST_FIRST)
                .entries()
                .getLast()
                .id();
        assertEquals(
                3,
                responses
                        .input(again, Optional.of(second), 100, Order.OLDEST_FIRST)
                        .entries()
                        .size());
        assertEquals(List.of(), RecordsCheck.open(vault.records).problems());

        responses.delete(again);
        assertEquals(2, count(own));
        vault.conversations.delete(conversation);
        assertEquals(
                "2.",
                responses
                        .retrieve(apart)
                        .output()
                        .getFirst()
                        .body()
                        .at("/content/0/text")
                        .asString());
        refused(Reason.MISSING, () -> input(apart));
        responses.delete(apart);
        refused(Reason.MISSING, () -> vault.conversations.retrieve(own));
    }

    @Test
    void allIsBounded() throws Exception {
        List<ObjectNode> most = Collections.nCopies(Responses.INPUT_MAX, TestVault.message("a"));
        responses.keep(id("resp_", 1001), ALONE, body(), most, List.of());
        List<ObjectNode> more = Collections.nCopies(Responses.INPUT_MAX + 1, TestVault.message("a"));
        refused(Reason.INVALID, () -> responses.keep(id("resp_", 1002), ALONE, body(), more, List.of()));
        List<ObjectNode> outputs =
                Collections.nCopies(21, TestVault.message("a").put("id", id("msg_", 1)));
        refused(Reason.INVALID, () -> responses.keep(id("resp_", 1002), ALONE, body(), List.of(), outputs));
        ObjectNode large = Json.object().put("a", "a".repeat(KeptBounds.RESPONSE_BYTES_MAX - 8));
        responses.keep(id("resp_", 1003), ALONE, large, List.of(), List.of());
        large.put("a", "a".repeat(KeptBounds.RESPONSE_BYTES_MAX - 7));
        refused(Reason.INVALID, () -> responses.keep(id("resp_", 1004), ALONE, large, List.of(), List.of()));
        for (String bad : List.of(
                "",
                "resp_",
                "resp_1",
                id("resp_", 1) + "0",
                id("msg_", 1),
                id("resp_", 1).toUpperCase(java.util.Locale.ROOT))) {
            refused(Reason.INVALID, () -> responses.keep(bad, ALONE, body(), List.of(), List.of()));
        }
        refused(
                Reason.INVALID,
                () -> responses.keep(id("resp_", 1005), ALONE, body(), List.of(), List.of(TestVault.message("a"))));
        refused(Reason.REFUSED, () -> responses.keep(id("resp_", 1003), ALONE, body(), List.of(), List.of()));
        Place both = new Place(Optional.of(vault.conversation()), Optional.of(id("resp_", 1003)));
        refused(Reason.INVALID, () -> responses.keep(id("resp_", 1006), both, body(), List.of(), List.of()));
        refused(Reason.MISSING, () -> responses.keep(id("resp_", 1006), in("none"), body(), List.of(), List.of()));
        refused(Reason.MISSING, () -> responses.keep(id("resp_", 1006), after("none"), body(), List.of(), List.of()));
    }

    @Test
    void aChainIsBounded() throws Exception {
        close();
        open(new RecordsOptions(true, false, RecordsOptions.PRODUCT.pagesMax()));
        Place place = ALONE;
        String last = "";
        for (int i = 0; i <= Responses.CHAIN_MAX; i++) {
            last = responses
                    .keep(id("resp_", 5000 + i), place, Json.object(), List.of(), List.of())
                    .id();
            place = after(last);
        }
        assertEquals(List.of(), input(last));
        String beyond = responses
                .keep(id("resp_", 9999), place, Json.object(), List.of(), List.of())
                .id();
        refused(Reason.REFUSED, () -> input(beyond));
    }

    private List<byte[]> pages() throws Exception {
        return PlainPages.of(folder.resolve("vtrue"), vault.keys.bytes(Purpose.RECORDS, 1));
    }

    private boolean holds(byte[] bytes) throws Exception {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return pages().stream().anyMatch(page -> new String(page, StandardCharsets.ISO_8859_1).contains(text));
    }

    private static void refused(Reason reason, Executable call) {
        assertEquals(reason, assertThrows(VaultException.class, call).reason());
    }
}

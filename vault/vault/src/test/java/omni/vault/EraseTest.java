package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was deleted is in no page of the database and the journal, read with the raw key. */
class EraseTest {
    private static final int PLANTED = 50;
    private static final RecordsOptions LEAVES = new RecordsOptions(false, true, RecordsOptions.PRODUCT.pagesMax());

    @TempDir
    Path folder;

    private final Random random = new Random(20260301);
    private final List<String> words = new ArrayList<>();

    @Test
    void wordsOfWhatWasDeletedAreNowhere() throws Exception {
        assertEquals(0, plantAndDelete(RecordsOptions.PRODUCT));
    }

    @Test
    void withoutErasingTheyAreThere() throws Exception {
        assertTrue(plantAndDelete(LEAVES) > PLANTED / 2);
    }

    /** Returns how many of the planted words are left. */
    private long plantAndDelete(RecordsOptions options) throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"), options)) {
            List<String> doomed = new ArrayList<>();
            for (int i = 0; i < PLANTED / 5; i++) {
                vault.conversation(prose(300));
                doomed.add(vault.conversation(prose(200) + plant() + prose(100), plant() + plant() + prose(150)));
                vault.memories.create("kept", prose(50));
            }
            List<String> remembered = new ArrayList<>();
            for (int i = 0; i < PLANTED / 5; i++) {
                remembered.add(
                        vault.memories.create(plant(), prose(20) + plant()).id());
            }
            assertEquals(PLANTED, words.size());
            assertEquals(PLANTED, left(vault));
            for (String id : doomed) {
                vault.conversations.delete(id);
            }
            vault.memories.edit(remembered.removeFirst(), "other", prose(20));
            for (String id : remembered) {
                vault.memories.delete(id);
            }
            assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
            return left(vault);
        }
    }

    /** Conversations come and go in any order, so that rows move between pages. */
    @Test
    void norAfterMuchComingAndGoing() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            Map<String, List<String>> alive = new HashMap<>();
            List<String> gone = new ArrayList<>();
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < 20; i++) {
                    words.clear();
                    String[] texts = new String[1 + random.nextInt(5)];
                    for (int k = 0; k < texts.length; k++) {
                        texts[k] = prose(random.nextInt(200)) + plant() + prose(random.nextInt(200));
                    }
                    alive.put(vault.conversation(texts), List.copyOf(words));
                }
                List<String> ids = new ArrayList<>(alive.keySet());
                for (String id : ids.subList(0, 5 + random.nextInt(10))) {
                    vault.conversations.delete(id);
                    gone.addAll(alive.getOrDefault(id, List.of()));
                    alive.remove(id);
                }
                assertEquals(0, left(vault, gone), "in round " + round);
            }
        }
    }

    @Test
    void whatAnItemWasIsGoneAndTheOthersAreThere() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            String id = vault.conversation("first", plant(), "third");
            byte[] before = wrappedKey(vault);
            assertTrue(holds(vault, before));
            var items = vault.conversations
                    .items()
                    .list(id, java.util.Optional.empty(), 10, ConversationItems.Order.OLDEST_FIRST)
                    .entries();
            vault.conversations.items().delete(id, items.get(1).id());
            assertEquals(0, left(vault));
            assertTrue(!holds(vault, before), "the key that opened it is gone");
            assertEquals(
                    List.of(items.get(0).body(), items.get(2).body()),
                    vault
                            .conversations
                            .items()
                            .list(id, java.util.Optional.empty(), 10, ConversationItems.Order.OLDEST_FIRST)
                            .entries()
                            .stream()
                            .map(ConversationItem::body)
                            .toList());
            assertEquals("test", vault.conversations.retrieve(id).metadata().get("topic"));
        }
    }

    /** A title, for one: what it was opens by no key that is left. */
    @Test
    void whatTheMetadataWasIsGoneAndTheItemsAreThere() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            String id = vault.conversation("first", "second");
            vault.conversations.update(id, Map.of("title", "about " + plant().strip()));
            var items = vault.conversations
                    .items()
                    .list(id, java.util.Optional.empty(), 10, ConversationItems.Order.OLDEST_FIRST);
            byte[] before = wrappedKey(vault);
            vault.conversations.retrieve(id);
            assertTrue(holds(vault, before), "the control: looking changes nothing");
            vault.conversations.update(id, Map.of("title", "other"));
            assertTrue(!holds(vault, before), "the key that opened it is there");
            assertEquals(0, left(vault));
            assertEquals(
                    Map.of("title", "other"), vault.conversations.retrieve(id).metadata());
            assertEquals(
                    items,
                    vault.conversations
                            .items()
                            .list(id, java.util.Optional.empty(), 10, ConversationItems.Order.OLDEST_FIRST));
            assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
        }
    }

    @Test
    void theKeyOfAConversationIsOverwritten() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                ids.add(vault.conversation());
            }
            byte[] key = wrappedKey(vault);
            assertTrue(holds(vault, key));
            vault.conversations.delete(ids.getLast());
            assertTrue(!holds(vault, key));
        }
    }

    /** A crash between a deletion and the purge: the next opening does the rest. */
    @Test
    void anInterruptedPurgeIsFinishedAtTheNextOpening() throws Exception {
        Path place = folder.resolve("v");
        try (TestVault vault = new TestVault(place, LEAVES)) {
            vault.conversation(prose(300));
            vault.conversations.delete(vault.conversation(plant() + prose(300)));
            vault.records.checkpoint();
            assertEquals(1, left(vault));
        }
        try (TestVault vault = new TestVault(place)) {
            assertEquals(0, vault.search.conversations(words.getFirst(), 10).size());
            assertEquals(0L, vault.records.<Long>read(sql -> sql.number("SELECT count(*) FROM purge_due")));
        }
    }

    /** The newest one, as it stands in its row. */
    private static byte[] wrappedKey(TestVault vault) throws VaultException {
        return vault.records.read(
                sql -> sql.first("SELECT wrapped FROM row_keys ORDER BY number DESC", row -> row.getBytes(1))
                        .orElseThrow());
    }

    private boolean holds(TestVault vault, byte[] bytes) throws IOException, GeneralSecurityException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return pages(vault).stream().anyMatch(page -> new String(page, StandardCharsets.ISO_8859_1).contains(text));
    }

    private long left(TestVault vault) throws IOException, GeneralSecurityException {
        return left(vault, words);
    }

    /** The index leaves out the beginning that a word has in common with the one before it. */
    private long left(TestVault vault, List<String> of) throws IOException, GeneralSecurityException {
        return PlainPages.found(
                pages(vault), of.stream().map(word -> word.substring(4)).toList());
    }

    private List<byte[]> pages(TestVault vault) throws IOException, GeneralSecurityException {
        return PlainPages.of(folder.resolve("v"), vault.keys.bytes(Purpose.RECORDS, 1));
    }

    private String plant() {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        words.add(word.toString());
        return word + " ";
    }

    private String prose(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(Integer.toString(random.nextInt(3000) * 7919, 36)).append(' ');
        }
        return text.toString();
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database itself: opening, keys, damage, transactions, room. */
class RecordsTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsReadAfterAReopening() throws Exception {
        String id;
        try (TestVault vault = new TestVault(place())) {
            id = vault.conversation("hello");
        }
        assertEquals(List.of("records.db"), names());
        try (TestVault vault = new TestVault(place())) {
            assertEquals(
                    Map.of("topic", "test"), vault.conversations.retrieve(id).metadata());
        }
    }

    @Test
    void itsFilesAreForTheirOwnerAloneAndNoneIsPlain() throws Exception {
        try (TestVault vault = new TestVault(place())) {
            vault.conversation("a very plain text");
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(place())));
            for (String name : names()) {
                Path file = place().resolve(name);
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)), name);
                String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                assertFalse(bytes.contains("plain text") || bytes.contains("CREATE TABLE"), name);
            }
        }
    }

    @Test
    void anotherKeyIsDenied() throws Exception {
        new TestVault(place()).close();
        try (FakeKeys other = new FakeKeys("other")) {
            assertEquals(Reason.DENIED, refusal(other));
        }
    }

    @Test
    void theNewestKeyThatOpensItIsTaken() throws Exception {
        new TestVault(place()).close();
        try (FakeKeys keys = new FakeKeys("vault")) {
            keys.addVersion(Purpose.RECORDS);
            keys.addVersion(Purpose.RECORDS);
            Records.open(place(), keys).close();
        }
    }

    @Test
    void whatIsNoDatabaseOfTheVaultIsDamaged() throws Exception {
        new TestVault(place()).close();
        Path file = Records.file(place());
        byte[] whole = Files.readAllBytes(file);
        try (FakeKeys keys = new FakeKeys("vault")) {
            Files.write(file, new byte[0]);
            assertEquals(Reason.DAMAGED, refusal(keys));
            Files.write(file, java.util.Arrays.copyOf(whole, 4095));
            assertEquals(Reason.DAMAGED, refusal(keys));
            Files.write(file, ("SQLite format 3\0" + "x".repeat(8192)).getBytes(StandardCharsets.US_ASCII));
            assertEquals(Reason.DAMAGED, refusal(keys));
            byte[] firstPage = whole.clone();
            firstPage[2000] ^= 1;
            Files.write(file, firstPage);
            assertEquals(Reason.DAMAGED, refusal(keys));
            Files.write(file, whole);
            Records.open(place(), keys).close();
        }
    }

    @Test
    void theRestOfADamagedDatabaseIsReadable() throws Exception {
        String first;
        long page;
        List<String> others = new ArrayList<>();
        try (TestVault vault = new TestVault(place())) {
            first = vault.conversation("the first");
            for (int i = 0; i < 20; i++) {
                others.add(vault.conversation("x".repeat(50_000)));
            }
            page = vault.records.read(
                    sql -> sql.number("SELECT max(pageno) FROM dbstat WHERE name = 'items' AND pagetype = 'overflow'"));
        }
        Path file = Records.file(place());
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (page - 1) * 4096 + 100] ^= 1;
        Files.write(file, bytes);
        try (TestVault vault = new TestVault(place())) {
            assertEquals(1, read(vault, first));
            int damaged = 0;
            for (String id : others) {
                try {
                    assertEquals(1, read(vault, id));
                } catch (VaultException e) {
                    assertEquals(Reason.DAMAGED, e.reason());
                    damaged++;
                }
            }
            assertEquals(1, damaged);
        }
    }

    private static int read(TestVault vault, String id) throws VaultException {
        return vault.conversations
                .items()
                .list(id, java.util.Optional.empty(), 10, ConversationItems.Order.OLDEST_FIRST)
                .entries()
                .size();
    }

    @Test
    void whatThrowsHasNotHappened() throws Exception {
        try (TestVault vault = new TestVault(place())) {
            assertThrows(
                    VaultException.class,
                    () -> vault.records.write(sql -> {
                        sql.change("INSERT INTO settings (name, value) VALUES ('a', 'b')");
                        throw Bounds.invalid("No.");
                    }));
            assertTrue(vault.settings.all().isEmpty());
            vault.settings.put("a", "c");
            assertEquals(Map.of("a", "c"), vault.settings.all());
        }
    }

    @Test
    void aFullDatabaseSaysSoAndLosesNothing() throws Exception {
        RecordsOptions small = new RecordsOptions(true, true, 100);
        try (TestVault vault = new TestVault(place(), small)) {
            String id = vault.conversation("kept");
            VaultException e = assertThrows(VaultException.class, () -> {
                for (int i = 0; i < 100; i++) {
                    vault.memories.create("m", "word ".repeat(10_000));
                }
            });
            assertEquals(Reason.FAILED, e.reason());
            assertTrue(e.getMessage().contains("no room"), e.getMessage());
            assertEquals(1, read(vault, id));
            assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
        }
    }

    @Test
    void manyReadWhileOneWrites() throws Exception {
        try (TestVault vault = new TestVault(place());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String id = vault.conversation("counted");
            List<Future<Integer>> reads = new ArrayList<>();
            for (int i = 0; i < 5 * Records.READERS_MAX; i++) {
                reads.add(threads.submit(() -> {
                    int items = read(vault, id);
                    vault.settings.put("s", "v");
                    return items;
                }));
            }
            for (Future<Integer> read : reads) {
                assertEquals(1, read.get());
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void workThatReadsDoesNotWrite() throws Exception {
        try (TestVault vault = new TestVault(place())) {
            assertThrows(
                    IllegalStateException.class,
                    () -> vault.records.read(sql -> vault.records.write(inner -> inner.number("SELECT 1"))));
            assertThrows(
                    VaultException.class,
                    () -> vault.records.read(
                            sql -> sql.change("INSERT INTO settings (name, value) VALUES ('a', 'b')")));
        }
    }

    @Test
    void closedRecordsAreSealed() throws Exception {
        TestVault vault = new TestVault(place());
        vault.close();
        assertEquals(
                Reason.SEALED,
                assertThrows(VaultException.class, () -> vault.settings.get("a"))
                        .reason());
        assertEquals(
                Reason.SEALED,
                assertThrows(VaultException.class, () -> vault.settings.put("a", "b"))
                        .reason());
    }

    @Test
    void whatABeginningThatCrashedLeftIsInNobodysWay() throws Exception {
        Files.createDirectories(place());
        for (String name : List.of("records.db.new", "records.db.new-wal", "records.db.new-journal")) {
            Files.writeString(place().resolve(name), "half");
        }
        new TestVault(place()).close();
        assertEquals(List.of("records.db"), names());
    }

    @Test
    void aFolderWithAQuestionMarkIsRefused() throws Exception {
        try (FakeKeys keys = new FakeKeys("vault")) {
            VaultException e =
                    assertThrows(VaultException.class, () -> Records.open(folder.resolve("what?mode=memory"), keys));
            assertEquals(Reason.INVALID, e.reason());
        }
    }

    private Reason refusal(DataKeys keys) {
        return assertThrows(VaultException.class, () -> Records.open(place(), keys))
                .reason();
    }

    private Path place() {
        return folder.resolve("v");
    }

    private List<String> names() throws Exception {
        try (Stream<Path> files = Files.list(place())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}

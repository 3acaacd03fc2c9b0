package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The way out of the journal: nothing is dropped from it that is not known to be in the database. */
class RecordsJournalTest {
    private static final int FIRST_PAGE = 32 + 24;
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private long journalBytes() throws IOException {
        return Files.size(Records.journal(folder));
    }

    private void flip(int at) throws IOException {
        byte[] bytes = Files.readAllBytes(Records.journal(folder));
        bytes[at] ^= 1;
        Files.write(Records.journal(folder), bytes);
    }

    private static int conversations(TestVault vault) throws VaultException {
        return vault.conversations.list(Optional.empty(), 10).entries().size();
    }

    private static Reason refusal(Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    /** SQLite has copied it, wrong page and all, and would begin the journal anew. */
    @Test
    void aJournalThatDoesNotHoldStaysAndIsTakenInLater() throws Exception {
        try (TestVault vault = new TestVault(folder)) {
            vault.conversation("in the database");
            vault.records.checkpoint();
            vault.conversation("in the journal");
            flip(FIRST_PAGE + 100);
            assertEquals(Reason.DAMAGED, refusal(vault.records::checkpoint));
            assertEquals(Reason.FAILED, refusal(() -> vault.conversation("more")));
            assertEquals(Reason.FAILED, refusal(() -> conversations(vault)));
        }
        flip(FIRST_PAGE + 100); // as of a disk that reads it again
        try (TestVault vault = new TestVault(folder)) {
            assertEquals(2, conversations(vault));
            assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
        }
    }

    @Test
    void whatAKillLeftIsInTheDatabaseBeforeSqliteSeesIt() throws Exception {
        Path left = Files.createDirectory(folder.resolve("left"));
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            vault.conversation("a");
            vault.records.checkpoint();
            vault.conversation("b");
            vault.conversation("c");
            WholeVault.put(WholeVault.bytes(folder.resolve("v")), left);
        }
        byte[] whole = Files.readAllBytes(Records.journal(left));
        Files.write(Records.journal(left), Arrays.copyOf(whole, whole.length - 1)); // the last change is cut
        Redo.left(Records.file(left));
        assertEquals(0, Files.size(Records.journal(left)));
        Redo.left(Records.file(left));
        try (TestVault vault = new TestVault(left)) {
            assertEquals(2, conversations(vault));
            assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
        }
    }

    @Test
    void recordsThatAnotherProcessHasOpenAreLeftAlone() throws Exception {
        Process writer =
                Jvm.process(List.of(), WriterMain.class, folder.toString()).start();
        try (FakeKeys keys = new FakeKeys("vault")) {
            assertEquals("1", writer.inputReader().readLine());
            VaultException e = assertThrows(VaultException.class, () -> Records.open(folder, keys));
            assertEquals("Another program holds the records: end it.", e.getMessage());
            writer.destroyForcibly().waitFor();
            Records.open(folder, keys).close();
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    /** SQLite writes a part of it early, to make room, and reads it again to write its checksums anew. */
    @Test
    void aChangeThatDoesNotFitIntoTheCacheIsInTheDatabaseWhenItIsAcknowledged() throws Exception {
        try (TestVault vault = new TestVault(folder)) {
            put(vault, 30);
            assertEquals(0, journalBytes());
            assertEquals(30, vault.settings.all().size());
        }
    }

    @Test
    void aLongJournalWaitsForWhoReads() throws Exception {
        try (TestVault vault = new TestVault(folder);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            vault.records.read(sql -> {
                try {
                    threads.submit(() -> put(vault, 5)).get();
                    assertTrue(journalBytes() > 5 * MIB, "it was not waited for");
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                return sql;
            });
            vault.settings.put("next", "x");
            assertEquals(0, journalBytes());
        }
    }

    private static List<String> put(TestVault vault, int count) throws VaultException {
        List<String> names = new ArrayList<>();
        vault.records.write(sql -> {
            for (int i = 0; i < count; i++) {
                names.add("setting " + i);
                sql.change("INSERT INTO settings (name, value) VALUES (?, ?)", names.getLast(), "x".repeat((int) MIB));
            }
            return names;
        });
        return names;
    }
}

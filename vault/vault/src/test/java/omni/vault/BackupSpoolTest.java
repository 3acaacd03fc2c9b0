package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever deletes waits while a backup reads the records, and not while its disk takes them. */
class BackupSpoolTest {
    @TempDir
    Path folder;

    private Path target;
    private BackupVault vault;

    @BeforeEach
    void make() throws IOException {
        target = folder.resolve("stick");
        vault = BackupVault.make(folder.resolve("vault")).vault();
        vault.fill(new Random(20260305), 10, 1000);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    @Test
    void aDeletionDoesNotWaitForTheDisk() throws IOException {
        String id = vault.conversation("gone while the disk is at work");
        List<String> seen = new ArrayList<>();
        vault.backups.take(target, false, (read, written) -> {
            if (written == 0 && seen.isEmpty()) { // the control: while it reads, a deletion cannot be
                assertThrows(
                        IllegalStateException.class,
                        () -> vault.open.conversations().delete(id));
                seen.add("reads");
            }
            if (written > 0 && seen.size() == 1) {
                vault.open.conversations().delete(id);
                seen.add("deleted");
            }
        });
        assertEquals(List.of("reads", "deleted"), seen);
        assertEquals(
                Reason.MISSING,
                assertThrows(
                                VaultException.class,
                                () -> vault.open.conversations().retrieve(id))
                        .reason());
        assertEquals(List.of(), vault.check(target).problems());
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(
                    Reason.MISSING,
                    assertThrows(
                                    VaultException.class,
                                    () -> restored.open.conversations().retrieve(id))
                            .reason(),
                    "no copy was named, so there is none");
        }
    }

    @Test
    void nothingIsLeftOfIt() throws IOException {
        Path spool = vault.folder.resolve("backup.spool");
        Files.writeString(spool, "of a process that was killed");
        vault.backups.take(target, false, (read, written) -> assertFalse(Files.exists(spool), "it has no name"));
        assertFalse(Files.exists(spool));
    }

    @Test
    void whatWasAddedComesOutInOrder() throws IOException {
        try (BackupSpool spool = new BackupSpool(folder)) {
            spool.add("a", new Bytes(new byte[] {1}), new byte[] {2, 3});
            spool.add("b", new Bytes(new byte[] {4}), new byte[0]);
            spool.add("c", new Bytes(new byte[] {5}), new byte[] {6});
            List<String> names = new ArrayList<>();
            spool.drain((name, key, bytes) -> {
                names.add(name + key.array()[0]);
                if (name.equals("a")) {
                    assertArrayEquals(new byte[] {2, 3}, bytes);
                }
            });
            assertEquals(List.of("a1", "b4", "c5"), names);
        }
        assertTrue(Files.notExists(folder.resolve("backup.spool")));
    }

    /** What is left free on the vault's disk stays free: the vault itself needs room. */
    @Test
    void aDiskThatIsNearlyFullIsNotFilled() throws IOException {
        try (BackupSpool spool = new BackupSpool(folder, Long.MAX_VALUE)) {
            VaultException refused = assertThrows(
                    VaultException.class, () -> spool.add("a", new Bytes(new byte[] {1}), new byte[] {2, 3}));
            assertEquals(Reason.REFUSED, refused.reason());
        }
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A place is a path, and which disk is there may change. Here a disk is mounted by giving its folder that name. */
class BackupDiskTest {
    @TempDir
    Path folder;

    private final Random random = new Random(20260304);
    private Path place;
    private BackupVault vault;

    @BeforeEach
    void make() throws IOException {
        place = folder.resolve("usb");
        vault = BackupVault.make(folder.resolve("vault")).vault();
        vault.fill(random, 3, 1000);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    /** What is in the place goes away, and that folder, or an empty one, is there. */
    private void mount(String before, String now) throws IOException {
        Files.move(place, folder.resolve(before));
        if (now.isEmpty()) {
            Files.createDirectory(place);
        } else {
            Files.move(folder.resolve(now), place);
        }
    }

    private void isRefused(String why) {
        VaultException refused = assertThrows(VaultException.class, () -> vault.take(place));
        assertEquals(Reason.REFUSED, refused.reason());
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
        assertTrue(refused.getMessage().contains("--new-disk"), refused.getMessage());
    }

    @Test
    void whereTheDiskIsNotMountedNothingIsWritten() throws IOException {
        String snapshot = vault.take(place).snapshot().name();
        mount("first", "");
        isRefused("up to " + snapshot + " is not in");
        assertEquals(List.of(), BackupTarget.entries(place));
        Files.delete(place);
        isRefused("where no backups are");
        assertTrue(Files.notExists(place));
        Files.move(folder.resolve("first"), place);
        vault.take(place);
        assertEquals(List.of(), vault.check(place).problems());
    }

    /** By its own name, by a link, and where none of it is there yet. */
    @Test
    void theVaultsOwnFolderIsNoPlace() throws IOException {
        Path own = folder.resolve("vault");
        Path link = Files.createSymbolicLink(folder.resolve("link"), own);
        for (Path inside : List.of(own, own.resolve("a"), own.resolve("a/b"), link, link.resolve("c"))) {
            VaultException refused = assertThrows(VaultException.class, () -> vault.take(inside), inside.toString());
            assertEquals(Reason.REFUSED, refused.reason());
            assertTrue(refused.getMessage().contains("the vault's own folder"), refused.getMessage());
        }
        assertTrue(Files.notExists(own.resolve("a")));
        vault.take(folder.resolve("vault-2"));
    }

    /** The control: an empty folder of which nothing is known is where a backup can begin. */
    @Test
    void anEmptyFolderIsAPlaceToBegin() throws IOException {
        Files.createDirectory(place);
        vault.take(place);
        assertEquals(1, Backups.in(place).size());
    }

    @Test
    void anotherVaultsDiskIsToldApart() throws IOException {
        vault.take(place);
        Files.move(place, folder.resolve("first"));
        try (BackupVault other = BackupVault.make(folder.resolve("second")).vault()) {
            other.take(place);
        }
        isRefused("but another one with backups");
        assertEquals(
                Reason.REFUSED,
                assertThrows(
                                VaultException.class,
                                () -> vault.backups.takeOnNewDisk(place, false, (read, written) -> {}))
                        .reason(),
                "another vault's is none to begin on");
    }

    @Test
    void disksThatTakeTurnsAreEachKnown() throws IOException {
        vault.take(place);
        mount("first", "");
        vault.backups.takeOnNewDisk(place, false, (read, written) -> {});
        mount("second", "first");
        vault.take(place);
        mount("first", "second");
        vault.take(place);
        assertEquals(2, Backups.in(place).size());
        assertEquals(4, vault.backups.known().size());
        assertEquals(List.of(), vault.check(place).problems(), "those on the other disk are not missed");
        String gone = Backups.in(place).getFirst().snapshot();
        vault.backups.forget(place, List.of(gone));
        assertEquals(3, vault.backups.known().size());
        assertTrue(
                vault.backups.known().stream().noneMatch(copy -> copy.snapshot().equals(gone)));
    }

    /** It is no longer a copy that remains; the disk itself is as it was, and known again when it is found. */
    @Test
    void aDiskThatIsGoneForGoodIsNoLongerListedAndTheLogSaysSo() throws IOException {
        String conversation = vault.conversation("walnuts");
        String first = vault.take(place).snapshot().name();
        String second = vault.take(place).snapshot().name();
        assertEquals(2, vault.backups.since(Instant.EPOCH).size());
        Files.move(place, folder.resolve("lost"));
        assertEquals(List.of(first), vault.backups.gone(place, Optional.of(first)));
        assertEquals(List.of(second), vault.backups.gone(place, Optional.empty()));
        assertEquals(List.of(), vault.backups.since(Instant.EPOCH));
        assertEquals(List.of(first, second), audited());

        vault.take(place);
        Files.move(place, folder.resolve("another"));
        Files.move(folder.resolve("lost"), place);
        assertEquals(
                List.of(),
                vault.check(place).problems().stream()
                        .filter(problem -> !problem.contains("another disk"))
                        .toList());
        assertEquals(List.of(first, second), vault.backups.forgetConversation(place, conversation));
        vault.backups.takeOnNewDisk(place, false, (read, written) -> {});
        assertEquals(4, vault.backups.known().size());
    }

    /** What is there can be destroyed, and stays listed until it is. */
    @Test
    void onlyWhatIsNotThereIsTakenToBeGone() throws IOException {
        String first = vault.take(place).snapshot().name();
        mount("first", "");
        vault.backups.takeOnNewDisk(place, false, (read, written) -> {});
        String second = Backups.in(place).getFirst().snapshot();
        for (Optional<String> there : List.of(Optional.of(second), Optional.of("20200101-000000.000-0000"))) {
            assertThrows(VaultException.class, () -> vault.backups.gone(place, there), there.toString());
        }
        assertEquals(List.of(first), vault.backups.gone(place, Optional.empty()));
        assertEquals(
                List.of(second),
                vault.backups.known().stream().map(Backups.Copy::snapshot).toList());
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, () -> vault.backups.gone(place, Optional.empty()))
                        .reason());
        assertEquals(List.of(first), audited());
        assertEquals(List.of(), vault.check(place).problems());
    }

    private List<String> audited() throws VaultException {
        List<String> snapshots = new ArrayList<>();
        for (AuditRow row : new AuditTable(vault.open.records()).read(1, 1000)) {
            AuditLine line = AuditLine.read(row.line());
            if (line.event() == AuditEvent.BACKUP_GONE) {
                snapshots.add(String.valueOf(line.details().get("snapshot")));
            }
        }
        return snapshots;
    }

    @Test
    void aDiskIsKnownInAnotherPlaceToo() throws IOException {
        vault.take(place);
        Path other = folder.resolve("other");
        vault.take(other);
        Files.move(other, folder.resolve("second"));
        Files.move(place, other);
        vault.take(other);
        assertEquals(2, Backups.in(other).size());
    }

    @Test
    void aCheckTellsWhereNothingIsThereThatWasWrittenThere() throws IOException {
        String name = vault.take(place).snapshot().name();
        Path keys = place.resolve("keys");
        Files.move(keys.resolve(name), keys.resolve("20200101-000000.000-0000"));
        assertTrue(
                vault.check(place).problems().toString().contains("another disk"),
                vault.check(place).problems().toString());
    }

    @Test
    void whereNobodyLooksABackupGoesOnAndBeginsNowhere() throws IOException {
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, () -> vault.backups.goOn(place, (read, written) -> {}))
                        .reason());
        assertFalse(Files.exists(place));
        Files.createDirectory(place);
        assertThrows(VaultException.class, () -> vault.backups.goOn(place, (read, written) -> {}));
        assertEquals(List.of(), BackupTarget.entries(place), "an empty folder may be where a disk is not mounted");
        vault.take(place);
        vault.backups.goOn(place, (read, written) -> {});
        mount("first", "");
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, () -> vault.backups.goOn(place, (read, written) -> {}))
                        .reason());
        assertEquals(List.of(), BackupTarget.entries(place));
        mount("empty", "first");
        vault.backups.goOn(place, (read, written) -> {});
        assertEquals(3, Backups.in(place).size());
    }
}

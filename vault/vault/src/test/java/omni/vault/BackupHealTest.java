package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chunk that was damaged is not inherited by the snapshots to come. */
class BackupHealTest {
    @TempDir
    Path folder;

    private final Random random = new Random(20260303);
    private Path target;
    private BackupVault vault;

    @BeforeEach
    void make() throws IOException {
        target = folder.resolve("stick");
        vault = BackupVault.make(folder.resolve("vault")).vault();
        vault.fill(random, 30, 3 << 20);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    /** Flips a bit of a chunk of each kind that the next snapshot has, too; returns their names. */
    private List<String> damage(Snapshot snapshot) throws IOException {
        List<String> damaged = new ArrayList<>();
        damaged.add(snapshot.files().getFirst().chunks().getLast());
        for (Snapshot.Table table : snapshot.tables()) {
            if (table.name().equals("items")) {
                damaged.add(table.chunks().getFirst());
            }
        }
        for (String chunk : damaged) {
            flip(target.resolve("chunks").resolve(chunk.substring(0, 2)).resolve(chunk));
        }
        return damaged;
    }

    private void flip(Path file) throws IOException {
        assertTrue(file.toFile().setWritable(true));
        byte[] bytes = Files.readAllBytes(file);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
    }

    private BackupWriter.Done take(String looked, List<String> damaged, long bytes) throws IOException {
        try (BackupTarget there = BackupTarget.open(target)) {
            return BackupWriter.write(
                    vault.open, there, new BackupWriter.Again(looked, damaged, bytes), (read, written) -> {});
        }
    }

    private List<String> problems() throws VaultException {
        return vault.check(target).problems();
    }

    private void bothAreWhole(Snapshot first) throws IOException {
        BackupVault.restore(target, Optional.of(first.name()), folder.resolve("first"), Made.password(Made.PASSWORD));
        BackupVault.restore(target, Optional.empty(), folder.resolve("second"), Made.password(Made.PASSWORD));
    }

    @Test
    void theNextBackupWritesItAnewForBoth() throws IOException {
        Snapshot first = vault.take(target).snapshot();
        damage(first);
        vault.take(target);
        assertEquals(List.of(), problems());
        bothAreWhole(first);
    }

    /** The control: without the second look the next one rests on what is damaged. */
    @Test
    void withoutASecondLookItIsInherited() throws IOException {
        Snapshot first = vault.take(target).snapshot();
        damage(first);
        BackupWriter.Done second = take("", List.of(), 0);
        assertEquals("", second.looked());
        assertEquals(2, vault.check(target).damaged().size());
        try (BackupTarget there = BackupTarget.open(target)) {
            BackupCheck.Report report = BackupCheck.check(
                    there, Optional.of(second.snapshot().name()), vault.open.keys(), (chunks, total, bytes) -> {});
            assertNotEquals(List.of(), report.problems());
        }
    }

    @Test
    void whatACheckFoundTheNextOneWritesAnewWithoutLooking() throws IOException {
        Snapshot first = vault.take(target).snapshot();
        TreeSet<String> damaged = new TreeSet<>(damage(first));
        assertEquals(damaged, vault.check(target).damaged());
        assertTrue(
                new Settings(vault.open.records())
                        .all().values().stream().anyMatch(setting -> setting.contains(damaged.first())),
                "it is written down");
        take("", List.copyOf(damaged), 0);
        assertEquals(List.of(), problems());
        assertTrue(
                new Settings(vault.open.records())
                        .all().values().stream().noneMatch(setting -> setting.contains(damaged.first())),
                "and no longer");
        bothAreWhole(first);
    }

    /** One chunk at each backup: whichever is damaged, its turn comes, and each comes once in a round. */
    @Test
    void eachChunkHasItsTurn() throws IOException {
        TreeSet<String> chunks =
                new TreeSet<>(vault.take(target).snapshot().chunkKeys().keySet());
        BackupWriter.Done done = take("", List.of(), 0); // the first one is written down in what this one has
        chunks.addAll(done.snapshot().chunkKeys().keySet());
        damage(done.snapshot());
        List<String> turns = new ArrayList<>();
        for (int i = 0; i < chunks.size(); i++) {
            done = take(done.looked(), List.of(), 1);
            turns.add(done.looked());
        }
        assertEquals(chunks, new TreeSet<>(turns));
        assertEquals(List.of(), problems());
    }

    /** In git what is damaged stays in the history, and is told; what the snapshots need is there anew. */
    @Test
    void inGitTooSnapshotsAreWholeAgain() throws IOException {
        BackupTarget.make(target, true).close();
        Snapshot first = vault.take(target).snapshot();
        try (Stream<Path> objects = Files.walk(target.resolve("chunks.git/objects"))) {
            for (Path object : objects.filter(file -> file.toFile().length() > 1 << 20)
                    .filter(Files::isRegularFile)
                    .toList()) {
                flip(object);
            }
        }
        assertNotEquals(0, vault.check(target).damaged().size());
        vault.take(target);
        BackupCheck.Report report = vault.check(target);
        assertEquals(0, report.damaged().size());
        assertNotEquals(List.of(), report.problems());
        bothAreWhole(first);
    }

    @Test
    void damagedChunksAreWrittenDownUpToABound() throws VaultException {
        List<String> many = Stream.generate(() -> "0".repeat(64))
                .limit(BackupPlace.DAMAGED_MAX + 1L)
                .toList();
        BackupPlace place = new BackupPlace("/media/usb", List.of(), "", many);
        assertEquals(BackupPlace.DAMAGED_MAX, place.damaged().size());
        assertEquals(place, BackupPlace.read(place.setting()));
        List<String> snapshots = Stream.generate(() -> "20260301-120000.000-3f2a")
                .limit(BackupTarget.SNAPSHOTS_MAX)
                .toList();
        assertTrue(place.with(snapshots).setting().length() + 1000 < Settings.VALUE_BYTES_MAX);
    }

    private VaultException refused() {
        return assertThrows(
                VaultException.class,
                () -> BackupVault.restore(
                        target, Optional.empty(), folder.resolve("refused"), Made.password(Made.PASSWORD)));
    }

    /** One byte, in its JSON or in the vault's name, is said by its place, and the next backup mends it. */
    @Test
    void aDamagedIdentityIsNamedAndWrittenAnew() throws IOException {
        Snapshot first = vault.take(target).snapshot();
        Path identity = target.resolve("identity");
        byte[] whole = Files.readAllBytes(identity);
        String text = new String(whole, StandardCharsets.US_ASCII);
        int digit = text.indexOf('"', text.indexOf("\"vault\"") + 7) + 1;
        for (int place : new int[] {0, digit}) {
            byte[] damaged = whole.clone();
            damaged[place] = (byte) (damaged[place] == '0' ? '1' : '0');
            Files.write(identity, damaged);
            assertEquals(1, problems().size(), () -> "byte " + place);
            if (place == 0) {
                assertTrue(
                        problems().getFirst().contains(identity.toString()),
                        problems().getFirst());
                assertTrue(refused().getMessage().contains(identity.toString()));
            }
            vault.take(target);
            assertEquals(List.of(), problems());
        }
        bothAreWhole(first);
    }

    /** The control: another vault's snapshots open under no key of this one, and its place stays. */
    @Test
    void aDamagedIdentityMakesNoOthersBackupsOurs() throws IOException {
        vault.take(target);
        Path identity = target.resolve("identity");
        byte[] damaged = Files.readAllBytes(identity);
        damaged[0] = '0';
        Files.write(identity, damaged);
        try (BackupVault other = BackupVault.make(folder.resolve("other")).vault()) {
            VaultException refused = assertThrows(VaultException.class, () -> other.take(target));
            assertEquals(VaultException.Reason.DAMAGED, refused.reason(), refused.getMessage());
        }
        assertArrayEquals(damaged, Files.readAllBytes(identity));
    }

    @Test
    void aFolderWhoseSnapshotsAreAllGoneIsNotWhole() throws IOException {
        Snapshot only = vault.take(target).snapshot();
        vault.backups.forget(target, List.of(only.name()));
        List<String> problems = problems();
        assertEquals(1, problems.size(), problems::toString);
        assertTrue(problems.getFirst().contains("no finished snapshot in " + target), problems.getFirst());
    }
}

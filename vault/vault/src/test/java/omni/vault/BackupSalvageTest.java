package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import omni.vault.SecretCall.Lost;
import omni.vault.VaultException.Reason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot of which a part cannot be read: refused, or put back but for that part. */
class BackupSalvageTest {
    private static final int CONVERSATIONS = 90;

    @TempDir
    Path folder;

    private final Random random = new Random(20260302);
    private Path target;
    private Path other;
    private BackupVault vault;

    @BeforeEach
    void make() throws IOException {
        target = folder.resolve("stick");
        other = folder.resolve("other");
        vault = BackupVault.make(folder.resolve("vault")).vault();
        vault.fill(random, CONVERSATIONS, 3 << 20);
        vault.file(random, 1000);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    /** So much that chunks end within rows. */
    private void fillMuch() throws VaultException {
        for (int i = 0; i < 150; i++) {
            vault.conversation("z".repeat(30_000), "y".repeat(random.nextInt(30_000)));
        }
    }

    private static String rowHex(byte[] row) {
        return HexFormat.of().formatHex(row);
    }

    /** Every row of a table by its number. */
    private static Map<Long, String> rows(Records records, String table) throws VaultException {
        return records.read(sql -> {
            Map<Long, String> rows = new TreeMap<>();
            BackupRows.read(sql, table, BackupRows.columns(sql, table), (number, row) -> rows.put(number, rowHex(row)));
            return rows;
        });
    }

    private static Map<String, Map<Long, String>> rows(Records records) throws VaultException {
        Map<String, Map<Long, String>> all = new TreeMap<>();
        for (String table : records.read(BackupRows::tables)) {
            all.put(table, rows(records, table));
        }
        return all;
    }

    private static Map<String, String> files(Path vault) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(vault.resolve("files"))) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(String.valueOf(file.getFileName()), rowHex(Files.readAllBytes(file)));
            }
        }
        return files;
    }

    private static Snapshot.Table table(Snapshot snapshot, String name) {
        return snapshot.tables().stream()
                .filter(table -> table.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Path chunk(String name) {
        return target.resolve("chunks").resolve(name.substring(0, 2)).resolve(name);
    }

    private void flip(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
    }

    private VaultException refused() {
        VaultException refused = assertThrows(
                VaultException.class,
                () -> BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD)));
        for (String part : List.of(KeyKeeper.FILE, "records.db", "files")) {
            assertFalse(Files.exists(other.resolve(part)), "half a vault: " + part);
        }
        return refused;
    }

    private List<Lost> salvaged() throws IOException {
        BackupLosses losses = new BackupLosses(true);
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD), losses);
        return losses.all();
    }

    /** The numbers of the items of which a byte is in that chunk of the table. */
    private List<Long> within(BackupReader reader, Snapshot.Table items, int damaged) throws IOException {
        List<Long> numbers = new ArrayList<>();
        long begin = 0;
        for (int i = 0; i < damaged; i++) {
            begin += reader.chunk(items.chunks().get(i)).length;
        }
        long end = begin + reader.chunk(items.chunks().get(damaged)).length;
        long at = 0;
        for (Map.Entry<Long, String> row : rows(vault.open.records(), "items").entrySet()) {
            long next = at + row.getValue().length() / 2;
            if (next > begin && at < end) {
                numbers.add(row.getKey());
            }
            at = next;
        }
        return numbers;
    }

    @Test
    void whatIsWholeComesBackByteForByteAndTheRestIsNamed() throws IOException {
        fillMuch();
        Map<String, Map<Long, String>> before = rows(vault.open.records());
        Snapshot snapshot = vault.take(target).snapshot();
        Snapshot.Table items = table(snapshot, "items");
        int damaged = 0;
        while (items.begins().get(damaged) == 0 || items.begins().get(damaged + 1) == 0) {
            damaged++; // one that rows go into and out of
        }
        List<Long> gone;
        try (BackupTarget there = BackupTarget.open(target)) {
            gone = within(BackupReader.of(there, snapshot.name(), vault.open.keys()), items, damaged);
        }
        flip(chunk(items.chunks().get(damaged)));

        VaultException refused = refused();
        assertEquals(Reason.DAMAGED, refused.reason());
        assertTrue(refused.getMessage().contains("items"), refused.getMessage());
        assertTrue(refused.getMessage().contains(items.chunks().get(damaged)), refused.getMessage());

        List<Lost> lost = salvaged();
        assertEquals(gone.size(), lost.stream().mapToLong(Lost::count).sum(), lost.toString());
        for (Lost each : lost) {
            assertEquals("items", each.kind());
        }
        try (BackupVault restored = BackupVault.at(other)) {
            Map<String, Map<Long, String>> after = rows(restored.open.records());
            gone.forEach(before.getOrDefault("items", Map.of())::remove);
            assertEquals(before.remove("items"), after.remove("items"));
            assertEquals(
                    before.getOrDefault("conversations", Map.of()).keySet(),
                    after.getOrDefault("conversations", Map.of()).keySet());
            assertEquals(
                    lost.size(),
                    differences(before.remove("conversations"), after.remove("conversations")),
                    "each of these says how many it has now");
            assertEquals(before, after);
            for (Lost each : lost) {
                long left = restored.open
                        .records()
                        .read(sql -> sql.number("SELECT items FROM conversations WHERE id = '" + each.name() + "'"));
                assertEquals(2 - each.count(), left, "of two");
            }
            assertEquals(files(vault.folder), files(other));
            assertEquals(List.of(), RecordsCheck.open(restored.open.records()).problems());
            assertEquals(
                    CONVERSATIONS,
                    restored.open.search().conversations("walnuts", 100).size());
        }
    }

    private static long differences(@Nullable Map<Long, String> one, @Nullable Map<Long, String> other) {
        return one == null || other == null
                ? -1
                : one.entrySet().stream()
                        .filter(row -> !row.getValue().equals(other.get(row.getKey())))
                        .count();
    }

    @Test
    void conversationsThatAreLostTakeTheirItemsAlongAndNothingElse() throws IOException {
        Map<Long, String> memories = rows(vault.open.records(), "memories");
        Map<Long, String> settings = rows(vault.open.records(), "settings");
        Snapshot snapshot = vault.take(target).snapshot();
        for (String each : table(snapshot, "conversations").chunks()) {
            flip(chunk(each));
        }
        assertTrue(refused().getMessage().contains("conversations"));
        assertEquals(
                List.of(new Lost("conversations", "", CONVERSATIONS), new Lost("items", "", 2 * CONVERSATIONS)),
                salvaged());
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(memories, rows(restored.open.records(), "memories"));
            assertEquals(settings, rows(restored.open.records(), "settings"));
            assertEquals(files(vault.folder), files(other));
            assertEquals(List.of(), RecordsCheck.open(restored.open.records()).problems());
        }
    }

    @Test
    void aFileThatIsLostIsNamedAndTheOtherOneIsThere() throws IOException {
        Map<String, Map<Long, String>> before = rows(vault.open.records());
        Snapshot snapshot = vault.take(target).snapshot();
        Snapshot.Blob file = snapshot.files().stream()
                .filter(each -> each.bytes() > 1 << 20)
                .findFirst()
                .orElseThrow();
        Files.delete(chunk(file.chunks().get(1)));
        assertTrue(refused().getMessage().contains(file.id()));
        assertEquals(List.of(new Lost("files", file.id(), 1)), salvaged());
        Map<String, String> rest = files(vault.folder);
        rest.remove(file.id());
        assertEquals(rest, files(other));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(before, rows(restored.open.records()));
        }
    }

    @Test
    void whatUnlocksAndIsNotAsItWasWrittenIsTaken() throws IOException {
        vault.take(target);
        Path identity = target.resolve("identity");
        byte[] bytes = Files.readAllBytes(identity);
        bytes[bytes.length - 2] = (byte) (bytes[bytes.length - 2] == '0' ? '1' : '0');
        Files.write(identity, bytes);
        assertEquals(Reason.DAMAGED, refused().reason());
        assertEquals(List.of(new Lost("identity", "", 1)), salvaged());
    }

    /** Of one that does not say where rows begin, what lies before the damage. */
    @Test
    void anOlderSnapshotGivesWhatLiesBefore() throws IOException {
        fillMuch();
        Map<Long, String> before = rows(vault.open.records(), "items");
        Snapshot snapshot = vault.take(target).snapshot();
        List<Snapshot.Table> older = snapshot.tables().stream()
                .map(table ->
                        new Snapshot.Table(table.name(), table.columns(), table.rows(), table.chunks(), List.of()))
                .toList();
        try (BackupTarget there = BackupTarget.open(target)) {
            there.write(
                    new Snapshot(
                            snapshot.name(),
                            snapshot.auditKey(),
                            snapshot.steps(),
                            older,
                            snapshot.files(),
                            snapshot.rowKeys(),
                            snapshot.wrapping(),
                            snapshot.chunkKeys()),
                    there.cipher(snapshot.name(), vault.open.keys()));
        }
        flip(chunk(table(snapshot, "items").chunks().get(1)));
        long lost = salvaged().stream().mapToLong(Lost::count).sum();
        try (BackupVault restored = BackupVault.at(other)) {
            Map<Long, String> after = rows(restored.open.records(), "items");
            assertNotEquals(0, after.size());
            assertEquals(before.size() - lost, after.size());
            assertTrue(before.entrySet().containsAll(after.entrySet()));
        }
    }

    @Test
    void aBackupOfWhichNothingIsLeftMakesNoVault() throws IOException {
        vault.take(target);
        try (Stream<Path> chunks = Files.walk(target.resolve("chunks"))) {
            for (Path chunk : chunks.filter(Files::isRegularFile).toList()) {
                Files.delete(chunk);
            }
        }
        assertEquals(
                Reason.DAMAGED,
                assertThrows(VaultException.class, this::salvaged).reason());
        assertFalse(Files.exists(other.resolve(KeyKeeper.FILE)));
    }

    @Test
    void aDiskThatIsPulledIsNoDamage() throws IOException {
        Snapshot snapshot = vault.take(target).snapshot();
        Files.createDirectories(other);
        try (BackupTarget there = BackupTarget.open(target)) {
            BackupTarget.Identity identity = there.identity().orElseThrow();
            BackupRestore restore = new BackupRestore(
                    other,
                    (part, done, total) -> {
                        if (part == SecretCall.Part.WORDS) {
                            pull();
                        }
                    },
                    new BackupLosses(true));
            restore.begin(identity);
            assertEquals(
                    Reason.FAILED,
                    assertThrows(
                                    VaultException.class,
                                    () -> restore.restore(
                                            BackupReader.of(there, snapshot.name(), vault.open.keys()),
                                            identity,
                                            vault.open.keys()))
                            .reason());
        }
        assertFalse(Files.exists(other.resolve(KeyKeeper.FILE)));
    }

    private void pull() throws VaultException {
        try {
            if (Files.exists(target)) {
                Files.move(target, folder.resolve("in-the-hand"));
            }
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "It cannot be pulled.", e);
        }
    }
}

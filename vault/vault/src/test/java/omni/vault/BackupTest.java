package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
    @TempDir
    Path folder;

    final Random random = new Random(20260301);
    BackupVault vault;
    private byte[] words;
    Path target;

    @BeforeEach
    void make() throws IOException {
        target = folder.resolve("stick");
        BackupVault.Fresh made = BackupVault.make(folder.resolve("vault"));
        vault = made.vault();
        words = made.words().array();
        vault.fill(random, 30, 3 << 20);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    static Reason reason(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    final List<String> problems() throws VaultException {
        return vault.check(target).problems();
    }

    final List<Path> all() throws IOException {
        try (Stream<Path> files = Files.walk(target)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void whatIsPutBackIsWhatWasThere() throws IOException {
        String before = vault.hash();
        BackupWriter.Done done = vault.take(target);
        assertEquals(List.of(), problems());
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
        assertEquals(before, BackupVault.hash(other));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(List.of(), restored.open.audit().alarms());
            assertEquals(
                    30, restored.open.search().conversations("walnuts", 100).size());
            assertEquals(List.of(), RecordsCheck.open(restored.open.records()).problems());
            assertEquals(1, restored.files().list().files().size());
            assertEquals(List.of(), restored.files().list().problems());
        }
        assertTrue(done.written() > 3 << 20, done.toString());
    }

    @Test
    void theRecoveryKeyOpensABackupToo() throws IOException {
        String before = vault.hash();
        vault.take(target);
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.empty(), other, Made.recovery(words));
        assertEquals(before, BackupVault.hash(other));
    }

    @Test
    void anotherPasswordDoesNot() throws IOException {
        vault.take(target);
        Path other = folder.resolve("other");
        assertEquals(
                Reason.DENIED,
                reason(() -> BackupVault.restore(target, Optional.empty(), other, Made.password("another password"))));
        assertFalse(Files.exists(other.resolve(KeyKeeper.FILE)));
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
        assertTrue(Files.exists(other.resolve(KeyKeeper.FILE)));
    }

    @Test
    void aBackupIsPutBackWhereThereIsNoVault() throws IOException {
        vault.take(target);
        assertEquals(
                Reason.REFUSED,
                reason(() ->
                        BackupVault.restore(target, Optional.empty(), vault.folder, Made.password(Made.PASSWORD))));
        Path other = folder.resolve("other");
        Files.createDirectories(other.resolve("files"));
        assertEquals(
                Reason.REFUSED,
                reason(() -> BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD))));
    }

    @Test
    void aRestoreThatWasInterruptedBeginsAnew() throws IOException {
        String before = vault.hash();
        vault.take(target);
        Path other = folder.resolve("other");
        Files.createDirectories(other.resolve("restoring"));
        Files.createDirectories(other.resolve("files"));
        Files.writeString(other.resolve("records.db"), "half of it");
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
        assertEquals(before, BackupVault.hash(other));
        assertFalse(Files.exists(other.resolve("restoring")));
    }

    @Test
    void theSecondOneWritesLittle() throws IOException {
        for (int i = 0; i < 50; i++) {
            vault.conversation("z".repeat(20_000), "y".repeat(20_000));
        }
        long first = vault.take(target).written();
        vault.conversation("one more");
        long second = vault.take(target).written();
        assertTrue(second < first / 3, first + " and then " + second);
        assertEquals(List.of(), problems());
        assertEquals(2, Backups.in(target).size());
    }

    @Test
    void noNameOrSizeTellsOfTheContent() throws IOException {
        String id = vault.conversation("a text of walnuts");
        vault.take(target);
        for (Path file : all()) {
            String name = target.relativize(file).toString();
            assertTrue(
                    name.matches(
                            "omni-backup|identity|keys/[0-9]{8}-[0-9]{6}\\.[0-9]{3}-[0-9a-f]{4}|chunks/[0-9a-f]{2}/[0-9a-f]{64}"),
                    name);
            byte[] bytes = Files.readAllBytes(file);
            tellsNothing(name, bytes, id);
            if (name.contains("/")) {
                assertEquals(1, Long.bitCount(bytes.length), name + " has " + bytes.length + " bytes");
                assertTrue(bytes.length >= BackupCipher.SEALED_BYTES_MIN, name);
            }
        }
    }

    static void tellsNothing(String name, byte[] bytes, String conversation) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        for (String known :
                List.of("walnuts", conversation, "conv_", "topic", "provider", "plan.pdf", "P300D", "SQLite")) {
            assertFalse(text.contains(known), name + " has " + known);
        }
    }

    @Test
    void eachFileThatWasChangedIsFound() throws IOException {
        vault.take(target);
        vault.conversation("one more");
        vault.take(target);
        assertEquals(List.of(), problems());
        for (Path file : all()) {
            byte[] bytes = Files.readAllBytes(file);
            assertTrue(file.toFile().setWritable(true));
            for (int at : new int[] {0, bytes.length - 1, random.nextInt(bytes.length), random.nextInt(bytes.length)}) {
                byte[] changed = bytes.clone();
                changed[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, changed);
                assertTrue(isFound(), file + " at " + at);
            }
            Files.delete(file);
            assertTrue(isFound(), file + " is gone");
            Files.write(file, bytes);
        }
        assertEquals(List.of(), problems());
    }

    /** A change of what says that these are backups is a refusal. */
    private boolean isFound() throws VaultException {
        try {
            return !problems().isEmpty();
        } catch (VaultException e) {
            return e.reason() == Reason.DAMAGED || e.reason() == Reason.MISSING;
        }
    }

    @Test
    void chunksThatChangedPlacesAreFound() throws IOException {
        vault.take(target);
        List<Path> chunks = all().stream()
                .filter(file -> file.startsWith(target.resolve("chunks")))
                .toList();
        byte[] first = Files.readAllBytes(chunks.getFirst());
        Files.write(chunks.getFirst(), Files.readAllBytes(chunks.getLast()));
        Files.write(chunks.getLast(), first);
        assertEquals(2, problems().size());
    }

    @Test
    void aSnapshotThatIsGoneIsMissed() throws IOException {
        String name = vault.take(target).snapshot().name();
        vault.take(target);
        Files.delete(target.resolve("keys").resolve(name));
        assertTrue(problems().getFirst().contains(name), problems().toString());
    }

    @Test
    void whereItIsInterruptedItGoesOn() throws IOException {
        String before = vault.hash();
        for (int stop = 1; stop <= 6; stop++) {
            assertEquals(
                    Reason.REFUSED,
                    reason(() -> vault.backups.take(target, false, (read, written) -> {
                        if (written > 0) {
                            throw new VaultException(Reason.REFUSED, "stopped");
                        }
                    })));
            assertEquals(List.of(), Backups.in(target));
        }
        assertEquals(6, vault.check(target).left());
        long whole = chunkBytes();
        BackupWriter.Done done = vault.take(target);
        assertEquals(chunkBytes() - whole, done.written());
        assertEquals(0, vault.check(target).left());
        assertEquals(List.of(), problems());
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
        assertEquals(before, BackupVault.hash(other));
    }

    private long chunkBytes() throws IOException {
        long bytes = 0;
        try (BackupTarget open = BackupTarget.open(target)) {
            for (String name : open.store().names()) {
                bytes += open.store().get(name).length;
            }
        }
        return bytes;
    }

    @Test
    void whatAnInterruptedOneLeftAndNobodyNeedsIsSwept() throws IOException {
        SealedFile file = vault.file(random, 2 << 20);
        AtomicLong calls = new AtomicLong();
        assertThrows(
                VaultException.class,
                () -> vault.backups.take(target, false, (read, written) -> {
                    calls.incrementAndGet();
                    if (written > 5 << 20) {
                        throw new VaultException(Reason.REFUSED, "stopped");
                    }
                }));
        assertTrue(calls.get() > 5);
        vault.files().delete(file.id());
        vault.take(target);
        assertEquals(0, vault.check(target).left());
        assertTrue(chunkBytes() < 5 << 20, chunkBytes() + " bytes");
    }

    @Test
    void aForgottenSnapshotIsNoiseAlsoForWhoKeptItsChunks() throws IOException {
        SealedFile file = vault.file(random, 1 << 20);
        String first = vault.take(target).snapshot().name();
        vault.files().delete(file.id());
        vault.take(target);
        byte[] kept = Files.readAllBytes(target.resolve("keys").resolve(first));
        Snapshot forgotten;
        try (BackupTarget open = BackupTarget.open(target)) {
            forgotten = open.read(first, vault.open.keys());
        }
        Path copy = folder.resolve("copy");
        copy(target, copy);
        Path keys = copy.resolve("keys").resolve(first);
        Files.createLink(folder.resolve("link"), target.resolve("keys").resolve(first));
        vault.backups.forget(target, List.of(first));
        Files.delete(keys);
        assertEquals(List.of(), problems());
        assertEquals(1, Backups.in(target).size());
        assertEquals(Reason.MISSING, reason(() -> vault.backups.forget(target, List.of(first))));
        // the bytes of the key file are zeros where they stood
        byte[] over = Files.readAllBytes(folder.resolve("link"));
        assertEquals(kept.length, over.length);
        assertTrue(java.util.Arrays.equals(new byte[kept.length], over));
        // whoever has all chunks and every remaining key opens none that only the forgotten one had
        try (BackupTarget open = BackupTarget.open(copy)) {
            Snapshot left = open.read(open.choose(Optional.empty()), vault.open.keys());
            List<String> own = new ArrayList<>(forgotten.chunkKeys().keySet());
            own.removeAll(left.chunkKeys().keySet());
            assertFalse(own.isEmpty());
            BackupCipher cipher = BackupCipher.newest(vault.open.keys());
            for (String chunk : own) {
                byte[] sealed = open.store().get(chunk);
                for (Bytes key : left.chunkKeys().values()) {
                    assertEquals(Reason.DAMAGED, reason(() -> cipher.openChunk(key.array(), chunk, sealed)));
                }
                // the control: with its key it opens
                cipher.openChunk(
                        Objects.requireNonNull(forgotten.chunkKeys().get(chunk)).array(), chunk, sealed);
            }
        }
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    @Test
    void aDeletedConversationIsNamedWhereItIsAndCanBeForgottenThere() throws IOException {
        Instant before = vault.open.clock().instant();
        String secret = vault.conversation("the word is xylophone");
        String first = vault.take(target).snapshot().name();
        Instant made = vault.open.conversations().retrieve(secret).created();
        assertEquals(List.of(new Backups.Copy(target.toString(), first)), vault.backups.since(made));
        assertEquals(List.of(), vault.backups.since(before.plusSeconds(3600)));
        vault.open.conversations().delete(secret);
        assertEquals(List.of(first), vault.backups.forgetConversation(target, secret));
        assertEquals(List.of(), vault.backups.forgetConversation(target, secret));
        assertEquals(List.of(), problems());
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.of(first), other, Made.password(Made.PASSWORD));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(List.of(), restored.open.search().conversations("xylophone", 10));
            assertEquals(
                    30, restored.open.search().conversations("walnuts", 100).size());
            assertEquals(
                    Reason.MISSING, reason(() -> restored.open.conversations().retrieve(secret)));
            assertEquals(List.of(), RecordsCheck.open(restored.open.records()).problems());
        }
    }

    @Test
    void underANewKeyAllIsWrittenAnewAndTheOldSnapshotsStayWhole() throws IOException {
        String first = vault.take(target).snapshot().name();
        assertThrows(
                VaultException.class,
                () -> vault.backups.take(target, false, (read, written) -> {
                    throw new VaultException(Reason.REFUSED, "stopped");
                }));
        vault.close();
        BackupVault.addVersion(vault.folder, Purpose.FILES);
        vault = BackupVault.at(vault.folder);
        assertEquals(List.of(), problems());
        String before = vault.hash();
        assertTrue(vault.take(target).written() > 3 << 20);
        assertEquals(List.of(), problems());
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
        assertEquals(before, BackupVault.hash(other));
        BackupVault.restore(target, Optional.of(first), folder.resolve("third"), Made.password(Made.PASSWORD));
    }

    /** What {@link Vault} does for {@code omni vault rotate}: the old keys for conversations are gone afterwards. */
    private void rotate() throws IOException {
        vault.close();
        BackupVault.addVersion(vault.folder, Purpose.CONVERSATIONS);
        vault = BackupVault.at(vault.folder);
        RowKeys.rewrapAll(vault.open.records());
        vault.close();
        BackupVault.dropOld(vault.folder, Purpose.CONVERSATIONS);
        vault = BackupVault.at(vault.folder);
    }

    @Test
    void aSnapshotFromBeforeNewKeysIsPutBack() throws IOException {
        String first = vault.take(target).snapshot().name();
        rotate();
        vault.take(target);
        assertEquals(List.of(), problems());
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.of(first), other, Made.password(Made.PASSWORD));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(
                    30, restored.open.search().conversations("walnuts", 100).size());
            assertEquals(1, restored.open.search().memories("cat", 10).size());
            assertEquals(
                    "s3cret",
                    new String(new ProviderSecrets(restored.open.records()).get("provider"), StandardCharsets.UTF_8));
            assertEquals(List.of(), RecordsCheck.open(restored.open.records()).problems());
        }
    }

    /** The control of the test before: what a check sees where a snapshot has not the keys that its rows need. */
    @Test
    void rowsWhoseKeysNobodyHasAreSeenByACheck() throws IOException {
        String first = vault.take(target).snapshot().name();
        try (BackupTarget there = BackupTarget.open(target)) {
            Snapshot whole = there.read(first, vault.open.keys());
            there.write(
                    new Snapshot(
                            whole.name(),
                            whole.auditKey(),
                            whole.steps(),
                            whole.tables(),
                            whole.files(),
                            whole.rowKeys(),
                            Map.of(),
                            whole.chunkKeys()),
                    there.cipher(first, vault.open.keys()));
        }
        assertEquals(List.of(), problems(), "the vault itself has them");
        rotate();
        assertNotEquals(List.of(), problems());
    }

    @Test
    void aForgottenConversationTakesItsResponsesAlong() throws IOException {
        String secret = vault.response("xylophone");
        String first = vault.take(target).snapshot().name();
        assertEquals(List.of(first), vault.backups.forgetConversation(target, secret));
        Path other = folder.resolve("other");
        BackupVault.restore(target, Optional.of(first), other, Made.password(Made.PASSWORD));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(List.of(), restored.open.search().conversations("xylophone", 10));
            assertEquals(List.of(), RecordsCheck.open(restored.open.records()).problems());
        }
    }

    @Test
    void aChunkThatWasLostComesBackForTheSnapshotsThatHaveIt() throws IOException {
        String first = vault.take(target).snapshot().name();
        String name; // of a file: rows change with each backup, which is written down among them
        try (BackupTarget there = BackupTarget.open(target)) {
            name = there.read(first, vault.open.keys())
                    .files()
                    .getFirst()
                    .chunks()
                    .getFirst();
        }
        Path chunk = target.resolve("chunks").resolve(name.substring(0, 2)).resolve(name);
        Files.delete(chunk);
        assertNotEquals(List.of(), problems());
        vault.take(target);
        assertEquals(List.of(), problems());
        BackupVault.restore(target, Optional.of(first), folder.resolve("other"), Made.password(Made.PASSWORD));
    }

    @Test
    void aLinkInTheFolderIsNotFollowed() throws IOException {
        String first = vault.take(target).snapshot().name();
        Path mine = Files.writeString(folder.resolve("mine"), "of value");
        String planted = "20200101-000000.000-0000";
        Files.createSymbolicLink(target.resolve("keys").resolve(planted), mine);
        assertEquals(1, problems().size());
        assertEquals(Reason.MISSING, reason(() -> vault.backups.forget(target, List.of(planted))));
        Path identity = target.resolve("identity");
        Files.move(identity, folder.resolve("kept"));
        Files.createSymbolicLink(identity, mine);
        assertEquals(Reason.DAMAGED, reason(() -> vault.take(target)));
        assertEquals("of value", Files.readString(mine));
        Files.delete(identity);
        Files.move(folder.resolve("kept"), identity);
        Files.move(target.resolve("keys"), folder.resolve("keys"));
        Files.createSymbolicLink(target.resolve("keys"), folder.resolve("keys"));
        assertEquals(Reason.DAMAGED, reason(() -> vault.backups.forget(target, List.of(first))));
    }

    @Test
    void anotherVaultsBackupsAreLeftAlone() throws IOException {
        vault.take(target);
        try (BackupVault other = BackupVault.make(folder.resolve("second")).vault()) {
            assertEquals(Reason.REFUSED, reason(() -> other.take(target)));
            String name = Backups.in(target).getFirst().snapshot();
            assertEquals(Reason.REFUSED, reason(() -> other.backups.forget(target, List.of(name))));
            assertEquals(Reason.REFUSED, reason(() -> other.backups.forgetConversation(target, "conv_1")));
        }
        assertEquals(List.of(), problems());
    }

    @Test
    void aPlaceIsAFolderThatIsEmptyOrOurs() throws IOException {
        Path full = Files.createDirectory(folder.resolve("full"));
        Files.writeString(full.resolve("holiday.txt"), "sun");
        assertEquals(Reason.REFUSED, reason(() -> vault.take(full)));
        assertEquals(Reason.INVALID, reason(() -> vault.take(Path.of("relative"))));
        assertEquals(Reason.INVALID, reason(() -> vault.take(folder.resolve("../x"))));
        assertEquals(Reason.INVALID, reason(() -> vault.take(folder.resolve("x".repeat(1001)))));
        assertEquals(Reason.FAILED, reason(() -> vault.take(folder.resolve("not-mounted/omni"))));
        assertEquals(Reason.MISSING, reason(() -> Backups.in(folder)));
        vault.take(target);
        try (BackupTarget busy = BackupTarget.open(target)) {
            assertEquals(Reason.REFUSED, reason(() -> vault.take(target)));
            assertEquals(1, busy.snapshots().size());
        }
    }

    @Test
    void placesAndSnapshotsAreBounded() throws IOException {
        vault.take(target);
        Path keys = target.resolve("keys");
        byte[] one =
                Files.readAllBytes(keys.resolve(Backups.in(target).getFirst().snapshot()));
        for (int i = 1; i < BackupTarget.SNAPSHOTS_MAX; i++) {
            Files.write(keys.resolve(String.format("20250101-000000.000-%04x", i)), one);
        }
        assertEquals(Reason.REFUSED, reason(() -> vault.take(target)));
        for (int i = 1; i < Backups.TARGETS_MAX; i++) {
            vault.take(folder.resolve("place" + i));
        }
        assertEquals(Reason.REFUSED, reason(() -> vault.take(folder.resolve("one-too-many"))));
        vault.take(folder.resolve("place1"));
    }

    @Test
    void aContentOfTheLargestSizeIsAChunkAndOneMoreIsTwo() {
        byte[] key = new byte[32];
        assertEquals(
                BackupCipher.CHUNK_BYTES_MAX,
                BackupCipher.sealChunk(key, "c", new byte[BackupCipher.CONTENT_BYTES_MAX]).length);
        assertEquals(BackupCipher.SEALED_BYTES_MIN, BackupCipher.sealChunk(key, "c", new byte[0]).length);
        assertNotEquals(
                BackupCipher.CHUNK_BYTES_MAX,
                BackupCipher.sealChunk(key, "c", new byte[BackupCipher.CONTENT_BYTES_MAX + 1]).length);
    }

    @Test
    void aPolicyKeepsTheNewestOfEachSpan() {
        List<String> names = List.of(
                "20260101-120000.000-0001",
                "20260102-080000.000-0002",
                "20260102-200000.000-0003",
                "20260110-120000.000-0004",
                "20260201-120000.000-0005",
                "20260202-120000.000-0006");
        assertEquals(List.of(), new BackupPolicy(0, 0, 0).over(names));
        assertEquals(names.subList(0, 4), new BackupPolicy(2, 0, 0).over(names));
        assertEquals(
                List.of("20260101-120000.000-0001", "20260102-080000.000-0002", "20260102-200000.000-0003"),
                new BackupPolicy(2, 0, 2).over(names));
        assertEquals(
                List.of("20260101-120000.000-0001", "20260102-080000.000-0002"), new BackupPolicy(0, 4, 0).over(names));
        assertEquals(names.subList(0, 5), new BackupPolicy(1, 1, 1).over(names));
    }
}

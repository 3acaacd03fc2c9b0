package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import omni.role.PrivateFile;
import omni.tpm.TpmDevice;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VerifyReply;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vault that no process serves is checked as it lies: what was changed is seen, and nothing is changed by it. */
final class OfflineCheckTest {
    private static final int SEGMENTS_BYTES = (1 << 20) + 10_000; // two of them

    @TempDir
    Path home;

    private final KeyWork work = new KeyWork(Made::quick);
    private Path folder;
    private Path temporary;

    @BeforeEach
    void make() throws IOException {
        folder = home.resolve("vault");
        temporary = Files.createDirectory(home.resolve("tmp"));
        Path running = Files.createDirectory(home.resolve("running"));
        KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyFile file = made.file().orElseThrow();
        PrivateFile.write(running.resolve(KeyKeeper.FILE), file.json());
        try (OpenVault vault = OpenVault.open(running, WholeVault.ring(made), Clock.systemUTC())) {
            vault.audit().add(AuditEvent.CREATED, Map.of());
            WholeVault.converse(vault, "about owls", "word ".repeat(3000));
            SealedFiles.open(running.resolve("files"), vault.keys(), Purpose.FILES, file.vault(), FileLimits.DEFAULT)
                    .write("document", "a", SEGMENTS_BYTES, new ByteArrayInputStream(new byte[SEGMENTS_BYTES]));
            vault.records().checkpoint();
            WholeVault.converse(vault, "still in the journal");
            vault.audit().add(AuditEvent.PROVED, Map.of());
            WholeVault.put(WholeVault.bytes(running), folder); // as a kill would leave it
        }
        new SealedLog(folder, Clock.systemUTC()).add(AuditEvent.WRONG_SECRET, Map.of());
        Files.delete(folder.resolve("records.db-shm"));
    }

    private VerifyReply check(AuditHead... kept) throws IOException {
        byte[] json = Files.readAllBytes(folder.resolve(KeyKeeper.FILE));
        try (OfflineCheck check = new OfflineCheck(folder, temporary, Clock.systemUTC());
                KeyRing keys = WholeVault.ring(work.open(KeyFile.of(json), Made.password(Made.PASSWORD)))) {
            VerifyReply found = check.check(KeyFile.of(json), keys, new TpmCounter(TpmDevice.NONE), List.of(kept));
            try (Stream<Path> copied = Files.walk(check.work())) {
                assertTrue(
                        copied.noneMatch(path -> path.endsWith(KeyKeeper.FILE)), "a copy of keys would outlive them");
            }
            return found;
        }
    }

    private Map<String, String> state() throws IOException {
        Map<String, String> state = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.toList()) {
                state.put(
                        folder.relativize(path).toString(),
                        Files.getLastModifiedTime(path)
                                + (Files.isDirectory(path) ? "" : " " + Arrays.hashCode(Files.readAllBytes(path))));
            }
        }
        return state;
    }

    @Test
    void aWholeOneIsWholeAndStaysAsItLies() throws IOException {
        Map<String, String> before = state();
        VerifyReply found = check();
        assertEquals(List.of(), found.problems());
        assertTrue(found.pages() > 5 && found.texts() > 3, found::toString);
        assertEquals(2, found.lines(), "of the log as it lies, without what an unlock would add");
        assertEquals(AuditHead.in(folder).orElseThrow().text(), found.newest());
        assertEquals(before, state());
        assertEquals(List.of(), list(temporary), "the copy is gone");
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void aByteThatWasChangedIsFoundInEachFile() throws IOException {
        for (Path file : files()) {
            byte[] whole = Files.readAllBytes(file);
            for (int place : new int[] {whole.length / 3, whole.length / 2, whole.length - 2}) {
                byte[] changed = whole.clone();
                changed[place] ^= 1;
                Files.write(file, changed);
                Map<String, String> before = state();
                assertTrue(isSeen(), () -> file + " at " + place);
                assertEquals(before, state(), () -> file + " at " + place);
            }
            Files.write(file, whole);
        }
        assertEquals(List.of(), check().problems(), "all is as it was");
    }

    /** Whoever cannot be opened at all is refused, and that is seen, too. */
    private boolean isSeen() throws IOException {
        try {
            return !check().problems().isEmpty();
        } catch (VaultException e) {
            return e.reason() == Reason.DAMAGED || e.reason() == Reason.DENIED;
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void aFileThatIsGoneIsFound() throws IOException {
        for (Path file : files()) {
            if (!List.of(KeyKeeper.FILE, "sealed.log").contains(String.valueOf(file.getFileName()))
                    && !file.startsWith(folder.resolve("files"))) {
                byte[] whole = Files.readAllBytes(file);
                Files.delete(file);
                assertTrue(!check().problems().isEmpty(), file::toString);
                Files.write(file, whole);
            }
        }
        Files.delete(folder.resolve("records.db"));
        Files.delete(folder.resolve("records.db-wal"));
        assertTrue(check().problems().contains("The records are gone: there is no records.db."));
    }

    @Test
    void whatWasKeptElsewhereIsCompared() throws IOException {
        AuditHead newest = AuditHead.in(folder).orElseThrow();
        assertEquals(List.of(), check(newest).problems());
        var other = check(new AuditHead(newest.number(), "0".repeat(64)));
        assertEquals(1, other.problems().size(), other::toString);
        assertTrue(
                check(new AuditHead(99, "0".repeat(64))).problems().getFirst().contains("line 99 was known"));
        for (String none : List.of("x", "", " \n")) { // as of a file that was not there
            assertEquals(
                    Reason.INVALID,
                    assertThrows(VaultException.class, () -> OfflineCheck.kept(none))
                            .reason());
        }
    }

    /** As whoever has the database's key could: the log's own key vouches for the file beside it. */
    @Test
    void aPublicKeyOfAnotherLogIsFound() throws IOException {
        try (KeyRing other = WholeVault.ring(work.create(Made.password(Made.PASSWORD), Made.LEAST))) {
            new AuditKey(other, 1).publicKey().keepIn(folder);
        }
        assertTrue(check().problems().contains("The file audit.pub did not hold the log's key."));
    }

    @Test
    void oneThatIsBeingWipedIsNotChecked() throws IOException {
        Files.createFile(folder.resolve(Wipe.INTENT));
        assertEquals(
                Reason.REFUSED, assertThrows(VaultException.class, this::check).reason());
    }

    /** The whole way: a process of its own, the secrets on its standard input. */
    @Test
    void theProcessTakesTheSecretOnItsInput() throws Exception {
        folder = Files.createDirectory(home.resolve("real"));
        var at = new VaultHome(folder, Clock.systemUTC());
        Vault vault = at.started();
        String words = VaultHome.call(vault, SecretCall.Verb.CREATE, Made.PASSWORD, "");
        vault.open().close();
        Map<String, String> before = state();
        String found = run(1, Made.PASSWORD);
        assertTrue(found.contains("\"problems\":[]"), found);
        assertTrue(run(2, words).contains("\"problems\":[]"));
        assertTrue(run(1, "another password").startsWith("{\"reason\":\"denied\""));
        assertTrue(run(1, Made.PASSWORD, "").startsWith("{\"reason\":\"invalid\""), "nothing that was kept");
        assertEquals(before, state(), "not even a wrong try is written down");
        Files.delete(folder.resolve(KeyKeeper.FILE));
        assertTrue(run(1, Made.PASSWORD).startsWith("{\"reason\":\"missing\""));
        assertEquals(List.of(), list(temporary));
    }

    private String run(int kind, String secret, String... known) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(OfflineCheckCommand.line(
                        folder, temporary, TpmDevice.OFF, Stream.of(known).findFirst()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (OutputStream in = process.getOutputStream()) {
            ByteBuffer bytes = ByteBuffer.wrap(secret.getBytes(StandardCharsets.UTF_8));
            in.write(OfflineCheckCommand.message(kind == OfflineCheckCommand.RECOVERY, bytes, ByteBuffer.allocate(0)));
            in.flush();
            String printed = String.join("\n", process.inputReader().readAllLines());
            process.waitFor();
            return printed;
        }
    }

    /** As a check of the records has it: the report goes on. */
    @Test
    void recordsOfANewerProgramAreAProblem() throws IOException {
        byte[] json = Files.readAllBytes(folder.resolve(KeyKeeper.FILE));
        try (KeyRing keys = WholeVault.ring(work.open(KeyFile.of(json), Made.password(Made.PASSWORD)));
                Records records = Records.open(folder, keys)) {
            List<String> newer = new ArrayList<>(Migrations.bundled().steps());
            newer.add("CREATE TABLE more (a TEXT) STRICT;\n");
            new Migrations(newer).apply(records);
        }
        VerifyReply found = check();
        assertTrue(
                found.problems().stream().anyMatch(problem -> problem.contains("newer version of this program")),
                found::toString);
        assertTrue(found.problems().contains("The log of what was done could not be read."), found::toString);
    }

    @Test
    void aLinkInThePlaceOfTheKeysIsNotFollowed() throws IOException {
        Path keys = folder.resolve(KeyKeeper.FILE);
        Path moved = Files.move(keys, home.resolve("elsewhere"));
        Files.createSymbolicLink(keys, moved);
        var keeper = new KeyKeeper(folder, home, Made.MACHINE);
        assertEquals(
                Reason.FAILED, assertThrows(VaultException.class, keeper::file).reason());
        Files.delete(keys);
        Files.move(moved, keys);
        assertTrue(keeper.file().isPresent(), "the control");
    }

    @Test
    void nothingLetsTheProcessBeLookedInto() {
        List<String> line = OfflineCheckCommand.line(folder, temporary, TpmDevice.OFF, Optional.empty());
        assertTrue(line.containsAll(List.of(
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:-HeapDumpOnOutOfMemoryError",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+DisableAttachMechanism",
                "-XX:-UsePerfData",
                "-Xlog:disable")));
        assertEquals(Map.of("LANG", "C.UTF-8"), OfflineCheckCommand.ENVIRONMENT);
    }

    /** So that one that the disk cannot list ends no report. */
    @Test
    void whatTheDiskDoesNotReadIsAProblem() throws VaultException {
        assertEquals("a disk", new VaultException(Reason.FAILED, "a disk").asProblem());
        assertEquals("a byte", new VaultException(Reason.DAMAGED, "a byte").asProblem());
        assertThrows(VaultException.class, () -> new VaultException(Reason.SEALED, "locked").asProblem());
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an offline check works on: nothing but plain files of the vault, and gone afterwards, whatever ends it. */
final class OfflineCopyTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    Path home;

    private Path folder;
    private Path temporary;

    @BeforeEach
    void make() throws IOException {
        folder = Files.createDirectory(home.resolve("vault"));
        temporary = Files.createDirectory(home.resolve("tmp"));
    }

    private static List<String> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> String.valueOf(path.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private OfflineCopy copy() throws VaultException {
        return OfflineCopy.below(temporary, folder);
    }

    private Path file(String name, long bytes) throws IOException {
        Path file = folder.resolve(name);
        try (var sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(bytes);
        }
        return file;
    }

    @Test
    void whatIsCopiedIsWhatACheckReadsAndNoKeys() throws IOException {
        file("keys.json", 10);
        file("records.db", 3L << 20);
        file("audit.head", OfflineCopy.SMALL_BYTES_MAX);
        file("another", 10);
        try (OfflineCopy copies = copy()) {
            Set<String> problems = new LinkedHashSet<>();
            Path copied = copies.copied(problems, () -> {});
            assertEquals(Set.of(), problems);
            assertEquals(List.of("audit.head", "records.db"), list(copied));
            assertEquals(3L << 20, Files.size(copied.resolve("records.db")));
            assertEquals(List.of("copy", "lock"), list(copies.work()));
        }
        assertEquals(List.of(), list(temporary));
    }

    @Test
    void whatIsNoPlainFileOrTooLargeIsSaidAndNotRead() throws Exception {
        file("records.db", 10);
        file("audit.pub", OfflineCopy.SMALL_BYTES_MAX + 1);
        Files.createSymbolicLink(folder.resolve("sealed.log"), Path.of("/dev/zero"));
        Files.createSymbolicLink(folder.resolve("records.db-wal"), file("other", 10));
        Path pipe = folder.resolve("audit.head");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        try (OfflineCopy copies = copy()) {
            Set<String> problems = new LinkedHashSet<>();
            assertEquals(List.of("records.db"), list(copies.copied(problems, () -> {})));
            assertEquals(
                    Set.of(
                            "In the place of sealed.log is no file: it was not read.",
                            "In the place of records.db-wal is no file: it was not read.",
                            "In the place of audit.head is no file: it was not read.",
                            "The file audit.pub is larger than it can be: it was not read."),
                    problems);
        }
    }

    /** As by an Omni that runs on the same home, seen from elsewhere. */
    @Test
    void whatChangesMeanwhileIsRefused() throws IOException {
        Path records = file("records.db", 10);
        for (Path changed : List.of(records, folder.resolve("records.db-wal"))) {
            Runnable writer = () -> append(changed);
            try (OfflineCopy copies = copy()) {
                VaultException refused =
                        assertThrows(VaultException.class, () -> copies.copied(new LinkedHashSet<>(), writer));
                assertEquals(Reason.REFUSED, refused.reason());
                assertTrue(refused.getMessage().contains("Omni runs on this home"), refused.getMessage());
            }
        }
        assertEquals(List.of(), list(temporary));
    }

    private static void append(Path file) {
        try {
            Files.writeString(file, "x", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void onlyWhatACheckHasLeftIsSwept() throws IOException {
        Path left =
                Files.createDirectories(temporary.resolve("omni-verify1/copy")).getParent();
        Files.createFile(temporary.resolve("omni-verify1/lock"));
        Files.createFile(temporary.resolve("omni-verify1/copy/records.db"));
        Files.createDirectories(temporary.resolve("omni-verify2/notes"));
        Path elsewhere = Files.createDirectory(home.resolve("elsewhere"));
        Files.createFile(elsewhere.resolve("lock"));
        Files.createSymbolicLink(temporary.resolve("omni-verify3"), elsewhere);
        copy().close();
        assertFalse(Files.exists(left, LinkOption.NOFOLLOW_LINKS));
        assertEquals(List.of("omni-verify2", "omni-verify3"), list(temporary));
        assertEquals(List.of("notes"), list(temporary.resolve("omni-verify2")));
        assertEquals(List.of("lock"), list(elsewhere));
    }

    /** A derivation that takes long enough to be killed in the middle of it. */
    private void makeSlowVault() throws IOException {
        KeyWork.Outcome made = new KeyWork(Made::quick).create(Made.password(Made.PASSWORD), Made.LEAST);
        Path keys = folder.resolve(KeyKeeper.FILE);
        PrivateFile.write(keys, made.file().orElseThrow().json());
        String slow = Files.readString(keys)
                .replaceAll("\"memoryKib\"(\\s*:\\s*)\\d+", "\"memoryKib\"$1" + (256 << 10))
                .replaceAll("\"passes\"(\\s*:\\s*)\\d+", "\"passes\"$1" + Argon2.PASSES_MAX);
        Files.writeString(keys, slow);
    }

    @Test
    void whenTheCommandIsKilledTheCopyGoes() throws Exception {
        makeSlowVault();
        Process command = command();
        ProcessHandle check = deriving(command);
        assertEquals(1, list(temporary).size(), "the control");
        command.destroyForcibly();
        assertTrue(check.onExit().get(LONG.toSeconds(), TimeUnit.SECONDS).pid() > 0);
        assertEquals(List.of(), list(temporary));
    }

    @Test
    void whenTheCheckIsKilledTheNextOneSweeps() throws Exception {
        makeSlowVault();
        Process command = command();
        ProcessHandle check = deriving(command);
        copy().close();
        assertEquals(1, list(temporary).size(), "of one that is at work");
        check.destroyForcibly();
        command.waitFor();
        assertEquals(1, list(temporary).size(), "the control");
        copy().close();
        assertEquals(List.of(), list(temporary));
    }

    private Process command() throws IOException {
        return Jvm.process(List.of(), OfflineParent.class, folder.toString(), temporary.toString())
                .start();
    }

    /** Once it has the secrets, and a child of its derives the key. */
    private ProcessHandle deriving(Process command) throws IOException {
        ProcessHandle check = ProcessHandle.of(
                        Long.parseLong(command.inputReader().readLine()))
                .orElseThrow();
        long end = System.nanoTime() + LONG.toNanos();
        while (sockets().isEmpty()) {
            if (System.nanoTime() > end) {
                fail("No key is derived: " + list(temporary));
            }
            LockSupport.parkNanos(1_000_000);
        }
        return check;
    }

    private List<Path> sockets() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> works = Files.newDirectoryStream(temporary)) {
            for (Path work : works) {
                try (DirectoryStream<Path> keys = Files.newDirectoryStream(work, "key*")) {
                    keys.forEach(found::add);
                }
            }
        }
        return found;
    }
}

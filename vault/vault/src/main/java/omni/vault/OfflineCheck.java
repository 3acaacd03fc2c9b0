package omni.vault;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VerifyReply;

/**
 * Checks a vault that no process serves, as {@code omni.Vault}'s Verify does an open one. Nothing in its folder is opened for
 * writing: SQLite, and the log that takes in what happened while sealed, work on a copy of the records and of the small files, encrypted as
 * they lie, in a folder for it alone that goes at the close. Large files are read where they are. For one thread.
 */
final class OfflineCheck implements AutoCloseable {
    private static final List<String> COPIED = List.of(
            KeyKeeper.FILE, "records.db", "records.db-wal", "audit.pub", "audit.head", "sealed.log", "sealed.log.bad");

    /** What SQLite's library takes on its way, and an index that is written anew. */
    private static final long ROOM_BYTES = 64L << 20;

    private final Path folder;
    private final Path work;
    private final Clock clock;

    /**
     * Of that vault's folder, with room for a copy below another.
     *
     * @throws VaultException FAILED where nothing can be made there; REFUSED where the vault is being wiped
     */
    OfflineCheck(Path folder, Path temporary, Clock clock) throws VaultException {
        this.folder = folder;
        this.clock = clock;
        if (new Wipe(folder).isBegun()) {
            throw new VaultException(Reason.REFUSED, "The vault is being wiped: its keys are gone.");
        }
        try {
            work = Files.createTempDirectory(
                    temporary,
                    "omni-verify",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, noRoom(temporary), e);
        }
    }

    private static String noRoom(Path temporary) {
        return "The copy that is checked cannot be made in " + temporary
                + ": make room there, or name another folder in TMPDIR.";
    }

    /** Where the process for the keys has its socket. */
    Path work() {
        return work;
    }

    /**
     * Reads all of it.
     *
     * @param keys of the vault, by its own key file
     * @param counter compares the TPM's count with the log's, and counts nothing
     * @param kept lines of the log that somebody has kept elsewhere
     */
    VerifyReply check(KeyFile file, KeyRing keys, TpmCounter counter, List<AuditHead> kept) throws VaultException {
        Path copy = copied();
        Set<String> problems = new LinkedHashSet<>(
                SealedFiles.problems(folder.resolve("files"), keys, Purpose.FILES, file.vault(), () -> {}));
        long pages = 0;
        long texts = 0;
        AuditReport audit = new AuditReport(0, AuditHead.NONE, List.of());
        if (Files.exists(Records.file(copy))) {
            RecordsCheck.Report records = RecordsCheck.closed(copy, keys);
            pages = records.pages();
            texts = records.texts();
            problems.addAll(records.problems());
            audit = audit(copy, file, keys, counter, kept, problems);
        } else {
            problems.add("The records are gone: there is no records.db.");
        }
        problems.addAll(audit.problems());
        return new VerifyReply(pages, texts, audit.lines(), audit.newest().text(), new ArrayList<>(problems));
    }

    /** As the log lies first, and then what an unlock would find: it writes its alarms into the copy. */
    private AuditReport audit(
            Path copy, KeyFile file, KeyRing keys, TpmCounter counter, List<AuditHead> kept, Set<String> problems)
            throws VaultException {
        try (Records records = Records.open(copy, keys)) {
            AuditStore store = new AuditTable(records);
            AuditReport report = AuditCheck.check(AuditCheck.Standing.of(copy, store), store, kept);
            AuditLog log = AuditLog.open(copy, store, keys, clock);
            problems.addAll(log.alarms());
            counter.looked(file.vault(), log).ifPresent(problems::add);
            return report;
        } catch (VaultException e) {
            if (e.reason() != Reason.DAMAGED && e.reason() != Reason.DENIED) {
                throw e;
            }
            problems.add(e.getMessage()); // as a check of the records has said
            return new AuditReport(0, AuditHead.NONE, List.of("The log of what was done could not be read."));
        }
    }

    private Path copied() throws VaultException {
        Path copy = work.resolve("copy");
        try {
            long bytes = ROOM_BYTES;
            List<Path> there = new ArrayList<>();
            for (String name : COPIED) {
                Path file = folder.resolve(name);
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    bytes += Files.size(file);
                    there.add(file);
                }
            }
            if (Files.getFileStore(work).getUsableSpace() < bytes) {
                throw new VaultException(
                        Reason.FAILED, noRoom(work.resolveSibling("")) + " It takes " + bytes + " bytes.");
            }
            Files.createDirectory(
                    copy, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            for (Path file : there) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
            return copy;
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The vault's files cannot be read, or copied to " + work + ": look at the disks.",
                    e);
        }
    }

    /** Removes the copy. */
    @Override
    public void close() throws VaultException {
        try {
            remove(work);
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The copy in " + work + " cannot be removed: remove it.", e);
        }
    }

    /** The same, and nobody can be told where that fails. */
    void abandon() {
        try {
            close();
        } catch (VaultException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "A copy is left", e);
        }
    }

    private static void remove(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> inner = Files.newDirectoryStream(path)) {
                for (Path each : inner) {
                    remove(each);
                }
            }
        }
        Files.deleteIfExists(path);
    }

    /** Of a line that was kept elsewhere; nothing where it is empty. */
    static List<AuditHead> kept(String known) throws VaultException {
        if (known.isEmpty()) {
            return List.of();
        }
        Optional<AuditHead> head = AuditHead.read(known.strip());
        return List.of(head.orElseThrow(() -> new VaultException(
                Reason.INVALID,
                "What was kept is a number, a blank and 64 hexadecimal digits, as a verification prints it.")));
    }
}

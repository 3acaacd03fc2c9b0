package omni.vault;

import java.nio.file.Files;
import java.nio.file.Path;
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
 * writing: SQLite, and the log that takes in what happened while sealed, work on an {@link OfflineCopy}. Large files are read where they
 * are. For one thread.
 */
final class OfflineCheck implements AutoCloseable {
    private final Path folder;
    private final OfflineCopy copies;
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
        copies = OfflineCopy.below(temporary, folder);
    }

    /** Where the process for the keys has its socket. */
    Path work() {
        return copies.work();
    }

    /**
     * Reads all of it.
     *
     * @param keys of the vault, by its own key file
     * @param counter compares the TPM's count with the log's, and counts nothing
     * @param kept lines of the log that somebody has kept elsewhere
     * @throws VaultException REFUSED where the records change meanwhile
     */
    VerifyReply check(KeyFile file, KeyRing keys, TpmCounter counter, List<AuditHead> kept) throws VaultException {
        Set<String> problems = new LinkedHashSet<>();
        Path copy = copies.copied(problems, () -> {});
        problems.addAll(SealedFiles.report(folder.resolve("files"), keys, Purpose.FILES, file.vault(), () -> {}));
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
            if (!RecordsCheck.isFinding(e)) {
                throw e;
            }
            problems.add(e.getMessage()); // as a check of the records has said
            return new AuditReport(0, AuditHead.NONE, List.of("The log of what was done could not be read."));
        }
    }

    /** Removes the copy. */
    @Override
    public void close() throws VaultException {
        copies.close();
    }

    /** The same, and nobody can be told where that fails. */
    void abandon() {
        try {
            close();
        } catch (VaultException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "A copy is left", e);
        }
    }

    /**
     * Of a line that was kept elsewhere.
     *
     * @throws VaultException INVALID where it is none; an empty one is a file that was not there, and shows nothing
     */
    static List<AuditHead> kept(String known) throws VaultException {
        Optional<AuditHead> head = AuditHead.read(known.strip());
        return List.of(head.orElseThrow(() -> new VaultException(
                Reason.INVALID,
                "What was kept is a number, a blank and 64 hexadecimal digits, as a verification prints it.")));
    }
}

package omni.vault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import omni.bus.BusError;
import omni.bus.Call;
import omni.role.Attempts;
import omni.vault.VaultProtocol.ExportReply;
import omni.vault.VaultProtocol.FailedReason;
import omni.vault.VaultProtocol.LockReply;
import omni.vault.VaultProtocol.LockReplyWas;
import omni.vault.VaultProtocol.StatusReply;
import omni.vault.VaultProtocol.VaultState;
import omni.vault.VaultProtocol.VerifyReply;
import omni.vault.VaultProtocol.WipeReply;
import omni.vault.VaultProtocol.WipeReplyTpm;

/** {@code omni.Vault}: how the vault stands, and its lock. Anybody may ask, and anybody may lock. For any thread. */
final class VaultService implements VaultProtocol.Handler {
    private static final int CHANGES_MAX = 100;
    private static final String NOT_COUNTED =
            "that the whole vault was put back to an earlier state would not be seen here, where no TPM counts its unlocks:"
                    + " keep elsewhere what omni vault verify prints";

    /** For how long the end of the process waits for an answer to be read. */
    private static final Duration ANSWER_MAX = Duration.ofMillis(100);

    private final Vault vault;
    private final Duration lockAfter;
    private final Supplier<List<String>> limits;
    private final Semaphore verifying = new Semaphore(1);

    /** {@code limits} is what the machine does not give the vault, as it is now. */
    VaultService(Vault vault, Duration lockAfter, Supplier<List<String>> limits) {
        this.vault = vault;
        this.lockAfter = lockAfter;
        this.limits = limits;
    }

    @Override
    public void status(VaultProtocol.StatusParams in, Call<StatusReply> call) {
        if (!call.wantsMore()) {
            call.reply(new StatusReply(wire(vault.status())));
            return;
        }
        var changes = new LinkedBlockingQueue<Vault.Status>(CHANGES_MAX);
        call.onCancel(() -> changes.offer(vault.status())); // so that the wait for a change ends
        try (var _ = vault.onChange(changes::offer)) {
            call.next(new StatusReply(wire(vault.status())));
            while (!call.isCancelled()) {
                call.next(new StatusReply(wire(changes.take())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        call.reply(new StatusReply(wire(vault.status())));
    }

    @Override
    public void lock(VaultProtocol.LockParams in, Call<LockReply> call) {
        try {
            call.reply(new LockReply(LockReplyWas.valueOf(vault.status().state().name())));
        } finally { // also where the caller has gone
            vault.lock("asked for");
        }
    }

    @Override
    public void redeem(VaultProtocol.RedeemParams in, Call<VaultProtocol.RedeemReply> call) {
        try {
            vault.redeem(in.permit(), in.session());
            call.reply(new VaultProtocol.RedeemReply(vault.name()));
        } catch (VaultException e) {
            throw failed(e);
        }
    }

    @Override
    public void wipe(VaultProtocol.WipeParams in, Call<WipeReply> call) {
        try {
            vault.permits().require(in.permit(), in.session());
        } catch (VaultException e) {
            throw failed(e);
        }
        try {
            Wiped wiped = vault.wipe();
            call.reply(new WipeReply(
                    wiped.took().plusNanos(999_999).toMillis(),
                    WipeReplyTpm.valueOf(wiped.tpm().name()),
                    wiped.backups().orElse(null)));
        } catch (VaultException e) {
            throw failed(e);
        } finally { // also where the caller has gone; a failure is still to be told
            vault.vanish(ANSWER_MAX);
        }
    }

    @Override
    public void export(VaultProtocol.ExportParams in, Call<ExportReply> call) {
        if (!call.wantsMore()) {
            throw BusError.expectedMore();
        }
        try {
            vault.permits().require(in.permit(), in.session());
            OpenVault open = vault.open();
            open.audit().add(AuditEvent.EXPORTED, Map.of("session", in.session()));
            Export.of(open, lines -> {
                vault.open(); // so that it is in use
                call.next(new ExportReply(lines));
            });
        } catch (VaultException e) {
            throw failed(e);
        }
        call.reply(new ExportReply(List.of()));
    }

    @Override
    public void verify(VaultProtocol.VerifyParams in, Call<VerifyReply> call) {
        if (!verifying.tryAcquire()) {
            throw new VaultProtocol.Failed(FailedReason.REFUSED, "The vault is being verified already: wait for that.");
        }
        try {
            call.reply(verified(in));
        } catch (VaultException e) {
            throw failed(e);
        } finally {
            verifying.release();
        }
    }

    private VerifyReply verified(VaultProtocol.VerifyParams in) throws VaultException {
        String known = in.known();
        List<AuditHead> kept = known == null ? List.of() : OfflineCheck.kept(known);
        OpenVault open = vault.look(); // no use by itself, and no idleness
        RecordsCheck.Report records;
        AuditReport audit;
        try (var _ = vault.idleness().work()) {
            records = RecordsCheck.open(open.records());
            audit = open.audit().check(kept);
        }
        List<String> problems = new ArrayList<>();
        try (Idleness.Work work = vault.idleness().steps()) {
            problems.addAll(files(open, work::step));
        }
        problems.addAll(records.problems());
        problems.addAll(audit.problems());
        problems.addAll(open.audit().alarms());
        return new VerifyReply(
                records.pages(), records.texts(), audit.lines(), audit.newest().text(), problems);
    }

    /** What is wrong with what lies beside the records: the file of keys, and the large files. */
    private static List<String> files(OpenVault open, Runnable step) throws VaultException {
        Path folder = open.records().folder();
        String vault;
        try {
            vault = KeyFile.of(open.keyFile().copy(folder.resolve(KeyKeeper.FILE)))
                    .vault();
        } catch (VaultException e) {
            return List.of(e.asProblem(), "The large files were not read: the file of keys names their vault.");
        }
        return SealedFiles.report(folder.resolve("files"), open.keys(), Purpose.FILES, vault, step);
    }

    private static VaultProtocol.Failed failed(VaultException e) {
        return new VaultProtocol.Failed(FailedReason.valueOf(e.reason().name()), e.getMessage());
    }

    private VaultProtocol.Vault wire(Vault.Status status) {
        Attempts.Standing standing = standing();
        List<String> lines = new ArrayList<>(limits.get());
        if (!vault.countsUnlocks()) {
            lines.addFirst(NOT_COUNTED);
        }
        vault.peek()
                .filter(open -> !open.keys().isLocked())
                .ifPresent(_ -> lines.add("the keys are not kept out of the swap: the limit of locked memory is too low"
                        + " (ulimit -l)"));
        if (vault.isHalfRotated()) {
            lines.add(
                    "its old keys are there, too, for a rotation did not come to its end: run omni vault rotate again");
        }
        vault.peek()
                .map(open -> open.apiKeys().strangers())
                .filter(strangers -> strangers > 0)
                .ifPresent(strangers -> lines.add("API keys that were made or changed while it was locked, and do not"
                        + " reach what it keeps: " + strangers + " (omni key list)"));
        vault.peek()
                .flatMap(open -> open.retention().waitsUntil())
                .ifPresent(until ->
                        lines.add("the clock is days ahead of the vault's last use: what is over is kept until " + until
                                + " by it; set it, where it is wrong"));
        vault.peek()
                .map(open -> open.audit().alarms())
                .ifPresent(alarms -> alarms.forEach(alarm -> lines.add("ALARM: " + alarm)));
        return new VaultProtocol.Vault(
                VaultState.valueOf(status.state().name()),
                status.since().toString(),
                status.cause(),
                lines,
                (long) standing.wrong(),
                standing.left().plus(Duration.ofMillis(999)).toSeconds(),
                lockAfter.toSeconds(),
                vault.boundTo().orElse(null));
    }

    private Attempts.Standing standing() {
        try {
            return vault.standing();
        } catch (VaultException e) {
            throw failed(e);
        }
    }
}

package omni.vault;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import omni.bus.Call;
import omni.vault.BackupsProtocol.FailedReason;
import omni.vault.BackupsProtocol.ForgetReply;
import omni.vault.BackupsProtocol.ListReply;
import omni.vault.BackupsProtocol.Progress;
import omni.vault.BackupsProtocol.TakeReply;
import omni.vault.BackupsProtocol.VerifyReply;
import org.jspecify.annotations.Nullable;

/** {@code omni.Backups}: whoever may read the vault's files may have copies of them made, which tell no more. For any thread. */
final class BackupService implements BackupsProtocol.Handler {
    private static final Duration TELL_EVERY = Duration.ofMillis(200);

    private final Vault vault;
    private final BackupSchedule schedule;

    BackupService(Vault vault, BackupSchedule schedule) {
        this.vault = vault;
        this.schedule = schedule;
    }

    /** What is done with the backups of an open vault. */
    private interface Work<T> {
        T with(Backups backups) throws VaultException;
    }

    /** What needs no vault. */
    private interface Look<T> {
        T at() throws VaultException;
    }

    private <T> T in(Work<T> work) {
        return told(() -> work.with(new Backups(vault.open())));
    }

    private static <T> T told(Look<T> look) {
        try {
            return look.at();
        } catch (VaultException e) {
            throw new BackupsProtocol.Failed(FailedReason.valueOf(e.reason().name()), e.getMessage());
        }
    }

    @Override
    public void take(BackupsProtocol.TakeParams in, Call<TakeReply> call) {
        var teller = new Teller<>(call, vault);
        boolean git = Boolean.TRUE.equals(in.git());
        BackupWriter.Progress progress =
                (read, written) -> teller.tell(() -> new TakeReply(new Progress(read, written, null)));
        BackupWriter.Done done = in(backups -> Boolean.TRUE.equals(in.newDisk())
                ? backups.takeOnNewDisk(place(in.target()), git, progress)
                : backups.take(place(in.target()), git, progress));
        call.reply(new TakeReply(
                new Progress(done.read(), done.written(), done.snapshot().name())));
    }

    /** Tells a caller that wants more how far it is, now and then; while it comes further, the vault is in use. */
    private static final class Teller<R> {
        private final Call<R> call;
        private final Vault vault;
        private long toldNanos = System.nanoTime();

        Teller(Call<R> call, Vault vault) {
            this.call = call;
            this.vault = vault;
        }

        void tell(Supplier<R> reply) throws VaultException {
            if (call.isCancelled()) {
                throw new VaultException(VaultException.Reason.REFUSED, "The caller has gone.");
            }
            vault.open(); // so that it is in use
            if (call.wantsMore() && System.nanoTime() - toldNanos > TELL_EVERY.toNanos()) {
                toldNanos = System.nanoTime();
                call.next(reply.get());
            }
        }
    }

    private Path place(@Nullable String target) throws VaultException {
        return target == null ? schedule.place() : path(target);
    }

    /** A path as it was sent. */
    static Path path(String text) throws VaultException {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new VaultException(VaultException.Reason.INVALID, "That is no path of a folder.", e);
        }
    }

    @Override
    public void list(BackupsProtocol.ListParams in, Call<ListReply> call) {
        String target = in.target();
        // Whoever puts one back has no vault yet.
        List<Backups.Copy> copies = target == null ? in(Backups::known) : told(() -> Backups.in(path(target)));
        call.reply(new ListReply(
                copies.stream()
                        .map(copy -> new BackupsProtocol.Copy(
                                copy.target(), copy.snapshot(), copy.taken().toString()))
                        .toList(),
                schedule.trouble().orElse(null)));
    }

    @Override
    public void forget(BackupsProtocol.ForgetParams in, Call<ForgetReply> call) {
        call.reply(new ForgetReply(in(backups -> {
            vault.permits().require(in.permit(), in.session());
            return forget(backups, in);
        })));
    }

    private List<String> forget(Backups backups, BackupsProtocol.ForgetParams in) throws VaultException {
        Path folder = path(in.target());
        String snapshot = in.snapshot();
        String conversation = in.conversation();
        if (snapshot != null && conversation != null) {
            throw new VaultException(VaultException.Reason.INVALID, "Name a snapshot or a conversation, and not both.");
        }
        if (Boolean.TRUE.equals(in.gone())) {
            if (conversation != null) {
                throw new VaultException(
                        VaultException.Reason.INVALID,
                        "What is gone has no conversation that could be destroyed in it.");
            }
            return backups.gone(folder, Optional.ofNullable(snapshot));
        }
        if (snapshot != null) {
            backups.forget(folder, List.of(snapshot));
            return List.of(snapshot);
        }
        return conversation != null
                ? backups.forgetConversation(folder, conversation)
                : backups.prune(folder, schedule.policy(), Optional.empty());
    }

    @Override
    public void verify(BackupsProtocol.VerifyParams in, Call<VerifyReply> call) {
        var teller = new Teller<>(call, vault);
        BackupCheck.Report report = in(backups -> backups.check(
                path(in.target()),
                Optional.ofNullable(in.snapshot()),
                (chunks, total, bytes) -> teller.tell(() -> new VerifyReply(0L, chunks, total, bytes, 0L, List.of()))));
        call.reply(new VerifyReply(
                (long) report.snapshots(),
                (long) report.whole().size(),
                report.total(),
                report.bytes(),
                report.left(),
                report.problems()));
    }
}

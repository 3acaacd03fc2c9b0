package omni.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import omni.role.Attempts;
import omni.tpm.Tpm;
import omni.tpm.TpmDevice;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VaultBoundTo;

/**
 * Whether the vault is open, and what opens it. It starts sealed, or absent; it is locked by ending the process.
 *
 * <p>For any thread. Secrets are judged one at a time ({@code judging}), each counted on the disk before. {@code this} guards the
 * state, and is held for no longer than a moment.
 */
final class Vault implements SecretSocket.Desk, RecordsService.Source {
    /** How long the last line of the audit log may take. */
    private static final Duration LAST_WORD = Duration.ofMillis(100);

    /** How long a wipe, which is to answer within half a second, waits for the TPM; the next start asks it again. */
    private static final Duration TPM_WORD = Duration.ofMillis(300);

    private static final Set<Verb> OPENING =
            EnumSet.of(Verb.CREATE, Verb.CREATE_WITH_TPM, Verb.UNLOCK, Verb.RECOVER, Verb.RESTORE, Verb.SALVAGE);

    /** Nothing is under old keys for these once a rotation is whole. */
    private static final Purpose[] RENEWED = {Purpose.RECORDS, Purpose.CONVERSATIONS, Purpose.KV};

    private final Path folder;
    private final KeyKeeper keeper;
    private final Clock clock;
    private final Runnable end;
    private final TpmCounter counter;
    private final SealedLog sealedLog;
    private final LockLine lockLine;
    private final Permits permits;
    private final Judge judge;
    private final Wipe wipe;
    private final Object judging = new Object();
    private final Semaphore rotating = new Semaphore(1);
    private final Idleness idleness;
    private final Set<Consumer<Status>> listeners = ConcurrentHashMap.newKeySet();
    private Status status;
    private Optional<OpenVault> open = Optional.empty();
    /** How often a lock was asked for: an unlock that began before the last one does not open. */
    private long locks;

    private boolean warm;
    private volatile Supplier<Optional<String>> bar = Optional::empty;

    /** How it stands. */
    enum State {
        /** None has been made. */
        ABSENT,
        /** Locked. */
        SEALED,
        /** Unlocked. */
        OPEN
    }

    /** How it stands, since when, and why. */
    record Status(State state, Instant since, String cause) {}

    /** Ends the hearing of changes. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * The vault in that folder, which is there.
     *
     * @param end ends this process at once
     */
    Vault(Path folder, KeyKeeper keeper, Attempts attempts, Clock clock, Runnable end) {
        this(folder, keeper, attempts, clock, end, new TpmCounter(TpmDevice.NONE));
    }

    /** With a TPM that counts its unlocks. */
    Vault(Path folder, KeyKeeper keeper, Attempts attempts, Clock clock, Runnable end, TpmCounter counter) {
        this(folder, keeper, attempts, clock, end, counter, new Idleness());
    }

    Vault(
            Path folder,
            KeyKeeper keeper,
            Attempts attempts,
            Clock clock,
            Runnable end,
            TpmCounter counter,
            Idleness idleness) {
        this.folder = folder;
        this.idleness = idleness;
        this.keeper = keeper;
        this.judge = new Judge(attempts, clock, this::told);
        this.clock = clock;
        this.end = end;
        this.counter = counter;
        this.sealedLog = new SealedLog(folder, clock);
        this.lockLine = new LockLine(sealedLog, LAST_WORD);
        this.permits = new Permits(clock);
        this.wipe = new Wipe(folder);
        this.status = atStart();
    }

    /** A key file that cannot be read is said, and ends nothing: the rest of the box does without this. */
    private Status atStart() {
        try {
            if (wipe.isBegun()) {
                return wiped();
            }
            new BackupRestore(folder, (part, done, total) -> {}).atStart();
            State state = keeper.file().isPresent() ? State.SEALED : State.ABSENT;
            return new Status(state, clock.instant(), "started");
        } catch (VaultException e) {
            return new Status(State.SEALED, clock.instant(), e.getMessage());
        }
    }

    /** The rest of a wipe. The TPM is asked once more, with the patience that the wipe itself did not have. */
    private Status wiped() throws VaultException {
        TpmHold held = wipe.held().or(keeper::held);
        wipe.begin(held);
        TpmPart part = keeper.forgetTpm(held, Tpm.PATIENCE);
        wipe.finish();
        return new Status(State.ABSENT, clock.instant(), part.cause());
    }

    /** How it stands now. Keys that a failed making has left after all are there. */
    synchronized Status status() {
        if (status.state() == State.ABSENT && keeper.isThere()) {
            status = new Status(State.SEALED, clock.instant(), "found");
        }
        return status;
    }

    /** How many secrets in a row were wrong, and how long to wait. */
    Attempts.Standing standing() throws VaultException {
        return judge.standing();
    }

    /** Whether it would be seen that the whole vault was put back to an earlier state. */
    boolean countsUnlocks() {
        return counter.counts();
    }

    /** As {@link KeyKeeper#boundTo}. */
    Optional<VaultBoundTo> boundTo() {
        return keeper.boundTo();
    }

    /**
     * The random name that this vault got when it was made.
     *
     * @throws VaultException MISSING where there is none
     */
    String name() throws VaultException {
        return keeper.present().vault();
    }

    /**
     * Uses up a permit of that session, which is written down.
     *
     * @throws VaultException DENIED where it is none
     */
    void redeem(String permit, String session) throws VaultException {
        permits.redeem(permit, session);
        told(AuditEvent.PERMIT_USED, Map.of("session", session.replaceAll("[^ -~]", "?"))); // or it would not be taken
    }

    /** What whoever proved to be the owner may. */
    Permits permits() {
        return permits;
    }

    /** Hears of every change from now on. */
    Subscription onChange(Consumer<Status> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public synchronized OpenVault open() throws VaultException {
        idleness.used();
        return look();
    }

    /** The same, without it counting as use. */
    synchronized OpenVault look() throws VaultException {
        return open.orElseThrow(() -> new VaultException(
                Reason.SEALED, status.state() == State.ABSENT ? VaultException.ABSENT : VaultException.LOCKED));
    }

    /** What is open, if it is, without it counting as use. */
    synchronized Optional<OpenVault> peek() {
        return open;
    }

    /** Keeps it locked while that says why. */
    void barredBy(Supplier<Optional<String>> why) {
        bar = why;
    }

    /** For how long nothing was asked of it. */
    Idleness idleness() {
        return idleness;
    }

    /** Wipes the keys and ends the process, where it is open; it comes back sealed. An unlock under way comes to nothing. */
    void lock(String cause) {
        taken().ifPresent(closing -> end(closing, cause));
    }

    /** Opens no more, and gives what was open to whoever closes it. */
    private Optional<OpenVault> taken() {
        synchronized (this) {
            locks++;
            Optional<OpenVault> closing = open;
            // Where it is sealed, anybody may ask for a lock, and a permit has its owner waiting.
            if (closing.isPresent()) {
                permits.clear();
            }
            open = Optional.empty();
            return closing;
        }
    }

    /**
     * Destroys the keys, on the disk and in memory, open or sealed, and then what a TPM holds of the password. The process is to be
     * ended afterwards, whatever came of it ({@link #vanish}); its next start removes what the keys protected.
     *
     * @throws VaultException FAILED where the keys may still be on the disk
     */
    Wiped wipe() throws VaultException {
        long begun = System.nanoTime();
        Optional<OpenVault> closing = taken();
        TpmHold held = keeper.held();
        Optional<List<String>> backups;
        try {
            keeper.destroy(held, LAST_WORD);
            backups = closing.flatMap(was -> Backups.placesWithin(LAST_WORD, was));
        } catch (VaultException e) {
            var _ = keeper.forgetTpm(held, TPM_WORD); // the more so where the disk keeps the keys
            throw e;
        } finally {
            closing.ifPresent(was -> was.keys().close());
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        return new Wiped(took, keeper.forgetTpm(held, TPM_WORD), backups);
    }

    /** Ends this process after that time; it comes back sealed, or absent. */
    void vanish(Duration after) {
        CompletableFuture.delayedExecutor(after.toNanos(), TimeUnit.NANOSECONDS).execute(end);
    }

    /** Locks it where this process ends by itself, and closes what was open. */
    void stop() throws VaultException {
        Optional<OpenVault> closing = taken();
        if (closing.isEmpty()) {
            return;
        }
        try (OpenVault was = closing.get()) {
            String cause = "its process was stopped";
            if (!lockLine.among(was, cause)) {
                lockLine.beside(was, cause);
            }
        }
    }

    private void end(OpenVault closing, String cause) {
        boolean noted = false;
        try {
            noted = lockLine.among(closing, cause);
        } finally {
            try {
                closing.keys().close();
                if (!noted) { // who writes a lot, or checks it, may have had the records
                    lockLine.beside(closing, cause);
                }
            } finally {
                end.run();
            }
        }
    }

    @Override
    public Optional<SecretMemory> serve(Verb verb, List<Optional<SecretMemory>> fields, SecretSocket.Progress progress)
            throws VaultException {
        if (wipe.isBegun()) {
            throw new VaultException(
                    Reason.REFUSED, "The vault is being wiped. Where that goes on, omni vault says what is left.");
        }
        long before = locksSoFar(); // first: a lock from here on, while this waits or works, keeps it locked
        if (OPENING.contains(verb)) {
            requireNoBar();
        }
        if (verb == Verb.ROTATE) {
            rotate(SecretFields.password(fields, 0));
            return Optional.empty();
        }
        synchronized (judging) {
            return switch (verb) {
                case CREATE, CREATE_WITH_TPM ->
                    Optional.of(create(SecretFields.password(fields, 0), verb == Verb.CREATE_WITH_TPM, before));
                case UNLOCK -> unlock(SecretFields.password(fields, 0), before);
                case RECOVER ->
                    recover(SecretFields.recovery(fields.getFirst()), SecretFields.password(fields, 1), before);
                case CHANGE_PASSWORD ->
                    changePassword(SecretFields.password(fields, 0), SecretFields.password(fields, 2));
                case NEW_RECOVERY_KEY -> Optional.of(newRecoveryKey(SecretFields.password(fields, 0)));
                case ROTATE -> throw new IllegalStateException("It is not served here");
                case BIND_TPM -> bindTpm(SecretFields.password(fields, 0), true);
                case UNBIND_TPM -> bindTpm(SecretFields.password(fields, 0), false);
                case RESTORE -> restore(fields, progress, new BackupLosses(false), before);
                case SALVAGE -> restore(fields, progress, new BackupLosses(true), before);
                case PROVE -> Optional.of(prove(SecretFields.password(fields, 0), SecretFields.session(fields.get(2))));
            };
        }
    }

    private void requireNoBar() throws VaultException {
        Optional<String> why = bar.get();
        if (why.isPresent()) {
            throw new VaultException(Reason.REFUSED, why.get());
        }
    }

    private SecretMemory create(Secret.Password password, boolean toTpm, long before) throws VaultException {
        new BackupRestore(folder, (part, done, total) -> {}).giveUp(); // a new vault takes no half of an old one
        KeyKeeper.Created created = keeper.create(password, toTpm);
        change(new Status(State.SEALED, clock.instant(), "made"));
        boolean whole = false;
        try {
            opened(created.keys(), "made", AuditEvent.CREATED, before);
            whole = true;
            return created.words();
        } finally {
            if (!whole) {
                created.words().close();
            }
        }
    }

    private SecretMemory newRecoveryKey(Secret.Password password) throws VaultException {
        SecretMemory words = judge.judged(password, () -> keeper.newRecovery(password));
        told(AuditEvent.RECOVERY_CHANGED);
        return words;
    }

    private Optional<SecretMemory> restore(
            List<Optional<SecretMemory>> fields, SecretSocket.Progress progress, BackupLosses losses, long before)
            throws VaultException {
        Path from = BackupService.path(SecretFields.text(fields.get(0)));
        Optional<String> snapshot =
                fields.get(1).isPresent() ? Optional.of(SecretFields.text(fields.get(1))) : Optional.empty();
        Secret secret =
                fields.get(4).isPresent() ? SecretFields.recovery(fields.get(4)) : SecretFields.password(fields, 2);
        try (BackupTarget target = BackupTarget.open(from)) {
            KeyRing keys = restored(target, snapshot, secret, new BackupRestore(folder, progress, losses));
            change(new Status(State.SEALED, clock.instant(), "restored"));
            opened(keys, "restored", AuditEvent.RESTORED, before);
            if (!losses.all().isEmpty()) { // before all else, so that it never looks whole
                open().audit().alarm("It was put back from a damaged backup, without " + losses.summary() + ".");
                progress.lost(losses.all());
            }
            noted(target);
        }
        return Optional.empty();
    }

    /** Where that cannot be, a deletion does not name this place until its next backup. */
    private void noted(BackupTarget target) {
        try {
            new Backups(open()).note(target);
        } catch (VaultException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "The backup's place is not known", e);
        }
    }

    private KeyRing restored(BackupTarget target, Optional<String> snapshot, Secret secret, BackupRestore restore)
            throws VaultException {
        try {
            BackupTarget.Identity identity = target.identity()
                    .orElseThrow(() -> new VaultException(Reason.DAMAGED, "The backup's file identity is missing."));
            String name = target.choose(snapshot);
            KeyKeeper there = keeper.in(restore.begin(identity));
            KeyRing keys = judge.judged(secret, () -> there.open(secret));
            boolean whole = false;
            try {
                restore.restore(BackupReader.of(target, name, keys), identity, keys);
                whole = true;
                return keys;
            } finally {
                if (!whole) {
                    keys.close();
                }
            }
        } catch (IOException e) {
            restore.giveUp();
            throw BackupTarget.failed(target.folder(), e);
        }
    }

    private Optional<SecretMemory> unlock(Secret secret, long before) throws VaultException {
        if (peek().isPresent()) {
            judge.judged(secret, () -> {
                keeper.check(secret);
                return true;
            });
        } else {
            opened(derived(secret), "unlocked", AuditEvent.UNLOCKED, before);
        }
        return Optional.empty();
    }

    /** Warms up meanwhile, once. */
    private KeyRing derived(Secret secret) throws VaultException {
        if (warm) {
            return judge.judged(secret, () -> keeper.open(secret));
        }
        warm = true;
        try (WarmUp _ = WarmUp.start(folder)) {
            return judge.judged(secret, () -> keeper.open(secret));
        }
    }

    private Optional<SecretMemory> recover(Secret.Recovery recovery, Secret.Password next, long before)
            throws VaultException {
        judge.judged(recovery, () -> {
            keeper.changePassword(recovery, next);
            return true;
        });
        permits.clear();
        told(AuditEvent.RECOVERY_USED);
        return unlock(next, before);
    }

    private Optional<SecretMemory> changePassword(Secret.Password old, Secret.Password next) throws VaultException {
        judge.judged(old, () -> {
            keeper.changePassword(old, next);
            return true;
        });
        permits.clear(); // who proved to know the old one may not be the owner
        told(AuditEvent.PASSWORD_CHANGED);
        return Optional.empty();
    }

    private Optional<SecretMemory> bindTpm(Secret.Password password, boolean toTpm) throws VaultException {
        judge.judged(password, () -> {
            keeper.bindTpm(password, toTpm);
            return true;
        });
        told(AuditEvent.PASSWORD_CHANGED);
        return Optional.empty();
    }

    private SecretMemory prove(Secret.Password password, String session) throws VaultException {
        judge.judged(password, () -> {
            keeper.check(password);
            return true;
        });
        told(AuditEvent.PROVED);
        byte[] permit = permits.issue(session).getBytes(StandardCharsets.US_ASCII);
        SecretMemory answer = SecretMemory.of(permit.length);
        answer.buffer().put(permit);
        return answer;
    }

    /** Holds {@code judging} only while the password is needed: a wipe must not wait for a large database. */
    private void rotate(Secret.Password password) throws VaultException {
        if (!rotating.tryAcquire()) {
            throw new VaultException(Reason.REFUSED, "New keys are being made already: wait for that.");
        }
        try (var _ = idleness.work()) {
            OpenVault now = open();
            synchronized (judging) {
                now.keys().add(judge.judged(password, () -> keeper.addVersion(password, Purpose.values())));
            }
            renew(now, password);
            told(AuditEvent.ROTATED);
            idleness.used();
        } finally {
            rotating.release();
        }
    }

    /** Whether a rotation was begun, an earlier process's too, and neither is whole nor goes on. */
    boolean isHalfRotated() {
        return rotating.availablePermits() > 0
                && peek().filter(now -> now.keys().hasOld(RENEWED)).isPresent();
    }

    private void renew(OpenVault now, Secret.Password password) throws VaultException {
        stands("the records are being put under new keys");
        String left = "has records under its old keys: run omni vault rotate again";
        try {
            now.renewKeys();
            left = "has new keys, and its old ones, too: run omni vault rotate again";
            synchronized (judging) {
                keeper.dropOld(password, RENEWED);
                now.keys().dropped(RENEWED);
            }
            left = "has new keys";
        } catch (VaultException e) {
            throw e.reason() == Reason.DENIED
                    ? new VaultException(
                            Reason.REFUSED,
                            "The password was changed meanwhile: all is under the new keys, but the old ones are there, too."
                                    + " Run omni vault rotate again.",
                            e)
                    : e;
        } finally {
            stands(left);
        }
    }

    /** Says how it is open, where it still is. */
    private void stands(String how) {
        synchronized (this) {
            if (open.isEmpty()) {
                return;
            }
            status = new Status(State.OPEN, clock.instant(), how);
        }
        listeners.forEach(listener -> listener.accept(status()));
    }

    private void opened(KeyRing keys, String cause, AuditEvent event, long locksBefore) throws VaultException {
        OpenVault opening = OpenVault.open(folder, keys, keeper.mark(), clock);
        boolean told = false;
        try {
            counter.opened(keeper.present().vault(), opening.audit(), event);
            told = true;
        } finally {
            if (!told) { // what cannot be written down is not done
                opening.close();
            }
        }
        Status next = new Status(State.OPEN, clock.instant(), cause);
        synchronized (this) {
            if (locks == locksBefore && bar.get().isEmpty()) {
                open = Optional.of(opening);
                status = next;
                idleness.used();
            }
        }
        if (peek().isEmpty()) {
            end(opening, "asked for while it was being unlocked");
            throw new VaultException(Reason.REFUSED, "A lock was asked for meanwhile: the vault stays locked.");
        }
        listeners.forEach(listener -> listener.accept(next));
    }

    private synchronized long locksSoFar() {
        return locks;
    }

    private void change(Status next) {
        synchronized (this) {
            status = next;
        }
        listeners.forEach(listener -> listener.accept(next));
    }

    /** Writes down what is done already: signed while it is open, else for the next unlock to take in. */
    private void told(AuditEvent event) {
        told(event, Map.of());
    }

    private void told(AuditEvent event, Map<String, String> details) {
        try {
            Optional<OpenVault> now = peek();
            if (now.isPresent()) {
                now.get().audit().add(event, details);
            } else {
                sealedLog.add(event, details);
            }
        } catch (VaultException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, event.text() + " was not written down", e);
        }
    }
}

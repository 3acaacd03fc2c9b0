package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import omni.role.Attempts;
import omni.role.LaterException;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;

/**
 * Whether the vault is open, and what opens it. It starts sealed, or absent; it is locked by ending the process.
 *
 * <p>For any thread. Secrets are judged one at a time ({@code judging}), each counted on the disk before. {@code this} guards the
 * state, and is held for no longer than a moment.
 */
final class Vault implements SecretSocket.Desk, RecordsService.Source {
    /** How long the last line of the audit log may take. */
    private static final Duration LAST_WORD = Duration.ofMillis(100);

    private final Path folder;
    private final KeyKeeper keeper;
    private final Attempts attempts;
    private final Clock clock;
    private final Runnable end;
    private final SealedLog sealedLog;
    private final Object judging = new Object();
    private final Set<Consumer<Status>> listeners = ConcurrentHashMap.newKeySet();

    private Status status;
    private Optional<OpenVault> open = Optional.empty();
    private long usedNanos = System.nanoTime();

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
     * @throws VaultException DAMAGED where its key file cannot be read
     */
    Vault(Path folder, KeyKeeper keeper, Attempts attempts, Clock clock, Runnable end) throws VaultException {
        this.folder = folder;
        this.keeper = keeper;
        this.attempts = attempts;
        this.clock = clock;
        this.end = end;
        this.sealedLog = new SealedLog(folder, clock);
        boolean present = keeper.file().isPresent();
        status = new Status(present ? State.SEALED : State.ABSENT, clock.instant(), "started");
    }

    /** How it stands now. */
    synchronized Status status() {
        return status;
    }

    /** How many secrets in a row were wrong, and how long to wait. */
    Attempts.Standing standing() throws VaultException {
        try {
            return attempts.standing();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Hears of every change from now on. */
    Subscription onChange(Consumer<Status> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public synchronized OpenVault open() throws VaultException {
        usedNanos = System.nanoTime();
        return open.orElseThrow(() -> new VaultException(
                Reason.SEALED,
                status.state() == State.ABSENT
                        ? "There is no vault yet: make one with omni vault init."
                        : "The vault is locked: unlock it with omni vault unlock."));
    }

    /** What is open, without it counting as use. */
    synchronized Optional<OpenVault> peek() {
        return open;
    }

    /** For how long nothing was asked of it. */
    synchronized Duration idle() {
        return Duration.ofNanos(System.nanoTime() - usedNanos);
    }

    /** Wipes the keys and ends the process, where it is open; it comes back sealed. */
    void lock(String cause) {
        Optional<OpenVault> closing;
        synchronized (this) {
            closing = open;
            open = Optional.empty();
        }
        if (closing.isPresent()) {
            System.getLogger("omni.vault").log(System.Logger.Level.INFO, "Locked: " + cause);
            try {
                note(closing.get(), cause);
                closing.get().keys().close();
            } finally {
                end.run();
            }
        }
    }

    /** Writes the lock down, where the disk takes it in time: a disk that hangs keeps nothing open. */
    private static void note(OpenVault closing, String cause) {
        Thread writer = Thread.ofPlatform().daemon().name("audit-lock").start(() -> {
            try {
                closing.audit().add(AuditEvent.LOCKED, Map.of("why", cause));
            } catch (VaultException e) {
                System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "The lock was not written down", e);
            }
        });
        try {
            writer.join(LAST_WORD);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Optional<SecretMemory> serve(Verb verb, List<Optional<SecretMemory>> fields) throws VaultException {
        synchronized (judging) {
            return switch (verb) {
                case CREATE -> Optional.of(create(password(fields, 0)));
                case UNLOCK -> unlock(password(fields, 0));
                case RECOVER -> recover(recovery(fields), password(fields, 1));
                case CHANGE_PASSWORD -> changePassword(password(fields, 0), password(fields, 2));
                case NEW_RECOVERY_KEY -> {
                    Secret.Password password = password(fields, 0);
                    SecretMemory words = judged(password, () -> keeper.newRecovery(password));
                    audit(AuditEvent.RECOVERY_CHANGED);
                    yield Optional.of(words);
                }
            };
        }
    }

    private SecretMemory create(Secret.Password password) throws VaultException {
        KeyKeeper.Created created = keeper.create(password);
        boolean whole = false;
        try {
            opened(created.keys(), "made", AuditEvent.CREATED);
            whole = true;
            return created.words();
        } finally {
            if (!whole) {
                created.words().close();
            }
        }
    }

    private Optional<SecretMemory> unlock(Secret secret) throws VaultException {
        if (peek().isPresent()) {
            judged(secret, () -> {
                keeper.check(secret);
                return true;
            });
        } else {
            opened(judged(secret, () -> keeper.open(secret)), "unlocked", AuditEvent.UNLOCKED);
        }
        return Optional.empty();
    }

    private Optional<SecretMemory> recover(Secret.Recovery recovery, Secret.Password next) throws VaultException {
        judged(recovery, () -> {
            keeper.changePassword(recovery, next);
            return true;
        });
        audit(AuditEvent.RECOVERY_USED);
        return unlock(next);
    }

    private Optional<SecretMemory> changePassword(Secret.Password old, Secret.Password next) throws VaultException {
        judged(old, () -> {
            keeper.changePassword(old, next);
            return true;
        });
        audit(AuditEvent.PASSWORD_CHANGED);
        return Optional.empty();
    }

    private void opened(KeyRing keys, String cause, AuditEvent event) throws VaultException {
        OpenVault opening = OpenVault.open(folder, keys, clock);
        boolean told = false;
        try {
            opening.audit().add(event, Map.of());
            told = true;
        } finally {
            if (!told) { // what cannot be written down is not done
                opening.close();
            }
        }
        Status next = new Status(State.OPEN, clock.instant(), cause);
        synchronized (this) {
            open = Optional.of(opening);
            status = next;
            usedNanos = System.nanoTime();
        }
        listeners.forEach(listener -> listener.accept(next));
    }

    /** What a secret gives, where it is right. */
    private interface Judgement<T> {
        T give() throws VaultException;
    }

    /** Counts the try on the disk, judges it, and takes the count back where it was right. */
    private <T> T judged(Secret secret, Judgement<T> judgement) throws VaultException {
        secret.requireBounds(); // what nobody can have set is no try
        try {
            attempts.begin();
            T given = judgement.give();
            attempts.succeeded();
            return given;
        } catch (LaterException e) {
            audit(AuditEvent.TOO_EARLY);
            throw new VaultException(Reason.LATER, String.valueOf(e.getMessage()), e);
        } catch (VaultException e) {
            if (e.reason() == Reason.DENIED) {
                audit(AuditEvent.WRONG_SECRET);
            }
            throw e;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Writes it down: signed while it is open, else for the next unlock to take in. */
    private void audit(AuditEvent event) throws VaultException {
        Optional<OpenVault> now = peek();
        if (now.isPresent()) {
            now.get().audit().add(event, Map.of());
        } else {
            sealedLog.add(event, Map.of());
        }
    }

    private static VaultException failed(IOException e) {
        return new VaultException(Reason.FAILED, String.valueOf(e.getMessage()), e);
    }

    private static Secret.Password password(List<Optional<SecretMemory>> fields, int at) {
        return new Secret.Password(bytes(fields.get(at)), fields.get(at + 1).map(SecretMemory::buffer));
    }

    private static Secret.Recovery recovery(List<Optional<SecretMemory>> fields) {
        return new Secret.Recovery(bytes(fields.getFirst()));
    }

    private static ByteBuffer bytes(Optional<SecretMemory> field) {
        return field.map(SecretMemory::buffer).orElse(ByteBuffer.allocateDirect(0));
    }
}

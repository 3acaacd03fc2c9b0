package omni.vault;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import omni.vault.VaultException.Reason;

/**
 * Takes a snapshot by itself when the last one in the configured place is old enough and the vault is open, and then forgets those that
 * the policy does not keep. The first one there is taken by hand. It does not count as use. One thread.
 */
final class BackupSchedule implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMinutes(1);
    private static final Duration RETRY_AFTER = Duration.ofMinutes(10);

    private final Vault vault;
    private final VaultConfig config;
    private final Clock clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    private Instant failed = Instant.EPOCH;
    private volatile Optional<String> trouble = Optional.empty();

    BackupSchedule(Vault vault, VaultConfig config, Clock clock) {
        this.vault = vault;
        this.config = config;
        this.clock = clock;
    }

    /** Begins to look, where there is a place. */
    BackupSchedule start() {
        if (!config.backup().toString().isEmpty()) {
            Thread.ofVirtual().name("backup").start(this::run);
        }
        return this;
    }

    /**
     * The folder of the configuration.
     *
     * @throws VaultException INVALID where there is none
     */
    Path place() throws VaultException {
        if (config.backup().toString().isEmpty()) {
            throw new VaultException(
                    Reason.INVALID, "Name a folder for the backup, or set backup in [vault] of omni.toml.");
        }
        return config.backup();
    }

    /** Which snapshots the configuration keeps. */
    BackupPolicy policy() {
        return config.backupPolicy();
    }

    /** Why the last one failed, and when; nothing where it did not. */
    Optional<String> trouble() {
        return trouble;
    }

    private void run() {
        try {
            while (!closed.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes one where it is time to. */
    void look() {
        Optional<OpenVault> open = vault.peek();
        Instant now = clock.instant();
        if (open.isEmpty() || now.isBefore(failed.plus(RETRY_AFTER))) {
            return;
        }
        try (Idleness.Work work = vault.idleness().steps()) {
            Backups backups = new Backups(open.get());
            if (isDue(backups, now)) {
                if (there(backups).count() >= BackupTarget.SNAPSHOTS_MAX) { // else there were none any more
                    backups.prune(place(), policy(), Optional.empty());
                }
                BackupWriter.Done done = backups.goOn(place(), (read, written) -> work.step());
                backups.prune(place(), policy(), Optional.of(done.snapshot().name()));
            }
            trouble = Optional.empty();
        } catch (VaultException | RuntimeException e) { // or the thread would end, and no backup be taken any more
            failed = now;
            trouble = Optional.of(now + ": " + e.getMessage());
            System.getLogger("omni.vault").log(Level.WARNING, "The backup by schedule failed", e);
        }
    }

    /** One of a time that is still to come was taken by a clock that was wrong, and is none to rest on. */
    private boolean isDue(Backups backups, Instant now) throws VaultException {
        return there(backups)
                .map(Backups.Copy::taken)
                .filter(taken -> !taken.isAfter(now))
                .noneMatch(taken -> taken.plus(config.backupEvery()).isAfter(now));
    }

    private Stream<Backups.Copy> there(Backups backups) throws VaultException {
        String place = place().toString();
        return backups.known().stream().filter(copy -> copy.target().equals(place));
    }

    @Override
    public void close() {
        closed.countDown();
    }
}

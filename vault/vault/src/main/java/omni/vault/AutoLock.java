package omni.vault;

import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Locks the vault by itself: without use, and after the machine has slept; and deletes meanwhile what is kept for no longer. One
 * thread that looks, and one at a time that deletes.
 */
final class AutoLock implements AutoCloseable {
    private static final Duration STEP = Duration.ofSeconds(1);
    private static final Duration EXPIRY_EVERY = Duration.ofMinutes(10);

    /** So much more by the clock on the wall than by the one that stands still in sleep is sleep, or a clock set forward. */
    private static final Duration SLEPT = Duration.ofSeconds(30);

    private final Vault vault;
    private final Duration lockAfter;
    private final Clock clock;
    private final Semaphore expiring = new Semaphore(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    AutoLock(Vault vault, Duration lockAfter, Clock clock) {
        this.vault = vault;
        this.lockAfter = lockAfter;
        this.clock = clock;
    }

    /** Begins to look. */
    AutoLock start() {
        Thread.ofPlatform().daemon().name("auto-lock").start(this::run);
        return this;
    }

    private void run() {
        try {
            Instant wall = clock.instant();
            long nanos = System.nanoTime();
            long expired = nanos - EXPIRY_EVERY.toNanos();
            while (!closed.await(STEP.toMillis(), TimeUnit.MILLISECONDS)) {
                Instant wallNow = clock.instant();
                long nanosNow = System.nanoTime();
                look(Duration.between(wall, wallNow).minusNanos(nanosNow - nanos));
                if (nanosNow - expired >= EXPIRY_EVERY.toNanos()) {
                    Thread.ofVirtual().name("expiry").start(this::expire); // a large vault must not delay a lock
                    expired = nanosNow;
                }
                wall = wallNow;
                nanos = nanosNow;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Locks where it is time to; slept is by how much the clock on the wall ran ahead since the last look. */
    void look(Duration slept) {
        vault.peek().ifPresent(open -> Thread.ofVirtual().name("tally").start(open.tally()::flushDue));
        if (slept.compareTo(SLEPT) > 0) {
            vault.lock("the machine has slept, or its clock was set");
        } else if (lockAfter.isPositive() && vault.idleness().time().compareTo(lockAfter) > 0) {
            vault.lock("not used for " + lockAfter);
        }
    }

    private void expire() {
        if (!expiring.tryAcquire()) {
            return;
        }
        try {
            expireNow();
        } finally {
            expiring.release();
        }
    }

    private void expireNow() {
        vault.peek().ifPresent(open -> {
            try {
                open.retention().expireAt(clock.instant());
            } catch (VaultException e) {
                System.getLogger("omni.vault").log(Level.WARNING, "What is over was not deleted", e);
            }
        });
    }

    @Override
    public void close() {
        closed.countDown();
    }
}

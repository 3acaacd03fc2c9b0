package omni.api;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import omni.bus.Follower;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.StatusParams;
import omni.vault.VaultProtocol.VaultState;

/**
 * Holds the vault's stream of states, and ends the daemon when a vault that was open has ended: what came out of it may stand
 * on this process's heap, and nothing but the end of the process takes it away. Whoever asks the vault for what it keeps asks
 * here first: as long as nobody would hear of the end, nothing is asked for.
 *
 * <p>Threads: one of its own reads the stream; any may call the rest. {@link #lock} guards the fields below it, and is not
 * held while the vault is called or the daemon ended.
 */
final class VaultWatch implements AutoCloseable {
    /** How long the end waits for the answer to whoever asked for it. */
    static final Duration ANSWER_MAX = Duration.ofMillis(100);

    private static final Duration AGAIN = Duration.ofMillis(500);

    private final Runnable vanish;
    private final Duration answerMax;
    private final Follower follower;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean open;
    private boolean closed;
    private int answers;
    private Runnable opened = () -> {};

    /** {@code vanish} ends this process at once. */
    VaultWatch(VaultProtocol.Client vault, Runnable vanish, Duration answerMax) {
        this.vanish = vanish;
        this.answerMax = answerMax;
        this.follower = Follower.start(
                "omni-api-vault",
                () -> vault.statusMore(new StatusParams()),
                reply -> hear(reply.vault().state()),
                () -> hear(VaultState.SEALED),
                AGAIN);
    }

    private void hear(VaultState state) {
        boolean ends;
        lock.lock();
        try {
            ends = open && state != VaultState.OPEN && !closed;
            if (!open && state == VaultState.OPEN) {
                begin(opened);
            }
            open = state == VaultState.OPEN;
            changed.signalAll();
            if (ends) {
                awaitAnswers();
                ends = !closed;
            }
        } finally {
            lock.unlock();
        }
        if (ends) {
            vanish.run();
        }
    }

    private static void begin(Runnable work) {
        Thread.ofVirtual().name("omni-api-opened").start(work);
    }

    /** Has something done, by another thread, as soon as the vault is open and its end would be heard of. */
    void whenOpen(Runnable work) {
        lock.lock();
        try {
            opened = work;
            if (open) {
                begin(work);
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitAnswers() {
        try {
            var left = answerMax.toNanos();
            while (answers > 0 && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the vault is open, and its end would be heard of. */
    boolean isOpen() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for that, and says whether it has come. */
    boolean awaitOpen(Duration wait) {
        lock.lock();
        try {
            var left = wait.toNanos();
            while (!open && left > 0) {
                left = changed.awaitNanos(left);
            }
            return open;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Has the end wait, for a moment at most, until {@link #answered}. */
    void answering() {
        lock.lock();
        try {
            answers++;
        } finally {
            lock.unlock();
        }
    }

    /** The answer is out. */
    void answered() {
        lock.lock();
        try {
            answers--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the watch; the daemon stops by itself. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        follower.close();
    }
}

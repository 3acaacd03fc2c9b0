package omni.api;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One answer in the making, from the choice of its model to its last word, and how to end it early: a step that waits is
 * interrupted, an answer in progress is closed.
 *
 * <p>One thread works; any thread may {@link #cancel}. {@link #lock} guards the fields below it; nothing is called under
 * it but the interrupt, so that none comes after the step it was for.
 */
final class Work implements AutoCloseable {
    private final Thread worker = Thread.currentThread();

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ApiException why;
    private @Nullable Answer<?> answer;
    private boolean waiting;
    private boolean closed;

    /** What reads an answer to its end. */
    interface Reader<R, T> {
        T read(Answer<R> answer);
    }

    /**
     * Does a step that may wait for others.
     *
     * @throws ApiException the reason of {@link #cancel} where there is one, else what the step throws
     */
    <T> T step(Supplier<T> step) {
        enter();
        try {
            return step.get();
        } catch (ApiException e) {
            throw reasonOr(e);
        } finally {
            leave();
        }
    }

    /**
     * Reads an answer to where the reader ends; then, whatever happens, the engine is free.
     *
     * @throws ApiException the reason of {@link #cancel} where there is one, else what the reader throws
     */
    <R, T> T read(Answer<R> begun, Reader<R, T> reader) {
        try (begun) {
            ApiException reason;
            lock.lock();
            try {
                answer = begun;
                reason = why;
            } finally {
                lock.unlock();
            }
            if (reason != null) {
                begun.cancel(reason);
            }
            return reader.read(begun);
        } finally {
            lock.lock();
            try {
                answer = null;
            } finally {
                lock.unlock();
            }
        }
    }

    /** Ends the work; the worker gets {@code reason}. The first reason counts. */
    void cancel(ApiException reason) {
        Answer<?> open;
        lock.lock();
        try {
            if (why != null || closed) {
                return;
            }
            why = reason;
            open = answer;
            if (waiting) {
                worker.interrupt();
            }
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.cancel(reason);
        }
    }

    /** The work is done: {@link #cancel} does nothing any more. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private void enter() {
        lock.lock();
        try {
            if (why != null) {
                throw why;
            }
            waiting = true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes an interrupt of ours back: what follows may have to tell the client. */
    private void leave() {
        lock.lock();
        try {
            waiting = false;
            if (why != null) {
                var _ = Thread.interrupted();
            }
        } finally {
            lock.unlock();
        }
    }

    private ApiException reasonOr(ApiException other) {
        lock.lock();
        try {
            return why == null ? other : why;
        } finally {
            lock.unlock();
        }
    }
}

package omni.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the decode thread has made of one answer and its reader has not yet taken. It never blocks the decode thread: a
 * full one pauses its sequence alone, and a take wakes the decode thread again. A reader gets everything that is there
 * at once, so that a slow one gets fewer and longer chunks. The first text is given as it comes; after it a reader is
 * woken {@value #CHUNKS_PER_SECOND} times a second at most, for what each chunk costs on its way to the client is taken
 * from the threads that compute.
 *
 * <p>Thread-safe; its lock is a leaf: nothing is called under it.
 */
final class Outbox {
    /** Why an answer ended by itself. */
    enum Finish {
        /** The model ended it, or a stop string was met. */
        STOP,
        /** As many tokens as were asked for, or as the context or the time has room for. */
        LENGTH
    }

    /** Counts and times of one answer, and the stop string that ended it, if one did; times in milliseconds. */
    record Usage(
            int promptTokens,
            int cachedTokens,
            int completionTokens,
            double queueMillis,
            double promptMillis,
            double completionMillis,
            @Nullable String stopped) {}

    /** Text since the last take; {@code finish} and {@code usage} are set in the last one. */
    record Chunk(
            String text,
            List<EngineProtocol.Token> tokens,
            @Nullable Finish finish,
            @Nullable Usage usage) {}

    /** Tokens that may wait for the reader before its sequence is paused. */
    static final int TOKENS_MAX = 256;

    /** Likewise, alternatives in their reports: 60 bytes each, and ten times that as JSON. */
    static final int CANDIDATES_MAX = 1024;

    /** As many as films have pictures: more would not be seen. */
    static final int CHUNKS_PER_SECOND = 25;

    private static final long CHUNK_NANOS = TimeUnit.SECONDS.toNanos(1) / CHUNKS_PER_SECOND;

    private final ReentrantLock lock = new ReentrantLock();
    /** There is text, or what {@link #pressing} says. */
    private final Condition filled = lock.newCondition();
    /** The answer has ended, or can go on only after a take. */
    private final Condition pressing = lock.newCondition();

    private final Runnable onRoom;

    private final StringBuilder text = new StringBuilder();
    private List<EngineProtocol.Token> records = new ArrayList<>();
    private int tokens;
    private int candidates;
    private @Nullable Finish finish;
    private @Nullable Usage usage;
    private @Nullable EngineException failure;
    /** When the next chunk may go, as {@link System#nanoTime} counts. */
    private long due = System.nanoTime();

    /** Makes an empty outbox; {@code onRoom} is run by the reader's thread when a full one was emptied. */
    Outbox(Runnable onRoom) {
        this.onRoom = onRoom;
    }

    /** Adds a token's text, which may be empty, and its record where records were asked for. */
    void put(String piece, EngineProtocol.@Nullable Token token) {
        lock.lock();
        try {
            text.append(piece);
            tokens++;
            if (token != null) {
                records.add(token);
                candidates += token.top().size();
            }
            if (isPressing()) {
                hurry();
            } else if (!piece.isEmpty()) {
                filled.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the answer; {@code rest} is text that was held back. */
    void end(String rest, Finish why, Usage counts) {
        lock.lock();
        try {
            text.append(rest);
            finish = why;
            usage = counts;
            hurry();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the answer with an error; text not yet taken is dropped. */
    void fail(EngineException reason) {
        lock.lock();
        try {
            if (finish == null && failure == null) {
                failure = reason;
                hurry();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the reader is so far behind that its sequence has to pause. */
    boolean isFull() {
        lock.lock();
        try {
            return full();
        } finally {
            lock.unlock();
        }
    }

    private boolean full() {
        return tokens >= TOKENS_MAX || candidates >= CANDIDATES_MAX;
    }

    /** Whether a reader is given what is here without waiting for the chunk's time. */
    private boolean isPressing() {
        return finish != null || failure != null || full();
    }

    private void hurry() {
        filled.signal();
        pressing.signal();
    }

    /**
     * Waits until there is text and its time has come, or there is an end, and takes all that is here.
     *
     * @throws EngineException if the answer was ended by an error
     */
    Chunk take() throws InterruptedException {
        boolean wasFull;
        Chunk chunk;
        lock.lockInterruptibly();
        try {
            while (text.isEmpty() && !isPressing()) {
                filled.await();
            }
            for (long wait = due - System.nanoTime(); wait > 0 && !isPressing(); wait = due - System.nanoTime()) {
                pressing.awaitNanos(wait);
            }
            due = System.nanoTime() + CHUNK_NANOS;
            if (failure != null) {
                throw failure;
            }
            chunk = new Chunk(text.toString(), records, finish, usage);
            wasFull = full();
            text.setLength(0);
            records = new ArrayList<>();
            tokens = 0;
            candidates = 0;
        } finally {
            lock.unlock();
        }
        if (wasFull) {
            onRoom.run();
        }
        return chunk;
    }
}

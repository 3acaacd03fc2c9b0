package omni.api;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.SocketWriter;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, wrapped around Helidon's: it notices when the client leaves while an answer is being made,
 * and it bounds how long a client may take to send a request or to take an answer.
 *
 * <p>Helidon 4.5 has no hook for either. It does let us make its HTTP/1.1 connection over a context of our own, so all
 * bytes pass through here. While a request is answered nobody reads the socket; then {@link #watch} reads ahead on a
 * thread of its own: end of stream means that the client has gone, bytes are the beginning of its next request and are
 * kept for it.
 *
 * <p>Threads: the connection's own virtual thread calls everything but {@link #sweep}, which the {@link Sweeper} calls.
 * {@link #lock} guards the fields below it; no call leaves this class while it is held.
 */
final class Wire {
    /** The connection whose request the current thread handles. */
    static final ScopedValue<Wire> CURRENT = ScopedValue.newInstance();

    /** What is read and thrown away after a refusal, so that the client reads it before the connection is reset. */
    static final int LINGER_BYTES_MAX = 8 * 1024 * 1024;

    /** As many as there are connections. */
    private static final Limit REQUESTS = FixedLimit.create();

    private static final Duration LINGER_MAX = Duration.ofSeconds(2);
    private static final long NEVER = Long.MAX_VALUE;

    /**
     * How long a client may take.
     *
     * @param idle between two requests
     * @param request from the first byte of a request to the last of its body
     * @param write for one write to get rid of its bytes
     */
    record Patience(Duration idle, Duration request, Duration write) {}

    private enum Phase {
        IDLE,
        REQUEST,
        ANSWER
    }

    private final HelidonSocket socket;
    private final Patience patience;
    private final Sweeper sweeper;
    private final ServerConnection http;
    private final TimedWriter writer;
    private final ReentrantLock writing = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition readAhead = lock.newCondition();
    private Phase phase = Phase.IDLE;
    private long readBy;
    private long writeBy = NEVER;
    private boolean reading;
    private boolean ended;
    private boolean finished;
    private byte @Nullable [] ahead;
    private @Nullable Runnable gone;

    Wire(HelidonSocket socket, HttpContext context, Patience patience, Sweeper sweeper) {
        this.socket = socket;
        this.patience = patience;
        this.sweeper = sweeper;
        this.readBy = after(patience.idle());
        this.writer = new TimedWriter(SocketWriter.create(socket));
        this.http = context.connection(new WireContext(context, socket, DataReader.create(this::receive), writer));
    }

    /** Answers requests until one side has enough. */
    void handle() throws InterruptedException {
        sweeper.add(this);
        try {
            ScopedValue.where(CURRENT, this).call(() -> {
                http.handle(REQUESTS);
                return true;
            });
            linger();
            sayGoodbye();
        } catch (ServerConnectionException e) {
            throw e;
        } catch (CloseConnectionException e) {
            linger();
            sayGoodbye();
            throw e;
        } finally {
            sweeper.remove(this);
        }
    }

    private void sayGoodbye() {
        if (socket instanceof SecureSocket secure) {
            writer.timed(secure::sayGoodbye);
        }
    }

    /** Lets it end after the request that is being answered, if there is one. */
    void finish() {
        http.close(false);
    }

    /** The request is here: from now on the client may wait as long as the answer takes. */
    void answering() {
        lock.lock();
        try {
            phase = Phase.ANSWER;
            readBy = NEVER;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The answer is out.
     *
     * @param last whether the connection ends with it
     */
    void answered(boolean last) {
        lock.lock();
        try {
            gone = null;
            phase = Phase.IDLE;
            readBy = after(patience.idle());
            finished = last;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Calls {@code whenGone} once, on a thread of this class, if the client closes its connection (or its half of it)
     * before {@link #answered}; at once if it has. A client that pipelines its next request is no longer watched: it
     * shows when it is written to.
     */
    void watch(Runnable whenGone) {
        lock.lock();
        try {
            if (!ended) {
                gone = whenGone;
                if (!reading && ahead == null) {
                    reading = true;
                    Thread.ofVirtual().name("omni-api-watch").start(this::readAhead);
                }
                return;
            }
        } finally {
            lock.unlock();
        }
        whenGone.run();
    }

    /** Ends the connection where the client has used up its time. */
    void sweep(long nowNanos) {
        boolean late;
        boolean tell;
        lock.lock();
        try {
            late = isPast(readBy, nowNanos) || isPast(writeBy, nowNanos);
            tell = late && phase == Phase.REQUEST && writeBy == NEVER;
            if (late) {
                readBy = NEVER;
                writeBy = NEVER;
            }
        } finally {
            lock.unlock();
        }
        if (late) {
            Thread.ofVirtual().name("omni-api-late").start(() -> hangUp(tell));
        }
    }

    private void hangUp(boolean tell) {
        try {
            if (tell && writing.tryLock()) {
                try {
                    socket.write(BufferData.create(LateResponse.BYTES));
                } finally {
                    writing.unlock();
                }
            }
            socket.close();
        } catch (UncheckedIOException e) {
            Log.debug("connection was gone before it could be ended", e);
        }
    }

    /** What Helidon reads from: the bytes read ahead, else the socket; null at the end. */
    private byte @Nullable [] receive() {
        lock.lock();
        try {
            while (reading) {
                readAhead.await();
            }
            if (finished || ended) {
                return null;
            }
            var kept = ahead;
            if (kept != null) {
                ahead = null;
                arrived();
                return kept;
            }
            reading = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            socket.close();
            throw new ServerConnectionException("The server stops", e);
        } finally {
            lock.unlock();
        }
        byte[] bytes = null;
        try {
            bytes = socket.get();
        } catch (UncheckedIOException e) {
            throw new ServerConnectionException("Cannot read from the client", e);
        } finally {
            lock.lock();
            try {
                reading = false;
                ended |= bytes == null;
                arrived();
                readAhead.signalAll();
            } finally {
                lock.unlock();
            }
        }
        return bytes;
    }

    private void arrived() {
        if (phase == Phase.IDLE) {
            phase = Phase.REQUEST;
            readBy = after(patience.request());
        }
    }

    private void readAhead() {
        byte[] bytes = null;
        try {
            bytes = socket.get();
        } catch (UncheckedIOException e) {
            Log.debug("connection broke while its answer was made", e);
        }
        Runnable tell = null;
        lock.lock();
        try {
            reading = false;
            ahead = bytes;
            if (bytes == null) {
                ended = true;
                tell = gone;
                gone = null;
            }
            readAhead.signalAll();
        } finally {
            lock.unlock();
        }
        if (tell != null) {
            tell.run();
        }
    }

    /** Takes what the client still sends after a refusal: a socket closed on unread bytes resets the answer away. */
    private void linger() {
        lock.lock();
        try {
            if (finished) {
                return;
            }
            phase = Phase.ANSWER;
            readBy = after(patience.request().compareTo(LINGER_MAX) < 0 ? patience.request() : LINGER_MAX);
        } finally {
            lock.unlock();
        }
        var left = LINGER_BYTES_MAX;
        while (left > 0) {
            var bytes = receive();
            if (bytes == null) {
                return;
            }
            left -= bytes.length;
        }
    }

    private static boolean isPast(long limitNanos, long nowNanos) {
        return limitNanos != NEVER && nowNanos - limitNanos >= 0;
    }

    private static long after(Duration duration) {
        return System.nanoTime() + duration.toNanos();
    }

    /** Marks how long each write may take, and keeps a late-comer's 408 out of an answer. */
    private final class TimedWriter implements DataWriter {
        private final DataWriter to;

        TimedWriter(DataWriter to) {
            this.to = to;
        }

        @Override
        public void write(BufferData... buffers) {
            timed(() -> to.write(buffers));
        }

        @Override
        public void write(BufferData buffer) {
            timed(() -> to.write(buffer));
        }

        @Override
        public void writeNow(BufferData... buffers) {
            timed(() -> to.writeNow(buffers));
        }

        @Override
        public void writeNow(BufferData buffer) {
            timed(() -> to.writeNow(buffer));
        }

        @Override
        public void flush() {
            timed(to::flush);
        }

        @Override
        public void close() {
            to.close();
        }

        private void timed(Runnable write) {
            writing.lock();
            try {
                writeBy(after(patience.write()));
                write.run();
            } finally {
                writeBy(NEVER);
                writing.unlock();
            }
        }

        private void writeBy(long nanos) {
            lock.lock();
            try {
                writeBy = nanos;
            } finally {
                lock.unlock();
            }
        }
    }
}

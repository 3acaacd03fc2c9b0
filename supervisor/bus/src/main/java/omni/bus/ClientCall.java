package omni.bus;

import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A call on its way: its replies, and the way of its connection back to the pool. */
final class ClientCall<R> implements ReplyStream<R> {
    private final BusMethod<?, R> method;
    private final ClientConnection connection;
    private final Pool pool;
    private final Optional<Duration> patience;
    private final AtomicBoolean ended = new AtomicBoolean();
    private Optional<R> ahead = Optional.empty();
    private boolean last;

    ClientCall(BusMethod<?, R> method, ClientConnection connection, Pool pool, Optional<Duration> patience) {
        this.method = method;
        this.connection = connection;
        this.pool = pool;
        this.patience = patience;
    }

    @Override
    public boolean hasNext() {
        if (ahead.isEmpty() && !last) {
            ahead = Optional.of(receive());
        }
        return ahead.isPresent();
    }

    @Override
    public R next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The last reply has been read");
        }
        R reply = ahead.orElseThrow();
        ahead = Optional.empty();
        return reply;
    }

    private R receive() {
        ObjectNode message;
        Future<?> timer = timer();
        boolean inTime;
        try {
            message = connection.receive();
        } catch (BusException fault) {
            last = true;
            end(false);
            throw fault;
        } finally {
            inTime = timer.cancel(false);
        }
        last = !message.path("continues").asBoolean(false);
        if (last) {
            // A timer that has just run out closes the connection any moment: nobody else may get it.
            end(inTime);
        }
        JsonNode error = message.get("error");
        if (error != null && !error.isNull()) {
            last = true;
            end(false);
            throw error(error.asString(""), ClientConnection.parameters(message));
        }
        try {
            return method.reply().read(ClientConnection.parameters(message), "");
        } catch (Misfit misfit) {
            last = true;
            end(false);
            throw new BusException("A reply to " + method.name() + " does not fit: " + misfit.getMessage(), misfit);
        }
    }

    /** Gives the connection up when the reply takes too long. */
    private Future<?> timer() {
        var timer = new CompletableFuture<Boolean>();
        if (patience.isPresent()) {
            timer.completeOnTimeout(true, patience.get().toNanos(), TimeUnit.NANOSECONDS);
            var _ = timer.thenAccept(_ -> connection.giveUp());
        }
        return timer;
    }

    private BusException error(String name, JsonNode parameters) {
        Wire.Reader<? extends BusError> typed = method.errors().get(name);
        if (typed == null) {
            return new BusError(name, parameters);
        }
        try {
            return typed.read(parameters, "");
        } catch (Misfit misfit) {
            return new BusError(name, parameters);
        }
    }

    /** Takes the one reply of a call without "more". */
    R only() {
        R reply = next();
        if (!last) {
            close();
            throw new BusException(method.name() + " was answered by a stream that nobody asked for");
        }
        return reply;
    }

    /** Gives the connection back without reading: nothing comes of a "oneway" call. */
    void endOneway() {
        last = true;
        end(true);
    }

    @Override
    public void close() {
        end(false);
    }

    private void end(boolean reusable) {
        if (ended.compareAndSet(false, true)) {
            pool.release(connection, reusable);
        }
    }
}

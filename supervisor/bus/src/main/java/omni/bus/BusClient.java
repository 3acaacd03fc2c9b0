package omni.bus;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;

/**
 * Calls a server. Thread-safe; keeps a pool of connections, each with one call in flight, and connects when needed.
 *
 * <p>A call blocks its thread until the reply comes. Interrupting the thread, or closing the stream or the client, ends
 * the call by closing its connection, and the server's handler hears of it.
 */
public final class BusClient implements AutoCloseable {
    private final Path socket;
    private final BusLimits limits;
    private final Json json;
    private final Semaphore places;
    private final ConcurrentLinkedDeque<ClientConnection> resting = new ConcurrentLinkedDeque<>();
    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    private BusClient(Path socket, BusLimits limits) {
        this.socket = socket;
        this.limits = limits;
        json = new Json(limits);
        places = new Semaphore(limits.connectionsMax(), true);
    }

    /** A client of the server at a socket, with the default limits. */
    public static BusClient to(Path socket) {
        return to(socket, BusLimits.defaults());
    }

    /** A client of the server at a socket. */
    public static BusClient to(Path socket, BusLimits limits) {
        return new BusClient(socket, limits);
    }

    /**
     * Calls a method and waits for its reply.
     *
     * @throws BusError as the server answered
     * @throws BusException.Unavailable if nobody serves the socket
     * @throws BusException.Disconnected if the server left during the call
     */
    public <P, R> R call(BusMethod<P, R> method, P in) {
        try (ClientCall<R> call = start(method, in, false, false)) {
            return call.only();
        }
    }

    /** Calls a method with "more". Close the stream. Throws as {@link #call} does, while iterating too. */
    public <P, R> ReplyStream<R> more(BusMethod<P, R> method, P in) {
        return start(method, in, true, false);
    }

    /** Calls a method without waiting for a reply, and without learning of one. */
    public <P, R> void oneway(BusMethod<P, R> method, P in) {
        try (ClientCall<R> call = start(method, in, false, true)) {
            call.endOneway();
        }
    }

    /**
     * Calls a method by its full name, such as "org.varlink.service.GetInfo", with a JSON object; the reply is one too.
     */
    public JsonNode call(String method, JsonNode parameters) {
        return call(untyped(method), parameters);
    }

    /** Calls a method by its full name with "more". Close the stream. */
    public ReplyStream<JsonNode> more(String method, JsonNode parameters) {
        return more(untyped(method), parameters);
    }

    private static BusMethod<JsonNode, JsonNode> untyped(String method) {
        return new BusMethod<>(
                method, Wire::readObject, Wire::writeObject, Wire::readObject, Wire::writeObject, Map.of());
    }

    private <P, R> ClientCall<R> start(BusMethod<P, R> method, P in, boolean more, boolean oneway) {
        JsonNode parameters = method.writeParameters().apply(in);
        byte[] frame = json.frame(new Request(method.name(), parameters, more, oneway).toJson());
        takePlace();
        boolean started = false;
        try {
            var call = new ClientCall<>(method, send(frame), this);
            started = true;
            return call;
        } finally {
            if (!started) {
                places.release();
            }
        }
    }

    private void takePlace() {
        try {
            if (!places.tryAcquire(limits.idle().toMillis(), TimeUnit.MILLISECONDS)) {
                throw new BusException.Limit("All connections, connectionsMax " + limits.connectionsMax()
                        + ", are in calls: close streams that nobody reads");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new BusException.Cancelled("The calling thread was interrupted", interrupted);
        }
    }

    /** Sends on a pooled connection; if its server has left, once more on a new one, as nothing has been taken. */
    private ClientConnection send(byte[] frame) {
        for (ClientConnection pooled = resting.pollFirst(); pooled != null; pooled = resting.pollFirst()) {
            boolean fresh = pooled.restedNanos() < limits.idle().toNanos() / 2;
            if (fresh && pooled.isAlive() && pooled.send(frame)) {
                return pooled;
            }
            discard(pooled);
        }
        ClientConnection connection = ClientConnection.open(socket, json, limits.messageBytesMax());
        open.add(connection);
        if (closed.get()) {
            discard(connection);
            throw new BusException("This client is closed");
        }
        if (!connection.send(frame)) {
            discard(connection);
            throw new BusException.Unavailable(
                    "The server at " + socket + " closed the connection at once: may this user call it?", null);
        }
        return connection;
    }

    /** Takes a connection back from a call. */
    void release(ClientConnection connection, boolean reusable) {
        if (reusable && !closed.get()) {
            connection.rest();
            resting.addFirst(connection);
            if (closed.get() && resting.remove(connection)) {
                discard(connection);
            }
        } else {
            discard(connection);
        }
        places.release();
    }

    private void discard(ClientConnection connection) {
        connection.close();
        open.remove(connection);
    }

    /** Closes every connection; calls in flight end as cancelled. Later calls are refused. */
    @Override
    public void close() {
        closed.set(true);
        open.forEach(this::discard);
        resting.clear();
    }
}

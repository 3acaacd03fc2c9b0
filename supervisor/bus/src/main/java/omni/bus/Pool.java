package omni.bus;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** A client's connections: those in calls, and those that rest until the next one. Thread-safe. */
final class Pool {
    private final Path socket;
    private final BusLimits limits;
    private final Json json;
    private final Consumer<ClientConnection> greeting;
    private final Semaphore places;

    /** The one used last comes first, so that the others grow old and are dropped. */
    private final ConcurrentLinkedDeque<ClientConnection> resting = new ConcurrentLinkedDeque<>();

    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** The greeting is made on each new connection, before the first call. */
    Pool(Path socket, BusLimits limits, Consumer<ClientConnection> greeting) {
        this.greeting = greeting;
        this.socket = socket;
        this.limits = limits;
        json = new Json(limits);
        places = new Semaphore(limits.connectionsMax(), true);
    }

    /** Sends a message and returns the connection that its replies come on; {@link #release} gives it back. */
    ClientConnection send(JsonNode message) {
        byte[] frame = json.frame(message);
        takePlace();
        boolean sent = false;
        try {
            ClientConnection connection = send(frame);
            sent = true;
            return connection;
        } finally {
            if (!sent) {
                places.release();
            }
        }
    }

    private void takePlace() {
        try {
            if (!places.tryAcquire(limits.idle().toMillis(), TimeUnit.MILLISECONDS)) {
                throw new BusException.Exhausted("All connections, connectionsMax " + limits.connectionsMax()
                        + ", are in calls: close streams that nobody reads");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new BusException.Cancelled("The calling thread was interrupted", interrupted);
        }
    }

    /** On a resting connection; if its server has left, once more on a new one, as nothing has been taken. */
    private ClientConnection send(byte[] frame) {
        for (ClientConnection rested = resting.pollFirst(); rested != null; rested = resting.pollFirst()) {
            if (!isOld(rested) && rested.isAlive() && rested.send(frame)) {
                return rested;
            }
            discard(rested);
        }
        ClientConnection connection = ClientConnection.open(socket, json, limits.messageBytesMax());
        open.add(connection);
        if (closed.get()) {
            discard(connection);
            throw new BusException("This client is closed");
        }
        greet(connection);
        if (!connection.send(frame)) {
            discard(connection);
            throw new BusException.Unavailable(
                    "The server at " + socket + " closed the connection at once: may this user call it?", null);
        }
        return connection;
    }

    private void greet(ClientConnection connection) {
        boolean greeted = false;
        try {
            greeting.accept(connection);
            greeted = true;
        } finally {
            if (!greeted) {
                discard(connection);
            }
        }
    }

    /** Half the idle time, so that the server, which closes after all of it, is never in the middle of that. */
    private boolean isOld(ClientConnection connection) {
        return connection.restedNanos() > limits.idle().toNanos() / 2;
    }

    /** Takes a connection back from a call. */
    void release(ClientConnection connection, boolean reusable) {
        if (reusable && !closed.get()) {
            connection.rest();
            resting.addFirst(connection);
            dropOld();
            if (closed.get() && resting.remove(connection)) {
                discard(connection);
            }
        } else {
            discard(connection);
        }
        places.release();
    }

    private void dropOld() {
        ClientConnection last = resting.peekLast();
        while (last != null && isOld(last) && resting.remove(last)) {
            discard(last);
            last = resting.peekLast();
        }
    }

    private void discard(ClientConnection connection) {
        connection.close();
        open.remove(connection);
    }

    /** Connections open now. */
    int size() {
        return open.size();
    }

    /** Closes every connection, those in calls too, and refuses new ones. */
    void close() {
        closed.set(true);
        open.forEach(this::discard);
        resting.clear();
    }
}

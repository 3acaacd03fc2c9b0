package omni.bus;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Calls a server. Thread-safe; keeps a pool of connections, each with one call in flight, and connects when needed.
 *
 * <p>A call blocks its thread until the reply comes. Interrupting the thread, or closing the stream or the client, ends
 * the call by closing its connection, and the server's handler hears of it.
 */
public final class BusClient implements AutoCloseable {
    private final Pool pool;
    private final Optional<Duration> patience;

    private BusClient(Pool pool, Optional<Duration> patience) {
        this.pool = pool;
        this.patience = patience;
    }

    /** A client of the server at a socket, with the default limits. */
    public static BusClient to(Path socket) {
        return to(socket, BusLimits.defaults());
    }

    /** A client of the server at a socket. */
    public static BusClient to(Path socket, BusLimits limits) {
        return new BusClient(new Pool(socket, limits, _ -> {}), Optional.empty());
    }

    /**
     * A client of the server at a socket, with the default limits, which proves on each connection to be that role, and has
     * the server prove that it belongs to the same run, before anything else is sent.
     */
    public static BusClient to(Path socket, String role, Credential credential) {
        return new BusClient(
                new Pool(socket, BusLimits.defaults(), connection -> Introduction.make(connection, credential, role)),
                Optional.empty());
    }

    /**
     * This client, waiting only so long for each reply before it gives the call up with
     * {@link BusException.TimedOut}. It shares the connections; closing one closes both.
     */
    public BusClient within(Duration time) {
        return new BusClient(pool, Optional.of(time));
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
        ClientConnection connection = pool.send(new Request(method.name(), parameters, more, oneway).toJson());
        return new ClientCall<>(method, connection, pool, patience);
    }

    /** Connections open now. */
    int connections() {
        return pool.size();
    }

    /** Closes every connection; calls in flight end as cancelled. Later calls are refused. */
    @Override
    public void close() {
        pool.close();
    }
}

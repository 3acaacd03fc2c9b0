package omni.bus;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One connection to a server, for one call at a time; {@code close} alone may come from another thread. */
final class ClientConnection {
    private static final Duration QUEUE_WAIT_MAX = Duration.ofSeconds(2);
    private static final Duration QUEUE_PAUSE = Duration.ofMillis(5);

    private final Path socket;
    private final SocketChannel channel;
    private final Frames frames;
    private final Json json;
    private volatile boolean closed;
    private volatile boolean late;
    private long idleSinceNanos;

    private ClientConnection(Path socket, SocketChannel channel, Json json, int messageBytesMax) {
        this.socket = socket;
        this.channel = channel;
        this.json = json;
        frames = new Frames(channel, messageBytesMax);
    }

    /**
     * Connects.
     *
     * @throws BusException.Unavailable if nobody serves the socket
     */
    static ClientConnection open(Path socket, Json json, int messageBytesMax) {
        RunDirectory.checkLength(socket);
        try {
            return new ClientConnection(socket, connect(socket), json, messageBytesMax);
        } catch (ClosedByInterruptException interrupted) {
            throw new BusException.Cancelled("The calling thread was interrupted", interrupted);
        } catch (IOException refused) {
            throw new BusException.Unavailable("Nobody serves " + socket + ": is Omni up?", refused);
        }
    }

    /**
     * A connected channel. On a virtual thread the JDK fails at once when the server's queue of connections is full
     * (EAGAIN, which has no exception of its own), so that is tried again for a while.
     */
    private static SocketChannel connect(Path socket) throws IOException {
        long end = System.nanoTime() + QUEUE_WAIT_MAX.toNanos();
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return channel;
            } catch (IOException refused) {
                channel.close();
                boolean queueFull = refused.getClass().equals(SocketException.class) && Files.exists(socket);
                if (!queueFull || System.nanoTime() > end) {
                    throw refused;
                }
                LockSupport.parkNanos(QUEUE_PAUSE.toNanos());
            }
        }
    }

    /** Sends a message as {@link #send(byte[])} does. */
    boolean send(JsonNode message) {
        return send(json.frame(message));
    }

    /** Sends a message; false if the server had left before it got all of it, so that sending again is safe. */
    boolean send(byte[] frame) {
        try {
            Frames.write(channel, frame);
            return true;
        } catch (IOException fault) {
            boolean cancelled = closed || fault instanceof ClosedByInterruptException;
            close();
            if (cancelled) {
                throw new BusException.Cancelled("The call was closed on this side", fault);
            }
            return false;
        }
    }

    /** The next message of the server. On any fault the connection is closed. */
    ObjectNode receive() {
        try {
            Optional<byte[]> frame = frames.next();
            if (frame.isEmpty()) {
                throw new IOException("End of stream");
            }
            return json.parse(frame.get());
        } catch (IOException fault) {
            boolean cancelled = closed || fault instanceof ClosedByInterruptException;
            close();
            if (late) {
                throw new BusException.TimedOut("The server at " + socket + " did not answer in time", fault);
            }
            throw cancelled
                    ? new BusException.Cancelled("The call was closed on this side", fault)
                    : new BusException.Disconnected("The server at " + socket + " left during the call", fault);
        } catch (BusException fault) {
            close();
            throw fault;
        }
    }

    /** Whether the server is still there and silent, as it has to be between calls. */
    boolean isAlive() {
        if (closed || frames.hasRest()) {
            return false;
        }
        try {
            channel.configureBlocking(false);
            int read = channel.read(ByteBuffer.allocate(1));
            channel.configureBlocking(true);
            return read == 0;
        } catch (IOException gone) {
            return false;
        }
    }

    /** Closes it because the answer took too long. */
    void giveUp() {
        late = true;
        close();
    }

    void rest() {
        idleSinceNanos = System.nanoTime();
    }

    long restedNanos() {
        return System.nanoTime() - idleSinceNanos;
    }

    void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException fault) {
            System.getLogger(ClientConnection.class.getPackageName())
                    .log(System.Logger.Level.DEBUG, "Closing a connection failed", fault);
        }
    }

    /** The parameters of a reply; absent ones are an empty object. */
    static JsonNode parameters(ObjectNode message) {
        JsonNode parameters = message.get("parameters");
        return parameters == null || parameters.isNull() ? Wire.out().toJson() : parameters;
    }
}

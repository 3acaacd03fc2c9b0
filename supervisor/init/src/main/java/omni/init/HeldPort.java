package omni.init;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.Map;
import omni.role.Config;
import omni.role.StandardInput;
import org.jspecify.annotations.Nullable;

/**
 * The socket that one role listens on, held here so that it outlives the role's processes: who connects while there is none
 * waits in its backlog for the next (decision 0056). Each process of that role gets it as its standard input. Nobody accepts
 * from it in this process.
 *
 * <p>It is opened for the first process, so that what stands in the way is that start's failure and told as such. Then it
 * stays as it is, also where any free port was asked for, until it is closed. {@link #start} belongs to one thread.
 */
final class HeldPort implements Closeable {
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final String DEFAULT_PORT = "11434";
    /** All addresses of this machine, IPv6 among them where there is any: the daemon judges each connection by where it came to. */
    private static final String ALL = "0.0.0.0";
    /** A list without an element, as {@link Config#value} writes it. */
    private static final String NONE = "[]";
    /** Clients that wait; the kernel may take fewer (listen(2)), and those beyond try again until they time out. */
    static final int BACKLOG = 1024;

    private static final Map<String, String> VARIABLES = Map.of("OMNI_STDIN", "listener");

    private final String role;
    private final String host;
    private final int port;
    /** Guarded by this object's lock. */
    private @Nullable ServerSocketChannel channel;

    private boolean closed;

    /** Opens nothing yet; with port 0 it will be any free one. */
    HeldPort(String role, String host, int port) {
        this.role = role;
        this.host = host;
        this.port = port;
    }

    /** The daemon's, as omni.toml says now. */
    static HeldPort ofDaemon(Config config) {
        return new HeldPort(
                "daemon",
                isForOthers(config) ? ALL : config.value("daemon", "host").orElse(DEFAULT_HOST),
                Integer.parseInt(config.value("daemon", "port").orElse(DEFAULT_PORT)));
    }

    /** Whether the owner lets other machines reach the API. */
    static boolean isForOthers(Config config) {
        return !config.value("daemon", "listen").orElse(NONE).equals(NONE);
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    boolean isOf(String name) {
        return role.equals(name);
    }

    /** Starts a process with the socket as its standard input; it ties itself to this one without a control pipe. */
    Process start(ProcessBuilder builder) throws IOException {
        int socket = descriptor(listening());
        builder.environment().putAll(VARIABLES);
        builder.redirectInput(ProcessBuilder.Redirect.INHERIT);
        return StandardInput.lend(socket, builder::start);
    }

    private synchronized ServerSocketChannel listening() throws IOException {
        if (closed) {
            throw new IOException("Nothing is listened on any more");
        }
        ServerSocketChannel open = channel == null ? open() : channel;
        channel = open;
        return open;
    }

    private ServerSocketChannel open() throws IOException {
        ServerSocketChannel opened = ServerSocketChannel.open();
        try {
            opened.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return opened.bind(new InetSocketAddress(InetAddress.getByName(host), port), BACKLOG);
        } catch (IOException e) {
            opened.close();
            throw new IOException(
                    "Cannot listen on " + host + ":" + port + ": taken, or not an address of this machine."
                            + " Stop the other program, or see [daemon] host, port and listen in omni.toml.",
                    e);
        }
    }

    private static int descriptor(ServerSocketChannel open) throws IOException {
        int bound = ((InetSocketAddress) open.getLocalAddress()).getPort();
        return StandardInput.socketOn(bound)
                .orElseThrow(() -> new IOException("This process has too many descriptors to find that of its port"));
    }

    /** Lets the port go; clients that still wait are reset. */
    @Override
    public synchronized void close() {
        closed = true;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                System.getLogger("omni.init").log(System.Logger.Level.DEBUG, "The port did not close", e);
            }
        }
    }
}

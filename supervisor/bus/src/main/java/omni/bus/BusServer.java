package omni.bus;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Serves interfaces on a Unix stream socket. Thread-safe; every connection has virtual threads of its own.
 *
 * <p>A server admits its own user, root and the users it is told of, by the uid that the kernel reports.
 */
public final class BusServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(BusServer.class.getPackageName());
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(1);
    private static final Duration INTERRUPT_GRACE = Duration.ofMillis(500);
    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);
    private static final Duration POLL = Duration.ofMillis(5);

    private final ServerSocketChannel listener;
    private final SocketFile file;
    private final Admission admission;
    private final BusLimits limits;
    private final Json json;
    private final VarlinkService services;
    private final Optional<Credential> root;
    private final Warnings warnings = new Warnings(LOG);
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final Semaphore places;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread accepting;
    private final Thread sweeping;

    private BusServer(Builder builder) throws IOException {
        limits = builder.limits;
        json = new Json(limits);
        services = new VarlinkService(builder.identity, builder.services, builder.root.isPresent());
        root = builder.root;
        places = new Semaphore(limits.connectionsMax());
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            file = SocketFile.bind(listener, builder.socket, !builder.users.isEmpty());
            admission = new Admission(builder.credentials, builder.socket, builder.users);
        } catch (IOException | RuntimeException fault) {
            listener.close();
            throw fault;
        }
        accepting = Thread.ofVirtual().name("bus-accept").unstarted(this::accept);
        sweeping = Thread.ofVirtual().name("bus-sweep").unstarted(this::sweep);
    }

    /** Starts describing a server for a socket path, see {@link RunDirectory#socket}. */
    public static Builder at(Path socket) {
        return new Builder(socket);
    }

    private void accept() {
        while (!closed.get()) {
            try {
                admit(listener.accept());
            } catch (IOException fault) {
                if (!closed.get()) {
                    LOG.log(Level.WARNING, "Accepting a connection failed; is the limit of open files reached?", fault);
                    LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
                }
            }
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        Admission.Verdict verdict;
        try {
            verdict = admission.judge(channel);
        } catch (IOException fault) {
            channel.close();
            throw fault;
        }
        if (!verdict.admitted()) {
            warnings.warn("Refused a connection of user {0}", verdict.peer().user());
            channel.close();
        } else if (!places.tryAcquire()) {
            warnings.warn("Refused a connection: connectionsMax, {0}, are open", limits.connectionsMax());
            channel.close();
        } else {
            serve(new ServerConnection(
                    channel, verdict.peer(), root.map(Introduction::new), limits, json, services, warnings));
        }
    }

    private void serve(ServerConnection connection) {
        connections.add(connection);
        Thread.ofVirtual().name("bus-read").start(() -> {
            try {
                connection.serve();
            } catch (InterruptedException end) {
                connection.close();
            } finally {
                connections.remove(connection);
                places.release();
            }
        });
        if (closed.get()) {
            connection.close();
        }
    }

    /** Closes connections that lie idle. */
    private void sweep() {
        Duration pause = limits.idle().dividedBy(4);
        while (!closed.get()) {
            LockSupport.parkNanos(Math.max(pause.toNanos(), POLL.toNanos()));
            connections.stream().filter(ServerConnection::isOverdue).forEach(ServerConnection::close);
        }
    }

    /**
     * Stops accepting, lets calls finish for a second at most, then closes every connection, which cancels what is left.
     * Deletes the socket file. Later calls do nothing.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            file.delete();
            listener.close();
        } catch (IOException fault) {
            LOG.log(Level.WARNING, "Closing the socket failed", fault);
        }
        LockSupport.unpark(sweeping);
        List<ServerConnection> left = List.copyOf(connections);
        try {
            long end = System.nanoTime() + CLOSE_GRACE.toNanos();
            while (System.nanoTime() < end && !left.stream().allMatch(ServerConnection::isIdle)) {
                Thread.sleep(POLL);
            }
            left.forEach(ServerConnection::close);
            long last = System.nanoTime() + INTERRUPT_GRACE.toNanos();
            for (ServerConnection connection : left) {
                if (!connection.join(Duration.ofNanos(Math.max(1, last - System.nanoTime())))) {
                    connection.interrupt();
                }
            }
        } catch (InterruptedException interrupted) {
            left.forEach(ServerConnection::close);
            Thread.currentThread().interrupt();
        }
    }

    /** Describes a server. Used by one thread. */
    public static final class Builder {
        private final Path socket;
        private final List<Service> services = new ArrayList<>();
        private final Set<String> users = new HashSet<>();
        private BusLimits limits = BusLimits.defaults();
        private Optional<Credential> root = Optional.empty();
        private Admission.Credentials credentials = Admission::kernel;
        private VarlinkService.Identity identity = new VarlinkService.Identity("Omni", "Omni", "", "");

        private Builder(Path socket) {
            this.socket = socket;
        }

        /** Adds an interface. */
        public Builder service(Service service) {
            services.add(service);
            return this;
        }

        /** Sets the limits; without it {@link BusLimits#defaults}. */
        public Builder limits(BusLimits limits) {
            this.limits = limits;
            return this;
        }

        /** Lets a user connect, by name or by uid in decimal, besides the server's own and root. */
        public Builder allowUser(String user) {
            users.add(user);
            return this;
        }

        /** Sets what org.varlink.service.GetInfo tells. */
        public Builder identity(String vendor, String product, String version, String url) {
            identity = new VarlinkService.Identity(vendor, product, version, url);
            return this;
        }

        /** Lets roles of this run prove who they are: {@link Peer#role}. The root of all their keys. */
        public Builder knowing(Credential root) {
            this.root = Optional.of(root);
            return this;
        }

        /** Replaces the kernel's word on who connects. */
        Builder credentials(Admission.Credentials credentials) {
            this.credentials = credentials;
            return this;
        }

        /**
         * Binds the socket and serves.
         *
         * @throws BusException if the path is too long or taken, or an allowed user does not exist
         */
        public BusServer start() {
            RunDirectory.checkLength(socket);
            try {
                var server = new BusServer(this);
                server.accepting.start();
                server.sweeping.start();
                return server;
            } catch (IOException fault) {
                throw new BusException("Cannot serve " + socket + ": " + fault.getMessage(), fault);
            }
        }
    }
}

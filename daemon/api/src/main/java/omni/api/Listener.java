package omni.api;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.NioSocket;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections as long as there are fewer than the most, each on a virtual thread of its own. Helidon's own
 * listener takes no socket that listens already (decision 0056).
 *
 * <p>A socket that was given by another process is never closed here: that process and the next daemon listen on it, too.
 * It is waited for by a selector, because a call to accept can be ended only by closing the channel.
 *
 * <p>What a connection gets is said by the address it came to ({@link Reach}). A handshake takes the connection's own thread and place and
 * nothing of a request. Other machines take no more than {@link #OTHERS_SHARE} of all places, so that those of this one find some, whoever
 * is on the network.
 */
final class Listener implements AutoCloseable {
    private static final Duration GRACE = Duration.ofMillis(250);
    /** After a failed accept, such as for want of descriptors; the connection still waits. */
    private static final Duration PAUSE = Duration.ofMillis(100);
    /** Of all connections, as a share: those of other machines, at least one. */
    static final double OTHERS_SHARE = 0.75;

    private final ServerSocketChannel channel;
    private final boolean given;
    private final Selector selector;
    private final Semaphore free;
    private final Semaphore freeForOthers;
    private final Reach reach;
    private final Optional<Tls> tls;
    private final ExecutorService threads;
    private final Function<HelidonSocket, Wire> wires;
    private final Set<Wire> open = ConcurrentHashMap.newKeySet();
    private final Thread acceptor =
            Thread.ofPlatform().daemon().name("omni-api-accept").unstarted(this::accept);
    private volatile boolean ended;

    /**
     * Accepts nothing before {@link #start}.
     *
     * @param channel listens already
     * @param given whether it is another process's, too
     * @param reach what each connection gets
     * @param tls what makes it one by TLS; where there is none, connections from elsewhere end
     * @param threads one virtual thread a task; closed with this
     * @param wires the connection over a client's socket
     */
    Listener(
            ServerSocketChannel channel,
            boolean given,
            Reach reach,
            Optional<Tls> tls,
            int connectionsMax,
            ExecutorService threads,
            Function<HelidonSocket, Wire> wires)
            throws IOException {
        this.channel = channel;
        this.given = given;
        this.reach = reach;
        this.tls = tls;
        this.free = new Semaphore(connectionsMax);
        this.freeForOthers = new Semaphore(Math.max(1, (int) (connectionsMax * OTHERS_SHARE)));
        this.threads = threads;
        this.wires = wires;
        this.selector = Selector.open();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_ACCEPT);
    }

    void start() {
        acceptor.start();
    }

    /** Where it listens. */
    InetSocketAddress address() {
        try {
            return (InetSocketAddress) channel.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves those that connect from now on to the next daemon, where there can be one: they wait in the backlog. */
    void leaveToNext() {
        if (given) {
            end();
        }
    }

    private void end() {
        ended = true;
        acceptor.interrupt();
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        try {
            while (true) {
                free.acquire();
                var client = next();
                if (client == null) {
                    return;
                }
                execute(client);
            }
        } catch (InterruptedException e) {
            Log.debug("no more connections are accepted", e);
        }
    }

    /** The next client; null at the end. */
    private @Nullable SocketChannel next() throws InterruptedException {
        while (!ended) {
            try {
                selector.select();
                selector.selectedKeys().clear();
                var client = ended ? null : channel.accept();
                if (client != null) {
                    return client;
                }
            } catch (IOException e) {
                Log.error("a connection could not be accepted", e);
                Thread.sleep(PAUSE);
            }
        }
        return null;
    }

    private void execute(SocketChannel client) {
        try {
            threads.execute(() -> serve(client));
        } catch (RejectedExecutionException e) {
            Log.debug("a connection came too late", e);
            close(client);
        }
    }

    private void serve(SocketChannel client) {
        try {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            var local = address(client.getLocalAddress());
            switch (reach.of(local, address(client.getRemoteAddress()))) {
                case PLAIN ->
                    speak(NioSocket.server(client, Integer.toHexString(System.identityHashCode(client)), "api"));
                case TLS -> speakInPrivate(client, local);
                case NONE -> Log.debug("a connection came to an address that is not listened on");
            }
        } catch (CloseConnectionException
                | SocketWriterException
                | DataReader.InsufficientDataAvailableException
                | SocketException e) {
            Log.debug("a connection has ended", e);
        } catch (IOException | RuntimeException e) {
            failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(client);
        }
    }

    private static InetAddress address(SocketAddress address) {
        return ((InetSocketAddress) address).getAddress();
    }

    private void speakInPrivate(SocketChannel client, InetAddress local) throws InterruptedException {
        if (tls.isEmpty() || !freeForOthers.tryAcquire()) {
            Log.debug("a connection from another machine found no place");
            return;
        }
        try {
            var socket = tls.get().accept(client, local);
            if (socket.isPresent()) {
                speak(socket.get());
            }
        } finally {
            freeForOthers.release();
        }
    }

    private void speak(HelidonSocket client) throws InterruptedException {
        var wire = wires.apply(client);
        open.add(wire);
        try {
            wire.handle();
        } finally {
            open.remove(wire);
        }
    }

    private static void failed(Exception e) {
        if (e.getCause() instanceof SocketException) {
            Log.debug("a connection has ended", e);
        } else {
            Log.error("a connection has failed", e);
        }
    }

    private void close(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            Log.debug("a connection did not close", e);
        } finally {
            free.release();
        }
    }

    /** Accepts no more, lets idle connections go at once and others within the grace. */
    @Override
    public void close() {
        end();
        try (selector) {
            if (!given) {
                channel.close();
            }
        } catch (IOException e) {
            Log.debug("the socket did not close", e);
        }
        open.forEach(Wire::finish);
        threads.shutdown();
        try {
            if (!threads.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}

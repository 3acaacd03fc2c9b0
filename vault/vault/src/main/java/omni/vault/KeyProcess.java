package omni.vault;

import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import omni.vault.VaultException.Reason;

/**
 * A child process that has the root key for a moment, and the socket to it.
 *
 * <p>The socket is in a folder of mode 0700 that goes with it. Whoever connects must be of this process's user, and must first say
 * the token that only the child has read, from its standard input; another connection is closed. What a child holds is gone with it, and it
 * goes when its standard input ends, when the thread that started it does (where the kernel has such a signal), after its time, and at
 * the close; what the kernel holds in a call to a device, as to a TPM that hangs, when that ends.
 *
 * <p>For one thread; another one of its own starts the child and waits for it.
 */
final class KeyProcess implements AutoCloseable {
    static final int TOKEN_BYTES = 32;

    private static final String SOCKET = "s";
    private static final int UNFINISHED = -1;
    private static final Duration ENDING_MAX = Duration.ofSeconds(2);
    private static final Duration KILLED_MAX = Duration.ofSeconds(5);

    private final List<String> line;
    private final Duration limit;
    private final Path folder;
    private final byte[] token = new byte[TOKEN_BYTES];
    private final ServerSocketChannel server;
    private final Thread keeper;
    private volatile boolean late;
    private volatile int exit = UNFINISHED;
    private volatile Optional<IOException> unstarted = Optional.empty();
    private Optional<SocketChannel> unproven = Optional.empty();
    private Optional<SocketChannel> connection = Optional.empty();

    /**
     * Starts it.
     *
     * @param line the command, to which the socket's path and this process's id are added
     * @param run where sockets are; its path is short
     * @param limit how long the child may live
     */
    KeyProcess(List<String> line, Path run, Duration limit) throws VaultException {
        this.line = line;
        this.limit = limit;
        new SecureRandom().nextBytes(token);
        try {
            folder = Files.createTempDirectory(
                    run, "key", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            server = bound(folder);
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "No socket for keys can be made in " + run + ".", e);
        }
        keeper = Thread.ofPlatform().daemon().name("vault-key").start(this::keep);
    }

    private static ServerSocketChannel bound(Path folder) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            return server.bind(UnixDomainSocketAddress.of(folder.resolve(SOCKET)));
        } catch (IOException e) {
            server.close();
            Files.delete(folder);
            throw e;
        }
    }

    /** Starts the child and stays until it has ended: the signal at a parent's death is one at its thread's death. */
    private void keep() {
        List<String> whole = new ArrayList<>(line);
        whole.add(folder.resolve(SOCKET).toString());
        whole.add(Long.toString(ProcessHandle.current().pid()));
        ProcessBuilder builder = new ProcessBuilder(whole)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        try {
            Process process = builder.start();
            try (OutputStream in = process.getOutputStream()) {
                sendToken(in);
                exit = await(process);
            }
        } catch (IOException e) {
            unstarted = Optional.of(e);
        } finally {
            ended();
        }
    }

    private void sendToken(OutputStream in) {
        try {
            in.write(token);
            in.flush();
        } catch (IOException e) {
            unstarted = Optional.of(e); // it has ended already, and its exit code says more
        }
    }

    private int await(Process process) throws IOException {
        try {
            late = !process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
            process.destroyForcibly();
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly(); // the close
            return process.onExit().join().exitValue();
        }
    }

    private synchronized void ended() {
        close(server);
        unproven.ifPresent(KeyProcess::close);
    }

    /**
     * The socket to the child.
     *
     * @throws VaultException FAILED where the child ended before it came
     */
    SocketChannel connect() throws VaultException {
        try {
            while (true) {
                SocketChannel channel = admit(server.accept());
                if (isChild(channel)) {
                    prove(channel);
                    return channel;
                }
                channel.close();
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private synchronized SocketChannel admit(SocketChannel channel) {
        unproven = Optional.of(channel);
        if (!server.isOpen()) {
            close(channel);
        }
        return channel;
    }

    private synchronized void prove(SocketChannel channel) {
        unproven = Optional.empty();
        connection = Optional.of(channel);
    }

    private boolean isChild(SocketChannel channel) {
        try {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().equals(Files.getOwner(folder))
                    && MessageDigest.isEqual(
                            token, KeyWire.read(channel, TOKEN_BYTES).array());
        } catch (IOException e) {
            return false; // gone before it said anything: the next one, if the child still lives
        }
    }

    /** What the end of the connection means, once the child has ended too. */
    VaultException failure(IOException cause) {
        if (cause instanceof VaultException told) {
            return told;
        }
        endOrStop();
        if (late) {
            return new VaultException(
                    Reason.FAILED, "The keys were not there within " + limit.toSeconds() + " s.", cause);
        }
        IOException why = unstarted.orElse(cause);
        return new VaultException(
                Reason.FAILED,
                exit == UNFINISHED
                        ? "No process for the keys could be started."
                        : "The process for the keys ended with " + exit
                                + ": mostly there is too little memory free for the password's derivation.",
                why);
    }

    /** Ends the child and removes the socket. */
    @Override
    public void close() {
        stop();
        disconnect();
        try {
            Files.deleteIfExists(folder.resolve(SOCKET));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // an empty folder in the run directory is left, and is no harm
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "A socket could not be removed", e);
        }
    }

    private synchronized void disconnect() {
        connection.ifPresent(KeyProcess::close);
    }

    /** Gives a child that is about to end the time to say with what code. */
    private void endOrStop() {
        try {
            keeper.join(ENDING_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stop();
    }

    /** A child that is killed in a device's call is gone when the kernel ends that, which may be minutes: nobody waits for it. */
    private void stop() {
        keeper.interrupt();
        long start = System.nanoTime();
        boolean interrupted = false;
        while (keeper.isAlive() && System.nanoTime() - start < KILLED_MAX.toNanos()) {
            try {
                keeper.join(KILLED_MAX);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "A socket could not be closed", e);
        }
    }
}

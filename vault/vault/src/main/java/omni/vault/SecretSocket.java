package omni.vault;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import omni.vault.SecretCall.Lost;
import omni.vault.SecretCall.Part;
import omni.vault.SecretCall.Verb;

/**
 * The vault's second socket: what comes in is read straight into locked memory outside of the heap, and wiped when it has been
 * judged. It admits the user of this process, and root. A few callers at a time; who dawdles is cut off.
 */
final class SecretSocket implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("omni.vault");
    private static final int CALLERS_MAX = 4;
    private static final int BACKLOG = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration TELL_EVERY = Duration.ofMillis(200);

    /** What the calls do. */
    @FunctionalInterface
    interface Desk {
        /**
         * Does what is asked for; the secrets are wiped when it returns.
         *
         * @param secrets the verb's fields; an empty one is a field that was left empty
         * @param progress is told how far a call is that takes long
         * @return a secret in answer, which is wiped once it is sent
         * @throws VaultException the caller is told
         */
        Optional<SecretMemory> serve(Verb verb, List<Optional<SecretMemory>> secrets, Progress progress)
                throws VaultException;
    }

    /** What the caller is told meanwhile. */
    interface Progress {
        /**
         * As often as it likes; the caller hears it now and then.
         *
         * @throws VaultException where the caller has gone
         */
        void at(Part part, long done, long total) throws VaultException;

        /** What was left out, once the rest is there; nobody need hear it. */
        default void lost(List<Lost> lost) {}
    }

    private final Path path;
    private final Desk desk;
    private final ServerSocketChannel listener;
    private final Semaphore places = new Semaphore(CALLERS_MAX);
    private final List<UserPrincipal> admitted;

    private SecretSocket(Path path, Desk desk) throws IOException {
        this.path = path;
        this.desk = desk;
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        Files.deleteIfExists(path); // one of a process that was killed: the tree has one vault at a time
        listener.bind(UnixDomainSocketAddress.of(path), BACKLOG);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        admitted = List.of(
                Files.getOwner(path),
                FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("0"));
        Thread.ofVirtual().name("secrets").start(this::accept);
    }

    /** Serves at that path. */
    static SecretSocket at(Path path, Desk desk) throws VaultException {
        try {
            return new SecretSocket(path, desk);
        } catch (IOException e) {
            throw new VaultException(VaultException.Reason.FAILED, "The socket for secrets cannot be made.", e);
        }
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                places.acquire();
                SocketChannel channel = accepted();
                Thread.ofVirtual().name("secret").start(() -> serve(channel));
            } catch (IOException e) {
                LOG.log(listener.isOpen() ? Level.WARNING : Level.DEBUG, "No caller was accepted", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private SocketChannel accepted() throws IOException {
        boolean accepted = false;
        try {
            SocketChannel channel = listener.accept();
            accepted = true;
            return channel;
        } finally {
            if (!accepted) {
                places.release();
            }
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            if (!admitted.contains(
                    channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user())) {
                LOG.log(Level.WARNING, "A call of another user was refused");
                return;
            }
            answer(channel);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "A caller left", e);
        } finally {
            places.release();
        }
    }

    private void answer(SocketChannel channel) throws IOException {
        try (Asked asked = read(channel)) {
            Optional<SecretMemory> answer = desk.serve(asked.verb(), asked.fields(), new Told(channel));
            try {
                reply(channel, SecretCall.DONE, answer.map(SecretMemory::buffer).orElse(ByteBuffer.allocate(0)));
            } finally {
                answer.ifPresent(SecretMemory::close);
            }
        } catch (VaultException e) {
            LOG.log(Level.DEBUG, "A call was refused", e);
            String text = SecretCall.word(e.reason().name()) + " " + e.getMessage();
            reply(channel, SecretCall.REFUSED, StandardCharsets.UTF_8.encode(text));
        }
    }

    /** Writes to the caller how far the call is. */
    private static final class Told implements Progress {
        private final SocketChannel channel;
        private long toldNanos = System.nanoTime();

        Told(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void at(Part part, long done, long total) throws VaultException {
            if (done < total && System.nanoTime() - toldNanos < TELL_EVERY.toNanos()) {
                return;
            }
            toldNanos = System.nanoTime();
            try (Timer _ = new Timer(channel)) {
                SecretCall.write(channel, SecretCall.bytes(new SecretCall.Progress(part, done, total)));
            } catch (IOException e) {
                throw new VaultException(
                        VaultException.Reason.REFUSED, "The caller has gone, and nothing was done.", e);
            }
        }

        /** It is done, whether or not the caller is still there. */
        @Override
        public void lost(List<Lost> lost) {
            for (Lost each : lost) {
                try (Timer _ = new Timer(channel)) {
                    reply(channel, SecretCall.LACKS, StandardCharsets.UTF_8.encode(SecretCall.text(each)));
                } catch (IOException e) {
                    LOG.log(Level.DEBUG, "The caller has gone", e);
                    return;
                }
            }
        }
    }

    /** Closes the connection of who takes longer than the patience. */
    private static final class Timer implements AutoCloseable {
        private final CompletableFuture<Boolean> late =
                new CompletableFuture<Boolean>().completeOnTimeout(true, PATIENCE.toSeconds(), TimeUnit.SECONDS);

        Timer(SocketChannel channel) {
            var _ = late.thenAccept(_ -> SecretSocket.close(channel));
        }

        @Override
        public void close() {
            late.cancel(false);
        }
    }

    /** A call that has been read. */
    private record Asked(Verb verb, List<Optional<SecretMemory>> fields) implements AutoCloseable {
        @Override
        public void close() {
            fields.forEach(field -> field.ifPresent(SecretMemory::close));
        }
    }

    /** Reads a call within the patience. */
    private static Asked read(SocketChannel channel) throws IOException {
        try (Timer _ = new Timer(channel)) {
            ByteBuffer header = ByteBuffer.allocate(SecretCall.HEADER_BYTES);
            SecretCall.fill(channel, header);
            Optional<Verb> verb = Verb.of(header.get(4)).filter(known -> known.fields() == header.get(5));
            if (header.getInt(0) != SecretCall.MAGIC || verb.isEmpty()) {
                throw new VaultException(VaultException.Reason.INVALID, "That is no call of this version of Omni.");
            }
            return new Asked(verb.get(), fields(channel, verb.get().fields()));
        }
    }

    private static List<Optional<SecretMemory>> fields(SocketChannel channel, int count) throws IOException {
        ByteBuffer sizes = ByteBuffer.allocate(count * Integer.BYTES);
        SecretCall.fill(channel, sizes);
        List<Optional<SecretMemory>> fields = new ArrayList<>();
        boolean whole = false;
        try {
            for (int i = 0; i < count; i++) {
                int bytes = sizes.getInt(i * Integer.BYTES);
                if (bytes < 0 || bytes > SecretCall.FIELD_BYTES_MAX) {
                    throw new VaultException(VaultException.Reason.INVALID, SecretCall.TOO_LONG);
                }
                fields.add(bytes == 0 ? Optional.empty() : Optional.of(secret(channel, bytes)));
            }
            whole = true;
            return fields;
        } finally {
            if (!whole) {
                fields.forEach(field -> field.ifPresent(SecretMemory::close));
            }
        }
    }

    private static SecretMemory secret(SocketChannel channel, int bytes) throws IOException {
        SecretMemory secret = SecretMemory.of(bytes);
        boolean whole = false;
        try {
            SecretCall.fill(channel, secret.buffer());
            whole = true;
            return secret;
        } finally {
            if (!whole) {
                secret.close();
            }
        }
    }

    private static void reply(SocketChannel channel, int outcome, ByteBuffer text) throws IOException {
        ByteBuffer head =
                ByteBuffer.allocate(1 + Integer.BYTES).put((byte) outcome).putInt(text.remaining());
        SecretCall.write(channel, head.flip());
        SecretCall.write(channel, text);
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "A connection did not close", e);
        }
    }

    /** Takes no more callers, and removes the socket. */
    @Override
    public void close() {
        try {
            listener.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "The socket for secrets did not close", e);
        }
    }
}

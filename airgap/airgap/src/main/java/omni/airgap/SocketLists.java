package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The sockets of one network namespace as the kernel lists them, collected and passed on as they are: those of the internet and Unix
 * sockets by sock_diag, which also has those that nobody has accepted yet, the rest by {@code /proc/net}. No list has all: what is
 * missing is found by the processes' descriptors, and what is hidden from both by the count of all (see {@link Census}).
 *
 * <p>Source: sock_diag(7), proc_pid_net(5). To be used on a thread that is in the namespace.
 */
final class SocketLists {
    private static final Path NET = Path.of("/proc/thread-self/net");

    private SocketLists() {}

    /** Asks for all that is listed in the namespace of the calling thread, which is the diag's. */
    static void collect(SocketDiag diag, CensusTalk talk) throws AirgapException {
        talk.namespace();
        for (SocketList list : SocketList.values()) {
            talk.list(list);
            switch (list.source()) {
                case INET ->
                    diag.dump(
                            list.family(),
                            list.number(),
                            list.number() == InetSocket.TCP ? SocketDiag.NOT_OVER : SocketDiag.ALL_STATES,
                            talk::again,
                            message -> talk.message(message, InetSocket.MESSAGE_BYTES));
                case UNIX -> diag.unix(talk::again, message -> talk.message(message, CensusWire.FRAME_BYTES_MAX));
                case ADDRESSES, INODES -> file(list, talk);
            }
        }
    }

    /** How many sockets there are by the kernel's own count: "sockets: used N" of sockstat. */
    static int used() throws AirgapException {
        try (Stream<String> lines = Files.lines(NET.resolve("sockstat"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("sockets: used "))
                    .map(line -> Integer.parseInt(
                            line.substring("sockets: used ".length()).strip()))
                    .findFirst()
                    .orElseThrow(
                            () -> new AirgapException("The kernel does not count sockets: no \"used\" in sockstat."));
        } catch (IOException | UncheckedIOException e) {
            throw e instanceof AirgapException known
                    ? known
                    : new AirgapException("The kernel's count of sockets cannot be read.", e);
        }
    }

    private static void file(SocketList list, CensusTalk talk) throws AirgapException {
        byte[] piece = new byte[CensusWire.FRAME_BYTES_MAX];
        try (InputStream file = Files.newInputStream(NET.resolve(list.protocol()))) {
            for (int bytes = file.read(piece); bytes >= 0; bytes = file.read(piece)) {
                talk.piece(piece, bytes);
            }
        } catch (NoSuchFileException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "This kernel has no such family", e);
        } catch (IOException e) {
            throw new AirgapException("The list of sockets " + list.protocol() + " cannot be read.", e);
        }
    }
}

package omni.cli;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.vault.SecretCall;

/** The vault's socket for secrets: it says to each call what was lost, and that it is done, or ends before that. */
final class FakeSecrets implements AutoCloseable {
    private static final byte DONE = 0;
    private static final byte LACKS = 3;
    private static final int HEADER_BYTES = 6;

    private final Path socket;
    private final List<String> lost;
    private final boolean answers;
    private final ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);

    FakeSecrets(FakeTree tree, List<String> lost, boolean answers) throws IOException {
        this.lost = lost;
        this.answers = answers;
        this.socket = tree.world("").socket(SecretCall.SOCKET);
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().name("fake-secrets").start(this::accept);
    }

    private void accept() {
        while (listener.isOpen()) {
            try (SocketChannel channel = listener.accept()) {
                answer(channel);
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void answer(SocketChannel channel) throws IOException {
        var in = new DataInputStream(Channels.newInputStream(channel));
        var lengths = new int[in.readNBytes(HEADER_BYTES)[HEADER_BYTES - 1]];
        for (var i = 0; i < lengths.length; i++) {
            lengths[i] = in.readInt();
        }
        for (var length : lengths) {
            in.skipNBytes(length);
        }
        var out = new DataOutputStream(Channels.newOutputStream(channel));
        for (var each : lost) {
            write(out, LACKS, each);
        }
        if (answers) {
            write(out, DONE, "");
        }
    }

    private static void write(DataOutputStream out, byte kind, String text) throws IOException {
        out.write(kind);
        out.writeInt(text.length());
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.delete(socket);
    }
}

package omni.bus;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** A peer that sends bytes as the test wants them, not as Varlink wants them. */
final class RawPeer implements AutoCloseable {
    private final SocketChannel channel;
    private final Frames frames;

    RawPeer(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        frames = new Frames(channel, 1 << 26);
    }

    /** Sends bytes; false if the server has hung up. */
    boolean send(byte[] bytes) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            return true;
        } catch (IOException hungUp) {
            return false;
        }
    }

    boolean send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The next frame; empty once the server has hung up. */
    Optional<String> receive() {
        try {
            return frames.next().map(frame -> new String(frame, StandardCharsets.UTF_8));
        } catch (IOException hungUp) {
            return Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

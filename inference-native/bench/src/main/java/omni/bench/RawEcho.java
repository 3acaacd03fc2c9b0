package omni.bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The baseline: frames over a Unix socket, cut at their NUL and otherwise left alone. A frame that starts with a digit
 * asks for that many copies of the one behind it, without it.
 */
final class RawEcho implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final ServerSocketChannel listener;
    private final SocketChannel client;
    private final ByteBuffer received = ByteBuffer.allocateDirect(BUFFER_BYTES);

    RawEcho(Path socket) throws IOException {
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(this::serve);
        client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    private static byte[] frame(String head, String text) {
        return (head + "{\"method\":\"omni.Bench.Say\",\"parameters\":{\"text\":\"" + text + "\"}}\0")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Sends a call's bytes and reads them back. */
    int roundTrip(String text) throws IOException {
        write(client, frame("", text));
        return readFrames(1);
    }

    /** Asks for copies and reads them all. */
    int stream(String text, int copies) throws IOException {
        write(client, frame(copies + " ", text));
        return readFrames(copies);
    }

    private int readFrames(int frames) throws IOException {
        int bytes = 0;
        int seen = 0;
        while (seen < frames) {
            received.clear();
            if (client.read(received) < 0) {
                throw new IOException("The echo ended");
            }
            received.flip();
            while (received.hasRemaining()) {
                bytes++;
                seen += received.get() == 0 ? 1 : 0;
            }
        }
        return bytes;
    }

    private static void write(SocketChannel channel, byte[] frame) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(frame);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private void serve() {
        try (SocketChannel channel = listener.accept()) {
            byte[] buffer = new byte[BUFFER_BYTES];
            int end = 0;
            for (int read = 0; read >= 0; read = channel.read(ByteBuffer.wrap(buffer, end, buffer.length - end))) {
                end += read;
                if (end > 0 && buffer[end - 1] == 0) {
                    answer(channel, new String(buffer, 0, end, StandardCharsets.UTF_8));
                    end = 0;
                }
            }
        } catch (IOException closed) {
            System.getLogger(RawEcho.class.getPackageName()).log(System.Logger.Level.DEBUG, "Closed", closed);
        }
    }

    private static void answer(SocketChannel channel, String request) throws IOException {
        int brace = request.indexOf('{');
        int copies = brace == 0 ? 1 : Integer.parseInt(request.substring(0, brace - 1));
        byte[] frame = request.substring(brace).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < copies; i++) {
            write(channel, frame);
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        listener.close();
    }
}

package omni.tpm;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The way to a TPM 2.0: a command goes there, its answer comes back, one after the other. At the other end is the kernel's device
 * ({@code /dev/tpmrm0}: each command one write, each answer one read), which ends a command after minutes, or a Unix socket that
 * speaks the same bytes, as an emulator has it. For one thread; {@link TimedTpmChannel} has a time for it.
 */
@FunctionalInterface
interface TpmChannel extends AutoCloseable {
    /** Of an answer; the kernel gives no longer one. */
    int ANSWER_BYTES_MAX = 4096;

    /** A tag, the number of all bytes, a code. */
    int HEADER_BYTES = 10;

    /** Sends a command, and returns its answer, of at least {@value #HEADER_BYTES} bytes. */
    ByteBuffer transmit(byte[] command) throws IOException;

    @Override
    default void close() throws IOException {}

    /** The channel to what is at that path. */
    static TpmChannel open(Path path) throws IOException {
        return new Stream(isSocket(path) ? socket(path) : device(path));
    }

    private static boolean isSocket(Path path) throws IOException {
        return ((Integer) Files.getAttribute(path, "unix:mode") & 0170000) == 0140000;
    }

    private static ByteChannel socket(Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            connected = true;
            return channel;
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    private static ByteChannel device(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Over bytes. A device gives the whole answer at the first read. */
    record Stream(ByteChannel channel) implements TpmChannel {
        @Override
        public ByteBuffer transmit(byte[] command) throws IOException {
            ByteBuffer left = ByteBuffer.wrap(command);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            ByteBuffer answer = ByteBuffer.allocate(ANSWER_BYTES_MAX);
            while (answer.position() < HEADER_BYTES || answer.position() < size(answer)) {
                if (channel.read(answer) <= 0) {
                    throw new EOFException("The TPM's answer ends in the middle");
                }
            }
            return answer.flip();
        }

        private static int size(ByteBuffer answer) throws IOException {
            int size = answer.getInt(2);
            if (size < HEADER_BYTES || size > ANSWER_BYTES_MAX) {
                throw new IOException("The TPM's answer has " + size + " bytes");
            }
            return size;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}

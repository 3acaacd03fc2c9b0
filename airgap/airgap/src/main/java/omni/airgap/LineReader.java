package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads lines, one at a time, with bounded memory whatever comes. A line ends with a line feed; what comes
 * after the last of them is no line. For one thread.
 */
final class LineReader {
    private static final int BUFFER_BYTES = 64 << 10;

    private final InputStream in;
    private final int lineBytesMax;
    private byte[] buffer = new byte[BUFFER_BYTES];
    private int start;
    private int end;
    private long wholeBytes;

    /** Reads from there, and leaves the closing to who opened it. */
    LineReader(InputStream in, int lineBytesMax) {
        this.in = in;
        this.lineBytesMax = lineBytesMax;
    }

    /**
     * The next line without its line feed; nothing at the end.
     *
     * @throws IOException where it cannot be read, or a line is longer than the limit
     */
    Optional<byte[]> next() throws IOException {
        int at = start;
        while (true) {
            for (; at < end; at++) {
                if (buffer[at] == '\n') {
                    bound(at - start);
                    byte[] line = Arrays.copyOfRange(buffer, start, at);
                    wholeBytes += line.length + 1;
                    start = at + 1;
                    return Optional.of(line);
                }
            }
            bound(end - start);
            at = makeRoom();
            int read = in.read(buffer, end, buffer.length - end);
            if (read < 0) {
                return Optional.empty();
            }
            end += read;
        }
    }

    private void bound(int lineBytes) throws IOException {
        if (lineBytes > lineBytesMax) {
            throw new IOException("A line is longer than " + lineBytesMax + " bytes");
        }
    }

    /** Moves what is left to the front, into a larger buffer where it is full; gives where the unread part begins. */
    private int makeRoom() {
        int left = end - start;
        byte[] target = left == buffer.length ? new byte[Math.min(2 * left, lineBytesMax + 1 + BUFFER_BYTES)] : buffer;
        System.arraycopy(buffer, start, target, 0, left);
        buffer = target;
        start = 0;
        end = left;
        return left;
    }

    /** How many bytes the lines until now take, with their line feeds. */
    long wholeBytes() {
        return wholeBytes;
    }
}

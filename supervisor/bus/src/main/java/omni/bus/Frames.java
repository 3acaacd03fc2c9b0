package omni.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.Optional;

/**
 * Frames on a byte stream. Used by one thread at a time. Source: varlink.org/Method-Call.
 *
 * <pre>
 *   +----------------------+-----+----------------------+-----+
 *   | JSON object in UTF-8 | NUL | JSON object in UTF-8 | NUL | ...
 *   +----------------------+-----+----------------------+-----+
 * </pre>
 */
final class Frames {
    private static final int SMALL_BYTES = 8 << 10;

    /** What one system call moves at most: the JDK copies it through a native buffer that it keeps. */
    private static final int SLICE_BYTES_MAX = 64 << 10;

    private final ReadableByteChannel channel;
    private final int frameBytesMax;
    private byte[] buffer = new byte[SMALL_BYTES];
    private int start;
    private int scanned;
    private int end;

    Frames(ReadableByteChannel channel, int frameBytesMax) {
        this.channel = channel;
        this.frameBytesMax = frameBytesMax;
    }

    /**
     * The next frame without its NUL; empty at the end of the stream, also when that cuts a frame.
     *
     * @throws BusException.Limit if the frame is larger than the limit
     */
    Optional<byte[]> next() throws IOException {
        while (true) {
            for (; scanned < end; scanned++) {
                if (buffer[scanned] == 0) {
                    return Optional.of(cut());
                }
            }
            checkSize(end - start);
            makeRoom();
            int room = Math.min(buffer.length - end, SLICE_BYTES_MAX);
            int read = channel.read(ByteBuffer.wrap(buffer, end, room));
            if (read < 0) {
                return Optional.empty();
            }
            end += read;
        }
    }

    /** Whether bytes beyond the last frame have come. */
    boolean hasRest() {
        return start < end;
    }

    private byte[] cut() {
        checkSize(scanned - start);
        byte[] frame = Arrays.copyOfRange(buffer, start, scanned);
        scanned++;
        start = scanned;
        if (start == end) {
            start = 0;
            scanned = 0;
            end = 0;
            if (buffer.length > SMALL_BYTES) {
                buffer = new byte[SMALL_BYTES];
            }
        }
        return frame;
    }

    private void checkSize(int bytes) {
        if (bytes > frameBytesMax) {
            throw new BusException.Limit(
                    "A message is over messageBytesMax, " + frameBytesMax + ": send less, or pass a file's path");
        }
    }

    private void makeRoom() {
        if (end < buffer.length) {
            return;
        }
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            scanned -= start;
            start = 0;
        } else {
            long doubled = Math.min(2L * buffer.length, frameBytesMax + 1L);
            buffer = Arrays.copyOf(buffer, (int) Math.max(doubled, buffer.length + 1L));
        }
    }

    /** Writes all of a frame; blocks while the other side does not read. */
    static void write(WritableByteChannel channel, byte[] frame) throws IOException {
        for (int at = 0; at < frame.length; ) {
            ByteBuffer slice = ByteBuffer.wrap(frame, at, Math.min(frame.length - at, SLICE_BYTES_MAX));
            at += channel.write(slice);
        }
    }
}

package omni.airgap;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import omni.airgap.CensusWire.Kind;

/** Reads the frames of {@link CensusWire}, one at a time. For one thread. */
final class FrameReader {
    static final int HEADER_BYTES = 1 + Integer.BYTES;

    private final InputStream in;
    private final byte[] bytes = new byte[2 * (HEADER_BYTES + CensusWire.FRAME_BYTES_MAX)];
    private final ByteBuffer numbers = ByteBuffer.wrap(bytes);
    private int from;
    private int to;
    private Kind kind = Kind.END;
    private ByteBuffer body = ByteBuffer.allocate(0);

    FrameReader(InputStream in) {
        this.in = in;
    }

    /**
     * Reads the next frame; false where the stream has ended before it.
     *
     * @throws IOException where it is none, or cut
     */
    boolean next() throws IOException {
        if (!fill(HEADER_BYTES)) {
            return false;
        }
        kind = Kind.of(Byte.toUnsignedInt(bytes[from]));
        int length = numbers.getInt(from + 1);
        if (length < 0 || length > CensusWire.FRAME_BYTES_MAX) {
            throw new IOException("A frame of " + length + " bytes is none.");
        }
        from += HEADER_BYTES;
        if (!fill(length)) {
            throw new EOFException("A frame ends after its head.");
        }
        body = ByteBuffer.wrap(bytes, from, length).slice();
        from += length;
        return true;
    }

    /** Of the frame that was read last. */
    Kind kind() {
        return kind;
    }

    /** Of the frame that was read last; valid until the next one. */
    ByteBuffer body() {
        return body;
    }

    /** Until so many bytes are there; false where the stream ends and none is. */
    private boolean fill(int wanted) throws IOException {
        if (bytes.length - from < wanted) {
            System.arraycopy(bytes, from, bytes, 0, to - from);
            to -= from;
            from = 0;
        }
        while (to - from < wanted) {
            int read = in.read(bytes, to, bytes.length - to);
            if (read < 0 && to > from) {
                throw new EOFException("The stream ends within a frame.");
            } else if (read < 0) {
                return false;
            }
            to += read;
        }
        return true;
    }
}

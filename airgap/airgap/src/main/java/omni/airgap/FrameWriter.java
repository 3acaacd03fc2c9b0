package omni.airgap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import omni.airgap.CensusWire.Kind;

/** Writes the frames of {@link CensusWire}; they are sent when many have come together, and by {@link #flush}. For one thread. */
final class FrameWriter {
    private final OutputStream out;
    private final byte[] bytes = new byte[FrameReader.HEADER_BYTES + CensusWire.FRAME_BYTES_MAX];
    private final ByteBuffer numbers = ByteBuffer.wrap(bytes);
    private int to;

    FrameWriter(OutputStream out) {
        this.out = out;
    }

    /** A frame without a body. */
    void frame(Kind kind) throws IOException {
        begin(kind, 0);
    }

    /** A frame whose body is one byte. */
    void frame(Kind kind, int number) throws IOException {
        begin(kind, 1);
        bytes[to++] = (byte) number;
    }

    void frame(Kind kind, byte[] body, int length) throws IOException {
        begin(kind, length);
        System.arraycopy(body, 0, bytes, to, length);
        to += length;
    }

    /** A frame of memory that is not Java's. */
    void frame(Kind kind, MemorySegment body, int length) throws IOException {
        begin(kind, length);
        MemorySegment.copy(body, JAVA_BYTE, 0, bytes, to, length);
        to += length;
    }

    private void begin(Kind kind, int length) throws IOException {
        if (length > CensusWire.FRAME_BYTES_MAX) {
            throw new IOException("A frame has at most " + CensusWire.FRAME_BYTES_MAX + " bytes, not " + length);
        }
        if (bytes.length - to < FrameReader.HEADER_BYTES + length) {
            send();
        }
        bytes[to] = (byte) kind.code();
        numbers.putInt(to + 1, length);
        to += FrameReader.HEADER_BYTES;
    }

    void flush() throws IOException {
        send();
        out.flush();
    }

    private void send() throws IOException {
        out.write(bytes, 0, to);
        to = 0;
    }
}

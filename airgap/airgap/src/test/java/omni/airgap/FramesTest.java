package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Random;
import omni.airgap.CensusWire.Kind;
import org.junit.jupiter.api.Test;

class FramesTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final FrameWriter writer = new FrameWriter(bytes);

    /** As a pipe does it: in pieces that end anywhere. */
    private FrameReader reader() {
        Random random = new Random(7);
        return new FrameReader(new ByteArrayInputStream(bytes.toByteArray()) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1 + random.nextInt(9000)));
            }
        });
    }

    private static byte[] body(FrameReader reader) {
        byte[] body = new byte[reader.body().remaining()];
        reader.body().get(body);
        return body;
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        Random random = new Random(1);
        byte[][] bodies = new byte[50][];
        for (int i = 0; i < bodies.length; i++) {
            bodies[i] = new byte[i == 7 ? CensusWire.FRAME_BYTES_MAX : random.nextInt(20_000)];
            random.nextBytes(bodies[i]);
            if (i % 2 == 0) {
                writer.frame(Kind.PART, bodies[i], bodies[i].length);
            } else {
                writer.frame(Kind.GROUP, MemorySegment.ofArray(bodies[i]), bodies[i].length);
            }
        }
        writer.frame(Kind.LIST, 200);
        writer.frame(Kind.END);
        writer.flush();
        FrameReader reader = reader();
        for (int i = 0; i < bodies.length; i++) {
            assertTrue(reader.next());
            assertEquals(i % 2 == 0 ? Kind.PART : Kind.GROUP, reader.kind());
            assertArrayEquals(bodies[i], body(reader));
        }
        assertTrue(reader.next());
        assertArrayEquals(new byte[] {(byte) 200}, body(reader));
        assertTrue(reader.next());
        assertEquals(Kind.END, reader.kind());
        assertEquals(0, reader.body().remaining());
        assertFalse(reader.next());
    }

    @Test
    void oneByteMoreThanAFrameHasIsRefusedByBothEnds() throws Exception {
        byte[] tooLong = new byte[CensusWire.FRAME_BYTES_MAX + 1];
        assertThrows(IOException.class, () -> writer.frame(Kind.PART, tooLong, tooLong.length));
        for (int length : new int[] {CensusWire.FRAME_BYTES_MAX + 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThrows(IOException.class, () -> read(Kind.PART.code(), length), Integer.toString(length));
        }
    }

    private static void read(int kind, int length) throws IOException {
        byte[] frame = new byte[FrameReader.HEADER_BYTES + CensusWire.FRAME_BYTES_MAX + 1];
        ByteBuffer.wrap(frame).put((byte) kind).putInt(length);
        new FrameReader(new ByteArrayInputStream(frame)).next();
    }

    @Test
    void whatIsNoKindOrCutIsRefused() throws Exception {
        assertThrows(IOException.class, () -> read(Kind.values().length, 0));
        assertThrows(IOException.class, () -> read(255, 0));
        byte[] body = {1, 2, 3};
        writer.frame(Kind.PART, body, body.length);
        writer.flush();
        byte[] whole = bytes.toByteArray();
        for (int i = 1; i < whole.length; i++) {
            InputStream cut = new ByteArrayInputStream(whole, 0, i);
            assertThrows(IOException.class, () -> new FrameReader(cut).next(), Integer.toString(i));
        }
    }
}

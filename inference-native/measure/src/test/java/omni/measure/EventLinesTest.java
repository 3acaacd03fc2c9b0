package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventLinesTest {
    @Test
    void areReadHoweverTheyCome() throws IOException {
        var text = ": comment\nevent: x\ndata: one ü\r\n\r\ndata:two\n\ndata: end";
        var lines = new EventLines(aByteAtATime(text));
        assertEquals(Optional.of("one ü"), lines.next());
        assertEquals(Optional.of("two"), lines.next());
        assertEquals(Optional.of("end"), lines.next());
        assertEquals(Optional.empty(), lines.next());
    }

    @Test
    void aLineIsBounded() throws IOException {
        var longest = "data:" + "x".repeat(EventLines.LINE_BYTES_MAX - 5);
        assertEquals(
                EventLines.LINE_BYTES_MAX - 5,
                new EventLines(stream(longest + "\n")).next().orElse("").length());
        var thrown = assertThrows(MeasureException.class, () -> new EventLines(stream(longest + "x\n")).next());
        assertEquals("a line of the answer is longer than 1 MiB", thrown.getMessage());
    }

    @Test
    void aStreamIsBounded() {
        var thrown = assertThrows(MeasureException.class, () -> new EventLines(endless()).next());
        assertEquals("the answer is longer than 256 MiB", thrown.getMessage());
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static InputStream aByteAtATime(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
            @Override
            public synchronized int read(byte[] into, int at, int most) {
                return super.read(into, at, Math.min(1, most));
            }
        };
    }

    /** Empty lines without an end. */
    private static InputStream endless() {
        return new InputStream() {
            @Override
            public int read() {
                return '\n';
            }

            @Override
            public int read(byte[] into, int at, int most) {
                java.util.Arrays.fill(into, at, at + most, (byte) '\n');
                return most;
            }
        };
    }
}

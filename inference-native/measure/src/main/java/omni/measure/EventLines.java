package omni.measure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The data of server-sent events, one after the other, each as soon as its line is whole. A line has 1 MiB at most, a stream 256
 * MiB. Source of the form: WHATWG HTML, "Server-sent events"; events of OpenAI's API have one line of data each.
 */
final class EventLines {
    static final int LINE_BYTES_MAX = 1 << 20;
    static final long STREAM_BYTES_MAX = 256L << 20;
    private static final String DATA = "data:";

    private final InputStream in;
    private final byte[] chunk = new byte[8192];
    private byte[] line = new byte[1024];
    private int at;
    private int end;
    private long read;

    EventLines(InputStream in) {
        this.in = in;
    }

    /** The next event's data, or nothing where the stream ends. */
    Optional<String> next() throws IOException {
        while (true) {
            var text = nextLine();
            if (text.isEmpty()) {
                return Optional.empty();
            } else if (text.get().startsWith(DATA)) {
                return Optional.of(text.get().substring(DATA.length()).strip());
            }
        }
    }

    private Optional<String> nextLine() throws IOException {
        int length = 0;
        while (true) {
            if (at == end && !fill()) {
                return length == 0 ? Optional.empty() : Optional.of(text(length));
            }
            byte b = chunk[at++];
            if (b == '\n') {
                return Optional.of(text(length));
            } else if (length == LINE_BYTES_MAX) {
                throw unusable("a line of the answer is longer than 1 MiB");
            }
            if (length == line.length) {
                line = java.util.Arrays.copyOf(line, line.length * 2);
            }
            line[length++] = b;
        }
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, in.read(chunk));
        read += end;
        if (read > STREAM_BYTES_MAX) {
            throw unusable("the answer is longer than 256 MiB");
        }
        return end > 0;
    }

    private String text(int length) {
        return new String(line, 0, length, StandardCharsets.UTF_8);
    }

    private static MeasureException unusable(String why) {
        return new MeasureException(MeasureException.Kind.UNUSABLE, why);
    }
}

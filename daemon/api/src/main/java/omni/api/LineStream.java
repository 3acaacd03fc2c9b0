package omni.api;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import tools.jackson.databind.JsonNode;

/**
 * A response of lines, a JSON object each, as Ollama streams (NDJSON). Each line leaves at once; a write blocks while the
 * client is slow, which holds the engine back.
 */
final class LineStream implements AutoCloseable {
    private final OutputStream out;

    LineStream(OutputStream out) {
        this.out = out;
    }

    /** Sends one line. */
    void send(JsonNode line) {
        try {
            out.write(Json.bytes(line));
            out.write('\n');
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package omni.api;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/**
 * Server-sent events as OpenAI writes them: {@code data: {…}} and an empty line, at the end {@code data: [DONE]}. Each
 * event leaves at once; a write blocks while the client is slow, which holds the engine back.
 *
 * <p>Source: WHATWG HTML, 9.2 Server-sent events. Helidon's own sink writes no space after the colon, which the
 * standard allows and some clients do not.
 */
final class EventStream implements AutoCloseable {
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NAMELESS = {};
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out;

    EventStream(OutputStream out) {
        this.out = out;
    }

    /** Sends one event. */
    void send(JsonNode data) {
        write(NAMELESS, Json.bytes(data));
    }

    /** Sends one event under its own name, its member {@code type}. */
    void named(JsonNode data) {
        write(("event: " + data.path("type").asString() + "\n").getBytes(StandardCharsets.US_ASCII), Json.bytes(data));
    }

    /** Sends the event after which nothing comes. */
    void done() {
        write(NAMELESS, DONE);
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(byte[] name, byte[] data) {
        try {
            out.write(name);
            out.write(DATA);
            out.write(data);
            out.write(END);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package omni.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON response that is written while it is made. The first {@value #KEPT_BYTES_MAX} bytes are kept back: while they
 * are enough, a failure still gets its proper status. A longer response goes to the wire piece by piece, and what fails
 * then breaks it off.
 *
 * <p>For one thread.
 */
final class Spool extends OutputStream {
    /** What every response in the making may keep. */
    static final int KEPT_BYTES_MAX = 64 * 1024;

    private final Supplier<OutputStream> wire;
    private final Consumer<byte[]> whole;
    private final JsonGenerator json;
    private ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private @Nullable OutputStream out;

    /**
     * Keeps nothing yet.
     *
     * @param wire begins a response of any length
     * @param whole sends a response of these bytes
     */
    Spool(Supplier<OutputStream> wire, Consumer<byte[]> whole) {
        this.wire = wire;
        this.whole = whole;
        this.json = JsonMapper.shared().createGenerator(this);
    }

    /** What the response is written with; {@link #finish} ends it. */
    JsonGenerator json() {
        return json;
    }

    /** Writes a field of the object that is being written. */
    static void field(JsonGenerator json, String name, JsonNode value) {
        json.writeName(name);
        json.writeTree(value);
    }

    /** Sends what is left: the response is complete. */
    void finish() {
        json.close();
        if (out == null) {
            whole.accept(kept.toByteArray());
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (out == null && kept.size() + length > KEPT_BYTES_MAX) {
            out = wire.get();
            kept.writeTo(out);
            kept = new ByteArrayOutputStream();
        }
        (out == null ? kept : out).write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
        if (out != null) {
            out.close();
        }
    }
}

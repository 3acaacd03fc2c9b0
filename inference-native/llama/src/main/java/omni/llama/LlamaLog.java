package omni.llama;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import omni.llama.raw.Llama;
import omni.llama.raw.ggml_log_callback;

/**
 * llama.cpp's log lines on their way to the logger {@code omni.llama}.
 *
 * <p>Its debug lines may show tokens and text, so they are dropped unread; its informal lines (a hundred a model) become
 * debug lines, warnings and errors stay what they are. Called from whatever thread llama.cpp logs on.
 */
final class LlamaLog implements ggml_log_callback.Function {
    /** A longer line is cut. */
    static final int LINE_BYTES_MAX = 4096;

    private final Logger logger;
    private final AtomicReference<String> lastError = new AtomicReference<>("");
    private volatile Level level = Level.OFF;

    LlamaLog(Logger logger) {
        this.logger = logger;
    }

    /** Sends every further line of the process's llama.cpp here; for the life of the process. */
    void install() {
        Llama.llama_log_set(ggml_log_callback.allocate(this, Arena.global()), MemorySegment.NULL);
    }

    /** The newest error line, and forgets it; empty when there was none since the last call. */
    String takeError() {
        return lastError.getAndSet("");
    }

    @Override
    public void apply(int ggmlLevel, MemorySegment text, MemorySegment userData) {
        // A continuation keeps the level of the line it continues.
        var now = ggmlLevel == Llama.GGML_LOG_LEVEL_CONT() ? level : levelOf(ggmlLevel);
        level = now;
        if (now == Level.OFF || text.address() == 0) {
            return;
        }
        var line = line(text);
        if (line.isEmpty()) {
            return;
        }
        if (now == Level.ERROR) {
            lastError.set(line);
        }
        logger.log(now, line);
    }

    private static Level levelOf(int ggmlLevel) {
        if (ggmlLevel == Llama.GGML_LOG_LEVEL_ERROR()) {
            return Level.ERROR;
        }
        if (ggmlLevel == Llama.GGML_LOG_LEVEL_WARN()) {
            return Level.WARNING;
        }
        return ggmlLevel == Llama.GGML_LOG_LEVEL_INFO() ? Level.DEBUG : Level.OFF;
    }

    private static String line(MemorySegment text) {
        var bytes = text.reinterpret(Long.MAX_VALUE);
        var length = 0;
        while (length < LINE_BYTES_MAX && bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        var copy = bytes.asSlice(0, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        return new String(copy, StandardCharsets.UTF_8).strip();
    }
}

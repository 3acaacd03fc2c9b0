package omni.llama;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

    /**
     * Warnings of what this binding's callers do on purpose: a unified cache has more cells than one sequence may use,
     * and embeddings are pooled where the model's file leaves it open.
     */
    private static final List<String> EXPECTED =
            List.of("possible training context overflow", "model default pooling_type is [-1]", "fallback to CPU");

    private final Logger logger;
    private final AtomicReference<List<String>> lastErrors = new AtomicReference<>(List.of());
    private volatile Level level = Level.OFF;

    LlamaLog(Logger logger) {
        this.logger = logger;
    }

    /** Sends every further line of the process's llama.cpp here; for the life of the process. */
    void install() {
        Llama.llama_log_set(ggml_log_callback.allocate(this, Arena.global()), MemorySegment.NULL);
    }

    /**
     * The newest two error lines, and forgets them; empty when there were none since the last call. Two, because the
     * last says what failed and the one before it why.
     */
    String takeError() {
        return String.join("; ", lastErrors.getAndSet(List.of()));
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
            lastErrors.updateAndGet(old -> old.isEmpty() ? List.of(line) : List.of(old.getLast(), line));
        }
        var expected = now == Level.WARNING && EXPECTED.stream().anyMatch(line::contains);
        logger.log(expected ? Level.DEBUG : now, line);
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

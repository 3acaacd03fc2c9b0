package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import omni.llama.raw.Llama;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LlamaLogTest {
    /** Keeps the lines. */
    private static final class Lines implements Logger {
        private final List<String> lines = new ArrayList<>();

        @Override
        public String getName() {
            return "lines";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String text, @Nullable Throwable thrown) {
            lines.add(level + " " + text);
        }

        @Override
        public void log(
                Level level,
                @Nullable ResourceBundle bundle,
                @Nullable String format,
                @Nullable Object @Nullable ... parameters) {
            lines.add(level + " " + format);
        }
    }

    private final Lines lines = new Lines();
    private final LlamaLog log = new LlamaLog(lines);

    private void line(int level, String text) {
        try (var arena = Arena.ofConfined()) {
            log.apply(level, arena.allocateFrom(text), MemorySegment.NULL);
        }
    }

    @Test
    void debugLinesAreDroppedWithTheirContinuations() {
        line(Llama.GGML_LOG_LEVEL_DEBUG(), "token 'canary'");
        line(Llama.GGML_LOG_LEVEL_CONT(), " canary");
        line(Llama.GGML_LOG_LEVEL_NONE(), "canary");
        assertEquals(List.of(), lines.lines);
    }

    @Test
    void theOthersKeepTheirWeight() {
        line(Llama.GGML_LOG_LEVEL_INFO(), "loaded\n");
        line(Llama.GGML_LOG_LEVEL_CONT(), "more\n");
        line(Llama.GGML_LOG_LEVEL_WARN(), "hm");
        line(Llama.GGML_LOG_LEVEL_CONT(), "...");
        line(Llama.GGML_LOG_LEVEL_ERROR(), "no {0} here");
        assertEquals(
                List.of("DEBUG loaded", "DEBUG more", "WARNING hm", "WARNING ...", "ERROR no {0} here"), lines.lines);
        assertEquals("no {0} here", log.takeError());
        assertEquals("", log.takeError());
    }

    @Test
    void aLineOnePastTheBoundIsCut() {
        line(Llama.GGML_LOG_LEVEL_WARN(), "x".repeat(LlamaLog.LINE_BYTES_MAX + 1));
        assertEquals(
                "WARNING ".length() + LlamaLog.LINE_BYTES_MAX,
                lines.lines.getFirst().length());
    }

    @Test
    void whatNobodyWroteIsNoLine() {
        log.apply(Llama.GGML_LOG_LEVEL_ERROR(), MemorySegment.NULL, MemorySegment.NULL);
        line(Llama.GGML_LOG_LEVEL_ERROR(), " \n");
        assertTrue(lines.lines.isEmpty());
    }
}

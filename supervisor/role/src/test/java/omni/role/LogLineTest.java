package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The form of log lines, and the handler that writes them. */
final class LogLineTest {
    private static JsonNode line(LogRecord entry, String thread) {
        entry.setInstant(Instant.parse("2026-11-21T04:05:06.789123Z"));
        String line = LogLine.of("engine", entry, entry.getMessage(), thread);
        assertTrue(line.endsWith("}\n"));
        assertEquals(1, line.chars().filter(c -> c == '\n').count(), line);
        return JsonMapper.shared().readTree(line.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void hasTheDocumentedFields() {
        var entry = new LogRecord(Level.WARNING, "hot");
        entry.setLoggerName("omni.engine");
        assertEquals(
                JsonMapper.shared()
                        .readTree("{\"ts\":\"2026-11-21T04:05:06.789Z\",\"level\":\"warning\",\"role\":\"engine\","
                                + "\"logger\":\"omni.engine\",\"thread\":\"decode\",\"msg\":\"hot\"}"),
                line(entry, "decode"));
        assertFalse(line(entry, "").has("thread"));
        assertEquals(
                "error", line(new LogRecord(Level.SEVERE, ""), "").path("level").stringValue());
        assertEquals(
                "info", line(new LogRecord(Level.INFO, ""), "").path("level").stringValue());
        assertEquals(
                "debug", line(new LogRecord(Level.FINE, ""), "").path("level").stringValue());
    }

    @Test
    void carriesAnyTextUnchangedOnOneLine() {
        var random = new Random(42);
        for (int i = 0; i < 2000; i++) {
            var text = new StringBuilder();
            for (int n = random.nextInt(20); n > 0; n--) {
                text.appendCodePoint(random.nextInt(4) == 0 ? random.nextInt(0x10000) : random.nextInt(0x80));
            }
            String said = text.toString();
            String whole = new String(said.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            String read = line(new LogRecord(Level.INFO, said), "").path("msg").stringValue();
            assertEquals(whole, new String(read.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        }
    }

    @Test
    void boundsTheMessageTheFramesAndTheCauses() {
        var entry = new LogRecord(Level.SEVERE, "x".repeat(LogLine.MESSAGE_CHARACTERS_MAX + 1));
        Throwable thrown = new IOException("deepest");
        for (int i = 0; i < 10; i++) {
            thrown = new IOException("level " + i, thrown);
        }
        var frames = new StackTraceElement[100];
        java.util.Arrays.fill(frames, new StackTraceElement("omni.engine.Store", "read", "Store.java", 40));
        thrown.setStackTrace(frames);
        entry.setThrown(thrown);
        JsonNode line = line(entry, "");
        assertEquals(
                LogLine.MESSAGE_CHARACTERS_MAX, line.path("msg").stringValue().length());
        List<String> err =
                line.path("err").values().stream().map(JsonNode::stringValue).toList();
        assertEquals("java.io.IOException: level 9", err.getFirst());
        assertEquals("omni.engine.Store.read(Store.java:40)", err.get(LogLine.FRAMES_MAX));
        assertEquals("caused by java.io.IOException: level 8", err.get(LogLine.FRAMES_MAX + 1));
        assertEquals(
                LogLine.CAUSES_MAX - 1,
                err.stream().filter(l -> l.startsWith("caused by")).count());
        assertTrue(err.size() <= LogLine.CAUSES_MAX * (LogLine.FRAMES_MAX + 1));
    }

    @Test
    void leavesOutWhatAParserQuotesOfAnOwnersWords() {
        var entry = new LogRecord(Level.SEVERE, "A request could not be read");
        entry.setThrown(new IllegalArgumentException("Unexpected token: my secret prompt", new IOException("disk")));
        String err = line(entry, "").path("err").toString();
        assertFalse(err.contains("secret"), err);
        assertTrue(err.contains("java.lang.IllegalArgumentException"), err);
        assertTrue(err.contains("caused by java.io.IOException: disk"), err);
    }

    @Test
    void installedOnceItHearsEverySystemLoggerAtItsLevel() {
        var first = new ByteArrayOutputStream();
        var second = new ByteArrayOutputStream();
        Config config = Config.load(Path.of("no such file"), List.of(LogConfig.SECTION));
        Logs.install("one", config, first);
        Logs.install("two", config, second);
        System.getLogger("omni.test").log(System.Logger.Level.INFO, "heard {0}", "this");
        System.getLogger("omni.test").log(System.Logger.Level.DEBUG, "not heard");
        assertEquals("", first.toString(StandardCharsets.UTF_8));
        JsonNode line = JsonMapper.shared().readTree(second.toByteArray());
        assertEquals("heard this", line.path("msg").stringValue());
        assertEquals("two", line.path("role").stringValue());
    }

    @Test
    void linesThatArePrintedAreCutAndBounded() throws IOException {
        var lines = new java.util.ArrayList<String>();
        try (var stream = new Logs.LineStream(lines::add)) {
            stream.write("a\n\nbc\nd".getBytes(StandardCharsets.UTF_8));
            assertEquals(List.of("a", "bc"), lines);
            stream.write(("x".repeat(LogLine.MESSAGE_CHARACTERS_MAX + 10) + "\n").getBytes(StandardCharsets.UTF_8));
            assertEquals(LogLine.MESSAGE_CHARACTERS_MAX, lines.get(2).length());
        }
    }
}

package omni.init;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import omni.role.Logs;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Carries what a process prints into its log, line by line, until the pipe ends. A line that is no JSON object (the
 * virtual machine's or a native library's own) becomes one, so that every line of a log is. Remembers its last words.
 * The log is its own from then on: it is closed when the pipe ends.
 *
 * <p>{@link #run} belongs to one thread; the rest is any thread's.
 */
final class LinePump implements Runnable {
    static final int LINE_BYTES_MAX = 16 << 10;
    private static final int REASON_CHARACTERS_MAX = 300;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final String role;
    private final InputStream in;
    private final OutputStream log;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private volatile String lastWord = "";
    private boolean lastWasText;

    LinePump(String role, InputStream in, OutputStream log) {
        this.role = role;
        this.in = in;
        this.log = log;
    }

    @Override
    public void run() {
        byte[] buffer = new byte[8192];
        try (in;
                log) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                take(buffer, n);
            }
            finish();
        } catch (IOException e) {
            lastWord = "its output could not be read: " + e.getMessage();
        }
    }

    /**
     * What it said last, if that was an error: the message of a last line of level error, or the first of the lines of
     * plain text at the end. Empty where it ended without a word.
     */
    String lastWord() {
        String word = lastWord;
        return word.length() <= REASON_CHARACTERS_MAX ? word : word.substring(0, REASON_CHARACTERS_MAX) + "…";
    }

    private void take(byte[] buffer, int n) throws IOException {
        for (int i = 0; i < n; i++) {
            if (buffer[i] == '\n') {
                finish();
            } else if (line.size() < LINE_BYTES_MAX) {
                line.write(buffer[i]);
            }
        }
    }

    private void finish() throws IOException {
        if (line.size() > 0) {
            byte[] bytes = line.toByteArray();
            line.reset();
            if (isEntry(bytes)) {
                log.write((new String(bytes, StandardCharsets.UTF_8) + "\n").getBytes(StandardCharsets.UTF_8));
            } else {
                String text = new String(bytes, StandardCharsets.UTF_8).strip();
                heard(text);
                log.write(Logs.textLine(role, text).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** Of a crash message, the first line that says something, and is no heading, tells the most. */
    private void heard(String text) {
        String words = text.replaceFirst("^#\\s*", "");
        if (!words.isEmpty() && !words.endsWith(":") && !lastWasText) {
            lastWord = words;
            lastWasText = true;
        }
    }

    private boolean isEntry(byte[] bytes) {
        if (bytes[0] != '{' || bytes.length >= LINE_BYTES_MAX) {
            return false;
        }
        try {
            JsonNode entry = JSON.readTree(bytes);
            boolean error = entry.path("level").asString("").equals("error");
            lastWord = error ? entry.path("msg").asString("") : "";
            lastWasText = false;
            return entry.isObject();
        } catch (JacksonException e) {
            return false;
        }
    }
}

package omni.role;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * The form of a log line: one JSON object (RFC 8259) and a line feed.
 *
 * <pre>
 * {"ts":"2026-11-21T04:05:06.789Z","level":"error","role":"engine","logger":"omni.engine","thread":"decode",
 *  "msg":"…","err":["java.io.IOException: …","omni.engine.Store.read(Store.java:40)","caused by …"]}
 * </pre>
 *
 * thread is left out where the thread has no name, err where nothing was thrown. A message is at most
 * {@value #MESSAGE_CHARACTERS_MAX} characters, an err names at most
 * {@value #CAUSES_MAX} causes with {@value #FRAMES_MAX} frames each.
 */
final class LogLine {
    static final int MESSAGE_CHARACTERS_MAX = 2000;
    static final int FRAMES_MAX = 15;
    static final int CAUSES_MAX = 4;
    private static final int ERR_CHARACTERS_MAX = 300;

    private LogLine() {}

    static String of(String role, LogRecord entry, String message, String thread) {
        var json = new StringBuilder(256);
        json.append("{\"ts\":\"").append(entry.getInstant().truncatedTo(ChronoUnit.MILLIS));
        json.append("\",\"level\":\"").append(level(entry.getLevel()));
        json.append("\",\"role\":");
        string(json, role);
        json.append(",\"logger\":");
        string(json, String.valueOf(entry.getLoggerName()));
        if (!thread.isEmpty()) {
            json.append(",\"thread\":");
            string(json, thread);
        }
        json.append(",\"msg\":");
        string(json, Text.shorten(message, MESSAGE_CHARACTERS_MAX));
        err(json, entry.getThrown());
        return json.append("}\n").toString();
    }

    /** A line that a program printed without knowing the form. */
    static String ofText(String role, String logger, Level level, Instant now, String text) {
        var entry = new LogRecord(level, text);
        entry.setInstant(now);
        entry.setLoggerName(logger);
        return of(role, entry, text, "");
    }

    private static String level(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "error";
        } else if (value >= Level.WARNING.intValue()) {
            return "warning";
        }
        return value >= Level.CONFIG.intValue() ? "info" : "debug";
    }

    private static void err(StringBuilder json, @Nullable Throwable thrown) {
        if (thrown == null) {
            return;
        }
        List<String> lines = new ArrayList<>();
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            String name = cause.getClass().getName();
            String words = speaksFreely(name) || cause.getMessage() == null ? name : name + ": " + cause.getMessage();
            lines.add((depth == 0 ? "" : "caused by ") + Text.shorten(words, ERR_CHARACTERS_MAX));
            StackTraceElement[] frames = cause.getStackTrace();
            for (int i = 0; i < Math.min(frames.length, FRAMES_MAX); i++) {
                lines.add(Text.shorten(frames[i].toString(), ERR_CHARACTERS_MAX));
            }
            cause = cause.getCause();
        }
        json.append(",\"err\":[");
        for (int i = 0; i < lines.size(); i++) {
            json.append(i == 0 ? "" : ",");
            string(json, lines.get(i));
        }
        json.append(']');
    }

    /**
     * Whether an exception of that class may quote what it was given, such as a parser its input: that may be an owner's
     * words, which no log holds. Omni's own exceptions and those about files and sockets do not.
     */
    private static boolean speaksFreely(String className) {
        return !(className.startsWith("omni.")
                || className.startsWith("java.io.")
                || className.startsWith("java.nio.file.")
                || className.startsWith("java.net."));
    }

    private static void string(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    boolean alone = Character.isSurrogate(c) && !paired(text, i);
                    if (c < 0x20 || c == 0x7f || alone) {
                        json.append("\\u").append(HexFormat.of().toHexDigits(c));
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        json.append('"');
    }

    private static boolean paired(String text, int i) {
        if (Character.isHighSurrogate(text.charAt(i))) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}

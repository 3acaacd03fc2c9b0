package omni.role;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/**
 * The structured logs of a process: everything told to {@link System.Logger} becomes one line of JSON ({@link LogLine}).
 * Installed once, early, on the main thread.
 */
public final class Logs {
    private Logs() {}

    /**
     * Sends the log lines of this process to the stream, under that name, and keeps no other handler. The stream is
     * written one whole line at a time, never closed.
     */
    public static void install(String role, Config config, OutputStream out) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            if (handler instanceof LogHandler installed) {
                installed.retire();
            }
        }
        LogManager.getLogManager().reset();
        root.addHandler(new LogHandler(role, out));
        root.setLevel(
                switch (config.get(LogConfig.SECTION).level()) {
                    case DEBUG -> Level.FINE;
                    case INFO -> Level.INFO;
                    case WARNING -> Level.WARNING;
                    case ERROR -> Level.SEVERE;
                });
    }

    /** The log line, with its line feed, for a text that a process of that role printed without knowing the form. */
    public static String textLine(String role, String text) {
        return LogLine.ofText(role, "output", Level.INFO, Instant.now(), text);
    }

    /** The process's own standard output, unbuffered, whatever {@code System.out} is by now. */
    public static OutputStream standardOutput() {
        return new FileOutputStream(FileDescriptor.out);
    }

    /** Turns what a library prints to {@code System.out} or {@code System.err} into log lines. */
    static void capturePrints() {
        System.setOut(lines("stdout"));
        System.setErr(lines("stderr"));
    }

    private static PrintStream lines(String name) {
        System.Logger logger = System.getLogger(name);
        return new PrintStream(
                new LineStream(line -> logger.log(System.Logger.Level.INFO, line)), true, StandardCharsets.UTF_8);
    }

    /** Cuts bytes into lines of bounded length. */
    static final class LineStream extends OutputStream {
        private final Consumer<String> sink;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        LineStream(Consumer<String> sink) {
            this.sink = sink;
        }

        @Override
        public synchronized void write(int b) throws IOException {
            if (b == '\n') {
                if (line.size() > 0) {
                    sink.accept(line.toString(StandardCharsets.UTF_8));
                }
                line.reset();
            } else if (line.size() < LogLine.MESSAGE_CHARACTERS_MAX) {
                line.write(b);
            }
        }
    }
}

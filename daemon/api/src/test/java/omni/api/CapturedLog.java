package omni.api;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** All that this process logs until the close, at the finest level, exceptions included. */
final class CapturedLog implements AutoCloseable {
    private static final String[] LOGGERS = {"", "omni", "io.helidon"};

    final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
    private final Handler capture = new Handler() {
        @Override
        public void publish(LogRecord line) {
            var text = new StringWriter().append(line.getMessage()).append(' ');
            if (line.getThrown() != null) {
                line.getThrown().printStackTrace(new PrintWriter(text, true));
            }
            lines.add(text.toString());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    CapturedLog() {
        for (var name : LOGGERS) {
            Logger.getLogger(name).setLevel(Level.ALL);
        }
        Logger.getLogger("").addHandler(capture);
    }

    /** How many lines say that. */
    long count(String said) {
        return lines.stream().filter(line -> line.contains(said)).count();
    }

    @Override
    public void close() {
        Logger.getLogger("").removeHandler(capture);
        for (var name : LOGGERS) {
            Logger.getLogger(name).setLevel(Level.INFO);
        }
    }
}

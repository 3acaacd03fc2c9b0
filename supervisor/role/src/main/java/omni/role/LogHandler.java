package omni.role;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Writes each log record as one line, in one write, under this object's own lock. */
final class LogHandler extends Handler {
    private final String role;
    private final OutputStream out;
    private final Formatter messages = new SimpleFormatter();
    private volatile boolean retired;

    LogHandler(String role, OutputStream out) {
        this.role = role;
        this.out = out;
    }

    @Override
    public void publish(LogRecord entry) {
        if (!isLoggable(entry)) {
            return;
        }
        String line = LogLine.of(
                role,
                entry,
                String.valueOf(messages.formatMessage(entry)),
                Thread.currentThread().getName());
        try {
            synchronized (this) {
                out.write(line.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (IOException e) {
            reportError("log line lost", e, ErrorManager.WRITE_FAILURE);
        }
    }

    @Override
    public void flush() {}

    /**
     * Puts itself back. The virtual machine's LogManager takes all handlers away in a shutdown hook of its own, which runs
     * side by side with the role's stop: its last words would be lost.
     */
    @Override
    public void close() {
        if (!retired) {
            Logger.getLogger("").addHandler(this);
        }
    }

    /** Another takes its place. */
    void retire() {
        retired = true;
    }
}

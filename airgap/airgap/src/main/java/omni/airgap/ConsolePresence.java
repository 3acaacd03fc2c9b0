package omni.airgap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * The box's own screen or serial line. It is written to and not read: whoever logs in there is not disturbed. A serial line without a
 * carrier does not open, and one that somebody has stopped takes nothing: so it is written by a thread of its own, which is waited
 * for so long and no longer, and of which there is one at the most. For any thread.
 */
final class ConsolePresence implements Presence {
    static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final String INSTEAD =
            ", so nobody can show that they are at the box. Set airgap.console, or lift there with: omni airgap lift --offline";

    private final Path console;
    private final Hanging writing = new Hanging("console", PATIENCE);

    ConsolePresence(Path console) {
        this.console = console;
    }

    @Override
    public String show(String text) throws AirgapException {
        try {
            return writing.await(() -> {
                Urgency.takeTurns();
                write("\r\n" + text.replace("\n", "\r\n") + "\r\n");
                return console.toString();
            });
        } catch (TimeoutException e) { // what opens later is not written to: it was interrupted
            throw new AirgapException(
                    "The console " + console
                            + " takes nothing: a serial line without anything at its other end, or one that was"
                            + " stopped (Ctrl-Q goes on)" + INSTEAD,
                    e);
        } catch (ExecutionException e) {
            throw new AirgapException("The console " + console + " cannot be written" + INSTEAD, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirgapException("The role is being stopped.", e);
        }
    }

    private void write(String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        try (FileChannel channel = FileChannel.open(console, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                var _ = channel.write(bytes);
            }
        }
    }
}

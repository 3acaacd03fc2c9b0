package omni.airgap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/**
 * The box's own screen or serial line. It is written to and not read: whoever logs in there is not disturbed. A serial line without a
 * carrier does not open, and one that somebody has stopped takes nothing: so it is written by a thread of its own, which is waited
 * for so long and no longer, and of which there is one at the most. For any thread.
 */
final class ConsolePresence implements Presence {
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Path console;
    private final String instead;
    private final Hanging writing = new Hanging("console", PATIENCE);

    /** {@code offline} is what root types to lift without it. */
    ConsolePresence(Path console, String offline) {
        this.console = console;
        this.instead = ", so nobody can show that they are at the box. Set airgap.console, or lift there as root with: "
                + offline;
    }

    /** Why nothing could be shown there, as it looks now: it is not opened, and where nothing is to be said it may still take nothing. */
    Optional<String> trouble() {
        String why;
        if (!Files.exists(console)) {
            why = " is not there";
        } else if (!Terminals.has(console)) {
            why = " is no terminal";
        } else if (!Files.isWritable(console)) {
            why = " may not be written to";
        } else {
            return Optional.empty();
        }
        return Optional.of("the code for a lift cannot be shown to a person at the box, for " + console + why
                + ": set airgap.console to a terminal that may be written to, and start Omni again");
    }

    @Override
    public String show(String text) throws AirgapException {
        return writing.await( // what opens later is not written to: it was interrupted
                () -> {
                    Urgency.takeTurns();
                    write("\r\n" + text.replace("\n", "\r\n") + "\r\n");
                    return console.toString();
                },
                () -> "The console " + console
                        + " takes nothing: a serial line without anything at its other end, or one that was"
                        + " stopped (Ctrl-Q goes on)" + instead,
                "The console " + console + " cannot be written" + instead);
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

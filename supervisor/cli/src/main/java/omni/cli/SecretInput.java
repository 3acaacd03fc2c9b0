package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.TerminalBuilder;

/** Reads a secret: at a terminal behind a prompt and unseen, else the first line of standard input. */
final class SecretInput {
    private static final int BYTES_MAX = 16_384;

    private final World world;

    SecretInput(World world) {
        this.world = world;
    }

    /** The secret, without the space around it. */
    String read(String prompt) {
        var secret = (world.isTerminal(0) ? ask(prompt) : line()).strip();
        if (secret.isEmpty()) {
            throw new CommandException(ExitCode.USAGE, "Nothing was given: type it, or send it on standard input.");
        }
        return secret;
    }

    private String line() {
        try {
            var bytes = world.in().readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw new CommandException(ExitCode.USAGE, "Standard input holds more than a token: send one line.");
            }
            return new String(bytes, StandardCharsets.UTF_8).lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException("Standard input cannot be read", e);
        }
    }

    private static String ask(String prompt) {
        try (var terminal = TerminalBuilder.builder()
                .name("omni")
                .system(true)
                .ffm(true)
                .jni(false)
                .build()) {
            return LineReaderBuilder.builder()
                    .terminal(terminal)
                    .appName("omni")
                    .build()
                    .readLine(prompt, '\0');
        } catch (UserInterruptException | EndOfFileException e) {
            throw new CommandException(ExitCode.INTERRUPTED, "Nothing was kept.", e);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.ERROR, "This terminal cannot be used: send the token on standard input.", e);
        }
    }
}

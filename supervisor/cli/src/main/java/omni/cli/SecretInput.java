package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * Reads a secret: at a terminal behind a prompt and unseen, else the next line of standard input. At the terminal each
 * byte comes as it is typed and Ctrl-C is a key, so that what the terminal was before comes back on every way out; a
 * signal goes through JLine's shutdown hook.
 */
final class SecretInput {
    private static final int BYTES_MAX = 16_384;

    private static final int CTRL_C = 3;
    private static final int CTRL_D = 4;
    private static final int CTRL_U = 21;
    private static final int BACKSPACE = 8;
    private static final int DELETE = 127;

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

    /** The next line of standard input, and not a byte more: another secret may follow. */
    private String line() {
        var line = new byte[BYTES_MAX];
        int length = 0;
        try {
            for (int b = world.in().read(); b >= 0 && b != '\n'; b = world.in().read()) {
                if (length == BYTES_MAX) {
                    throw new CommandException(
                            ExitCode.USAGE,
                            "A line of standard input is longer than any secret: send one line for each.");
                }
                line[length++] = (byte) b;
            }
            return new String(line, 0, length, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Standard input cannot be read", e);
        } finally {
            Arrays.fill(line, (byte) 0);
        }
    }

    private String ask(String prompt) {
        // The type is not the environment's: nothing is drawn, and of a "dumb" terminal JLine would not turn the echo
        // off.
        try (var terminal = TerminalBuilder.builder()
                .name("omni")
                .type("ansi")
                .system(true)
                .dumb(false)
                .nativeSignals(false)
                .graphemeCluster(false)
                .provider(TerminalBuilder.PROP_PROVIDER_FFM)
                .build()) {
            hide(terminal);
            terminal.writer().print(prompt);
            terminal.flush();
            try {
                return typed();
            } finally {
                terminal.writer().println();
                terminal.flush();
            }
        } catch (IOException | IllegalStateException e) {
            throw new CommandException(
                    ExitCode.ERROR, "This terminal cannot be used: send the secret on standard input.", e);
        }
    }

    /** No echo, no signals from keys, and no editing by the kernel, which takes 4095 bytes a line and drops the rest. */
    private static void hide(Terminal terminal) {
        var attributes = terminal.getAttributes();
        attributes.setLocalFlags(
                EnumSet.of(LocalFlag.ECHO, LocalFlag.ECHONL, LocalFlag.ICANON, LocalFlag.IEXTEN, LocalFlag.ISIG),
                false);
        attributes.setControlChar(ControlChar.VMIN, 1);
        attributes.setControlChar(ControlChar.VTIME, 0);
        terminal.setAttributes(attributes);
    }

    /** What is typed until Enter; too long a line is read to its end too, for the rest of it is nothing for a shell. */
    private String typed() throws IOException {
        var secret = new byte[BYTES_MAX + 1]; // one more, which tells too long a line
        int length = 0;
        try {
            while (true) {
                int key = world.in().read();
                switch (key) {
                    case '\r', '\n' -> {
                        if (length > BYTES_MAX) {
                            throw new CommandException(ExitCode.USAGE, "What was typed is longer than any token.");
                        }
                        return new String(secret, 0, length, StandardCharsets.UTF_8);
                    }
                    case -1, CTRL_C, CTRL_D ->
                        throw new CommandException(ExitCode.INTERRUPTED, "Stopped at the prompt: nothing was given.");
                    case CTRL_U -> length = 0;
                    case BACKSPACE, DELETE -> length = length > BYTES_MAX ? length : withoutLast(secret, length);
                    default -> {
                        if (length <= BYTES_MAX) {
                            secret[length++] = (byte) key;
                        }
                    }
                }
            }
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** The length without the last character, which in UTF-8 ends with the bytes that are no first one. */
    private static int withoutLast(byte[] text, int length) {
        int end = length - 1;
        while (end > 0 && (text[end] & 0xC0) == 0x80) {
            end--;
        }
        return Math.max(end, 0);
    }
}

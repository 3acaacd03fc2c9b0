package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A conversation at a real terminal, which script(1) of util-linux provides. */
class ChatTerminalBoxTest {
    private static final String CTRL_C = "\u0003";
    private static final String PROMPT = "> ";
    private static final String HINT = "Ctrl-D or /exit leaves";
    private static final String CTRL_D = "\u0004";

    @Test
    void ctrlCStopsTheAnswerAndNotTheProgram() throws IOException, InterruptedException {
        try (var product = new Product()) {
            product.up();
            // exec: a shell that stays, as dash does, hears Ctrl-C too and gives its own exit code.
            var builder = product.prepare(new ProcessBuilder(
                    "script",
                    "-qefc",
                    "stty rows 24 cols 80; exec '" + Product.TREE.resolve("bin/omni") + "' chat --temperature 0",
                    "/dev/null"));
            builder.environment().put("TERM", "xterm");
            builder.environment().put("NO_COLOR", "1");
            var terminal = builder.redirectErrorStream(true).start();
            var seen = new StringWriter();
            Thread.ofVirtual().start(() -> copy(terminal.getInputStream(), seen));
            var keys = terminal.getOutputStream();

            awaitAfter(0, seen, PROMPT);
            type(keys, "Count from 1 to 20.\r"); // greedily this small model counts on for hundreds of tokens
            awaitAfter(0, seen, "3, 4");
            type(keys, CTRL_C);
            int stopped = awaitAfter(0, seen, "(stopped)");
            type(keys, "What is 7 plus 5?\r");
            int answered = awaitAfter(stopped, seen, "7 plus 5 is 12.");
            int prompt = awaitAfter(answered, seen, PROMPT);
            type(keys, CTRL_C);
            int told = awaitAfter(prompt, seen, HINT);
            awaitAfter(told, seen, PROMPT); // before it, the terminal's own line editing would swallow Ctrl-D
            type(keys, CTRL_D);
            assertTrue(terminal.waitFor(60, TimeUnit.SECONDS), seen.toString());
            assertEquals(0, terminal.exitValue(), seen.toString());
            assertEquals(-1, seen.toString().indexOf(HINT, told), "one key was heard twice: " + seen);
        }
    }

    /** Waits until the terminal shows a text, from a place on, and returns the place after it. */
    private static int awaitAfter(int from, StringWriter seen, String text) {
        Await.until("the terminal shows " + text, () -> seen.toString().indexOf(text, from) >= 0);
        return seen.toString().indexOf(text, from) + text.length();
    }

    private static void type(OutputStream keys, String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    static void copy(InputStream in, StringWriter to) {
        try {
            for (int b = in.read(); b >= 0; b = in.read()) {
                to.append((char) b);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

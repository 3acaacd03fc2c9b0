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
class ChatTerminalTrial {
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";

    @Test
    void ctrlCStopsTheAnswerAndNotTheProgram() throws IOException, InterruptedException {
        try (var product = new Product()) {
            product.up();
            var builder = product.prepare(new ProcessBuilder(
                    "script",
                    "-qefc",
                    "stty rows 24 cols 80; '" + Product.TREE.resolve("bin/omni") + "' chat",
                    "/dev/null"));
            builder.environment().put("TERM", "xterm");
            builder.environment().put("NO_COLOR", "1");
            var terminal = builder.redirectErrorStream(true).start();
            var seen = new StringWriter();
            Thread.ofVirtual().start(() -> copy(terminal.getInputStream(), seen));
            var keys = terminal.getOutputStream();

            Await.until("the prompt", () -> seen.toString().indexOf("> ") >= 0);
            type(keys, "Count from 1 to 20.\r");
            Await.until("the answer comes", () -> seen.toString().indexOf("3, 4") >= 0);
            type(keys, CTRL_C);
            Await.until("the answer stops", () -> seen.toString().indexOf("(stopped)") >= 0);
            type(keys, "What is 7 plus 5?\r");
            Await.until("the next answer", () -> seen.toString().indexOf("7 plus 5 is 12.") >= 0);
            var before = seen.toString().length();
            type(keys, CTRL_C);
            Await.until("the hint", () -> seen.toString().indexOf("Ctrl-D or /exit leaves", before) >= 0);
            type(keys, CTRL_D);
            assertTrue(terminal.waitFor(60, TimeUnit.SECONDS), seen.toString());
            assertEquals(0, terminal.exitValue(), seen.toString());
        }
    }

    private static void type(OutputStream keys, String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    private static void copy(InputStream in, StringWriter to) {
        try {
            for (int b = in.read(); b >= 0; b = in.read()) {
                to.append((char) b);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

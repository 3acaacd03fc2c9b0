package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The prompt for a secret at a real terminal, which script(1) of util-linux provides: {@code omni models login} needs no role. */
class SecretPromptBoxTest {
    private static final String SECRET = "a-secret-that-nobody-sees";
    private static final String PROMPT = "Token for h: ";
    /** Not keys but the signal: SIGINT and SIGHUP may be ignored here, where a build runs in the background. */
    private static final String TERM = "(SIGTERM)";

    private static final String STOPPED = PROMPT + "\r\nStopped at the prompt: nothing was given.\r\n";

    private Product product;
    private Path tree = Product.TREE;

    @BeforeEach
    void make() throws IOException {
        product = new Product();
    }

    @AfterEach
    void remove() throws IOException {
        product.close();
    }

    /** What a terminal showed, and how the command ended; the terminal's settings are compared on the way. */
    private record Shown(String text, int exit) {}

    /** All that is shown: the prompt once, a new line, the answer, and nothing for the eyes of a terminal's program. */
    @ParameterizedTest
    @ValueSource(strings = {"dumb", "", "linux", "vt220", "xterm", "dumb-color", "no-such-terminal"})
    void promptIsShownOnceAndTheSecretNever(String term) throws Exception {
        var shown = at(term, "", SECRET + "\r");
        assertEquals(new Shown(PROMPT + "\r\nA token for h is kept.\r\n", 0), shown);
        assertEquals(SECRET, kept());
    }

    /** As every installed one is: the class archive knows another path. */
    @Test
    void promptIsShownByATreeThatWasMoved() throws Exception {
        tree = product.home.resolveSibling("tree");
        AirgapBoxTest.run("cp", "-r", Product.TREE.toString(), tree.toString());
        assertEquals(new Shown(PROMPT + "\r\nA token for h is kept.\r\n", 0), at("xterm", "", SECRET + "\r"));
    }

    @Test
    void keysThatTakeBackDo() throws Exception {
        assertEquals(
                0,
                at("dumb", "", "wrong\u0015sé\u007f\u007fcret\bt\u007f\u007f\u007f\u007f\u007f\u007f\u007fright\n")
                        .exit());
        assertEquals("right", kept());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0003", "half\u0003", "\u0004", "half\u0004"})
    void ctrlCAndCtrlDEndItWithAWord(String keys) throws Exception {
        for (String term : new String[] {"dumb", "xterm"}) {
            assertEquals(new Shown(STOPPED, 130), at(term, "", keys));
        }
        assertFalse(Files.exists(token()));
    }

    @Test
    void longerThanAKernelsLineIsTakenWhole() throws Exception {
        assertEquals(0, at("xterm", "", "x".repeat(8000) + "\r").exit());
        assertEquals("x".repeat(8000), kept());
    }

    @Test
    void oneByteTooManyIsRefusedAndReadToItsEnd() throws Exception {
        var shown = at("xterm", "", "x".repeat(16_385) + "\r");
        assertEquals(new Shown(PROMPT + "\r\nWhat was typed is longer than any token.\r\n", 2), shown);
        assertFalse(Files.exists(token()));
    }

    /** The prompt goes where the terminal is. */
    @ParameterizedTest
    @ValueSource(strings = {">/dev/null", "2>/dev/null"})
    void oneOutputMayGoElsewhere(String elsewhere) throws Exception {
        var shown = at("xterm", elsewhere, SECRET + "\r");
        assertTrue(shown.text().startsWith(PROMPT + "\r\n"), shown.text());
        assertEquals(0, shown.exit());
        assertEquals(SECRET, kept());
    }

    /** From elsewhere, in the middle of it: the terminal is as it was, which {@link #at} looks at. */
    @Test
    void aSignalLeavesTheTerminalAsItWas() throws Exception {
        assertEquals(128 + 15, at("xterm", "", TERM).exit());
    }

    private Path token() {
        return product.home.resolve("tokens/h");
    }

    private String kept() throws IOException {
        return Files.readString(token()).strip();
    }

    /** Types once the prompt has come, or sends the signal. */
    private Shown at(String term, String elsewhere, String keys) throws Exception {
        Path folder = product.home.resolve("..");
        // The shell waits for a process of its own, for that one's number is in a file.
        var line = "stty rows 24 cols 80; stty -g >before; sh -c 'echo $$ >pid; exec "
                + tree.resolve("bin/omni") + " models login h " + elsewhere
                + "'; code=$?; stty -g >after; exit $code";
        var builder = product.prepare(new ProcessBuilder("script", "-qefc", line, "/dev/null"));
        builder.environment().remove("TERM");
        if (!term.isEmpty()) {
            builder.environment().put("TERM", term);
        }
        var terminal = builder.redirectErrorStream(true).start();
        var seen = new StringWriter();
        var reader = Thread.ofVirtual().start(() -> ChatTerminalBoxTest.copy(terminal.getInputStream(), seen));
        Await.until("the prompt", () -> seen.toString().contains(PROMPT) || !terminal.isAlive());
        if (keys.equals(TERM)) {
            Box.signal(
                    "TERM",
                    Long.parseLong(Files.readString(folder.resolve("pid")).strip()));
        } else {
            terminal.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
            terminal.getOutputStream().flush();
        }
        assertTrue(terminal.waitFor(60, TimeUnit.SECONDS), seen::toString);
        reader.join();
        assertEquals(
                Files.readString(folder.resolve("before")),
                Files.readString(folder.resolve("after")),
                () -> terminal.exitValue() + ": " + seen);
        return new Shown(seen.toString(), terminal.exitValue());
    }
}

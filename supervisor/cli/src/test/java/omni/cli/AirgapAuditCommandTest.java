package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code omni airgap audit}: what it is asked, and what it says of what it cannot look into. */
class AirgapAuditCommandTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1001", "99999999999999999999", "many", "1.5", ""})
    void aCountThatDoesNotFitIsCorrectedInOneLine(String count) {
        var done = new FakeTree(folder).run("airgap", "audit", "--events", count);
        assertEquals(ExitCode.USAGE.number(), done.exit());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(done.err().contains("--events") && done.err().contains("write 1 to 1000"), done.err());
        assertTrue(done.err().endsWith(". See omni airgap audit --help.\n"), done.err());
    }

    @Test
    void aCountThatFitsIsAskedFor() {
        try (var tree = new FakeTree(folder).start()) {
            for (var count : List.of("1", "1000")) {
                var done = tree.run("airgap", "audit", "--events", count);
                assertEquals(0, done.exit(), done.err());
            }
        }
    }

    /** Of every command's numbers; what is wrong otherwise is shown how it is used. */
    @Test
    void aValueThatDoesNotFitIsSaidAsTheRest() {
        var tree = new FakeTree(folder);
        var done = tree.run("logs", "--json", "-n", "99999999999");
        assertEquals(ExitCode.USAGE.number(), done.exit());
        var error = Json.parse(done.err()).path("error");
        assertEquals("usage", error.path("code").asString(""));
        assertTrue(error.path("message").asString("").contains("--lines"), done.err());
        assertTrue(tree.run("airgap", "verify").err().contains("Usage: "));
    }

    @Test
    void whoFollowsReadsOnceWhatIsOutOfReach() {
        var rounds = List.of(
                        List.of("net:[7]", "net:[8]"),
                        List.of("net:[8]", "net:[7]"),
                        List.of("net:[7]", "net:[9]"),
                        List.<String>of(),
                        List.<String>of(),
                        List.of("net:[7]"))
                .iterator();
        try (var tree = new FakeTree(folder).start()) {
            var said =
                    follow(tree, rounds).lines().filter(line -> !line.isEmpty()).toList();
            assertEquals(
                    List.of(
                            "out of reach: net:[7]",
                            "out of reach: net:[8]",
                            "Not everything is explained: 2 namespaces out of reach.",
                            "out of reach: net:[9]",
                            "Not everything is explained: 2 namespaces out of reach.",
                            "Nothing is out of reach any more.",
                            "out of reach: net:[7]",
                            "Not everything is explained: 1 namespace out of reach."),
                    said);
            assertFalse(rounds.hasNext());
        }
    }

    /** To the last of the rounds, behind which nobody reads any more. */
    private static String follow(FakeTree tree, Iterator<List<String>> rounds) {
        var read = new Reader();
        tree.airgap.auditing = () -> {
            tree.airgap.outOfReach = rounds.next();
            read.gone = !rounds.hasNext();
        };
        var world = new World(
                tree.environment,
                new ByteArrayInputStream(new byte[0]),
                new PrintWriter(read),
                new PrintWriter(new StringWriter()));
        var line = new CommandLine(new AirgapAuditCommand(world, Duration.ZERO));
        assertEquals(ExitCode.ERROR.number(), line.execute("--follow"));
        return read.toString();
    }

    /** Takes all that is written until it is gone. */
    private static final class Reader extends Writer {
        private final StringBuilder text = new StringBuilder();
        private volatile boolean gone;

        @Override
        public void write(char[] characters, int from, int count) {
            text.append(characters, from, count);
        }

        @Override
        public void flush() throws IOException {
            if (gone) {
                throw new IOException("nobody reads any more");
            }
        }

        @Override
        public void close() {}

        @Override
        public String toString() {
            return text.toString();
        }
    }
}

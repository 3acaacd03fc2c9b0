package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What all commands have in common, and the root. */
class MainTest {
    @TempDir
    Path folder;

    private static List<CommandLine> commands(CommandLine line) {
        var all = new ArrayList<CommandLine>();
        for (var below : new HashSet<>(line.getSubcommands().values())) {
            all.add(below);
            all.addAll(commands(below));
        }
        return all;
    }

    private List<CommandLine> all() {
        var silent = new PrintWriter(PrintWriter.nullWriter());
        return commands(Main.commandLine(new World(Map.of(), InputStream.nullInputStream(), silent, silent)));
    }

    @Test
    void everyCommandHasHelpAnExampleAndJson() {
        assertTrue(all().size() > 15);
        for (var command : all()) {
            var spec = command.getCommandSpec();
            var name = spec.qualifiedName();
            assertTrue(spec.usageMessage().description().length > 0, name);
            assertTrue(
                    Arrays.stream(spec.usageMessage().footer())
                            .anyMatch(l -> l.startsWith("Example: omni ") || l.contains("(omni ")),
                    name);
            assertTrue(spec.optionsMap().containsKey("--json"), name);
            assertTrue(spec.optionsMap().containsKey("--help"), name);
        }
    }

    @Test
    void helpListsEveryExitCode() {
        var help = new FakeTree(folder).run("--help").out();
        for (var exit : ExitCode.values()) {
            assertTrue(help.lines().anyMatch(l -> l.strip().startsWith(exit.number() + " ")), exit.word());
        }
        assertEquals(
                ExitCode.values().length,
                Arrays.stream(ExitCode.values())
                        .map(ExitCode::number)
                        .distinct()
                        .count());
    }

    @Test
    void aWrongCommandLineIsAUsageError() {
        var tree = new FakeTree(folder);
        assertEquals(ExitCode.USAGE.number(), tree.run().exit());
        assertEquals(ExitCode.USAGE.number(), tree.run("stats").exit());
        assertTrue(tree.run("stats").err().contains("status"));
        assertEquals(ExitCode.USAGE.number(), tree.run("status", "--yaml").exit());
    }

    @Test
    void versionNamesTheJava() {
        var tree = new FakeTree(folder);
        assertTrue(tree.run("version").out().contains("Java 25"));
        assertEquals(
                Runtime.version().toString(),
                Json.parse(tree.run("version", "--json").out()).path("java").asString());
    }

    @Test
    void spansAndBytesReadWell() {
        assertEquals("59 s", Text.span(Duration.ofSeconds(59)));
        assertEquals("1 min", Text.span(Duration.ofSeconds(60)));
        assertEquals("1 h 1 min", Text.span(Duration.ofMinutes(61)));
        assertEquals("2 d 3 h", Text.span(Duration.ofHours(51)));
        assertEquals("999 B", Text.bytes(999));
        assertEquals("1.0 kB", Text.bytes(1000));
        assertEquals("11.7 MB", Text.bytes(11_700_000));
        assertEquals("100 MB", Text.bytes(99_990_000));
        assertEquals("1.0 GB", Text.bytes(999_900_000));
        assertFalse(Text.printable("a\u0007\u001b\u009bb\n").matches(".*[\\u0007\\u001b\\u009b].*"));
    }
}

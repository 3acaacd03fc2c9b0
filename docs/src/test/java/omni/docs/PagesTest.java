package omni.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pages show is what the program takes. */
class PagesTest {
    private static final Pattern COMMAND =
            Pattern.compile("(?m)^\\$?\\s*(?:\\S+=\\S+\\s+)*(?:supervisor/bin/)?omni (.+)$");

    private static final String NO_OPTION = "--no-such-option";

    /** The exit code for a command line that is not understood; see docs/cli.md. */
    private static final int USAGE = 2;

    @TempDir
    Path folder;

    @Test
    void linksLeadSomewhere() {
        var links = Pages.links();
        assertFalse(links.isEmpty());
        var dead = links.stream()
                .filter(l -> !l.target().contains("://") && !l.target().startsWith("#"))
                .filter(l -> !Files.exists(
                        Pages.root().resolve(l.page()).resolveSibling(l.target().replaceFirst("#.*", ""))))
                .map(l -> l.page() + ": " + l.target())
                .toList();
        assertEquals("", String.join("\n", dead));
    }

    @Test
    void commandsAreTaken() throws IOException, InterruptedException {
        var refused = new ArrayList<String>();
        var commands = new TreeSet<String>();
        for (var block : Pages.blocks("sh")) {
            COMMAND.matcher(block.text()).results().forEach(hit -> commands.add(hit.group(1)));
        }
        assertTrue(commands.size() > 5, "too few commands found on the pages: " + commands);
        for (var command : commands) {
            if (!isTaken(words(command))) {
                refused.add(command);
            }
        }
        assertEquals("", String.join("\n", refused));
    }

    @Test
    void aCommandAnOptionOrAnArgumentThatIsNoneIsRefused() throws IOException, InterruptedException {
        assertTrue(isTaken(List.of("status", "--json")));
        assertFalse(isTaken(List.of("fly")));
        assertFalse(isTaken(List.of("status", "--jsno")));
        assertFalse(isTaken(List.of("key", "fly")));
        assertFalse(isTaken(List.of("key", "revoke")));
    }

    @Test
    void configurationIsTaken() throws IOException, InterruptedException {
        var blocks = Pages.blocks("toml");
        assertFalse(blocks.isEmpty());
        for (var block : blocks) {
            assertEquals("", problems(block.text()), block.page());
        }
        assertFalse(problems("[daemon]\nprot = 1\n").isEmpty());
    }

    /**
     * Whether the assembled product takes the command, its options and its arguments. Nothing is started: one more option
     * that there is not is appended, and the product, which reads the whole line first, must complain of that alone.
     */
    private boolean isTaken(List<String> words) throws IOException, InterruptedException {
        var command = new ArrayList<String>(words);
        command.addFirst(omni());
        command.add(NO_OPTION);
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        return process.waitFor() == USAGE
                && Files.readString(folder.resolve("out")).startsWith("Unknown option: '" + NO_OPTION + "'");
    }

    /** Returns what the assembled product says against the settings; nothing where it takes them. */
    private String problems(String settings) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("omni.toml"), settings);
        var builder = new ProcessBuilder(omni(), "doctor")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile());
        builder.environment().put("OMNI_HOME", folder.toString());
        builder.start().waitFor();
        return Files.readString(folder.resolve("out"))
                .lines()
                .filter(line -> line.contains("Settings") && !line.startsWith("ok"))
                .collect(Collectors.joining());
    }

    private static String omni() {
        return Pages.root().resolve("target/omni/bin/omni").toString();
    }

    /** Splits as a shell does, quotes and comments only. */
    private static List<String> words(String line) {
        var bare = line.replaceFirst("\\s+#.*$", "").replaceFirst("\\s*[|>&].*$", "");
        return Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)")
                .matcher(bare)
                .results()
                .map(r -> r.group(1) != null ? r.group(1) : r.group(2) != null ? r.group(2) : r.group(3))
                .toList();
    }
}

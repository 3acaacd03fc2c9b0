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
    void aCommandThatIsNoneIsRefused() throws IOException, InterruptedException {
        assertFalse(isTaken(List.of("fly")));
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

    /** Whether the assembled product knows the command. Its options are not judged: asked for help, it passes over them. */
    private boolean isTaken(List<String> words) throws IOException, InterruptedException {
        var command = new ArrayList<String>(words);
        command.addFirst(omni());
        command.add("--help");
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        return process.waitFor() == 0
                && Files.readString(folder.resolve("out")).contains("Usage: omni " + words.getFirst());
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

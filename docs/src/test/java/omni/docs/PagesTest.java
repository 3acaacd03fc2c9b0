package omni.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import omni.cli.Main;
import omni.role.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

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
    void commandsAreTaken() {
        var refused = new ArrayList<String>();
        var seen = 0;
        for (var block : Pages.blocks("sh")) {
            for (var hit : COMMAND.matcher(block.text()).results().toList()) {
                seen++;
                refusal(words(hit.group(1)))
                        .ifPresent(why -> refused.add(block.page() + ": " + hit.group() + ": " + why));
            }
        }
        assertTrue(seen > 5, "too few commands found on the pages: " + seen);
        assertEquals("", String.join("\n", refused));
    }

    @Test
    void aCommandThatIsNoneIsRefused() {
        assertTrue(refusal(List.of("fly", "--high")).isPresent());
        assertTrue(refusal(List.of("status", "--no-such-option")).isPresent());
    }

    @Test
    void configurationIsTaken() throws IOException {
        var blocks = Pages.blocks("toml");
        assertFalse(blocks.isEmpty());
        for (var block : blocks) {
            var file = folder.resolve("omni.toml");
            Files.writeString(file, block.text());
            Config.ofHome(folder);
        }
    }

    /** Returns why the command line is refused, or nothing where it would run. */
    private static java.util.Optional<String> refusal(List<String> words) {
        try {
            Main.commandLine().parseArgs(words.toArray(String[]::new));
            return java.util.Optional.empty();
        } catch (CommandLine.ParameterException e) {
            return java.util.Optional.of(String.valueOf(e.getMessage()));
        }
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

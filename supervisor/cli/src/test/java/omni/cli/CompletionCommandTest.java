package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionCommandTest {
    @TempDir
    Path folder;

    @Test
    void bashCompletesCommandsAndOptions() throws IOException, InterruptedException {
        var script = Files.writeString(
                folder.resolve("omni.bash"),
                new FakeTree(folder).run("completion", "bash").out());
        assertEquals("status", bash(script, "omni sta"));
        assertEquals("import", bash(script, "omni models im"));
        assertEquals("--timeout", bash(script, "omni down --t"));
        assertEquals("", bash(script, "omni welc"));
    }

    /** What bash offers for the last word of a line, by calling the function that the script has registered. */
    private static String bash(Path script, String line) throws IOException, InterruptedException {
        var program = "source \"$1\"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$2;"
                + " COMP_POINT=${#COMP_LINE}; _complete_omni; echo \"${COMPREPLY[@]}\"";
        var process = new ProcessBuilder("bash", "-c", program, "bash", script.toString(), line)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        process.waitFor();
        return out;
    }

    @Test
    void zshAndFishHaveTheirOwnForm() {
        var tree = new FakeTree(folder);
        assertTrue(tree.run("completion", "zsh").out().startsWith("#compdef omni\n"));
        var fish = tree.run("completion", "fish").out();
        assertTrue(fish.contains("complete -c omni -n '__fish_use_subcommand' -a status -d 'Shows what runs"), fish);
        assertTrue(fish.contains("complete -c omni -n '__fish_seen_subcommand_from down' -l timeout -r"), fish);
        assertFalse(fish.contains("welcome"));
        assertEquals(ExitCode.USAGE.number(), tree.run("completion", "csh").exit());
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WelcomeCommandTest {
    @TempDir
    Path folder;

    @Test
    void theFirstStartMakesAPermanentKeyAndLaterOnesSessionKeys() {
        try (var tree = new FakeTree(folder).start()) {
            var first = tree.run("welcome");
            assertEquals(0, first.exit(), first.err());
            assertTrue(first.out().contains("shown this once"), first.out());
            assertEquals("first", tree.daemon.added.get(0).name());
            assertFalse(tree.daemon.added.get(0).session());
            var second = tree.run("welcome");
            assertFalse(second.out().contains("shown this once"), second.out());
            assertTrue(tree.daemon.added.get(1).session());
            assertTrue(second.out().contains("omni models import FILE"), second.out());
            assertTrue(second.out().contains("omni chat"), second.out());
        }
    }

    @Test
    void whereNoKeyCanBeKeptItSaysWhyAndShowsTheRest() {
        try (var tree = new FakeTree(folder).start()) {
            tree.daemon.keepsKeys = false;
            var shown = tree.run("welcome");
            assertEquals(0, shown.exit(), shown.err());
            assertTrue(shown.err().contains("keys.json cannot be written"), shown.err());
            assertTrue(shown.out().contains("ready at http://127.0.0.1:11434"), shown.out());
            assertTrue(shown.out().contains("omni key new NAME"), shown.out());
            assertFalse(shown.out().contains("curl "), shown.out());
            assertEquals(List.of(), tree.daemon.added);
            assertFalse(Json.parse(tree.run("welcome", "--json").out()).has("key"));
        }
    }

    @Test
    void oneLineBeginsWithCurlAndCarriesTheKeyThatWasAdded() {
        try (var tree = new FakeTree(folder).start()) {
            var curls = tree.run("welcome")
                    .out()
                    .lines()
                    .filter(l -> l.startsWith("curl "))
                    .toList();
            assertEquals(1, curls.size());
            var key = curls.getFirst().replaceAll(".*Bearer (omni-[A-Za-z0-9_-]{43})'.*", "$1");
            assertEquals(tree.daemon.added.getFirst().hash(), FreshKey.hash(key));
        }
    }

    @Test
    void aShellReadsTheLineAsItIsMeant() throws IOException, InterruptedException {
        var shown = Files.writeString(folder.resolve("curl"), "#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done\n");
        assertTrue(shown.toFile().setExecutable(true));
        var shell = new ProcessBuilder("/bin/sh", "-c", WelcomeCommand.curl("http://127.0.0.1:1", "omni-k"));
        shell.environment().put("PATH", folder + ":" + System.getenv("PATH"));
        var process = shell.redirectErrorStream(true).start();
        var words = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertEquals(0, process.waitFor());
        assertEquals(
                List.of(
                        "-sSN",
                        "http://127.0.0.1:1/v1/chat/completions",
                        "-H",
                        "Authorization: Bearer omni-k",
                        "-H",
                        "Content-Type: application/json",
                        "-d"),
                words.subList(0, 7));
        var body = Json.parse(words.get(7));
        assertTrue(body.path("stream").asBoolean());
        assertEquals("What is 7 plus 5?", body.at("/messages/0/content").asString());
    }

    @Test
    void isHiddenAndSpeaksJson() {
        try (var tree = new FakeTree(folder).start()) {
            assertFalse(tree.run("--help").out().contains("welcome"));
            var json = Json.parse(tree.run("welcome", "--json").out());
            assertEquals("http://127.0.0.1:11434", json.path("url").asString());
            assertTrue(json.path("curl").asString().contains(json.path("key").asString()));
        }
    }
}

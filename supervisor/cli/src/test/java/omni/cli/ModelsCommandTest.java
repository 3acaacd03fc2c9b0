package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsCommandTest {
    @TempDir
    Path folder;

    @Test
    void lists() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("models");
            assertEquals(0, done.exit(), done.err());
            assertTrue(done.out().startsWith("* omni-seed"), done.out());
            assertTrue(done.out().contains("abababababab"), done.out());
            assertTrue(done.out().contains("11.7 MB"), done.out());
            assertEquals(done.out(), tree.run("models", "list").out());
            var json = Json.parse(tree.run("models", "--json").out());
            assertEquals(FakeEngine.ID, json.at("/models/0/id").asString());
        }
    }

    @Test
    void showsOneByNameOrId() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("models", "show", "omni-seed");
            assertTrue(done.out().contains("context       2048 tokens"), done.out());
            assertTrue(done.out().contains("Hugging Face, owner/repo:F16 at 0123abcd"), done.out());
            assertTrue(done.out().contains("36.0 MB with 8192 tokens"), done.out());
            assertTrue(done.out().contains("20.0 MB free: does not fit"), done.out());
            assertTrue(done.out().contains("context 2048 fits"), done.out());
            assertEquals(done.out(), tree.run("models", "show", "abababab").out());
            assertEquals(
                    ExitCode.REFUSED.number(), tree.run("models", "show", "ab").exit());
            assertTrue(tree.run("models", "show", "no").err().contains("there is omni-seed"));
        }
    }

    @Test
    void importsWithAnAbsolutePathAndShowsProgressOnATerminal() throws IOException {
        var file = Files.writeString(folder.resolve("big.gguf"), "x");
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("models", "import", file.toString(), "--name", "big", "--use");
            assertEquals(0, done.exit(), done.err());
            assertEquals("", done.err());
            assertEquals(List.of("import " + file + " big", "use " + "cd".repeat(32)), tree.engine.told);
            tree.environment.put("OMNI_TERMINAL", "2");
            assertTrue(tree.run("models", "import", file.toString()).err().contains("] 50 % of 100 B"));
        }
    }

    @Test
    void refusesAFileThatIsNotThereBeforeTheEngineIsAsked() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("models", "import", folder.resolve("none.gguf").toString());
            assertEquals(ExitCode.ERROR.number(), done.exit());
            assertEquals(List.of(), tree.engine.told);
        }
    }

    @Test
    void usesAndRemoves() {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals(0, tree.run("models", "use", "omni-seed").exit());
            assertEquals(0, tree.run("models", "rm", "omni-seed").exit());
            var done = tree.run("models", "rm", "--json", "big");
            assertEquals(ExitCode.REFUSED.number(), done.exit());
            assertEquals("refused", Json.parse(done.err()).at("/error/code").asString());
            assertEquals(List.of("use omni-seed", "remove omni-seed", "remove big"), tree.engine.told);
        }
    }

    @Test
    void verifiesWithProgressAndAnExitCode() {
        try (var tree = new FakeTree(folder).start()) {
            var sound = tree.run("models", "verify", "omni-seed");
            assertEquals(0, sound.exit(), sound.err());
            assertTrue(sound.out().contains("what it was"), sound.out());
            tree.environment.put("OMNI_TERMINAL", "2");
            var damaged = tree.run("models", "verify", "big");
            assertEquals(ExitCode.ERROR.number(), damaged.exit());
            assertTrue(damaged.err().contains("] 50 % of 100 B"), damaged.err());
            assertTrue(damaged.out().contains("damaged (model.gguf) and set aside"), damaged.out());
            var json = Json.parse(tree.run("models", "verify", "--json", "big").out());
            assertEquals("model.gguf", json.at("/damaged/0").asString());
        }
    }

    @Test
    void pinsAndUnpins() {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals(0, tree.run("models", "pin", "omni-seed").exit());
            assertEquals(0, tree.run("models", "unpin", "omni-seed").exit());
            assertEquals(List.of("pin omni-seed true", "pin omni-seed false"), tree.engine.told);
        }
    }

    @Test
    void onePartOfASplitModelStandsForAll() {
        var first = folder.resolve("m-00001-of-00003.gguf");
        assertEquals(
                List.of(first, folder.resolve("m-00002-of-00003.gguf"), folder.resolve("m-00003-of-00003.gguf")),
                ModelsImportCommand.parts(List.of(first)));
        var whole = List.of(folder.resolve("m.gguf"));
        assertEquals(whole, ModelsImportCommand.parts(whole));
        var given = List.of(first, folder.resolve("m-00002-of-00003.gguf"));
        assertEquals(given, ModelsImportCommand.parts(given));
    }

    @Test
    void theBarNeverLeavesItsPlace() {
        assertEquals("[" + " ".repeat(30) + "] 0 % of 0 B", ProgressLine.bar(0, 0));
        assertEquals("[" + "#".repeat(15) + " ".repeat(15) + "] 50 % of 1.0 kB", ProgressLine.bar(500, 1000));
        assertEquals("[" + "#".repeat(30) + "] 100 % of 10 B", ProgressLine.bar(11, 10));
    }
}

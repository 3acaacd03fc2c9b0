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
            assertEquals(done.out(), tree.run("models", "show", "ababab").out());
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
    void theBarNeverLeavesItsPlace() {
        assertEquals("[" + " ".repeat(30) + "] 0 % of 0 B", ModelsImportCommand.bar(0, 0));
        assertEquals("[" + "#".repeat(15) + " ".repeat(15) + "] 50 % of 1.0 kB", ModelsImportCommand.bar(500, 1000));
        assertEquals("[" + "#".repeat(30) + "] 100 % of 10 B", ModelsImportCommand.bar(11, 10));
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import omni.fetch.FetchProtocol.Failed;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.ProgressPhase;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsPullCommandTest {
    @TempDir
    Path folder;

    @Test
    void pullsImportsAndForgets() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("models", "pull", "acme/tiny:Q4_0", "--revision", "v1", "--sha256", "ab", "--use");
            assertEquals(0, done.exit(), done.err());
            assertEquals(List.of("pull acme/tiny:Q4_0 v1 ab", "forget " + FakeFetch.PULL), tree.fetch.told);
            assertEquals(List.of("import /x/m.gguf tiny-Q4_0", "use " + "cd".repeat(32)), tree.engine.told);
            assertTrue(done.out().startsWith("Added tiny-Q4_0"), done.out());
            assertFalse(done.out().contains("SHA-256"), done.out());
            assertEquals(3, done.err().lines().count(), done.err());
        }
    }

    @Test
    void saysWhenNobodyVouchedForTheFile() {
        try (var tree = new FakeTree(folder).start()) {
            tree.fetch.assurance = FileAssurance.COMPUTED;
            assertTrue(tree.run("models", "pull", "https://h/m.gguf").out().contains(FakeFetch.HASH));
        }
    }

    @Test
    void drawsABarAtATerminalAndWritesJsonLinesForPrograms() {
        try (var tree = new FakeTree(folder).start()) {
            tree.environment.put("OMNI_TERMINAL", "2");
            var bar = tree.run("models", "pull", "acme/tiny").err();
            assertTrue(bar.contains("] 50 % of 200 B, 10 B/s, 1 min 05 s left, file 1 of 2; h answers 429"), bar);
            assertTrue(bar.endsWith("\r\u001b[K"), bar);
            var lines = tree.run("models", "pull", "acme/tiny", "--json")
                    .out()
                    .lines()
                    .toList();
            assertEquals(4, lines.size(), lines::toString);
            assertEquals(
                    "fetching", Json.parse(lines.get(1)).at("/progress/phase").asString());
            assertEquals("tiny-Q4_0", Json.parse(lines.get(3)).path("name").asString());
        }
    }

    @Test
    void everyReasonHasItsExitCode() {
        for (var reason : Reason.values()) {
            try (var tree = new FakeTree(folder).start()) {
                tree.fetch.failure = new Failed(reason, "Because of " + reason.wire() + ".", null);
                var done = tree.run("models", "pull", "acme/tiny");
                var expected = switch (reason) {
                    case INVALID, MISSING, UNAUTHORIZED, REFUSED, AMBIGUOUS -> ExitCode.REFUSED;
                    case SPACE, CONTENT -> ExitCode.ERROR;
                    case UNREACHABLE, BUSY -> ExitCode.AWAY;
                    case CANCELLED -> ExitCode.INTERRUPTED;
                };
                assertEquals(expected.number(), done.exit());
                assertEquals("Because of " + reason.wire() + ".", done.err().strip());
                assertEquals(List.of(), tree.engine.told);
            }
        }
    }

    @Test
    void aTokenComesFromStandardInputIntoAFileThatOnlyTheOwnerReads() throws IOException {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.runWith("s3cret\n", "models", "login", "registry.example:5000", "--user", "me");
            assertEquals(0, done.exit(), done.err());
            var file = folder.resolve("home/tokens/registry.example:5000");
            assertEquals("me\ns3cret\n", Files.readString(file));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            assertFalse((done.out() + done.err()).contains("s3cret"));
            assertEquals("registry.example:5000\n", tree.run("models", "login").out());
            assertEquals(
                    0, tree.run("models", "logout", "registry.example:5000").exit());
            assertFalse(Files.exists(file));
            assertEquals(
                    ExitCode.REFUSED.number(),
                    tree.run("models", "logout", "registry.example:5000").exit());
            for (var bad : List.of("../etc", "Host", "a b", "")) {
                assertEquals(
                        ExitCode.USAGE.number(),
                        tree.runWith("x\n", "models", "login", bad).exit(),
                        bad);
            }
            assertEquals(
                    ExitCode.USAGE.number(),
                    tree.runWith("\n", "models", "login", "h").exit());
            assertEquals(
                    ExitCode.USAGE.number(),
                    tree.runWith("x".repeat(8193) + "\n", "models", "login", "h")
                            .exit());
        }
    }

    @Test
    void listsWhatIsUnfinished() {
        try (var tree = new FakeTree(folder).start()) {
            assertTrue(tree.run("models", "pulls").out().contains("25 % of 200 B"));
            assertEquals(
                    0, tree.run("models", "pulls", "--forget", FakeFetch.PULL).exit());
            assertEquals(List.of("forget " + FakeFetch.PULL), tree.fetch.told);
        }
    }

    @Test
    void theLineNeverPrintsWhatMovesACursor() {
        var line = PullProgress.line(FakeFetch.progress(ProgressPhase.FETCHING, 1, "a\u001b[2J"));
        assertFalse(line.contains("\u001b"), line);
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import omni.role.SupervisorProtocol.Tree;
import omni.role.SupervisorProtocol.TreeLauncher;
import omni.role.SupervisorProtocol.TreeState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusCommandTest {
    @TempDir
    Path folder;

    @Test
    void showsRolesMemoryAddressAndWhatComputes() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("status");
            assertEquals(0, done.exit(), done.err());
            assertTrue(done.out().startsWith("Omni is ready at http://127.0.0.1:11434 (process)."), done.out());
            assertTrue(done.out().contains("engine     ready     pid "), done.out());
            assertTrue(done.out().contains("2 restarts"), done.out());
            assertTrue(done.out().contains("50.0 MB"), done.out());
            assertTrue(done.out().contains("100 MB of memory in all"), done.out());
            assertTrue(done.out().contains("Computes with llama.cpp v0.5.0, cpu-haswell"), done.out());
            assertTrue(done.out().contains("the engine could use the network"), done.out());
            assertTrue(done.out().contains("natives cpu: The package has code"), done.out());
            assertTrue(done.out().contains("not cuda: The CUDA driver is not installed."), done.out());
            assertTrue(done.out().contains("no vision"), done.out());
            var busy = "key 0123456789ab, background: 1 busy, 2 waiting, the first for 12 s";
            assertTrue(done.out().contains(busy), done.out());
        }
    }

    @Test
    void tellsTheSameAsJson() {
        try (var tree = new FakeTree(folder).start()) {
            var json = Json.parse(tree.run("status", "--json").out());
            assertEquals("ready", json.at("/state").asString());
            assertEquals("http://127.0.0.1:11434", json.at("/address/url").asString());
            assertEquals("engine", json.at("/roles/1/name").asString());
            assertEquals(2, json.at("/roles/1/restarts").asInt());
            assertTrue(json.at("/roles/1/uptimeSeconds").asLong() >= 0);
            assertEquals(100_000_000, json.at("/pssBytes").asLong());
            assertEquals("llama.cpp v0.5.0", json.at("/engine/library/version").asString());
            assertEquals(1, json.at("/notIsolated").size());
        }
    }

    @Test
    void saysThatOmniDoesNotRun() {
        try (var tree = new FakeTree(folder)) {
            var done = tree.run("status");
            assertEquals(ExitCode.NOT_RUNNING.number(), done.exit());
            assertEquals(
                    "Omni is not running here; start it with `omni up`.",
                    done.err().strip());
            var json = Json.parse(tree.run("status", "--json").err());
            assertEquals("not_running", json.at("/error/code").asString());
            assertEquals(3, json.at("/error/exit").asInt());
        }
    }

    @Test
    void aTreeThatIsNotReadyShowsInTheExitCodeAndWithoutItsParts() {
        try (var tree = new FakeTree(folder).start()) {
            tree.stop("engine");
            tree.stop("daemon");
            var now = tree.supervisor.tree;
            tree.supervisor.tree = new Tree(
                    TreeState.FAILED,
                    "the budget is used up",
                    now.since(),
                    now.roles(),
                    TreeLauncher.PROCESS,
                    List.of());
            var done = tree.run("status");
            assertEquals(ExitCode.AWAY.number(), done.exit());
            assertTrue(done.out().contains("failed"), done.out());
            assertTrue(done.out().contains("the budget is used up"), done.out());
            assertFalse(done.out().contains("http"), done.out());
        }
    }

    @Test
    void whatARoleSaysCannotMoveTheCursor() {
        try (var tree = new FakeTree(folder).start()) {
            var now = tree.supervisor.tree;
            var bad = FakeSupervisor.role("engine", now.roles().getFirst().state(), 1L, 0, "a\u001b[2Jb");
            tree.supervisor.tree =
                    new Tree(TreeState.READY, null, now.since(), List.of(bad), TreeLauncher.PROCESS, List.of());
            assertTrue(tree.run("status").out().contains("a\ufffd[2Jb"));
        }
    }

    @Test
    void paintsOnATerminalOnlyAndNotAgainstTheOwnersWish() {
        try (var tree = new FakeTree(folder).start()) {
            assertFalse(tree.run("status").out().contains("\u001b"));
            tree.environment.put("OMNI_TERMINAL", "012");
            assertTrue(tree.run("status").out().contains("\u001b[32mready"));
            tree.environment.put("NO_COLOR", "1");
            assertFalse(tree.run("status").out().contains("\u001b"));
        }
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import omni.role.SupervisorProtocol.RoleState;
import omni.role.SupervisorProtocol.Tree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownCommandTest {
    @TempDir
    Path folder;

    @Test
    void waitsUntilTheSupervisorAndTheRolesAreGone() throws IOException, InterruptedException {
        var role = new ProcessBuilder("cat").start();
        try (var tree = new FakeTree(folder).start()) {
            tree.supervisor.tree = of(tree.supervisor.tree, role.pid());
            var end = Thread.ofVirtual().start(() -> {
                Await.until("stop was asked for", () -> tree.supervisor.stopped.getCount() == 0);
                tree.stop("supervisor");
                role.destroy();
            });
            var done = tree.run("down");
            end.join();
            assertEquals(0, done.exit(), done.err());
            assertEquals("Omni has stopped.", done.out().strip());
            assertTrue(!role.isAlive(), "down ended before the role did");
        } finally {
            role.destroyForcibly();
        }
    }

    @Test
    void saysWhoIsLeftWhenTheTimeIsOver() throws IOException {
        var role = new ProcessBuilder("cat").start();
        try (var tree = new FakeTree(folder).start()) {
            tree.supervisor.tree = of(tree.supervisor.tree, role.pid());
            var done = tree.run("down", "--timeout", "200ms");
            assertEquals(ExitCode.ERROR.number(), done.exit());
            assertTrue(done.err().contains("left are the processes " + role.pid()), done.err());
        } finally {
            role.destroyForcibly();
        }
    }

    @Test
    void refusesATimeThatIsNone() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("down", "--timeout", "soon");
            assertEquals(ExitCode.USAGE.number(), done.exit());
            assertTrue(done.err().contains("write 500ms, 30s, 2m or 1h"), done.err());
            assertEquals(1, tree.supervisor.stopped.getCount());
        }
    }

    @Test
    void isNotRunning() {
        try (var tree = new FakeTree(folder)) {
            assertEquals(ExitCode.NOT_RUNNING.number(), tree.run("down").exit());
        }
    }

    private static Tree of(Tree tree, long pid) {
        return new Tree(
                tree.state(),
                null,
                tree.since(),
                List.of(FakeSupervisor.role("engine", RoleState.STOPPING, pid, 0, null)),
                tree.launcher(),
                List.of());
    }
}

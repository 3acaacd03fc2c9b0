package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One tree a run directory. */
final class TreeLockTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void isHeldOnceAndTellsByWhom() {
        assertEquals(Optional.empty(), TreeLock.holder(folder));
        try (TreeLock lock = TreeLock.take(folder).orElseThrow()) {
            assertTrue(TreeLock.take(folder).isEmpty());
            assertEquals(Optional.of(ProcessHandle.current().pid()), TreeLock.holder(folder));
            assertEquals(0, lock.clearSockets(folder));
        }
        TreeLock.take(folder).orElseThrow().close();
    }

    @Test
    void clearsLeftoverSocketsAndNothingElse() throws Exception {
        Files.createFile(folder.resolve("engine.sock"));
        Files.createFile(folder.resolve("daemon.sock"));
        Files.createFile(folder.resolve("notes.txt"));
        try (TreeLock lock = TreeLock.take(folder).orElseThrow()) {
            assertEquals(2, lock.clearSockets(folder));
        }
        assertTrue(Files.exists(folder.resolve("notes.txt")));
    }
}

package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls to the C library that do no harm to the process that tests them. */
final class NativeTest {
    @Test
    void theParentIsTheOneTheJdkKnows() {
        assertEquals(ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L), Native.parentPid());
    }

    @Test
    void memoryIsKnownAndPlausible() {
        long bytes = Native.pssBytes().orElseThrow();
        assertTrue(bytes > 1 << 20 && bytes < 1L << 40, "PSS " + bytes);
    }

    @Test
    void killsAGroupAndOnlyOneThatIsThere() throws Exception {
        Process leader = new ProcessBuilder("setsid", "sleep", "1000").start();
        Await.until("it leads a group", () -> Native.killGroup(leader.pid()));
        assertEquals(137, leader.waitFor());
        assertFalse(Native.killGroup(0));
        assertFalse(Native.killGroup(1));
        assertFalse(Native.killGroup(Integer.MAX_VALUE));
    }

    @Test
    void theSurroundingsComeFromTheEnvironment() throws Exception {
        var run = java.nio.file.Files.createTempDirectory("omni");
        try {
            Surroundings given = Surroundings.of(Map.of(
                    "OMNI_HOME",
                    "/h",
                    "OMNI_RUN",
                    run.toString(),
                    "OMNI_APP",
                    "/a",
                    "OMNI_INSTANCE",
                    "i",
                    "OMNI_TREE",
                    "t",
                    "OMNI_SUPERVISOR_PID",
                    "12"));
            assertEquals(java.nio.file.Path.of("/h"), given.home());
            assertEquals("i", given.instance().orElseThrow());
            assertEquals("t", given.tree());
            assertEquals(OptionalLong.of(12), given.supervisorPid());
            Surroundings bare = Surroundings.of(Map.of("OMNI_RUN", run.toString(), "OMNI_SUPERVISOR_PID", "x"));
            assertEquals(java.nio.file.Path.of(System.getProperty("user.home"), ".omni"), bare.home());
            assertTrue(bare.instance().isEmpty());
            assertTrue(bare.supervisorPid().isEmpty());
        } finally {
            java.nio.file.Files.delete(run);
        }
    }

    /** Where the file system cannot share blocks nothing is left behind; where it can, the copy is the same. */
    @Test
    void sharingBlocksIsAllOrNothing(@TempDir Path folder) throws IOException {
        Path from = Files.writeString(folder.resolve("from"), "some text");
        Path to = folder.resolve("to");
        boolean shared = Native.shareBlocks(from, to);
        assertEquals(shared, Files.exists(to));
        if (shared) {
            assertEquals("some text", Files.readString(to));
        }
        assertFalse(Native.shareBlocks(folder.resolve("none"), folder.resolve("other")));
        assertFalse(Files.exists(folder.resolve("other")));
        Files.writeString(folder.resolve("there"), "kept");
        assertFalse(Native.shareBlocks(from, folder.resolve("there")));
        assertEquals("kept", Files.readString(folder.resolve("there")));
    }
}

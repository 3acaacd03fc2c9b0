package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Closed stays closed: over restarts, and where one of the two files is lost. */
class GapStoreTest {
    @TempDir
    Path folder;

    private GapStore store() throws Exception {
        Files.createDirectories(folder.resolve("run"));
        return new GapStore(folder.resolve("home"), folder.resolve("run"));
    }

    @Test
    void eachFileAloneSaysClosed() throws Exception {
        GapStore store = store();
        assertFalse(store.closed());
        store.arm();
        assertFalse(store.closed());
        store.mark();
        assertTrue(store().closed());
        assertFalse(store().durable());
        store.persist();
        assertTrue(store().durable());
        Files.delete(folder.resolve("run/airgap.closed")); // as a boot does
        assertTrue(store().closed());
        store.mark();
        store.mark();
        store.persist();
        store.open();
        assertFalse(store().closed());
    }

    @Test
    void closingNeedsNoNewFileOnTheDisk() throws Exception {
        GapStore store = store();
        store.arm();
        store.persist();
        assertFalse(Files.exists(folder.resolve("home/armed")));
        assertEquals(1, Processes.entries(folder.resolve("home")).size());
    }

    @Test
    void withoutAnArmedFileOneIsMade() throws Exception {
        store().persist();
        assertTrue(store().durable());
    }

    @Test
    void theFolderIsForItsOwnerAlone() throws Exception {
        store().arm();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("home"))));
    }
}

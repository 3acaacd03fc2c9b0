package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @Test
    void whatAGapIsAboutIsKeptWithIt() throws Exception {
        Path home = folder.resolve("home");
        new GapStore(home, folder.resolve("run"), "/run/netns/before").arm();
        GapStore store = new GapStore(home, folder.resolve("run"), "/run/netns/a /run/netns/b");
        assertEquals(Optional.empty(), GapStore.closedScope(home));
        store.arm();
        store.persist();
        assertEquals(Optional.of("/run/netns/a /run/netns/b"), GapStore.closedScope(home));
        new GapStore(home, folder.resolve("run"), "").arm(); // a configuration that says less by then
        assertEquals(Optional.of("/run/netns/a /run/netns/b"), GapStore.closedScope(home));
        store.open();
        assertEquals(Optional.empty(), GapStore.closedScope(home));
    }

    @Test
    void aClosedScopeIsAddedToWhatIsConfigured() {
        Scope scope = Scope.of("/run/netns/a");
        assertEquals(
                "/run/netns/a /run/netns/b",
                scope.and(Scope.of("/run/netns/b /run/netns/a")).text());
        assertEquals("machine", scope.and(Scope.of("machine")).text());
        assertEquals("machine", Scope.of("machine").and(scope).text());
        assertEquals("/run/netns/a", scope.and(Scope.of("")).text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"machine /run/netns/a", "Machine", "/run/netns/a MACHINE", "agents", "/run/netns/a agents"})
    void aScopeThatCouldBeMisreadIsRefused(String scope) {
        assertThrows(IllegalArgumentException.class, () -> new AirgapConfig(scope, Path.of("/dev/console")));
    }
}

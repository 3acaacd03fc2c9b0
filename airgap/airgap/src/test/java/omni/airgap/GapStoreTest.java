package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closed stays closed: over restarts, and where one of the two files is lost. */
class GapStoreTest {
    private static final GapStore.Closing CLOSING =
            new GapStore.Closing(Instant.parse("2026-03-01T12:00:00Z"), "a test");

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
        store.persist(CLOSING);
        assertTrue(store().durable());
        Files.delete(folder.resolve("run/airgap.closed")); // as a boot does
        assertTrue(store().closed());
        store.mark();
        store.mark();
        store.persist(CLOSING);
        store.open();
        assertFalse(store().closed());
    }

    @Test
    void closingNeedsNoNewFileOnTheDisk() throws Exception {
        GapStore store = store();
        store.arm();
        store.persist(CLOSING);
        assertEquals(
                List.of("closed", "closing"),
                Processes.entries(folder.resolve("home")).stream()
                        .map(file -> String.valueOf(file.getFileName()))
                        .sorted()
                        .toList());
    }

    @Test
    void withoutAnArmedFileOneIsMade() throws Exception {
        store().persist(CLOSING);
        assertTrue(store().durable());
    }

    @Test
    void whenAndWhyItWasClosedIsKeptUntilItIsOpen() throws Exception {
        GapStore store = store();
        assertEquals(Optional.empty(), store.closing());
        store.persist(new GapStore.Closing(CLOSING.at(), "two\nlines"));
        assertEquals(Optional.of(new GapStore.Closing(CLOSING.at(), "two lines")), store().closing());
        store.persist(CLOSING); // again: it was closed before
        assertEquals("two lines", store().closing().orElseThrow().cause());
        store.open();
        assertEquals(Optional.empty(), store().closing());
        assertEquals(1, Processes.entries(folder.resolve("home")).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yesterday\na test\n", "2026-03-01T12:00:00Z\n", "2026-03-01T12:00:00Z\na\nb\n"})
    void whatIsNotThatOpensNothing(String text) throws Exception {
        GapStore store = store();
        store.persist(CLOSING);
        Files.writeString(folder.resolve("home/closing"), text);
        assertEquals(Optional.empty(), store.closing());
        assertTrue(store.closed());
        store.persist(CLOSING);
        assertEquals(Optional.of(CLOSING), store.closing(), "it is written anew");
        Files.delete(folder.resolve("home/closing"));
        Files.createDirectories(folder.resolve("home/closing/full")); // nor where it can be neither written nor removed
        store.persist(CLOSING);
        assertTrue(store.closed());
        store.open();
        assertFalse(store.closed());
        store.persist(CLOSING);
        assertTrue(store.closed());
    }

    @Test
    void sinceWhenItIsClosedIsKeptOnceThereIsRoom() throws Exception {
        GapStore store = store();
        store.arm();
        store.complete(CLOSING);
        assertEquals(1, Processes.entries(folder.resolve("home")).size(), "nothing of what is open");
        Path full = Files.createDirectories(folder.resolve("home/closing"));
        store.persist(CLOSING);
        assertEquals(Optional.empty(), store().closing());
        Files.delete(full);
        store.complete(CLOSING);
        assertEquals(Optional.of(CLOSING), store().closing());
        store.complete(new GapStore.Closing(CLOSING.at(), "another"));
        assertEquals(Optional.of(CLOSING), store().closing());
    }

    /** Whoever may write where the sockets are makes the mark what they like: it says that it is closed, and is not looked into. */
    @Test
    void theMarkIsNotLookedInto() throws Exception {
        GapStore store = store();
        Files.createSymbolicLink(folder.resolve("run/airgap.closed"), Path.of("/dev/zero")); // endless
        assertTrue(store.closed());
        assertEquals(Optional.empty(), store.closing());
        store.mark();
        store.persist(CLOSING);
        store.open();
        assertFalse(store.closed());
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
        store.persist(CLOSING);
        assertEquals(Optional.of("/run/netns/a /run/netns/b"), GapStore.closedScope(home));
        new GapStore(home, folder.resolve("run"), "/run/netns/c").persist(CLOSING); // closed with more by then
        assertEquals(Optional.of("/run/netns/a /run/netns/b /run/netns/c"), GapStore.closedScope(home));
        assertEquals(Optional.of(CLOSING), store.closing());
        new GapStore(home, folder.resolve("run"), "").arm(); // a configuration that says less by then
        assertEquals(Optional.of("/run/netns/a /run/netns/b /run/netns/c"), GapStore.closedScope(home));
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
        assertThrows(IllegalArgumentException.class, () -> new AirgapConfig(scope, Path.of("/dev/console"), "off"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "tpmrm0", "Auto"})
    void aTpmThatIsNoneIsRefused(String tpm) {
        var refused =
                assertThrows(IllegalArgumentException.class, () -> new AirgapConfig("", Path.of("/dev/console"), tpm));
        assertTrue(refused.toString().contains("\"auto\", \"off\" or the whole path"), refused::toString);
        assertEquals("/dev/tpmrm1", new AirgapConfig("", Path.of("/dev/console"), "/dev/tpmrm1").tpm());
    }
}

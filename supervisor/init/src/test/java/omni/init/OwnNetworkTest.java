package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network of the roles' own where there can be none: the reason is told, and nothing is left open. */
final class OwnNetworkTest {
    @TempDir
    Path folder;

    private IOException refused() {
        Programs programs = new Programs(folder.toString());
        return assertThrows(IOException.class, () -> OwnNetwork.make(programs));
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void saysWhichProgramIsNotInstalled() throws Exception {
        assertEquals("unshare is not installed", refused().getMessage());
        program("unshare", "exit 0");
        assertEquals("nsenter is not installed", refused().getMessage());
        program("nsenter", "exit 0");
        assertEquals("setpriv is not installed", refused().getMessage());
    }

    @Test
    void saysWhatTheProgramSays() throws Exception {
        program("nsenter", "exit 0");
        program("setpriv", "exit 0");
        program("sh", "exit 0");
        program("unshare", "echo 'unshare: unshare failed: Operation not permitted'; exit 1");
        assertEquals(
                "unshare: unshare failed: Operation not permitted", refused().getMessage());
        program("unshare", "exit 1");
        assertEquals("no answer", refused().getMessage());
    }

    @Test
    void withoutOneEverythingIsAsItIsAndSaysWhy() {
        List<String> command = List.of("java", "a role");
        try (RoleNetwork network = new SharedNetwork("unshare is not installed")) {
            assertEquals(command, network.enter("engine", command));
            assertEquals(Map.of(), network.variables("airgap"));
            assertTrue(network.notIsolated().contains("with your network"), network.notIsolated());
            assertTrue(network.notIsolated().endsWith("unshare is not installed"), network.notIsolated());
        }
    }
}

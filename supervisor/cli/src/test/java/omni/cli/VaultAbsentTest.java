package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.bus.BusServer;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who has no vault yet is told so, and how to come by one, before a secret is asked for. */
final class VaultAbsentTest {
    @TempDir
    Path folder;

    private FakeTree.Done run(VaultState state, String typed, String command) throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, List.of(), true);
                var _ = BusServer.at(tree.world("").socket("vault"))
                        .service(VaultProtocol.service(new FakeVault(state)))
                        .start()) {
            return tree.runWith(typed, command.split(" ", -1));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vault unlock",
                "vault passwd",
                "vault recover",
                "vault recovery-key",
                "vault rotate",
                "vault tpm on",
                "vault export",
                "vault wipe",
                "vault backup-forget /media/usb --over",
                "vault backup-push /media/usb https://git.example/me/omni.git"
            })
    void itIsSaidBeforeASecretIsAskedFor(String command) throws IOException {
        var told = run(VaultState.ABSENT, "", command); // with nothing typed, as the order shows
        assertEquals(ExitCode.REFUSED.number(), told.exit(), told.err());
        assertTrue(told.err().contains("There is no vault: make one with omni vault init"), told.err());
        var asked = run(VaultState.SEALED, "", command);
        assertFalse(asked.err().contains("There is no vault"), asked.err());
    }

    @Test
    void toLockNoneIsNoFailureAndIsSaid() throws IOException {
        var told = run(VaultState.ABSENT, "", "vault lock");
        assertEquals(0, told.exit(), told.err());
        assertTrue(told.out().startsWith("There is no vault: make one with omni vault init"), told.out());
        assertEquals(
                "{\"locked\":true,\"was\":\"absent\"}",
                run(VaultState.ABSENT, "", "vault lock --json").out().strip());
        assertEquals(
                "The vault is locked.",
                run(VaultState.OPEN, "", "vault lock").out().strip());
    }

    @Test
    void aSecondOneIsNotMade() throws IOException {
        var told = run(VaultState.SEALED, "", "vault init");
        assertEquals(ExitCode.REFUSED.number(), told.exit());
        assertTrue(told.err().contains("There is a vault already"), told.err());
        assertEquals(0, run(VaultState.ABSENT, "a password\n", "vault init").exit());
    }

    /** It takes seconds: at a terminal they are not silent, and elsewhere nothing is between the lines. */
    @Test
    void whatTakesItsTimeIsSaidAtATerminal() throws IOException {
        assertEquals("", run(VaultState.SEALED, "a password\n", "vault unlock").err());
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, List.of(), true);
                var _ = BusServer.at(tree.world("").socket("vault"))
                        .service(VaultProtocol.service(new FakeVault(VaultState.SEALED)))
                        .start()) {
            tree.environment.put("OMNI_TERMINAL", "2");
            var told = tree.runWith("a password\n", "vault", "unlock");
            assertTrue(told.err().contains("Deriving the key"), told.err());
            assertTrue(told.err().endsWith("\r\u001b[K"), "and is taken away: " + told.err());
        }
    }

    @Test
    void whatIsForAnOfflineCheckAloneIsNamed() throws IOException {
        assertEquals(
                ExitCode.USAGE.number(),
                run(VaultState.SEALED, "", "vault verify --recovery-key").exit());
        var runs = run(VaultState.SEALED, "", "vault verify --offline");
        assertEquals(ExitCode.REFUSED.number(), runs.exit());
        assertTrue(runs.err().contains("Omni runs here"), runs.err());
        var tree = new FakeTree(folder); // nothing runs
        var none = tree.run("vault", "verify", "--offline");
        assertEquals(ExitCode.REFUSED.number(), none.exit());
        assertTrue(none.err().contains("There is no vault in"), none.err());
        Files.createDirectories(folder.resolve("home/vault"));
        Files.createFile(folder.resolve("home/vault/keys.json"));
        assertTrue(tree.run("vault", "verify", "--offline").err().contains("Nothing was given"), "it asks");
    }

    /** A disk that is only looked at, and may not take anything. */
    @Test
    void anOfflineCheckMakesNothingInTheHome() throws IOException {
        var tree = new FakeTree(folder);
        tree.environment.remove("OMNI_RUN");
        assertTrue(tree.run("vault", "verify", "--offline").err().contains("There is no vault in"));
        assertFalse(Files.exists(folder.resolve("home")));
    }

    /** The whole way to the check's own process, which refuses before it takes the key file, be that larger than a pipe. */
    @Test
    void whatWasKeptMayNotBeEmpty() throws IOException {
        var tree = new FakeTree(folder);
        Files.createDirectories(folder.resolve("home/vault"));
        Files.createFile(folder.resolve("home/vault/keys.json"));
        var temporary = Files.createDirectory(folder.resolve("tmp"));
        tree.environment.put("TMPDIR", temporary.toString());
        var key = Files.write(folder.resolve("key"), new byte[1 << 20]).toString();
        var none = tree.runWith("a password\n", "vault", "verify", "--offline", "--known", "", "--key-file", key);
        assertEquals(ExitCode.REFUSED.number(), none.exit(), none.err());
        assertTrue(none.err().contains("What was kept is a number"), none.err());
        var damaged = tree.runWith("a password\n", "vault", "verify", "--offline", "--key-file", key);
        assertEquals(ExitCode.ERROR.number(), damaged.exit(), damaged.err());
        assertTrue(damaged.err().contains("keys.json"), "without it the check goes on: " + damaged.err());
        try (var left = Files.list(temporary)) {
            assertEquals(List.of(), left.toList());
        }
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import omni.bus.BusServer;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a damaged backup lacks is said before all else: who asks afterwards how the vault stands may get no answer. */
final class VaultRestoreCommandTest {
    private static final List<String> LOST = List.of("items 3 conv_1", "files 1 photo");
    private static final String SAID =
            "All was put back but for what could not be read:\n   3 items of the conversation conv_1\n   the file photo\n";

    @TempDir
    Path folder;

    private static FakeTree.Done restore(FakeTree tree, String... more) {
        var command = new ArrayList<>(List.of("vault", "restore", "/media/usb", "--what-can-be-read"));
        command.addAll(List.of(more));
        return tree.runWith("password\n", command.toArray(String[]::new));
    }

    @Test
    void isSaidWithHowTheVaultStands() throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, LOST, true);
                var _ = bus(tree)) {
            var told = restore(tree);
            assertEquals(ExitCode.INCOMPLETE.number(), told.exit(), told.err());
            assertTrue(told.out().startsWith(SAID), told.out());
            assertTrue(told.out().contains("The vault is open."), told.out());
            assertTrue(told.err().contains("omni key accept"), told.err());
            var lines = restore(tree, "--json").out().lines().toList();
            assertEquals(
                    "{\"lost\":[{\"kind\":\"items\",\"count\":3,\"name\":\"conv_1\"},"
                            + "{\"kind\":\"files\",\"count\":1,\"name\":\"photo\"}]}",
                    lines.getFirst());
            assertEquals("open", Json.parse(lines.getLast()).path("state").asString());
            assertEquals(2, lines.size());
        }
    }

    @Test
    void isSaidWhereHowTheVaultStandsIsNotAnswered() throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, LOST, true)) {
            var told = restore(tree);
            assertEquals(ExitCode.INCOMPLETE.number(), told.exit(), "there is nothing to try again");
            assertEquals(SAID, told.out());
            assertTrue(told.err().contains("It is put back"), told.err());
            assertTrue(restore(tree, "--json").out().startsWith("{\"lost\":["));
        }
    }

    @Test
    void isSaidWhereTheVaultEndsBeforeItHasAnswered() throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, LOST, false)) {
            var told = restore(tree);
            assertEquals(ExitCode.AWAY.number(), told.exit());
            assertEquals(SAID, told.out());
        }
    }

    /** The control: nothing is lost. */
    @Test
    void aWholeBackupIsSaidToLackNothing() throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, List.of(), true);
                var _ = bus(tree)) {
            var told = restore(tree);
            assertEquals(0, told.exit(), told.err());
            assertTrue(told.out().startsWith("The vault is open."), told.out());
            assertEquals(1, restore(tree, "--json").out().lines().count());
        }
    }

    private static BusServer bus(FakeTree tree) {
        return BusServer.at(tree.world("").socket("vault"))
                .service(VaultProtocol.service(new FakeVault(VaultState.OPEN)))
                .start();
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.vault.BackupsProtocol;
import omni.vault.BackupsProtocol.ForgetParams;
import omni.vault.BackupsProtocol.ForgetReply;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command asks the vault to forget, and what it says of it. */
final class VaultBackupForgetCommandTest {
    private static final String SNAPSHOT = "20260301-120000.000-3f2a";

    @TempDir
    Path folder;

    private final Fake vault = new Fake();

    private FakeTree.Done forget(String... more) throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new FakeSecrets(tree, List.of(), true);
                var _ = BusServer.at(tree.world("").socket("vault"))
                        .service(BackupsProtocol.service(vault))
                        .service(VaultProtocol.service(new FakeVault(VaultState.OPEN)))
                        .start()) {
            var command = new ArrayList<>(List.of("vault", "backup-forget", "/media/usb"));
            command.addAll(List.of(more));
            return tree.runWith("password\n", command.toArray(String[]::new));
        }
    }

    @Test
    void whatIsGoneForGoodIsSaidNotToBeDestroyed() throws IOException {
        var told = forget("--gone");
        assertEquals(0, told.exit(), told.err());
        assertTrue(told.out().startsWith("No longer listed: " + SNAPSHOT + ".\nNothing was destroyed"), told.out());
        assertTrue(told.out().contains("Omni cannot check that they are gone"), told.out());
        var asked = vault.asked.remove();
        assertEquals(true, asked.gone());
        assertNull(asked.snapshot());

        assertEquals(0, forget(SNAPSHOT, "--gone").exit());
        assertEquals(SNAPSHOT, vault.asked.remove().snapshot());
        assertEquals(
                "{\"snapshots\":[\"" + SNAPSHOT + "\"]}",
                forget("--gone", "--json").out().strip());
    }

    /** The control. */
    @Test
    void whatIsThereIsSaidToBeDestroyed() throws IOException {
        var told = forget(SNAPSHOT);
        assertEquals("Destroyed: " + SNAPSHOT + ".", told.out().strip());
        assertNull(vault.asked.remove().gone());
        assertEquals(
                "No longer in: " + SNAPSHOT + ".",
                forget("--conversation", "conv_1").out().strip());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--gone --over",
                "--gone --conversation conv_1",
                "--over --conversation conv_1",
                SNAPSHOT + " --over",
                SNAPSHOT + " --conversation conv_1"
            })
    void itIsOneThingAtATime(String more) throws IOException {
        var told = forget(more.isEmpty() ? new String[0] : more.split(" "));
        assertEquals(ExitCode.USAGE.number(), told.exit(), told.out());
        assertTrue(vault.asked.isEmpty());
    }

    /** A vault that has forgotten one snapshot. */
    private static final class Fake implements BackupsProtocol.Handler {
        private final ConcurrentLinkedQueue<ForgetParams> asked = new ConcurrentLinkedQueue<>();

        @Override
        public void forget(ForgetParams in, Call<ForgetReply> call) {
            asked.add(in);
            call.reply(new ForgetReply(List.of(SNAPSHOT)));
        }

        @Override
        public void take(BackupsProtocol.TakeParams in, Call<BackupsProtocol.TakeReply> call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void list(BackupsProtocol.ListParams in, Call<BackupsProtocol.ListReply> call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void verify(BackupsProtocol.VerifyParams in, Call<BackupsProtocol.VerifyReply> call) {
            throw new UnsupportedOperationException();
        }
    }
}

package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.vault.SecretCall;
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
                var _ = new Box(tree, LOST, true);
                var _ = bus(tree)) {
            var told = restore(tree);
            assertEquals(ExitCode.INCOMPLETE.number(), told.exit(), told.err());
            assertTrue(told.out().startsWith(SAID), told.out());
            assertTrue(told.out().contains("The vault is open."), told.out());
            assertEquals("", told.err());
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
                var _ = new Box(tree, LOST, true)) {
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
                var _ = new Box(tree, LOST, false)) {
            var told = restore(tree);
            assertEquals(ExitCode.AWAY.number(), told.exit());
            assertEquals(SAID, told.out());
        }
    }

    /** The control: nothing is lost. */
    @Test
    void aWholeBackupIsSaidToLackNothing() throws IOException {
        try (var tree = new FakeTree(folder).start();
                var _ = new Box(tree, List.of(), true);
                var _ = bus(tree)) {
            var told = restore(tree);
            assertEquals(0, told.exit(), told.err());
            assertTrue(told.out().startsWith("The vault is open."), told.out());
            assertEquals(1, restore(tree, "--json").out().lines().count());
        }
    }

    private static BusServer bus(FakeTree tree) {
        return BusServer.at(tree.world("").socket("vault"))
                .service(VaultProtocol.service(new Open()))
                .start();
    }

    /** The vault's socket for secrets: it says to each call what was lost, and that it is done, or ends before that. */
    private static final class Box implements AutoCloseable {
        private static final byte DONE = 0;
        private static final byte LACKS = 3;
        private static final int HEADER_BYTES = 6;

        private final List<String> lost;
        private final boolean answers;
        private final ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);

        Box(FakeTree tree, List<String> lost, boolean answers) throws IOException {
            this.lost = lost;
            this.answers = answers;
            listener.bind(UnixDomainSocketAddress.of(tree.world("").socket(SecretCall.SOCKET)));
            Thread.ofVirtual().name("fake-secrets").start(this::accept);
        }

        private void accept() {
            while (listener.isOpen()) {
                try (SocketChannel channel = listener.accept()) {
                    answer(channel);
                } catch (ClosedChannelException e) {
                    return;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private void answer(SocketChannel channel) throws IOException {
            var in = new DataInputStream(Channels.newInputStream(channel));
            var lengths = new int[in.readNBytes(HEADER_BYTES)[HEADER_BYTES - 1]];
            for (var i = 0; i < lengths.length; i++) {
                lengths[i] = in.readInt();
            }
            for (var length : lengths) {
                in.skipNBytes(length);
            }
            var out = new DataOutputStream(Channels.newOutputStream(channel));
            for (var each : lost) {
                write(out, LACKS, each);
            }
            if (answers) {
                write(out, DONE, "");
            }
        }

        private static void write(DataOutputStream out, byte kind, String text) throws IOException {
            out.write(kind);
            out.writeInt(text.length());
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    /** A vault that is open. */
    private static final class Open implements VaultProtocol.Handler {
        @Override
        public void status(VaultProtocol.StatusParams in, Call<VaultProtocol.StatusReply> call) {
            call.reply(new VaultProtocol.StatusReply(new VaultProtocol.Vault(
                    VaultState.OPEN, "2026-11-29T00:00:00Z", "restored", List.of(), 0, 0, 0, null)));
        }

        @Override
        public void lock(VaultProtocol.LockParams in, Call<VaultProtocol.LockReply> call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void redeem(VaultProtocol.RedeemParams in, Call<VaultProtocol.RedeemReply> call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void wipe(VaultProtocol.WipeParams in, Call<VaultProtocol.WipeReply> call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void export(VaultProtocol.ExportParams in, Call<VaultProtocol.ExportReply> call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void verify(VaultProtocol.VerifyParams in, Call<VaultProtocol.VerifyReply> call) {
            throw new UnsupportedOperationException();
        }
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import omni.bus.BusClient;
import omni.bus.BusServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the status says that the machine does not give, as it is at the moment of the asking. */
final class VaultLimitsTest {
    private static final String HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    @TempDir
    Path folder;

    @Test
    void swapThatIsTurnedOnAfterTheStartIsSaid() throws IOException {
        Path swaps = Files.writeString(folder.resolve("swaps"), HEAD);
        Vault vault = new VaultHome(folder.resolve("vault"), Clock.systemUTC()).started();
        Path socket = Files.createTempDirectory("ov").resolve("vault.sock");
        try (var _ = BusServer.at(socket)
                        .service(VaultProtocol.service(
                                new VaultService(vault, Duration.ZERO, () -> VaultRole.limits(swaps))))
                        .start();
                BusClient bus = BusClient.to(socket)) {
            VaultProtocol.Client client = VaultProtocol.Client.of(bus);
            assertFalse(says(client, "swap"));
            Files.writeString(swaps, HEAD + "/dev/sda2 partition 1000 0 -2\n");
            assertTrue(says(client, "this machine has swap"));
            Files.writeString(swaps, HEAD);
            assertFalse(says(client, "swap"));
            Files.delete(swaps);
            assertTrue(says(client, "not known"));
        }
    }

    private static boolean says(VaultProtocol.Client client, String what) {
        return client.status(new VaultProtocol.StatusParams()).vault().limits().stream()
                .anyMatch(line -> line.contains(what));
    }

    @Test
    void aMachineWithoutSwapHasNone() throws IOException {
        assertEquals(List.of(), VaultRole.limits(Files.writeString(folder.resolve("swaps"), HEAD)));
    }
}

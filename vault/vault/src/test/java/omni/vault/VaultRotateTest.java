package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New data keys for an open vault, and what comes in between. */
final class VaultRotateTest {
    @TempDir
    Path folder;

    /** It takes as long as the records are large, and nobody need ask for anything meanwhile; the control is the time after it. */
    @Test
    void itIsNoIdleness() throws Exception {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        Vault vault = home.made();
        AutoLock autoLock = new AutoLock(vault, Duration.ofNanos(1), Clock.systemUTC());
        List<String> looked = new ArrayList<>();
        try (var _ = vault.onChange(status -> {
            looked.add(status.cause());
            if (status.cause().contains("are being put")) {
                autoLock.look(Duration.ZERO);
            }
        })) {
            VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, "");
        }
        assertEquals(List.of("the records are being put under new keys", "has new keys"), looked);
        assertEquals(0, home.ends.get());
        autoLock.look(Duration.ZERO);
        assertEquals(1, home.ends.get());
    }

    /** As on a full disk. */
    @Test
    void whereTheRecordsKeepTheirKeysTheStatusSaysSoAndItIsDoneAgain() throws Exception {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        Vault vault = home.made();
        Path inTheWay = Files.createDirectories(folder.resolve("records.db.new/full"));
        VaultException failed =
                assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, ""));
        assertEquals(Reason.FAILED, failed.reason(), failed.getMessage());
        assertEquals(
                "has records under its old keys: run omni vault rotate again",
                vault.status().cause());
        assertFalse(VaultHome.events(vault).contains("rotated"));
        Files.delete(inTheWay);
        Files.delete(folder.resolve("records.db.new"));
        VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, "");
        assertEquals("has new keys", vault.status().cause());
        assertEquals("rotated", VaultHome.events(vault).getLast());
        vault.open().close();
    }

    @Test
    void anotherPasswordMeanwhileIsNoWrongOne() throws Exception {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        Vault vault = home.made();
        List<VaultException> failed = new ArrayList<>();
        try (var _ = vault.onChange(status -> {
            if (status.cause().contains("are being put")) {
                change(vault, failed);
            }
        })) {
            VaultException refused =
                    assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, ""));
            assertEquals(Reason.REFUSED, refused.reason(), refused.getMessage());
        }
        assertEquals(List.of(), failed);
        assertEquals(0, vault.standing().wrong());
        assertEquals(
                "has new keys, and its old ones, too: run omni vault rotate again",
                vault.status().cause());
        VaultHome.call(vault, Verb.ROTATE, "another password", "");
        assertEquals("has new keys", vault.status().cause());
        vault.open().close();
        Vault again = home.started();
        VaultHome.call(again, Verb.UNLOCK, "another password", "");
        KeyRing keys = again.open().keys();
        assertEquals(3, keys.newest(Purpose.RECORDS));
        assertEquals(3, keys.oldest(Purpose.RECORDS));
        again.open().close();
    }

    private static List<String> limits(Vault vault) throws Exception {
        Path socket = Files.createTempDirectory("ov").resolve("vault.sock");
        try (var _ = BusServer.at(socket)
                        .service(VaultProtocol.service(new VaultService(vault, Duration.ZERO, List::of)))
                        .start();
                BusClient bus = BusClient.to(socket)) {
            return VaultProtocol.Client.of(bus).status(new VaultProtocol.StatusParams()).vault().limits().stream()
                    .filter(line -> line.contains("rotate"))
                    .toList();
        }
    }

    /** Nobody remembers why it is open: that its old keys are there is seen by themselves. */
    @Test
    void whatARotationLeftUndoneIsSaidAfterARestart() throws Exception {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        Vault vault = home.made();
        assertEquals(List.of(), limits(vault));
        Path inTheWay = Files.createDirectories(folder.resolve("records.db.new/full"));
        assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, ""));
        assertEquals(1, limits(vault).size());
        vault.open().close();
        Files.delete(inTheWay);
        Files.delete(folder.resolve("records.db.new"));
        Vault again = home.started();
        VaultHome.call(again, Verb.UNLOCK, Made.PASSWORD, "");
        assertEquals("unlocked", again.status().cause());
        assertEquals(1, limits(again).size());
        VaultHome.call(again, Verb.ROTATE, Made.PASSWORD, "");
        assertEquals(List.of(), limits(again), "done");
        again.open().close();
        Vault last = home.started();
        VaultHome.call(last, Verb.UNLOCK, Made.PASSWORD, "");
        assertEquals(List.of(), limits(last), "and stays so");
        last.open().close();
    }

    private static void change(Vault vault, List<VaultException> failed) {
        try {
            VaultHome.call(vault, Verb.CHANGE_PASSWORD, Made.PASSWORD, "", "another password", "");
        } catch (VaultException e) {
            failed.add(e);
        }
    }
}

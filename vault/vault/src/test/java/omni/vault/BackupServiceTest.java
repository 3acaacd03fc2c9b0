package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.role.Attempts;
import omni.tpm.TpmDevice;
import omni.vault.BackupsProtocol.FailedReason;
import omni.vault.BackupsProtocol.ForgetParams;
import omni.vault.BackupsProtocol.ListParams;
import omni.vault.BackupsProtocol.TakeParams;
import omni.vault.BackupsProtocol.VerifyParams;
import omni.vault.SecretCall.Verb;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupServiceTest {
    @TempDir
    Path folder;

    private final AtomicInteger uses = new AtomicInteger();
    private Vault vault;
    private BusServer server;
    private BusClient bus;
    private BackupsProtocol.Client client;

    @BeforeEach
    void make() throws IOException {
        Path home = Files.createDirectories(folder.resolve("vault"));
        Clock clock = Clock.systemUTC();
        Path run = Files.createTempDirectory("ov");
        vault = new Vault(
                home,
                new KeyKeeper(home, run, Made.MACHINE),
                new Attempts(home.resolve("attempts"), clock),
                clock,
                () -> {},
                new TpmCounter(TpmDevice.NONE),
                new Idleness(() -> {
                    uses.incrementAndGet();
                    return System.nanoTime();
                }));
        var config = new VaultConfig(
                Duration.ZERO, false, true, "off", folder.resolve("stick"), Duration.ofHours(24), 1, 0, 0);
        server = BusServer.at(run.resolve("vault.sock"))
                .service(BackupsProtocol.service(new BackupService(vault, new BackupSchedule(vault, config, clock))))
                .start();
        bus = BusClient.to(run.resolve("vault.sock"));
        client = BackupsProtocol.Client.of(bus);
    }

    @AfterEach
    void close() throws VaultException {
        bus.close();
        server.close();
        if (vault.peek().isPresent()) {
            vault.open().close();
        }
    }

    private void open() throws VaultException {
        try (SecretMemory password = password()) {
            vault.serve(Verb.CREATE, List.of(Optional.of(password), Optional.empty()), (part, done, total) -> {})
                    .orElseThrow()
                    .close();
        }
    }

    private static SecretMemory password() throws VaultException {
        SecretMemory password = SecretMemory.of(Made.PASSWORD.length());
        password.buffer().put(Made.PASSWORD.getBytes(StandardCharsets.US_ASCII));
        return password;
    }

    private static FailedReason refused(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(BackupsProtocol.Failed.class, call).reason();
    }

    @Test
    void aSealedVaultHasNone() {
        assertEquals(FailedReason.SEALED, refused(() -> client.take(new TakeParams(null, null, null))));
        assertEquals(FailedReason.SEALED, refused(() -> client.list(new ListParams(null))));
        assertEquals(FailedReason.SEALED, refused(() -> client.verify(new VerifyParams("/x", null))));
        assertEquals(
                FailedReason.SEALED, refused(() -> client.forget(new ForgetParams("/x", null, null, null, "p", "s"))));
    }

    /** Whoever has the folder reads their names there; and on an empty box one of them is to be chosen. */
    @Test
    void aFolderIsListedWithoutAVault() throws IOException {
        open();
        String stick = folder.resolve("stick").toString();
        client.take(new TakeParams(stick, null, null));
        vault.open().close();
        var clock = Clock.systemUTC();
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Vault none = new VaultHome(empty, clock).started();
        var config = new VaultConfig(Duration.ZERO, false, true, "off", Path.of(""), Duration.ofHours(24), 1, 0, 0);
        Path socket = Files.createTempDirectory("ov").resolve("vault.sock");
        try (var _ = BusServer.at(socket)
                        .service(BackupsProtocol.service(
                                new BackupService(none, new BackupSchedule(none, config, clock))))
                        .start();
                var other = BusClient.to(socket)) {
            var asked = BackupsProtocol.Client.of(other);
            assertEquals(1, asked.list(new ListParams(stick)).copies().size());
            assertEquals(FailedReason.SEALED, refused(() -> asked.list(new ListParams(null))));
            assertEquals(FailedReason.MISSING, refused(() -> asked.list(new ListParams(empty.toString()))));
        }
    }

    @Test
    void theyAreTakenListedVerifiedAndWithAPermitForgotten() throws IOException {
        open();
        String stick = folder.resolve("stick").toString();
        String first = String.valueOf(
                client.take(new TakeParams(null, null, null)).progress().snapshot());
        client.take(new TakeParams(stick, null, null));
        assertEquals(2, client.list(new ListParams(null)).copies().size());
        assertEquals(2, client.list(new ListParams(stick)).copies().size());
        assertEquals(
                Snapshot.taken(first).toString(),
                client.list(new ListParams(stick)).copies().getFirst().taken());
        assertEquals(List.of(), client.verify(new VerifyParams(stick, null)).problems());
        assertEquals(1, client.verify(new VerifyParams(stick, first)).snapshots());

        String permit = vault.permits().issue("mine");
        assertEquals(
                FailedReason.DENIED,
                refused(() -> client.forget(new ForgetParams(stick, first, null, null, "none", "mine"))));
        assertEquals(
                FailedReason.DENIED,
                refused(() -> client.forget(new ForgetParams(stick, first, null, null, permit, "other"))));
        assertEquals(2, client.list(new ListParams(stick)).copies().size(), "nothing was forgotten");
        assertEquals(
                FailedReason.INVALID,
                refused(() -> client.forget(new ForgetParams(stick, first, "conv_1", null, permit, "mine"))));
        assertEquals(
                List.of(first),
                client.forget(new ForgetParams(stick, first, null, null, permit, "mine"))
                        .snapshots());
        assertEquals(
                FailedReason.MISSING,
                refused(() -> client.forget(new ForgetParams(stick, first, null, null, permit, "mine"))));
        assertEquals(
                List.of(),
                client.forget(new ForgetParams(stick, null, "conv_1", null, permit, "mine"))
                        .snapshots());
        String newest = String.valueOf(
                client.take(new TakeParams(stick, null, null)).progress().snapshot());
        assertEquals(
                1,
                client.forget(new ForgetParams(stick, null, null, null, permit, "mine"))
                        .snapshots()
                        .size());
        assertEquals(
                newest, client.list(new ListParams(stick)).copies().getFirst().snapshot());
    }

    /** The control is the same folder with its disk in it: then there is something that can be destroyed. */
    @Test
    void whatIsGoneForGoodIsTakenOutOfTheListByItsOwnerAlone() throws IOException {
        open();
        Path stick = folder.resolve("stick");
        String target = stick.toString();
        client.take(new TakeParams(target, null, null));
        String permit = vault.permits().issue("mine");
        assertEquals(
                FailedReason.REFUSED,
                refused(() -> client.forget(new ForgetParams(target, null, null, true, permit, "mine"))));
        Files.move(stick, folder.resolve("lost"));
        assertEquals(
                FailedReason.DENIED,
                refused(() -> client.forget(new ForgetParams(target, null, null, true, "none", "mine"))));
        assertEquals(
                FailedReason.DENIED,
                refused(() -> client.forget(new ForgetParams(target, null, null, true, permit, "other"))));
        assertEquals(
                FailedReason.INVALID,
                refused(() -> client.forget(new ForgetParams(target, null, "conv_1", true, permit, "mine"))));
        assertEquals(
                FailedReason.MISSING,
                refused(() -> client.forget(new ForgetParams("/elsewhere", null, null, true, permit, "mine"))));
        assertEquals(1, client.list(new ListParams(null)).copies().size());

        assertEquals(
                1,
                client.forget(new ForgetParams(target, null, null, true, permit, "mine"))
                        .snapshots()
                        .size());
        assertEquals(List.of(), client.list(new ListParams(null)).copies());
        assertEquals(
                FailedReason.MISSING,
                refused(() -> client.forget(new ForgetParams(target, null, null, true, permit, "mine"))));
    }

    /** Or the vault locked itself while a large backup is taken or checked; the control is what has no steps. */
    @Test
    void eachStepIsUse() throws IOException {
        open();
        vault.open().conversations().create(Map.of("a", "b"), List.of(), Optional.empty());
        uses.set(0);
        client.list(new ListParams(null));
        assertEquals(1, uses.get(), "the control");
        uses.set(0);
        client.take(new TakeParams(null, null, null));
        assertTrue(uses.get() > 2, uses::toString);
        uses.set(0);
        client.verify(new VerifyParams(folder.resolve("stick").toString(), null));
        assertTrue(uses.get() > 2, uses::toString);
    }

    @Test
    void aPlaceThatMakesNoSenseIsRefused() throws IOException {
        open();
        assertEquals(FailedReason.INVALID, refused(() -> client.take(new TakeParams("relative", null, null))));
        assertEquals(
                FailedReason.INVALID,
                refused(() -> client.take(new TakeParams("/a\\0b".replace("\\0", "\0"), null, null))));
        assertEquals(FailedReason.MISSING, refused(() -> client.list(new ListParams(folder.toString()))));
        assertEquals(FailedReason.MISSING, refused(() -> client.verify(new VerifyParams(folder.toString(), null))));
    }
}

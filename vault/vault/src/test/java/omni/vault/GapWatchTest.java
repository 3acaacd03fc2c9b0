package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import omni.bus.BusClient;
import omni.bus.BusMethod;
import omni.bus.BusServer;
import omni.bus.Credential;
import omni.bus.Service;
import omni.bus.Wire;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** A vault that is to be locked in a gap: it is opened in none, nor where nobody knows whether there is one. */
final class GapWatchTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path folder;

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);

    private static void assertBarred(Vault vault) {
        VaultException refused =
                assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.UNLOCK, Made.PASSWORD, ""));
        assertEquals(Reason.REFUSED, refused.reason());
        assertTrue(refused.getMessage().contains("lock_in_gap"), refused.getMessage());
        assertEquals(Vault.State.SEALED, vault.status().state());
    }

    private record Watched(VaultHome home, Vault vault, GapWatch watch) {}

    private Watched made() throws IOException {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        home.made().lock("a test");
        Vault vault = home.started();
        GapWatch watch = new GapWatch(vault, now::get);
        vault.barredBy(watch::bars);
        return new Watched(home, vault, watch);
    }

    @Test
    void itStaysLockedUntilTheGapIsKnownToBeOpen() throws IOException {
        Watched made = made();
        assertBarred(made.vault());
        made.watch().heard("gap");
        assertBarred(made.vault());
        made.watch().heard("broken");
        assertBarred(made.vault());
        assertEquals(0, made.vault().standing().wrong());
        made.watch().heard("open");
        VaultHome.call(made.vault(), Verb.UNLOCK, Made.PASSWORD, "");
        made.watch().heard("engaging");
        assertEquals(2, made.home().ends.get());
    }

    /** The control is a role that is back in time, however long ago its last word was. */
    @Test
    void aRoleThatStaysAwayIsAGap() throws IOException {
        Watched made = made();
        made.watch().heard("open");
        VaultHome.call(made.vault(), Verb.UNLOCK, Made.PASSWORD, "");
        now.addAndGet(1000 * SECOND);
        made.watch().away();
        now.addAndGet(GapWatch.AWAY_MAX.toNanos());
        made.watch().away();
        made.watch().heard("open");
        now.addAndGet(SECOND);
        made.watch().away();
        now.addAndGet(GapWatch.AWAY_MAX.toNanos());
        made.watch().away();
        assertEquals(1, made.home().ends.get());
        now.addAndGet(SECOND);
        made.watch().away();
        assertEquals(2, made.home().ends.get());
        assertTrue(made.watch().bars().isPresent());
    }

    /** In the role's place, at its socket. */
    private BusServer saysOpen(Credential known, AtomicInteger asked) {
        var status = new BusMethod<JsonNode, JsonNode>(
                "omni.Airgap.Status",
                Wire::readObject,
                Wire::writeObject,
                Wire::readObject,
                Wire::writeObject,
                Map.of());
        var open = JsonNodeFactory.instance.objectNode();
        open.putObject("gap").put("state", "open");
        return BusServer.at(folder.resolve("airgap.sock"))
                .service(Service.builder("omni.Airgap", "interface omni.Airgap")
                        .method(status, (_, call) -> {
                            asked.incrementAndGet();
                            call.reply(open);
                        })
                        .build())
                .knowing(known)
                .start();
    }

    /** Another program of the same user, which has taken the place of the role's socket, hears nothing. */
    @Test
    void aRoleThatCannotProveItselfIsNotBelievedThatItIsOpen() throws IOException {
        Watched made = made();
        Credential root = Credential.root();
        var tries = new AtomicInteger();
        var asked = new AtomicInteger();
        LongSupplier counting = () -> tries.incrementAndGet();
        try (var _ = saysOpen(Credential.root(), asked);
                var proven = BusClient.to(folder.resolve("airgap.sock"), "vault", root.forRole("vault"));
                var plain = BusClient.to(folder.resolve("airgap.sock"))) {
            try (var _ = new GapWatch(made.vault(), counting).start(proven)) {
                await(() -> tries.get() > 0); // it was away
                assertEquals(0, asked.get());
                assertBarred(made.vault());
            }
            try (var believing = new GapWatch(made.vault(), counting).start(plain)) {
                await(() -> believing.bars().isEmpty()); // the control: the proof alone keeps it out
            }
        }
        try (var _ = saysOpen(root, asked);
                var proven = BusClient.to(folder.resolve("airgap.sock"), "vault", root.forRole("vault"));
                var watch = new GapWatch(made.vault(), counting).start(proven)) {
            await(() -> watch.bars().isEmpty());
            VaultHome.call(made.vault(), Verb.UNLOCK, Made.PASSWORD, "");
        }
    }

    private static FutureTask<Boolean> asked(Vault vault, Verb verb, String... fields) {
        var asked = new FutureTask<>(() -> {
            VaultHome.call(vault, verb, fields);
            return true;
        });
        Thread.ofPlatform().name(verb.name()).start(asked);
        return asked;
    }

    private static void assertStaysLocked(Watched made, FutureTask<Boolean> asked) {
        var failed = assertThrows(ExecutionException.class, asked::get);
        var refused = assertInstanceOf(VaultException.class, failed.getCause());
        assertEquals(Reason.REFUSED, refused.reason(), refused.getMessage());
        assertTrue(made.vault().peek().isEmpty());
    }

    private static void await(BooleanSupplier there) {
        while (!there.getAsBoolean()) {
            LockSupport.parkNanos(100_000);
        }
    }

    /** It takes two children, one behind the other: the first is at work when the gap closes. */
    @Test
    void aGapThatClosesInTheMiddleOfARecoveryKeepsItLocked() throws Exception {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        Vault before = home.started();
        String words = VaultHome.call(before, Verb.CREATE, Made.PASSWORD, "");
        before.lock("a test");
        Vault vault = home.started();
        GapWatch watch = new GapWatch(vault, now::get);
        Watched made = new Watched(home, vault, watch);
        vault.barredBy(watch::bars);
        watch.heard("open");
        var recovery = asked(vault, Verb.RECOVER, words, "another password", "");
        await(home::isDeriving);
        watch.heard("gap");
        watch.heard("open"); // though it is open again
        assertStaysLocked(made, recovery);
        VaultHome.call(vault, Verb.UNLOCK, "another password", ""); // the control
        vault.open().close();
    }

    @Test
    void aGapThatClosesWhileAnUnlockWaitsKeepsItLocked() throws Exception {
        Watched made = made();
        made.watch().heard("open");
        var proof = asked(made.vault(), Verb.PROVE, Made.PASSWORD, "", "a session");
        await(made.home()::isDeriving);
        var unlock = asked(made.vault(), Verb.UNLOCK, Made.PASSWORD, "");
        await(() -> unlock.isDone()
                || Thread.getAllStackTraces().keySet().stream()
                        .anyMatch(thread ->
                                thread.getName().equals("UNLOCK") && thread.getState() == Thread.State.BLOCKED));
        made.watch().heard("gap");
        proof.get();
        assertStaysLocked(made, unlock);
    }

    /** Whoever bars it has not always locked it yet. */
    @Test
    void theBarIsAskedAgainAtTheEnd() throws Exception {
        Watched made = made();
        var asked = new AtomicInteger();
        made.vault().barredBy(() -> asked.incrementAndGet() > 1 ? Optional.of("The gap.") : Optional.empty());
        assertStaysLocked(made, asked(made.vault(), Verb.UNLOCK, Made.PASSWORD, ""));
        assertEquals(2, asked.get());
    }
}

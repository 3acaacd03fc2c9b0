package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import omni.bus.BusClient;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon ends with an open vault, and only with one. */
final class VaultWatchTest {
    @TempDir
    private Path home;

    private final AtomicInteger vanished = new AtomicInteger();
    private BusClient bus;

    @BeforeEach
    void connect() {
        bus = BusClient.to(home.resolve("vault.sock"));
    }

    @AfterEach
    void leave() {
        bus.close();
    }

    @Test
    void anOpenVaultThatEndsTakesTheDaemonAlong() throws Exception {
        try (var vault = new FakeVault(home, VaultState.OPEN);
                var watch = watch(Duration.ZERO)) {
            assertTrue(watch.awaitOpen(Await.LONG));
            assertEquals(0, vanished.get());

            vault.die();

            Await.until("it has vanished", () -> vanished.get() == 1);
            assertFalse(watch.isOpen());
        }
    }

    @Test
    void anOpenVaultThatSaysItIsSealedDoesToo() throws Exception {
        try (var vault = new FakeVault(home, VaultState.OPEN);
                var watch = watch(Duration.ZERO)) {
            assertTrue(watch.awaitOpen(Await.LONG));

            vault.become(VaultState.SEALED);

            Await.until("it has vanished", () -> vanished.get() == 1);
        }
    }

    /** The control: without the vault having been open, its end means nothing, and the watch goes on with the next one. */
    @Test
    void aSealedVaultThatEndsDoesNot() throws Exception {
        try (var vault = new FakeVault(home, VaultState.SEALED);
                var watch = watch(Duration.ZERO)) {
            Await.until("it is watched", () -> vault.watching.get() == 1);

            vault.die();
            Await.until("it is watched again", () -> vault.watching.get() == 1);

            assertEquals(0, vanished.get());
            vault.become(VaultState.OPEN);
            assertTrue(watch.awaitOpen(Await.LONG));
        }
    }

    @Test
    void aVaultThatComesLateIsWatched() throws Exception {
        try (var watch = watch(Duration.ZERO)) {
            assertFalse(watch.awaitOpen(Duration.ofMillis(1)));
            try (var _ = new FakeVault(home, VaultState.OPEN)) {
                assertTrue(watch.awaitOpen(Await.LONG));
            }
            Await.until("it has vanished", () -> vanished.get() == 1);
        }
    }

    @Test
    void theEndWaitsForTheAnswerToWhoAskedForIt() throws Exception {
        try (var vault = new FakeVault(home, VaultState.OPEN);
                var watch = watch(Await.LONG)) {
            assertTrue(watch.awaitOpen(Await.LONG));
            watch.answering();
            vault.become(VaultState.SEALED);
            Await.until("the end is heard of", () -> !watch.isOpen());
            assertEquals(0, vanished.get());

            watch.answered();

            Await.until("it has vanished", () -> vanished.get() == 1);
        }
    }

    @Test
    void theEndDoesNotWaitForEver() throws Exception {
        try (var vault = new FakeVault(home, VaultState.OPEN);
                var watch = watch(VaultWatch.ANSWER_MAX)) {
            assertTrue(watch.awaitOpen(Await.LONG));
            watch.answering();

            vault.die();

            Await.until("it has vanished", () -> vanished.get() == 1);
        }
    }

    @Test
    void aDaemonThatStopsInOrderDoesNotVanish() throws Exception {
        try (var vault = new FakeVault(home, VaultState.OPEN)) {
            var watch = watch(Duration.ZERO);
            assertTrue(watch.awaitOpen(Await.LONG));

            watch.close();

            Await.until("nobody watches", () -> vault.watching.get() == 0);
            Await.until("the end is heard of", () -> !watch.isOpen());
            assertEquals(0, vanished.get());
        }
    }

    private VaultWatch watch(Duration answerMax) {
        return new VaultWatch(VaultProtocol.Client.of(bus), vanished::incrementAndGet, answerMax);
    }
}

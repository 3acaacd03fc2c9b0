package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was counted and not written down yet when a vault ends: it stands in the line of its lock. */
final class VaultStopTest {
    @TempDir
    Path folder;

    private VaultHome home;
    private Vault vault;

    @BeforeEach
    void make() throws Exception {
        home = new VaultHome(folder, Clock.systemUTC());
        vault = home.made();
        for (int i = 0; i < 3; i++) {
            vault.open().tally().count(AuditEvent.DELETED, "item", 1);
            vault.open().tally().count(AuditEvent.DELETED, "memory", 2);
            vault.open().tally().count(AuditEvent.POLICY_CHANGED, "conversation", 1);
        }
    }

    /**
     * The details of its lines for locks, after another unlock. Where a busy machine takes longer to write one than a lock waits, it
     * stands twice: also among those that were written beside, which say so.
     */
    private Set<Map<String, String>> locks() throws VaultException {
        Vault again = home.started();
        VaultHome.call(again, SecretCall.Verb.UNLOCK, Made.PASSWORD, "");
        Set<Map<String, String>> locks = new HashSet<>();
        for (AuditRow row : new AuditTable(again.open().records()).read(1, 1000)) {
            AuditLine line = AuditLine.read(row.line());
            if (line.event() == AuditEvent.LOCKED) {
                Map<String, String> details = new HashMap<>(line.details());
                boolean beside = details.keySet().removeIf(name -> name.startsWith("sealed"));
                assertTrue(locks.add(details) || beside, "twice among the records");
            }
        }
        assertEquals(List.of(), again.open().audit().check(List.of()).problems());
        again.open().close();
        return locks;
    }

    private static Map<String, String> details(String why) {
        return Map.of("why", why, "deleted", "item 2, memory 4", "policy-changed", "conversation 2");
    }

    @Test
    void anOrdinaryStopIsALockWithAllThatWasCounted() throws Exception {
        vault.stop();
        assertTrue(vault.peek().isEmpty());
        assertEquals(Set.of(details("its process was stopped")), locks());
        assertEquals(0, home.ends.get(), "the process ends by itself");
    }

    @Test
    void soIsALock() throws Exception {
        Records records = vault.open().records();
        vault.lock("a test");
        records.close();
        assertEquals(Set.of(details("a test")), locks());
    }

    /** The control: nothing was deleted since it was written down. */
    @Test
    void withoutAnythingCountedItSaysWhyAlone() throws Exception {
        vault.open().tally().flush();
        vault.stop();
        assertEquals(Set.of(Map.of("why", "its process was stopped")), locks());
    }

    /** One who has the records for long keeps a count from being written, and no lock from saying it. */
    @Test
    void whereTheRecordsAreHeldItStandsBeside() throws Exception {
        var held = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        OpenVault open = vault.open();
        var writer = Aside.start(
                "writer",
                () -> open.records().write(_ -> {
                    held.countDown();
                    try {
                        done.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return true;
                }));
        held.await();
        var counting = Aside.start("counting", () -> {
            open.tally().flush();
            return true;
        });
        vault.lock("a test");
        SealedLine line = SealedLog.in(folder).orElseThrow().lines().getFirst();
        assertEquals(AuditEvent.LOCKED, line.event());
        assertEquals(details("a test"), line.details());
        done.countDown();
        writer.get();
        counting.get();
        open.records().close();
    }
}

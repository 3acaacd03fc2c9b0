package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}

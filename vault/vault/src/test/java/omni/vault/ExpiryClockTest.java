package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A clock that was set wrong deletes nothing at once; one that goes as clocks go is followed. */
final class ExpiryClockTest {
    private static final Instant BEGIN = TestVault.BEGIN;
    private static final Duration MONTH = Duration.ofDays(30);

    @TempDir
    Path folder;

    private final List<String> told = new ArrayList<>();

    /** As after each unlock. */
    private Retention unlocked(TestVault vault) {
        return new Retention(
                vault.settings,
                vault.conversations,
                new AuditTally((event, details) -> told.add(event.text())),
                Optional.empty());
    }

    private static Instant day(int days) {
        return BEGIN.plus(Duration.ofDays(days));
    }

    private static int kept(TestVault vault) throws VaultException {
        return vault.conversations.list(Optional.empty(), 10).entries().size();
    }

    private TestVault vault() throws VaultException {
        TestVault vault = new TestVault(folder.resolve("v"));
        vault.conversation("an owl");
        Retention retention = unlocked(vault);
        retention.rule(Optional.of(MONTH));
        retention.expireAt(BEGIN);
        return vault;
    }

    @Test
    void aYearAheadDeletesNothingAndSaysSo() throws Exception {
        try (TestVault vault = vault()) {
            Retention retention = unlocked(vault);
            retention.expireAt(day(365));
            assertEquals(1, kept(vault));
            assertEquals(Optional.of(day(366)), retention.waitsUntil());
            unlocked(vault).expireAt(day(365).plusSeconds(600));
            assertEquals(1, kept(vault), "another unlock is no second look");
            Retention right = unlocked(vault);
            right.expireAt(day(1));
            assertEquals(Optional.empty(), right.waitsUntil(), "set right");
            unlocked(vault).expireAt(day(367));
            assertEquals(1, kept(vault), "and wrong again: it begins anew");
            assertEquals(List.of(), told);
            assertEquals(1, unlocked(vault).expire(day(365)), "the control: without a look at the clock it goes");
        }
    }

    /** As after a journey: the clock was right. */
    @Test
    void whatALookADayLaterStillFindsIsBelieved() throws Exception {
        try (TestVault vault = vault()) {
            unlocked(vault).expireAt(day(60));
            unlocked(vault).expireAt(day(61).minusSeconds(1));
            assertEquals(1, kept(vault));
            Retention retention = unlocked(vault);
            retention.expireAt(day(61));
            assertEquals(0, kept(vault));
            assertEquals(Optional.empty(), retention.waitsUntil());
        }
    }

    @Test
    void aClockThatIsLookedAtEachWeekIsFollowed() throws Exception {
        try (TestVault vault = vault()) {
            for (int days = 7; days < 30; days += 7) {
                unlocked(vault).expireAt(day(days));
                assertEquals(1, kept(vault));
            }
            unlocked(vault).expireAt(day(30));
            assertEquals(0, kept(vault));
        }
    }

    @Test
    void oneSecondMoreThanAWeekIsAJump() throws Exception {
        try (TestVault vault = vault()) {
            ExpiryClock clock = new ExpiryClock(vault.settings, Optional.empty());
            assertTrue(clock.trusts(day(7)));
            assertFalse(clock.trusts(day(14).plusSeconds(1)));
            assertTrue(clock.trusts(day(14)));
        }
    }

    /** As after an update: no look is written down yet, and the log has the time of the last use. */
    @Test
    void theFirstLookIsMeasuredByTheLog() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            assertFalse(new ExpiryClock(vault.settings, Optional.of(BEGIN)).trusts(day(365)));
            assertFalse(new ExpiryClock(vault.settings, Optional.of(day(365))).trusts(day(365)), "it is written down");
        }
        try (TestVault vault = new TestVault(folder.resolve("w"))) {
            assertTrue(new ExpiryClock(vault.settings, Optional.of(BEGIN)).trusts(day(7)), "the control");
        }
    }

    @Test
    void theLogIsAskedBeforeThisUseIsInIt() throws Exception {
        var now = new AtomicReference<>(BEGIN);
        InstantSource source = now::get;
        VaultHome home = new VaultHome(folder.resolve("x"), source.withZone(ZoneOffset.UTC));
        home.made().lock("a test");
        now.set(day(365));
        Vault again = home.started();
        VaultHome.call(again, SecretCall.Verb.UNLOCK, Made.PASSWORD, "");
        again.open().retention().expireAt(day(365));
        assertEquals(Optional.of(day(366)), again.open().retention().waitsUntil());
        again.open().close();
    }
}

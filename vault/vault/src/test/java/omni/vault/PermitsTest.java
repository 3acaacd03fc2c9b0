package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a permit is good for, and for how long. */
final class PermitsTest {
    private Instant now = Instant.parse("2026-03-01T12:00:00Z");
    private final Permits permits = new Permits(() -> now);

    private void denied(String permit, String session) {
        for (var use : List.<Use>of(permits::require, permits::redeem)) {
            var refusal = assertThrows(VaultException.class, () -> use.of(permit, session));
            assertEquals(VaultException.Reason.DENIED, refusal.reason());
            assertTrue(refusal.getMessage().contains("password"), refusal.getMessage());
        }
    }

    private interface Use {
        void of(String permit, String session) throws VaultException;
    }

    @Test
    void isGoodAsOftenAsNeededWithinItsSession() throws VaultException {
        String permit = permits.issue("one");
        assertTrue(permit.matches("[A-Za-z0-9_-]{43}"), permit);
        permits.require(permit, "one");
        permits.require(permit, "one");
        denied(permit, "two");
        denied(permit, "");
        denied(permit + "A", "one");
        denied("", "one");
        permits.require(permit, "one");
    }

    @Test
    void lastsFiveMinutesAndNotAMomentLonger() throws VaultException {
        String permit = permits.issue("one");
        now = now.plus(Duration.ofMinutes(5)).minusMillis(1);
        permits.require(permit, "one");
        now = now.plusMillis(1);
        denied(permit, "one");
        now = now.minusSeconds(60);
        denied(permit, "one");
    }

    @Test
    void aClockThatWasSetBackMakesItLastNoLonger() {
        String permit = permits.issue("one");
        now = now.minusMillis(1);
        denied(permit, "one");
    }

    @Test
    void theSeventeenthTakesThePlaceOfTheFirst() throws VaultException {
        List<String> given = new ArrayList<>(
                Stream.generate(() -> permits.issue("one")).limit(Permits.MAX).toList());
        for (String permit : given) {
            permits.require(permit, "one");
        }
        given.add(permits.issue("one"));
        denied(given.removeFirst(), "one");
        for (String permit : given) {
            permits.require(permit, "one");
        }
    }

    @Test
    void isUsedUpOnceAndTakenBackWithTheOthers() throws VaultException {
        String first = permits.issue("one");
        String second = permits.issue("one");
        permits.redeem(first, "one");
        denied(first, "one");
        permits.require(second, "one");
        permits.clear();
        denied(second, "one");
    }
}

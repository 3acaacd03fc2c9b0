package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted of each key, over clocks that the test sets. */
final class KeyUseTest {
    private static final String ONE = "000000000001";
    private static final String TWO = "000000000002";

    @TempDir
    private Path home;

    private Instant now = Instant.parse("2026-11-30T23:59:00Z");
    private long nanos = -5;
    private Set<String> ids = Set.of(ONE, TWO);
    private final List<Runnable> later = new ArrayList<>();

    private KeyUse open() {
        return KeyUse.open(home, () -> ids, () -> now, () -> nanos, later::add);
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
        now = now.plus(time);
    }

    @Test
    void aMinuteHasAsManyRequestsAsMayBeAndNoMore() {
        var use = open();
        for (var i = 0; i < 3; i++) {
            assertEquals(OptionalInt.empty(), use.take(ONE, 3));
            pass(Duration.ofSeconds(10));
        }
        assertEquals(OptionalInt.of(31), use.take(ONE, 3), "the first is a minute and a second ago then");
        assertEquals(OptionalInt.empty(), use.take(TWO, 3), "another key");
        pass(Duration.ofSeconds(30));
        assertEquals(OptionalInt.of(1), use.take(ONE, 3));
        pass(Duration.ofSeconds(1));
        assertEquals(OptionalInt.empty(), use.take(ONE, 3));
        assertEquals(OptionalInt.of(10), use.take(ONE, 3));
    }

    /** Wherever in a second it begins. */
    @Test
    void noMinuteHasMore() {
        var use = open();
        var taken = new ArrayList<Long>();
        for (var i = 0; i < 1000; i++) {
            if (use.take(ONE, 5).isEmpty()) {
                taken.add(nanos);
            }
            pass(Duration.ofMillis(379));
        }
        assertTrue(taken.size() > 20, "the control: " + taken);
        for (var i = 5; i < taken.size(); i++) {
            assertTrue(taken.get(i) - taken.get(i - 5) >= Duration.ofMinutes(1).toNanos(), taken.toString());
        }
    }

    @Test
    void afterAPauseNothingIsLeftOfThem() {
        var use = open();
        assertEquals(OptionalInt.empty(), use.take(ONE, 1));
        assertEquals(OptionalInt.of(61), use.take(ONE, 1));
        pass(Duration.ofDays(400));
        assertEquals(OptionalInt.empty(), use.take(ONE, 1));
    }

    @Test
    void tokensAreThoseOfADayOfUtc() {
        var use = open();
        use.spent(ONE, 30);
        use.spent(ONE, 12);
        use.spent(TWO, 1);
        assertEquals(42, use.tokensToday(ONE));
        assertEquals(1, use.tokensToday(TWO));
        assertEquals(0, use.tokensToday("000000000003"));
        assertEquals(60, use.secondsOfToday());
        pass(Duration.ofMillis(59_500));
        assertEquals(42, use.tokensToday(ONE));
        assertEquals(1, use.secondsOfToday());
        pass(Duration.ofMillis(500));
        assertEquals(0, use.tokensToday(ONE));
        assertEquals(86_400, use.secondsOfToday());
        use.spent(ONE, 7);
        assertEquals(7, use.tokensToday(ONE));
    }

    /** A clock that was wrong by more than that says nothing of a day. */
    @Test
    void aClockThatGoesBackOverMidnightGivesNoTokensAnew() {
        var use = open();
        pass(Duration.ofMinutes(2));
        use.spent(ONE, 42);
        pass(Duration.ofMinutes(-2));
        use.spent(ONE, 1);
        assertEquals(43, use.tokensToday(ONE));
        pass(Duration.ofMinutes(2));
        assertEquals(43, use.tokensToday(ONE));
        pass(Duration.ofDays(-2));
        assertEquals(0, use.tokensToday(ONE));
    }

    /** However much it is used, it is written once in that time. */
    @Test
    void aRestartFindsWhatWasWrittenAndAnEndWithoutNoticeLosesWhatCameSince() throws IOException {
        var use = open();
        for (var i = 0; i < 100; i++) {
            use.used(ONE);
            use.spent(ONE, 1);
        }
        assertEquals(1, later.size());
        assertFalse(Files.exists(home.resolve("keys-used.json")));
        later.removeFirst().run();
        var file = home.resolve("keys-used.json");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("""
                {"version":1,"day":"2026-11-30","keys":{"000000000001":{"used":"2026-11-30T23:59:00Z","tokens":100}}}""", Files.readString(file));
        use.spent(ONE, 5);
        assertEquals(1, later.size(), "it is to be written again");

        var next = open();
        assertEquals(100, next.tokensToday(ONE));
        assertEquals(Optional.of(now), next.lastUsed(ONE));
        assertEquals(Optional.empty(), next.lastUsed(TWO));
        pass(Duration.ofMinutes(1));
        assertEquals(0, open().tokensToday(ONE));
        assertEquals(Optional.of(now.minusSeconds(60)), open().lastUsed(ONE));
    }

    @Test
    void atTheEndAllIsWrittenAndNothingAfterwards() {
        var use = open();
        use.spent(ONE, 3);
        use.close();
        assertEquals(3, open().tokensToday(ONE));
        later.clear();
        use.spent(ONE, 3);
        assertEquals(List.of(), later);
    }

    @Test
    void whatIsKeptIsOfTheKeysThereAre() throws IOException {
        var use = open();
        use.spent(ONE, 1);
        use.spent(TWO, 2);
        use.spent("000000000003", 3);
        ids = Set.of(TWO);
        use.close();
        var file = Files.readString(home.resolve("keys-used.json"));
        assertTrue(file.contains(TWO), file);
        assertFalse(file.contains(ONE) || file.contains("000000000003"), file);
        ids = Set.of(ONE);
        assertEquals(0, open().tokensToday(TWO));
    }

    @Test
    void aKeyThatTakesAnothersPlaceHasItsTokensOfTheDay() {
        var use = open();
        use.used(ONE);
        use.spent(ONE, 9);
        use.move(ONE, TWO);
        assertEquals(9, use.tokensToday(TWO));
        assertEquals(0, use.tokensToday(ONE));
        assertEquals(Optional.empty(), use.lastUsed(TWO));
        use.spent(ONE, 1);
        assertEquals(10, use.tokensToday(TWO), "of an answer that was in progress");
        use.move(TWO, ONE);
        use.spent(TWO, 1);
        assertEquals(11, use.tokensToday(ONE), "as it was");
        use.spent(ONE, -2);
        assertEquals(9, use.tokensToday(ONE), "an estimate that was too high");
        use.move("000000000003", TWO);
        assertEquals(0, use.tokensToday(TWO));
    }

    /** One that is asked for numbers four times a minute wears no disk. */
    @Test
    void whenAKeyWasUsedIsWrittenEveryTenMinutesAlone() {
        var use = open();
        use.used(ONE);
        later.removeFirst().run();
        for (var i = 0; i < 39; i++) {
            pass(Duration.ofSeconds(15));
            use.used(ONE);
        }
        assertEquals(List.of(), later);
        pass(Duration.ofSeconds(15));
        use.used(ONE);
        assertEquals(1, later.size());
        use.close();
        assertEquals(Optional.of(now), open().lastUsed(ONE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{\"version\":2,\"day\":\"2026-11-30\",\"keys\":{}}",
                "{\"version\":1,\"day\":\"2026-11-31\",\"keys\":{}}",
                "{\"version\":1,\"day\":\"2026-11-30\",\"keys\":[]}",
                "{\"version\":1,\"day\":\"2026-11-30\",\"keys\":{\"000000000001\":{\"used\":\"now\"}}}",
                "{\"version\":1,\"ke"
            })
    void aFileThatIsNoneOfOursIsBegunAnew(String content) throws IOException {
        Files.writeString(home.resolve("keys-used.json"), content);
        var use = open();
        assertEquals(0, use.tokensToday(ONE));
        use.spent(ONE, 2);
        use.close();
        assertEquals(2, open().tokensToday(ONE));
    }

    @Test
    void soIsOneThatIsTooLarge() throws IOException {
        var whole = "{\"version\":1,\"day\":\"2026-11-30\",\"keys\":{\"000000000001\":{\"tokens\":8}}}";
        Files.writeString(home.resolve("keys-used.json"), whole + " ".repeat(512 * 1024 - whole.length()));
        assertEquals(8, open().tokensToday(ONE));
        Files.writeString(home.resolve("keys-used.json"), whole + " ".repeat(512 * 1024 - whole.length() + 1));
        assertEquals(0, open().tokensToday(ONE));
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenWithTheNextUse() throws IOException {
        var inTheWay = home.resolve("keys-used.json.new/in-the-way");
        Files.createDirectories(inTheWay);
        var use = open();
        use.spent(ONE, 2);
        later.removeFirst().run();
        assertEquals(2, use.tokensToday(ONE));
        assertFalse(Files.exists(home.resolve("keys-used.json")));
        Files.delete(inTheWay);
        use.spent(ONE, 2);
        later.removeFirst().run();
        assertEquals(4, open().tokensToday(ONE));
    }
}

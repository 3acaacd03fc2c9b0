package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each wrong try makes the next one wait, whatever ends the process meanwhile. */
final class AttemptsTest {
    @TempDir
    Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private Path file = Path.of("");

    @BeforeEach
    void place() {
        file = folder.resolve("attempts");
    }

    /** As a process that has just begun has them. */
    private Attempts attempts() {
        return new Attempts(file, new Clock() {
            @Override
            public Instant instant() {
                return now.get();
            }

            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        });
    }

    private void after(Duration wait) throws IOException {
        now.set(Files.getLastModifiedTime(file).toInstant().plus(wait));
    }

    @Test
    void theWaitDoublesFromASecondToAQuarterOfAnHourAndSurvivesAKill() throws Exception {
        attempts().begin();
        for (int wrong = 1; wrong <= 30; wrong++) {
            Duration wait = Duration.ofSeconds(Math.min(1L << (wrong - 1), 900));
            after(wait.minusMillis(1));
            assertThrows(LaterException.class, () -> attempts().begin(), "after try " + wrong);
            after(wait);
            attempts().begin();
            assertEquals((wrong + 1) + " " + (wrong + 1), Files.readString(file));
        }
    }

    @Test
    void toCheckCountsNothing() throws Exception {
        attempts().check();
        assertFalse(Files.exists(file));
        attempts().begin();
        after(Duration.ofMillis(500));
        assertThrows(LaterException.class, () -> attempts().check());
        after(Duration.ofSeconds(1));
        attempts().check();
        assertEquals("1 1", Files.readString(file));
    }

    @Test
    void aTryThatCameTooEarlyCountsForNothingAndSaysHowLongToWait() throws Exception {
        for (int i = 0; i < 3; i++) {
            attempts().begin();
            after(Duration.ofHours(1));
        }
        after(Duration.ofMillis(1500));
        LaterException later =
                assertThrows(LaterException.class, () -> attempts().begin());
        assertEquals(Duration.ofMillis(2500), later.left());
        assertEquals("After 3 wrong tries wait 3 more seconds.", later.getMessage());
        assertEquals("3 3", Files.readString(file));
    }

    @Test
    void theWaitIsSaidAsPeopleSayIt() {
        assertEquals(
                "After 1 wrong try wait 1 more second.", new LaterException(1, Duration.ofMillis(900)).getMessage());
        assertEquals(
                "After 7 wrong tries wait 64 more seconds.",
                new LaterException(7, Duration.ofMillis(63_001)).getMessage());
        assertEquals(
                "After 20 wrong tries wait 15 more minutes.",
                new LaterException(20, Duration.ofMillis(899_999)).getMessage());
    }

    @Test
    void whoIsRightBeginsAnew() throws Exception {
        attempts().begin();
        attempts().succeeded();
        assertFalse(Files.exists(file));
        attempts().begin();
        assertEquals("1 1", Files.readString(file));
        attempts().succeeded();
        attempts().succeeded(); // nothing is counted: nothing to take back
        assertFalse(Files.exists(file));
    }

    @Test
    void aClockThatWasSetBackGivesNoMoreThanTheLongestWait() throws Exception {
        attempts().begin();
        now.set(Instant.EPOCH);
        assertEquals(
                Duration.ofSeconds(1),
                assertThrows(LaterException.class, () -> attempts().begin()).left());
    }

    @Test
    void aBrokenCountIsTheGreatestOne() throws Exception {
        for (String broken :
                new String[] {"", "none", "-1", "1", "1 3", "1 1 ", "12345678", "1".repeat(64), "1".repeat(65)}) {
            Files.writeString(file, broken);
            after(Duration.ofMinutes(15).minusMillis(1));
            assertThrows(LaterException.class, () -> attempts().begin(), broken);
            after(Duration.ofMinutes(15));
            attempts().begin();
            assertEquals("1000000 1000000", Files.readString(file), broken);
            after(Duration.ofMinutes(15));
            attempts().begin();
            assertEquals("1000000 1000000", Files.readString(file), "the count has an end");
        }
    }

    @Test
    void whereNothingCanBeCountedNothingIsJudged() {
        file = folder.resolve("no such folder").resolve("attempts");
        IOException failed = assertThrows(IOException.class, () -> attempts().begin());
        assertTrue(String.valueOf(failed.getMessage()).contains("none is judged"), failed::toString);
    }

    @Test
    void aCountThatCannotBeReadIsNotTakenForNone() throws Exception {
        Files.createDirectory(file);
        IOException failed = assertThrows(IOException.class, () -> attempts().begin());
        assertTrue(String.valueOf(failed.getMessage()).contains("cannot be read"), failed::toString);
    }
}

package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Edit distance, shortening, durations. */
final class TextTest {
    @Test
    void distanceCountsInsertionsDeletionsChangesAndSwaps() {
        assertEquals(0, Text.distance("port", "port"));
        assertEquals(1, Text.distance("port", "ports"));
        assertEquals(1, Text.distance("port", "prt"));
        assertEquals(1, Text.distance("port", "fort"));
        assertEquals(1, Text.distance("port", "prot"));
        assertEquals(4, Text.distance("", "port"));
        assertEquals(3, Text.distance("kitten", "sitting"));
    }

    @Test
    void nearestIsNearEnoughOrNothing() {
        assertEquals(Optional.of("port"), Text.nearest("prot", List.of("host", "port")));
        assertEquals(Optional.of("threads_batch"), Text.nearest("thread_bacht", List.of("threads", "threads_batch")));
        assertEquals(Optional.empty(), Text.nearest("zebra", List.of("host", "port")));
        assertEquals(Optional.empty(), Text.nearest("on", List.of("port")));
    }

    @Test
    void shortensToTheBoundAndSplitsNoCharacter() {
        assertEquals("1234", Text.shorten("1234", 4));
        assertEquals("123…", Text.shorten("12345", 4));
        assertEquals("12…", Text.shorten("12\uD83D\uDE005", 4));
    }

    @Test
    void durationsAreReadAndWrittenAlike() {
        for (String text : List.of("0ms", "1500ms", "30s", "5m", "90m", "2h", "999999999h")) {
            assertEquals(text, Durations.text(Durations.of(text)));
        }
        assertEquals(Duration.ofSeconds(90), Durations.of("90s"));
        assertEquals(Optional.empty(), Durations.parse("1000000000s"));
        for (String text : List.of("", "5", "-5s", "1.5s", "5 s", "5d", "s")) {
            assertEquals(Optional.empty(), Durations.parse(text), text);
        }
        assertThrows(IllegalArgumentException.class, () -> Durations.of("soon"));
    }
}

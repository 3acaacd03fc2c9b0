package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What all texts together may take, at the bound and past it. */
class TextsTest {
    private final Texts texts = new Texts(Duration.ofMillis(50));

    @Test
    void oneMoreThanAllTogetherIsBusyUntilOneIsDone() throws Exception {
        int half = Texts.BYTES_MAX / 2 - 1;
        try (Texts.Share _ = texts.take(half)) {
            try (Texts.Share _ = texts.take(half)) {
                assertThrows(EngineException.Busy.class, () -> texts.take(1));
            }
            texts.take(1).close();
        }
    }

    @Test
    void whatIsLargerThanAllMayComeAlone() throws Exception {
        try (Texts.Share _ = texts.take(Long.MAX_VALUE)) {
            assertThrows(EngineException.Busy.class, () -> texts.take(1));
        }
        texts.take(Texts.BYTES_MAX - 1).close();
    }

    @Test
    void onlyWhatIsNotABlankCounts() {
        assertEquals(0, LeastTokens.solidBytes(" \t\n\r "));
        assertEquals(1, LeastTokens.solidBytes(" a "));
        assertEquals(1 + 2 + 3 + 4, LeastTokens.solidBytes("aä€😀"));
    }
}

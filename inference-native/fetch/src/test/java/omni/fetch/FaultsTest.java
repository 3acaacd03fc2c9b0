package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Twenty pulls under faults from a seed; {@link FaultsBoxTest} has two hundred. */
final class FaultsTest {
    @TempDir
    Path folder;

    @Test
    void everyPullEndsWithTheRightHashOrAClearError() throws Exception {
        Faults.Score score = Faults.run(folder, 20, 20260001L);
        assertEquals(20, score.good() + score.clearErrors(), score::toString);
        Faults.judge(score, 20);
    }
}

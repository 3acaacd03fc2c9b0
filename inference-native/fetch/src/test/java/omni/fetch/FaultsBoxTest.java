package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred pulls under faults from a seed. */
final class FaultsBoxTest {
    @TempDir
    Path folder;

    @Test
    void everyPullEndsWithTheRightHashOrAClearError() throws Exception {
        Faults.Score score = Faults.run(folder, 200, 20260002L);
        assertEquals(200, score.good() + score.clearErrors(), score::toString);
        Faults.judge(score, 200);
    }
}

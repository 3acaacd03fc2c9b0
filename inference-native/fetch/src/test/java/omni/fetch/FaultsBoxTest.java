package omni.fetch;

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
        Faults.judge(score, 200);
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sample of what {@link BackupMain} does: however often it is killed, a backup goes on, and is what was there. */
class BackupBoxTest {
    private static final int KILLS = 5;

    @TempDir
    Path folder;

    @Test
    void whatWasKilledGoesOnAndIsWhole() throws Exception {
        BackupMain.Result result = new BackupMain(folder, 20260301, false).run(2_000, 24, KILLS);
        assertEquals(KILLS, result.kills());
        assertEquals(KILLS, result.found());
        assertEquals(List.of(), result.problems());
        assertTrue(result.same(), result.toString());
        assertTrue(result.next() < result.written() / 4, result.toString());
    }
}

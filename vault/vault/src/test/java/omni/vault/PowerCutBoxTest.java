package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sample of what {@link PowerCutMain} does: no power cut loses what was acknowledged, unless the disk is not waited for. */
class PowerCutBoxTest {
    private static final int STATES = 100;
    private static final int WRITTEN = 15;
    private static final int SESSIONS = 4;

    @TempDir
    Path folder;

    @Test
    void nothingThatWasAcknowledgedIsLost() throws Exception {
        PowerCutMain.Result result = cut("full");
        assertEquals(List.of(), result.lost());
        assertTrue(result.acknowledged() > STATES, result.toString());
    }

    @Test
    void withoutWaitingForTheDiskSomeIs() throws Exception {
        assertFalse(cut("off").lost().isEmpty());
    }

    /** The key file, the log and what is beside it are written in places of their own, and belong together all the same. */
    @Test
    void aWholeVaultOpensWithAllThatWasAcknowledged() throws Exception {
        PowerCutMain.Result result = cutVault(true);
        assertEquals(List.of(), result.lost());
        assertTrue(result.acknowledged() > STATES, result.toString());
    }

    @Test
    void onADiskThatOnlySaysItHasWrittenItDoesNot() throws Exception {
        assertFalse(cutVault(false).lost().isEmpty());
    }

    private PowerCutMain.Result cutVault(boolean syncs) throws IOException, InterruptedException {
        Path log = PowerCutRecorder.vault(folder, SESSIONS);
        return new PowerCutMain(log, folder.resolve("states"), 20260301, PowerCutVault::check, syncs).run(STATES);
    }

    private PowerCutMain.Result cut(String synchronous) throws IOException, InterruptedException {
        return new PowerCutMain(
                        PowerCutRecorder.record(folder, synchronous, WRITTEN), folder.resolve("states"), 20260301)
                .run(STATES);
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sample of what {@link FaultRunner} does: whichever call to the disk fails, the error is said, nothing that was acknowledged is
 * lost, and the vault goes on.
 */
class FaultBoxTest {
    private static final int POINTS = 60;

    @TempDir
    Path folder;

    @Test
    void aDiskThatFailsLosesNothingThatWasAcknowledged() throws Exception {
        FaultRunner.Result result = FaultRunner.run(folder, POINTS, 20260301, "");
        assertEquals(List.of(), result.wrong());
        assertEquals(POINTS, result.points());
        assertTrue(result.refused() > POINTS / 2, result.toString());
        assertTrue(result.acknowledged() > POINTS, result.toString());
    }

    /** As from a bad spot, for once or from then on, of the records and of every other file, one that a kill has left among them. */
    @Test
    void aDiskThatCannotBeReadLosesNothingThatWasAcknowledged() throws Exception {
        FaultRunner.Result result = FaultRunner.run(folder, POINTS, 20260301, "reads");
        assertEquals(List.of(), result.wrong());
        assertEquals(POINTS, result.points());
        assertTrue(result.refused() > POINTS / 2, result.toString());
        assertTrue(result.acknowledged() > POINTS, result.toString());
    }

    /** Its control: SQLite by itself takes what it could not read for what it has read. */
    @Test
    void sqliteAloneLosesWhatItCouldNotRead() throws Exception {
        assertFalse(FaultRunner.run(folder, POINTS, 20260301, "library").wrong().isEmpty());
    }

    /** The control: where calls that fail are said to be done, something is lost, and the check sees it. */
    @Test
    void whereNoErrorIsSaidSomethingIsLost() throws Exception {
        assertFalse(FaultRunner.run(folder, POINTS, 20260301, "silent").wrong().isEmpty());
    }
}

package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Damaged models in the real loader: with the gate the process lives; without it, the same ones end it. */
class LoadMutantsBoxTest {
    @Test
    void damagedModelsAreRefusedOrLoadedAndTheProcessLives() throws Exception {
        LoadMutants.Outcome outcome = LoadMutants.run(400, 1, true);
        assertEquals(List.of(), outcome.dead());
        assertTrue(outcome.refusedByGate() > 0, outcome::toString);
        assertTrue(outcome.loaded() > 0, outcome::toString);
    }

    @Test
    void withoutTheGateSomeEndTheProcess() throws Exception {
        assertFalse(LoadMutants.run(60, 1, false).dead().isEmpty());
    }
}

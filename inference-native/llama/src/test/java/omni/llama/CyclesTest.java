package omni.llama;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Loading and unloading leaves nothing behind: a sample of what {@code inference-native/llama/cycles} runs whole. */
class CyclesTest {
    private static final int CYCLES = 60;
    private static final long KIB_MAX = 8 * 1024;

    @Test
    void memoryAndDescriptorsStayFlat() throws IOException {
        for (var warmUp = 0; warmUp < 20; warmUp++) {
            Cycles.once(Seed.LIBRARY, Seed.FILE);
        }
        var before = Cycles.Usage.now();
        for (var cycle = 0; cycle < CYCLES; cycle++) {
            Cycles.once(Seed.LIBRARY, Seed.FILE);
        }
        var after = Cycles.Usage.now();
        assertTrue(after.descriptors() <= before.descriptors(), before + " to " + after);
        assertTrue(after.mappings() - before.mappings() < CYCLES / 2, before + " to " + after);
        assertTrue(after.residentKib() - before.residentKib() < KIB_MAX, before + " to " + after);

        // The control: models that stay loaded are seen.
        var kept = new Model[CYCLES / 2];
        for (var i = 0; i < kept.length; i++) {
            kept[i] = Model.load(Seed.LIBRARY, Seed.FILE, new ModelParams(0, ModelParams.LoadMode.READ, false));
        }
        var leaking = Cycles.Usage.now();
        for (var model : kept) {
            model.close();
        }
        assertTrue(leaking.residentKib() - after.residentKib() > KIB_MAX, after + " to " + leaking);
    }
}

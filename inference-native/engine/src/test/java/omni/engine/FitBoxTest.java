package omni.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import omni.gguf.RandomModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sample of {@link FitMeasure}: what is reckoned is within five percent of what is measured. */
class FitBoxTest {
    private static final double ERROR_MAX = 0.05;

    @TempDir
    Path folder;

    @Test
    void whatIsReckonedIsMeasured() throws Exception {
        Path file = folder.resolve("llama.gguf");
        RandomModel.Shape shape = FitMeasure.shapes().get("llama");
        assertTrue(shape != null);
        RandomModel.write(file, shape, 1);
        for (CacheKind cache : CacheKind.values()) {
            FitMeasure.Row row = FitMeasure.measure("llama", file, 512, cache);
            assertTrue(Math.abs(row.error()) <= ERROR_MAX, row::toString);
        }
    }
}

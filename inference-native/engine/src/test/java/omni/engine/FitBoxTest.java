package omni.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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
        // Each shape with one kind of cache, each kind with some shape.
        Iterator<CacheKind> kinds = Stream.generate(() -> List.of(CacheKind.values()))
                .flatMap(List::stream)
                .iterator();
        for (Map.Entry<String, RandomModel.Shape> shape : FitMeasure.shapes().entrySet()) {
            Path file = folder.resolve(shape.getKey() + ".gguf");
            RandomModel.write(file, shape.getValue(), 1);
            FitMeasure.Row row = FitMeasure.measure(shape.getKey(), file, 512, kinds.next());
            assertTrue(Math.abs(row.error()) <= ERROR_MAX, row::toString);
            Files.delete(file);
        }
    }
}

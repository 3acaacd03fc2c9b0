package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.gguf.RandomModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The compute threads of models, as the Linux kernel counts them. */
class ThreadsBoxTest {
    private static final int LOADS = 20;

    @TempDir
    Path folder;

    private static long threads() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/task"))) {
            return list.count();
        }
    }

    private static void write(EngineFixture engine, String model) {
        engine.client.generate(
                Ask.prompt("one").model(model).maxTokens(2L).greedy().params());
    }

    /** Two models that take each other's place: what was started for one ends with it. */
    @Test
    void theyEndWithTheirModel() throws Exception {
        try (var engine = new EngineFixture(folder, "threads = 4", "models_loaded_max = 1")) {
            for (String name : List.of("first", "second")) {
                Path file = folder.resolve(name + ".gguf");
                RandomModel.write(file, RandomModel.Shape.tiny(), name.hashCode());
                engine.client.import_(EngineFixture.taking(file, name));
                write(engine, name);
            }
            long before = threads();
            for (int i = 0; i < LOADS; i++) {
                write(engine, i % 2 == 0 ? "first" : "second");
            }
            assertTrue(threads() - before < 3, before + " threads became " + threads() + " in " + LOADS + " loads");
            assertEquals(
                    1,
                    engine.client
                            .stats(new EngineProtocol.StatsParams())
                            .models()
                            .size());
        }
    }
}

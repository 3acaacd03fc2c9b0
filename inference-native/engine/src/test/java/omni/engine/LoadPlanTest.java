package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import omni.gguf.Gguf;
import omni.gguf.GgufModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadPlanTest {
    @TempDir
    Path folder;

    private static GgufModel seed() throws IOException {
        return GgufModel.of(List.of(Gguf.read(EngineFixture.SEED)));
    }

    @Test
    void withoutASetContextTheLargestThatFitsIsTaken() throws IOException {
        EngineConfig config = EngineFixture.config(folder);
        LoadPlan all = LoadPlan.of(seed(), config, CacheKind.F16, OptionalLong.empty());
        assertEquals(2048, all.contextTokens());
        assertTrue(all.fits());
        OptionalLong less = OptionalLong.of(all.fit().totalBytes() - 1);
        LoadPlan smaller = LoadPlan.of(seed(), config, CacheKind.F16, less);
        assertEquals(1024, smaller.contextTokens());
        assertTrue(smaller.fits());
        assertEquals(List.of(), smaller.advice(seed(), config));
    }

    @Test
    void aSetContextIsTakenOrRefusedWithNumbers() throws IOException {
        EngineConfig config = EngineFixture.config(folder, "context_tokens = 2048", "kv_tokens = 2048");
        LoadPlan plan = LoadPlan.of(seed(), config, CacheKind.F16, OptionalLong.of(1 << 20));
        assertFalse(plan.fits());
        EngineException.LoadFailed refused =
                assertThrows(EngineException.LoadFailed.class, () -> plan.check("seed", seed(), config));
        assertTrue(refused.reason.contains("MB are free"), refused.reason);
        assertTrue(refused.reason.contains("smaller quantization"), refused.reason);
    }

    @Test
    void theLeastOfKernelAndGroupsIsWhatThereIs() throws IOException {
        assertEquals(OptionalLong.empty(), new Memory(folder).availableBytes());
        write("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:   4000 kB\n");
        assertEquals(OptionalLong.of(4000 * 1024), new Memory(folder).availableBytes());
        write("proc/self/cgroup", "0::/a/b\n");
        write("sys/fs/cgroup/a/memory.max", "3000000\n");
        write("sys/fs/cgroup/a/memory.current", "2500000\n");
        write("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 100000\n");
        write("sys/fs/cgroup/a/b/memory.max", "max\n");
        write("sys/fs/cgroup/a/b/memory.current", "1\n");
        assertEquals(OptionalLong.of(600_000), new Memory(folder).availableBytes());
    }

    private void write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent() == null ? folder : path.getParent());
        Files.writeString(path, text);
    }
}

package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoresTest {
    @TempDir
    Path cpus;

    private void cpu(int number, String siblings) throws IOException {
        Path topology = Files.createDirectories(cpus.resolve("cpu" + number + "/topology"));
        Files.writeString(topology.resolve("thread_siblings_list"), siblings + "\n");
    }

    @Test
    void siblingsAreOneCore() throws IOException {
        cpu(0, "0,2");
        cpu(1, "1,3");
        cpu(2, "0,2");
        cpu(3, "1,3");
        Files.createDirectories(cpus.resolve("cpufreq"));
        assertEquals(2, Cores.physical(cpus, 4));
        assertEquals(1, Cores.physical(cpus, 1), "no more than this process may use");
    }

    @Test
    void whereNothingIsToldEveryProcessorIsACore() {
        assertEquals(3, Cores.physical(cpus, 3));
        assertEquals(3, Cores.physical(cpus.resolve("none"), 3));
        assertTrue(Cores.physical() >= 1);
    }
}

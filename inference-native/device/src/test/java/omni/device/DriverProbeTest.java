package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a probe makes of processes that misbehave; a shell stands in for Java and the driver. */
class DriverProbeTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofSeconds(20);

    private static Finding<Nvidia> ask(String script, Duration limit) {
        var libraries = new DriverLibraries(
                Optional.of(Path.of("/none/libcuda.so.1")), Optional.empty(), Optional.empty(), Optional.empty());
        return new DriverProbe(libraries, List.of("/bin/sh", "-c", script), limit)
                .ask()
                .nvidia();
    }

    private static String failure(String script, Duration limit) {
        return assertInstanceOf(Finding.Failed.class, ask(script, limit)).why().toString();
    }

    @Test
    void anAnswerIsRead() {
        var found = assertInstanceOf(
                Finding.Found.class,
                ask(
                        "echo '{\"cuda\": 12080, \"gpus\": [{\"name\": \"G\", \"id\": \"GPU-1\", \"capability\":"
                                + " \"8.6\", \"total\": 7}]}'",
                        LONG));
        var nvidia = assertInstanceOf(Nvidia.class, found.value());
        assertEquals("12.8", nvidia.cudaVersion());
        assertEquals("8.6", nvidia.gpus().getFirst().capability());
        assertEquals("NVML is not installed.", nvidia.nvml());
    }

    @Test
    void oneThatHangsIsEnded(@TempDir Path work) {
        var alive = work.resolve("pid");
        assertEquals(
                "The CUDA driver did not answer in time; its process was ended.",
                failure("echo $$ > " + alive + "; exec sleep 600", Duration.ofSeconds(2)));
        var pid = Long.parseLong(read(alive));
        assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false), "nothing stays behind");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void oneThatWritesWithoutEndIsCutOff() {
        assertTrue(
                failure("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done", LONG).contains("ended its process with"));
    }

    @Test
    void oneThatCrashesIsTold() {
        assertEquals("The CUDA driver ended its process with 139.", failure("exit 139", LONG));
    }

    @Test
    void oneThatTalksNonsenseIsTold() {
        assertEquals("The CUDA driver gave no answer that could be read.", failure("echo '{\"cuda\":'", LONG));
    }

    @Test
    void noneIsAbsent() {
        var absent = assertInstanceOf(
                Finding.Absent.class, ask("echo '{\"absent\": \"The CUDA driver finds no GPU.\"}'", LONG));
        assertEquals("The CUDA driver finds no GPU.", absent.why());
    }

    @Test
    void withoutALibraryNoProcessIsStarted() {
        var probe = new DriverProbe(DriverLibraries.none(), List.of("/none/java"), SHORT);
        assertInstanceOf(Finding.Absent.class, probe.ask().nvidia());
        assertInstanceOf(Finding.Absent.class, probe.ask().apple());
    }
}

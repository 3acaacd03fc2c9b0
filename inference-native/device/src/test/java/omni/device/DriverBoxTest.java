package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real processes, the real foreign calls, and libraries that gcc makes here of {@code src/test/c} and NVIDIA's own
 * headers in the place of the drivers.
 */
class DriverBoxTest {
    @TempDir
    Path work;

    private Path library(String source, String... macros) throws Exception {
        var output = work.resolve(source + String.join("", macros) + ".so");
        List<String> line = new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-Wall", "-Werror"));
        line.addAll(List.of("-Wno-deprecated-declarations", "-Wno-stringop-truncation"));
        for (var macro : macros) {
            line.add("-D" + macro);
        }
        line.addAll(List.of("-I", Tools.headers().toString(), "-o", output.toString()));
        line.add(Tools.MODULE.resolve("src/test/c/" + source + ".c").toString());
        Tools.run(line);
        return output;
    }

    private static DriverProbe.Answers ask(DriverLibraries libraries, Duration limit) {
        return new DriverProbe(libraries, OwnJava.command(DriverMain.class, "omni.device"), limit).ask();
    }

    private static DriverProbe.Answers ask(Path cuda, Path nvml) {
        return ask(
                new DriverLibraries(Optional.of(cuda), Optional.of(nvml), Optional.empty(), Optional.empty()),
                Duration.ofSeconds(60));
    }

    private static Nvidia found(DriverProbe.Answers answers) {
        return assertInstanceOf(
                Nvidia.class,
                assertInstanceOf(Finding.Found.class, answers.nvidia(), answers.toString())
                        .value());
    }

    private static String failure(Finding<?> finding) {
        return assertInstanceOf(Finding.Failed.class, finding).why();
    }

    @Test
    void bothLibrariesTogether() throws Exception {
        var nvidia = found(ask(library("cuda"), library("nvml")));
        assertEquals("580.65.06", nvidia.driverVersion());
        assertEquals("13.0", nvidia.cudaVersion());
        assertEquals("", nvidia.nvml());
        assertEquals(
                List.of(
                        new Gpu(
                                "NVIDIA GeForce RTX 4090",
                                "GPU-f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfe00",
                                "8.9",
                                25757220864L,
                                OptionalLong.of(24000000000L),
                                false,
                                OptionalInt.of(83_000),
                                List.of("the driver slows it down for heat")),
                        new Gpu(
                                "NVIDIA GeForce RTX 3060",
                                "GPU-f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfe01",
                                "8.6",
                                12622168064L,
                                OptionalLong.empty(),
                                false,
                                OptionalInt.empty(),
                                List.of())),
                nvidia.gpus());
    }

    @Test
    void olderDriversAndNone() throws Exception {
        var old = found(ask(library("cuda"), library("nvml", "OLD")));
        assertEquals(
                List.of("the driver slows it down for heat"),
                old.gpus().getFirst().throttling());
        assertEquals(
                "NVIDIA's driver is not loaded.",
                found(ask(library("cuda"), library("nvml", "NO_DRIVER"))).nvml());
        var absent = assertInstanceOf(
                Finding.Absent.class,
                ask(library("cuda", "NO_DEVICE"), library("nvml")).nvidia());
        assertEquals("The CUDA driver finds no GPU.", absent.why());
    }

    @Test
    void oneThatHangsCostsItsTimeAndNothingElse() throws Exception {
        var limit = Duration.ofSeconds(8);
        var cuda = library("cuda", "HANG");
        var nvml = library("nvml", "HANG");
        var libraries = new DriverLibraries(Optional.of(cuda), Optional.of(nvml), Optional.empty(), Optional.empty());
        assertEquals(
                "The CUDA driver did not answer in time; its process was ended.",
                failure(ask(libraries, limit).nvidia()));
        var hung = ProcessHandle.current()
                .descendants()
                .filter(child -> child.info().commandLine().orElse("").contains(cuda.toString()))
                .toList();
        assertEquals(List.of(), hung, "nothing stays behind");
    }

    @Test
    void whenOnlyNvmlHangsTheGpusAreStillFound() throws Exception {
        var libraries = new DriverLibraries(
                Optional.of(library("cuda")), Optional.of(library("nvml", "HANG")), Optional.empty(), Optional.empty());
        var nvidia = found(ask(libraries, Duration.ofSeconds(8)));
        assertEquals(2, nvidia.gpus().size());
        assertEquals("NVML did not answer in time; its process was ended.", nvidia.nvml());
    }

    @Test
    void oneThatCrashesOrIsBroken() throws Exception {
        assertTrue(failure(ask(library("cuda", "CRASH"), library("nvml")).nvidia())
                .startsWith("The CUDA driver ended its process with"));
        assertEquals(
                "The CUDA driver answers cuInit with error 999.",
                failure(ask(library("cuda", "BROKEN"), library("nvml")).nvidia()));
        assertTrue(failure(ask(Tools.MODULE.resolve("pom.xml"), library("nvml")).nvidia())
                .startsWith("The driver's library does not load"));
    }

    @Test
    void aMacByItsConstructedRuntime() throws Exception {
        var apple = library("apple");
        var libraries = new DriverLibraries(Optional.empty(), Optional.empty(), Optional.of(apple), Optional.of(apple));
        var answers = ask(libraries, Duration.ofSeconds(60));
        var found = assertInstanceOf(Finding.Found.class, answers.apple(), answers.toString());
        assertEquals(
                new Apple(
                        "Apple M4",
                        4,
                        6,
                        List.of("neon", "dotprod", "i8mm"),
                        17179869184L,
                        List.of(new Gpu(
                                "Apple M4",
                                "",
                                "Apple9",
                                11453251584L,
                                OptionalLong.of(11453251584L - 1048576),
                                true,
                                OptionalInt.empty(),
                                List.of()))),
                found.value());
    }
}

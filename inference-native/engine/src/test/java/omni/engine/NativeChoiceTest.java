package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.device.NativeFit;
import omni.device.NativeFit.Build;
import omni.device.NativeFit.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of several folders of natives is opened; those that cannot be are real libraries with something broken. */
class NativeChoiceTest {
    private static final List<NativeFit> PLAIN = List.of(
            new NativeFit(Kind.CUDA, Build.NONE, "no driver."),
            new NativeFit(Kind.VULKAN, Build.NONE, "no loader."),
            new NativeFit(Kind.CPU, Build.PACKAGE, "any processor."));
    private static final List<NativeFit> WITH_CUDA = List.of(
            new NativeFit(Kind.CUDA, Build.PACKAGE, "a good driver."),
            new NativeFit(Kind.VULKAN, Build.NONE, "no loader."),
            new NativeFit(Kind.CPU, Build.PACKAGE, "any processor."));

    @TempDir
    Path folder;

    private Path app;
    private Path home;

    @BeforeEach
    void aTreeWithThePackageForTheProcessor() throws IOException {
        app = Files.createDirectories(folder.resolve("app"));
        home = Files.createDirectories(folder.resolve("home"));
        Files.createSymbolicLink(app.resolve("native"), EngineFixture.nativeFolder());
    }

    private NativeChoice choose(List<NativeFit> fits, String wanted, NativeChoice.Trial trial) {
        return NativeChoice.choose(NativeChoice.candidates(Map.of(), app, home), fits, wanted, trial);
    }

    private NativeChoice choose(List<NativeFit> fits) {
        return choose(fits, NativeChoice.AUTO, new NativeTrial());
    }

    /** A copy of the real libraries; a backend of another kind is only a name. */
    private Path copy(Path parent, String name, String... more) throws IOException {
        Path copy = Files.createDirectories(parent.resolve(name));
        try (var files = Files.list(EngineFixture.nativeFolder())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        for (String file : more) {
            Files.writeString(copy.resolve(file), "");
        }
        return copy;
    }

    @Test
    void thePackageForTheProcessorIsTheLastStep() {
        NativeChoice choice = choose(PLAIN);
        assertEquals("cpu", choice.taken().name());
        assertEquals("any processor.", choice.why());
        assertEquals(List.of("cuda: no driver.", "vulkan: no loader."), choice.passedOver());
    }

    @Test
    void whatWouldFitAndIsNotHereIsTold() {
        String line = choose(WITH_CUDA).passedOver().getFirst();
        assertTrue(line.startsWith("cuda: it would fit and is not here; build Omni again"), line);
        line = choose(List.of(new NativeFit(Kind.CUDA, Build.SOURCE, "8.7.")))
                .passedOver()
                .getFirst();
        assertTrue(line.contains("inference-native/recipe/build --cuda makes it"), line);
    }

    @Test
    void whatWasBuiltOnThisBoxComesFirst() throws IOException {
        copy(home.resolve("natives"), "mine");
        NativeChoice choice = choose(PLAIN);
        assertEquals("mine", choice.taken().name());
        assertTrue(choice.taken().own());
    }

    @Test
    void aDamagedOneIsPassedOver() throws IOException {
        Path mine = copy(home.resolve("natives"), "mine");
        try (var list = Files.list(mine)) {
            Path llama = list.filter(f -> f.getFileName().toString().startsWith("libllama."))
                    .findFirst()
                    .orElseThrow();
            // A byte more at the end does a library no harm; only its hash tells.
            Files.write(llama, new byte[1], StandardOpenOption.APPEND);
        }
        NativeChoice choice = choose(PLAIN);
        assertEquals("cpu", choice.taken().name());
        String last = choice.passedOver().getLast();
        assertTrue(last.startsWith("mine: ") && last.contains("not what was unpacked"), last);

        Files.delete(mine.resolve("SHA256SUMS"));
        assertEquals("mine", choose(PLAIN).taken().name(), "without the record nothing is noticed");
    }

    @Test
    void oneThatDoesNotLoadIsPassedOver() throws IOException {
        Path mine = copy(home.resolve("natives"), "mine");
        Files.delete(mine.resolve("SHA256SUMS"));
        Files.writeString(mine.resolve("libggml-base.so"), "no library");
        NativeChoice choice = choose(PLAIN);
        assertEquals("cpu", choice.taken().name());
        String last = choice.passedOver().getLast();
        assertTrue(last.startsWith("mine: ") && last.contains("cannot be loaded"), last);
    }

    @Test
    void oneForAGpuThatShowsNoneIsPassedOver() throws IOException {
        copy(app, "native-cuda", "libggml-cuda.so");
        Files.delete(app.resolve("native-cuda/SHA256SUMS"));
        NativeChoice choice = choose(WITH_CUDA);
        assertEquals("cpu", choice.taken().name());
        assertEquals("cuda: It opens, and shows no GPU.", choice.passedOver().getLast());
        assertEquals("cuda: no driver.", choose(PLAIN).passedOver().getLast(), "one that does not fit is not tried");
    }

    @Test
    void aTrialThatHangsOrCrashesIsARefusal() throws IOException {
        copy(home.resolve("natives"), "mine");
        var hanging = new NativeTrial(List.of("sh", "-c", "sleep 60"), Duration.ofMillis(200));
        assertEquals(
                "mine: It does not open within 0 s.",
                choose(PLAIN, NativeChoice.AUTO, hanging).passedOver().getLast());
        var crashing = new NativeTrial(List.of("sh", "-c", "kill -SEGV $$"), Duration.ofMinutes(1));
        assertEquals(
                "mine: Its trial ended with 139.",
                choose(PLAIN, NativeChoice.AUTO, crashing).passedOver().getLast());
        assertEquals("mine", choose(PLAIN).taken().name(), "and is none without");
    }

    @Test
    void aNamedOneIsTakenOrRefused() throws IOException {
        copy(home.resolve("natives"), "mine");
        NativeChoice.Trial never = (_, _) -> Optional.of("not to be tried");
        assertEquals("cpu", choose(PLAIN, "cpu", never).taken().name());
        var refused = assertThrows(EngineException.Unusable.class, () -> choose(PLAIN, "vulkan", never));
        assertTrue(refused.reason.contains("there are mine, cpu"), refused.reason);
    }

    @Test
    void theEnvironmentNamesTheOnlyOne() {
        var named = NativeChoice.candidates(
                Map.of("OMNI_LLAMA_LIB", EngineFixture.nativeFolder().toString()), app, home);
        NativeChoice choice = NativeChoice.choose(named, WITH_CUDA, NativeChoice.AUTO, new NativeTrial());
        assertEquals("OMNI_LLAMA_LIB names it.", choice.why());
        assertEquals(Kind.CPU, choice.taken().kind());
    }

    @Test
    void noMoreFoldersThanTheBoundAreLookedAt() throws IOException {
        for (int i = 0; i <= NativeChoice.OWN_MAX; i++) {
            Files.createDirectories(home.resolve("natives").resolve(String.format("n%02d", i)));
        }
        var candidates = NativeChoice.candidates(Map.of(), app, home);
        assertEquals(NativeChoice.OWN_MAX + 1, candidates.size());
        assertEquals("cpu", candidates.getLast().name());
    }
}

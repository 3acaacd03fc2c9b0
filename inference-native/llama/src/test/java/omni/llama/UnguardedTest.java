package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The control of the refusals: without them each of these ends the process. */
class UnguardedTest {
    private static final int ABORTED = 134;

    @TempDir
    Path folder;

    @Test
    void withoutTheRefusalsTheProcessEnds() throws Exception {
        var mute = AdapterGguf.modelWithoutVocabulary().write(folder.resolve("mute.gguf"));
        var wrong = new AdapterGguf()
                .integer("general.type", 1)
                .text("general.architecture", "llama")
                .write(folder.resolve("wrong.gguf"));
        assertEquals(0, exit("none", mute), "the same process with nothing forbidden in it");
        assertEquals(ABORTED, exit("forbidden token", mute));
        assertEquals(ABORTED, exit("text without vocabulary", mute));
        assertEquals(ABORTED, exit("adapter with a wrong type", wrong));
        assertEquals(ABORTED, exit("too many outputs", mute));
        assertEquals(ABORTED, exit("matrices that do not go together", mute));
    }

    private int exit(String attack, Path file) throws IOException, InterruptedException {
        var classes = Path.of("target");
        var output = Files.createTempFile(folder, "out", ".txt");
        var builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:ErrorFile=" + folder.resolve("error.log"),
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-classpath",
                        classes.resolve("test-classes").toAbsolutePath()
                                + System.getProperty("path.separator")
                                + classes.resolve("classes").toAbsolutePath(),
                        "omni.llama.Unguarded",
                        Seed.NATIVES.toString(),
                        Seed.FILE.toString(),
                        attack,
                        file.toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        // Without it ggml starts a debugger on the way out.
        builder.environment().put("GGML_NO_BACKTRACE", "1");
        var process = builder.start();
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), attack + " takes too long");
        } finally {
            process.destroyForcibly();
        }
        var survived = Files.readString(output, StandardCharsets.UTF_8).contains("survived");
        assertEquals(process.exitValue() == 0, survived, () -> attack);
        return process.exitValue();
    }
}

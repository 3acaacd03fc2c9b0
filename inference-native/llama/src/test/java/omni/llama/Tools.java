package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the commands of the repository and of the machine. */
final class Tools {
    static final Path ROOT = Path.of(System.getProperty("omni.root"));

    private Tools() {}

    /** What the command printed; it must end with 0 within ten minutes. */
    static String run(Path work, List<String> command) throws IOException, InterruptedException {
        var output = Files.createTempFile(work, "out", ".txt");
        var errors = Files.createTempFile(work, "err", ".txt");
        var process = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertTrue(process.waitFor(10, TimeUnit.MINUTES), () -> command + " takes too long");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), () -> command + "\n" + text(errors));
        return text(output);
    }

    /** The folder of the checked-out llama.cpp release. */
    static Path llamaSource(Path work) throws IOException, InterruptedException {
        return Path.of(
                run(work, List.of(ROOT.resolve("inference-native/recipe/source").toString()))
                        .strip());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}

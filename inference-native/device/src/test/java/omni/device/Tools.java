package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the tools that the profile "box" has. */
final class Tools {
    static final Path ROOT = Path.of(System.getProperty("omni.root"));
    static final Path MODULE = ROOT.resolve("inference-native/device");

    private Tools() {}

    /** Returns what a command writes to standard output; one that fails or is missing fails the test. */
    static String run(List<String> command) throws IOException, InterruptedException {
        var errors = Files.createTempFile("omni-tool", ".err");
        try {
            var process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), command + " does not end");
            assertEquals(0, process.exitValue(), command + ": " + Files.readString(errors));
            return output;
        } finally {
            Files.delete(errors);
        }
    }

    /** Returns the folder with NVIDIA's headers, fetched once. */
    static Path headers() throws IOException, InterruptedException {
        return Path.of(run(List.of(MODULE.resolve("headers").toString())).strip());
    }
}

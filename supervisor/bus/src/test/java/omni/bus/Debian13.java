package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of Debian 13, unpacked privately by {@code .ci/debian13}. */
final class Debian13 {
    private static final long MINUTES_MAX = 3;

    private final Path root;

    Debian13(String... packages) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("omni.root"), ".ci/debian13").toString());
        command.addAll(List.of(packages));
        Result unpacked = run(command);
        assertEquals(0, unpacked.status(), unpacked.err());
        root = Path.of(unpacked.out().strip());
    }

    /** What a program did. */
    record Result(int status, String out, String err) {}

    /** The words that start a program of the folder, such as "usr/bin/varlinkctl", through its own loader. */
    List<String> command(String program, String... arguments) {
        var command = new ArrayList<>(List.of(root.resolve("run").toString(), program));
        command.addAll(List.of(arguments));
        return command;
    }

    Result run(String program, String... arguments) {
        return run(command(program, arguments));
    }

    static Result run(List<String> command) {
        try {
            Path out = Files.createTempFile("debian13", ".out");
            Path err = Files.createTempFile("debian13", ".err");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                process.getOutputStream().close();
                if (!process.waitFor(MINUTES_MAX, TimeUnit.MINUTES)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("Still running: " + command);
                }
                return new Result(process.exitValue(), text(out), text(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException fault) {
            throw new IllegalStateException("Cannot run " + command, fault);
        } catch (InterruptedException fault) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", fault);
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}

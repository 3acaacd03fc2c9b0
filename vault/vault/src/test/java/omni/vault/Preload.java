package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A library of ours in C that stands before the system's own in a child process. */
final class Preload {
    private Preload() {}

    /** Compiles it into that folder, and returns the library. */
    static Path library(Path folder, String name) throws IOException, InterruptedException {
        Path library = folder.resolve(name + ".so");
        Path source = Path.of(System.getProperty("omni.root", "."), "vault/vault/src/test/c", name + ".c");
        List<String> command = List.of(
                "gcc",
                "-shared",
                "-fPIC",
                "-O1",
                "-Wall",
                "-Werror",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl");
        run(new ProcessBuilder(command).redirectErrorStream(true));
        return library;
    }

    /** Runs the process with it, and returns what it printed. */
    static List<String> run(Path library, ProcessBuilder process) throws IOException, InterruptedException {
        process.environment().put("LD_PRELOAD", library.toString());
        return run(process);
    }

    private static List<String> run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        List<String> printed = process.inputReader().readAllLines();
        if (process.waitFor() != 0) {
            throw new IOException("It does not run: " + builder.command() + " " + printed);
        }
        return printed;
    }
}

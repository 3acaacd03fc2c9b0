package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Lets {@link WriterMain} write under {@code powercut.c}. */
final class PowerCutRecorder {
    private PowerCutRecorder() {}

    /** Arguments: a folder for the log, "full" or "off", how many conversations. */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.out.println(record(Path.of(args[0]), args[1], Integer.parseInt(args[2])));
    }

    /** Returns the log. */
    static Path record(Path folder, String synchronous, int count) throws IOException, InterruptedException {
        Path library = folder.resolve("powercut.so");
        Path source = Path.of(System.getProperty("omni.root", "."), "vault/vault/src/test/c/powercut.c");
        run(new ProcessBuilder(
                "gcc",
                "-shared",
                "-fPIC",
                "-O1",
                "-Wall",
                "-Werror",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl"));
        Path log = folder.resolve("log");
        Path place = folder.resolve("v");
        ProcessBuilder writer =
                Jvm.process(List.of(), WriterMain.class, place.toString(), synchronous, Integer.toString(count));
        writer.environment().put("LD_PRELOAD", library.toString());
        writer.environment().put("POWERCUT_FOLDER", place.toString());
        writer.environment().put("POWERCUT_LOG", log.toString());
        run(writer);
        return log;
    }

    private static void run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        process.getInputStream().readAllBytes();
        if (process.waitFor() != 0) {
            throw new IOException("It does not run: " + builder.command());
        }
    }
}

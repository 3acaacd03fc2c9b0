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
        Path library = Preload.library(folder, "powercut");
        Path log = folder.resolve("log");
        Path place = folder.resolve("v");
        ProcessBuilder writer =
                Jvm.process(List.of(), WriterMain.class, place.toString(), synchronous, Integer.toString(count));
        writer.environment().put("POWERCUT_FOLDER", place.toString());
        writer.environment().put("POWERCUT_LOG", log.toString());
        Preload.run(library, writer);
        return log;
    }
}

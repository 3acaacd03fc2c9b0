package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Lets {@link WriterMain}, or {@link PowerCutVault}, write under {@code powercut.c}. */
final class PowerCutRecorder {
    private PowerCutRecorder() {}

    /** Arguments: a folder for the log, "full" or "off" for records or "vault", how many conversations or sessions. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[0]);
        int count = Integer.parseInt(args[2]);
        System.out.println(args[1].equals("vault") ? vault(folder, count) : record(folder, args[1], count));
    }

    /** Returns the log. */
    static Path record(Path folder, String synchronous, int count) throws IOException, InterruptedException {
        return recorded(folder, WriterMain.class, synchronous, Integer.toString(count));
    }

    /** The same of a whole vault. */
    static Path vault(Path folder, int sessions) throws IOException, InterruptedException {
        return recorded(folder, PowerCutVault.class, Integer.toString(sessions));
    }

    private static Path recorded(Path folder, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        Path library = Preload.library(folder, "powercut");
        Path log = folder.resolve("log");
        Path place = folder.resolve("v");
        List<String> all = new ArrayList<>(List.of(place.toString()));
        all.addAll(List.of(arguments));
        ProcessBuilder writer = Jvm.process(List.of(), main, all.toArray(String[]::new));
        writer.environment().put("POWERCUT_FOLDER", place.toString());
        writer.environment().put("POWERCUT_LOG", log.toString());
        Preload.run(library, writer);
        return log;
    }
}

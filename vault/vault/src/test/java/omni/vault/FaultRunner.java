package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lets {@link FaultMain} work under {@code iofault.c}. */
final class FaultRunner {
    private static final Pattern COUNTS =
            Pattern.compile("points (\\d+) of (\\d+), refused (\\d+), acknowledged (\\d+)");

    /**
     * What came of it.
     *
     * @param points that were tried, {@code of} so many that there are
     * @param refused points at which something was refused
     * @param acknowledged what was said to be done, at all of them
     * @param wrong a line for each thing that was not as it should be
     */
    record Result(int points, int of, int refused, int acknowledged, List<String> wrong) {}

    private FaultRunner() {}

    /** Arguments: a folder, how many points, the seed, and "reads", or for the controls "silent" or "library". */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.out.println(run(
                Path.of(args[0]), Integer.parseInt(args[1]), Long.parseLong(args[2]), args.length > 3 ? args[3] : ""));
    }

    static Result run(Path folder, int points, long seed, String what) throws IOException, InterruptedException {
        Path library = Preload.library(folder, "iofault");
        List<String> arguments = new ArrayList<>(List.of(
                library.toString(),
                Files.createDirectories(folder.resolve("points")).toString(),
                Integer.toString(points),
                Long.toString(seed)));
        arguments.add(what);
        List<String> printed =
                Preload.run(library, Jvm.process(List.of(), FaultMain.class, arguments.toArray(String[]::new)));
        Matcher counts = COUNTS.matcher(printed.getLast());
        if (!counts.matches()) {
            throw new IOException("It ended early: " + printed.getLast());
        }
        return new Result(
                Integer.parseInt(counts.group(1)),
                Integer.parseInt(counts.group(2)),
                Integer.parseInt(counts.group(3)),
                Integer.parseInt(counts.group(4)),
                printed.subList(0, printed.size() - 1));
    }
}

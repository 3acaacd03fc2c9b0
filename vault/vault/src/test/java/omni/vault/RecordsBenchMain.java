package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import omni.vault.BenchSide.Way;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Lets the ways take turns, each time in processes of their own, and prints the medians. Arguments: the folder for the databases,
 * their size in MB, the number of rounds.
 */
final class RecordsBenchMain {
    private static final int OPENINGS = 5;

    /** What is measured, and how many times plain SQLite's it may take. */
    private record Line(String name, double timesMax) {}

    /** The warm ones first: the cold ones empty the cache. */
    private static final List<Line> LINES = List.of(
            new Line("insertTurn", 1.5),
            new Line("insertTwenty", 1.5),
            new Line("read", 1.5),
            new Line("list", 2),
            new Line("scan", 2),
            new Line("readCold", 1.5),
            new Line("listCold", 2));

    private final Path folder;

    private RecordsBenchMain(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException, VaultException, RunnerException {
        Path folder = Path.of(args[0]).toAbsolutePath();
        for (Way way : Way.values()) {
            BenchData.make(way, folder.resolve(way.name()), Long.parseLong(args[1]) << 20);
        }
        new RecordsBenchMain(folder).run(Integer.parseInt(args[2]));
    }

    private void run(int rounds) throws RunnerException {
        System.out.println("| microseconds, median of " + rounds
                + " rounds | plain | pages | vault | pages to plain | vault to plain | at most |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (Line line : LINES) {
            Map<Way, List<Double>> times = new EnumMap<>(Way.class);
            for (int round = 0; round < rounds; round++) {
                for (Way way : Way.values()) {
                    times.computeIfAbsent(way, _ -> new ArrayList<>())
                            .add(time("RecordsBench." + line.name(), Optional.of(way)));
                }
            }
            print(line, times);
        }
        System.out.printf(Locale.ROOT, "| readOverBus | | | %.0f | | | |%n", times("OpenBench.readOverBus", rounds));
        time("OpenBench.open", Optional.empty()); // leaves what a lock leaves
        System.out.printf(Locale.ROOT, "| open | | | %.0f | | | 10000 |%n", times("OpenBench.open", OPENINGS));
    }

    private static void print(Line line, Map<Way, List<Double>> times) {
        double plain = median(times.getOrDefault(Way.PLAIN, List.of()));
        double pages = median(times.getOrDefault(Way.PAGES, List.of()));
        double vault = median(times.getOrDefault(Way.VAULT, List.of()));
        System.out.printf(
                Locale.ROOT,
                "| %s | %.1f | %.1f | %.1f | %.2f | %.2f | %.1f |%n",
                line.name(),
                plain,
                pages,
                vault,
                pages / plain,
                vault / plain,
                line.timesMax());
    }

    private double times(String benchmark, int count) throws RunnerException {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            times.add(time(benchmark, Optional.empty()));
        }
        return median(times);
    }

    /** One run in one process. */
    private double time(String benchmark, Optional<Way> way) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("\\." + benchmark.replace(".", "\\.") + "$")
                .param("folder", folder.toString())
                .jvmArgsPrepend("--sun-misc-unsafe-memory-access=allow") // JMH's own
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true);
        way.ifPresent(one -> options.param("way", one.name()));
        return new Runner(options.build())
                .run().stream()
                        .map(RunResult::getPrimaryResult)
                        .mapToDouble(result -> result.getScore())
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException(benchmark + " did not run"));
    }

    private static double median(List<Double> times) {
        return times.stream().sorted().skip(times.size() / 2).findFirst().orElse(Double.NaN);
    }
}

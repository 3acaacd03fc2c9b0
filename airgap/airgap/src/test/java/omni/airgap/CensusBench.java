package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long a census of ten thousand sockets takes, undisturbed and just after sockets were closed, beside {@code ss}; and whether normal traffic, looked at each second for as
 * long as is asked for, ever raises an alarm. Started by {@code census-bench}.
 */
final class CensusBench {
    /** On a machine that is overloaded a look takes long. */
    private static final int LOOKS_MIN = 4;

    private static final int SOCKETS = 10_000;
    private static final int ROUNDS = 21;
    private static final long LOOK_MILLIS = 1000;

    private CensusBench() {}

    public static void main(String[] args) throws Exception {
        int minutes = args.length > 0 ? Integer.parseInt(args[0]) : 30;
        double limitMillis = args.length > 1 ? Double.parseDouble(args[1]) : 150;
        try (var parser = new ResidentParser()) {
            double median = tenThousand(parser);
            Soak soak = soak(Duration.ofMinutes(minutes), parser);
            System.out.println(soak);
            if (median > limitMillis || !soak.alarms().isEmpty()) {
                System.exit(1);
            }
        }
    }

    /** What a soak has seen. */
    record Soak(int looks, int socketsMost, List<String> alarms) {}

    private static double tenThousand(ResidentParser parser) throws Exception {
        try (Street street = new Street(1);
                Namespace namespace =
                        Namespace.open(street.neighbourFile())) { // both ends of each connection are there
            Process serving = street.startInNeighbour(Tools.probe("many").toString(), "serve");
            serving.inputReader().readLine();
            Process connected =
                    street.startInNeighbour(Tools.probe("many").toString(), "connect", Integer.toString(SOCKETS / 2));
            connected.inputReader().readLine();
            for (int i = 0; i < ROUNDS; i++) { // the role looks every ten seconds: it is warm after minutes
                var _ = Census.take(List.of(namespace), parser);
            }
            List<Double> steady = new ArrayList<>();
            List<Double> disturbed = new ArrayList<>();
            List<Double> theirs = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                Tools.pause(LOOK_MILLIS);
                steady.add(census(namespace, parser));
                long start = System.nanoTime();
                street.inNeighbour("ss", "-H", "-a", "-n", "-p");
                theirs.add((System.nanoTime() - start) / 1e6);
                disturbed.add(census(
                        namespace,
                        parser)); // the sockets of ss are still in the kernel's count: one look is not enough
            }
            report("census of " + SOCKETS + " sockets with their owners", steady);
            report("the same just after ss has closed sockets", disturbed);
            report("ss -anp, which proves nothing", theirs);
            System.out.printf(
                    Locale.ROOT,
                    "the process that reads the lists takes %.1f MB (PSS)%n",
                    proportionalBytes(parser.pid().orElseThrow()) / 1e6);
            return disturbed.get(ROUNDS / 2);
        }
    }

    private static double census(Namespace namespace, CensusParser parser) throws AirgapException {
        long start = System.nanoTime();
        Census census = Census.take(List.of(namespace), parser);
        double millis = (System.nanoTime() - start) / 1e6;
        if (census.unexplained() != 0 || census.sockets().size() < SOCKETS) {
            throw new AssertionError(
                    census.namespaces() + ", " + census.sockets().size() + " sockets");
        }
        return millis;
    }

    /** Of smaps_rollup, proc_pid_smaps(5). */
    private static long proportionalBytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup")).stream()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    private static void report(String what, List<Double> millis) {
        millis.sort(Double::compare);
        System.out.printf(
                Locale.ROOT,
                "%-45s %4d runs  median %7.1f ms  max %7.1f ms%n",
                what,
                millis.size(),
                millis.get(millis.size() / 2),
                millis.getLast());
    }

    /** Looks at a busy namespace. */
    static Soak soak(Duration length, CensusParser parser) throws Exception {
        String script = Tools.MODULE.resolve("src/test/python/traffic.py").toString();
        try (Street street = new Street(1);
                Namespace namespace = Namespace.open(street.file())) {
            Process serving = street.startInNeighbour("python3", script, "serve");
            serving.inputReader().readLine();
            Process talking = street.startInBox("python3", script, "talk", "10.77.0.2", "fd77:0::2");
            talking.inputReader().readLine();
            Instant end = Instant.now().plus(length);
            List<String> alarms = new ArrayList<>();
            int looks = 0;
            int most = 0;
            for (; looks < LOOKS_MIN || Instant.now().isBefore(end); looks++) {
                Census census = Census.take(List.of(namespace), parser);
                most = Math.max(most, census.sockets().size());
                census.alarms().forEach(alarm -> alarms.add(Instant.now() + " " + alarm));
                if (looks % 60 == 59) {
                    System.out.printf("%d looks, %d alarms%n", looks + 1, alarms.size());
                }
                Tools.pause(LOOK_MILLIS);
            }
            return new Soak(looks, most, alarms);
        }
    }
}

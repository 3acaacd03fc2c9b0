package omni.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import omni.api.DaemonProtocol;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.Tree;
import omni.role.SupervisorProtocol.TreeState;

/**
 * Starts the tree again and again and tells how long it takes until every resident role is ready, how long a first chat
 * takes then, and how much memory each idle process has (PSS: what it has alone, and its part of what it shares).
 *
 * <p>Started by {@code image-builder/runtime/measure}. Ends with 1 where a limit is passed.
 */
final class Measure {
    private static final int RUNS = 11;
    private static final double READY_SECONDS_MAX = 2.0;
    private static final long IDLE_BYTES_MAX = 300_000_000;
    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** The roles tell their memory with their heartbeat, once a second; the welcome's process has ended by then. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path start;
    private final List<Double> readySeconds = new ArrayList<>();
    private final List<Double> chatSeconds = new ArrayList<>();
    private final SequencedMap<String, List<Double>> idleBytes = new LinkedHashMap<>();

    private Measure(Path start) {
        this.start = start;
    }

    /**
     * Measures.
     *
     * @param args the start script of the tree
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        var measure = new Measure(Path.of(args[0]));
        for (int i = 1; i <= RUNS; i++) {
            System.err.print("\rrun " + i + " of " + RUNS);
            measure.run();
        }
        System.err.println();
        System.exit(measure.tell() ? 0 : 1);
    }

    private void run() throws IOException, InterruptedException {
        var base = Files.createTempDirectory("omni");
        var home = Files.createDirectory(base.resolve("home"));
        Files.writeString(home.resolve("omni.toml"), "[daemon]\nport = 0\n");
        var builder = new ProcessBuilder(start.toString(), "up")
                .redirectErrorStream(true)
                .redirectOutput(base.resolve("up").toFile());
        builder.environment().put("OMNI_HOME", home.toString());
        builder.environment().put("OMNI_RUN", base.resolve("run").toString());
        var begin = System.nanoTime();
        var process = builder.start();
        try (var supervisor = BusClient.to(base.resolve("run/supervisor.sock"));
                var daemon = BusClient.to(base.resolve("run/daemon.sock"))) {
            var client = SupervisorProtocol.Client.of(supervisor);
            awaitReady(client, process, begin);
            readySeconds.add(secondsSince(begin));
            LockSupport.parkNanos(SETTLE_NANOS);
            for (var role : tree(client).roles()) {
                var bytes = role.pssBytes();
                idleBytes.computeIfAbsent(role.name(), _ -> new ArrayList<>()).add(bytes == null ? 0.0 : bytes);
            }
            var asked = System.nanoTime();
            DaemonProtocol.Client.of(daemon)
                    .chat(new DaemonProtocol.ChatParams(
                            null,
                            List.of(new DaemonProtocol.Message("user", "What is 7 plus 5?")),
                            null,
                            0.0,
                            null,
                            false,
                            null));
            chatSeconds.add(secondsSince(asked));
            client.stop(new SupervisorProtocol.StopParams());
            process.waitFor();
        } finally {
            process.destroyForcibly();
            delete(base);
        }
    }

    private static void awaitReady(SupervisorProtocol.Client client, Process process, long begin) {
        while (true) {
            try {
                if (tree(client).state() == TreeState.READY) {
                    return;
                }
            } catch (BusException.Unavailable e) {
                if (!process.isAlive()) {
                    throw new MissingException("omni up has ended; is another tree on this machine's way?");
                }
            }
            if (System.nanoTime() - begin > GIVE_UP_NANOS) {
                throw new MissingException("The tree was not ready within a minute.");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static Tree tree(SupervisorProtocol.Client client) {
        return client.status(new SupervisorProtocol.StatusParams()).tree();
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** Prints the medians; true where the limits hold. */
    private boolean tell() {
        var ready = median(readySeconds);
        print("start to ready  %.2f s (%.2f to %.2f; limit %.1f s)", ready, readySeconds, READY_SECONDS_MAX);
        print("first chat      %.2f s (%.2f to %.2f), the model loaded on demand", median(chatSeconds), chatSeconds, 0);
        double all = 0;
        for (var role : idleBytes.entrySet()) {
            var bytes = median(role.getValue());
            all += bytes;
            System.out.printf(Locale.ROOT, "idle memory     %5.1f MB  %s%n", bytes / 1e6, role.getKey());
        }
        System.out.printf(
                Locale.ROOT,
                "idle memory     %5.1f MB  in all (PSS; limit %d MB)%n",
                all / 1e6,
                IDLE_BYTES_MAX / 1_000_000);
        return ready <= READY_SECONDS_MAX && all <= IDLE_BYTES_MAX;
    }

    private static void print(String form, double median, List<Double> values, double limit) {
        var sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        System.out.printf(Locale.ROOT, form + "%n", median, sorted[0], sorted[sorted.length - 1], limit);
    }

    private static double median(List<Double> values) {
        var sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void delete(Path folder) throws IOException {
        try (var walk = Files.walk(folder)) {
            for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

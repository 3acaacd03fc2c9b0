package omni.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import omni.api.DaemonProtocol;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.bus.RunDirectory;
import omni.role.SupervisorProtocol;

/**
 * The assembled product in a home of its own, run by the supervisor as a process: the test may kill any of it. Knows
 * every process that has been part of it.
 */
final class Box implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final String KEY = "omni-a-key-that-only-this-test-knows-and-forgets-00";

    private final Path root = Path.of(System.getProperty("omni.root"));
    private final Path app = root.resolve("target/omni");
    private final Path home;
    private final int port;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final Set<Long> seen = ConcurrentHashMap.newKeySet();
    private Process supervisor;

    Box(String supervisorTable) throws IOException {
        home = Files.createTempDirectory("omni-box");
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Files.writeString(
                home.resolve("omni.toml"), "[supervisor]\n" + supervisorTable + "\n[daemon]\nport = " + port + "\n");
        supervisor = start();
    }

    private Process start() throws IOException {
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx96m",
                        "--enable-native-access=omni.role",
                        "--module-path",
                        app.resolve("lib").toString(),
                        "-m",
                        "omni.init/omni.init.Main")
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        home.resolve("supervisor.out").toFile()));
        builder.environment().put("OMNI_APP", app.toString());
        builder.environment().put("OMNI_HOME", home.toString());
        builder.environment().put("OMNI_RUN", home.resolve("run").toString());
        Process process = builder.start();
        seen.add(process.pid());
        return process;
    }

    /** Starts another supervisor where the last one has gone. */
    void restart() throws IOException {
        supervisor = start();
    }

    long supervisorPid() {
        return supervisor.pid();
    }

    Path home() {
        return home;
    }

    /** The roles' processes as the supervisor's children, whatever their state. */
    List<Long> children() {
        List<Long> pids =
                supervisor.toHandle().children().map(ProcessHandle::pid).toList();
        seen.addAll(pids);
        return pids;
    }

    /** The tree as the supervisor tells it; nothing where it does not answer. */
    Optional<SupervisorProtocol.Tree> status() {
        try (BusClient bus = BusClient.to(RunDirectory.socket(home.resolve("run"), "supervisor"))) {
            SupervisorProtocol.Tree tree = SupervisorProtocol.Client.of(bus)
                    .status(new SupervisorProtocol.StatusParams())
                    .tree();
            tree.roles().stream()
                    .map(SupervisorProtocol.Role::pid)
                    .filter(pid -> pid != null)
                    .forEach(seen::add);
            return Optional.of(tree);
        } catch (BusException e) {
            return Optional.empty();
        }
    }

    boolean isReady() {
        return status().filter(tree -> tree.state() == SupervisorProtocol.TreeState.READY)
                .isPresent();
    }

    /** Whether every role is ready, that one in another process than the given. */
    boolean isReadyAgain(String role, long dead) {
        return status().filter(tree -> tree.state() == SupervisorProtocol.TreeState.READY).stream()
                .flatMap(tree -> tree.roles().stream())
                .filter(r -> r.name().equals(role))
                .anyMatch(r -> r.pid() != null && r.pid() != dead);
    }

    /** Waits until every role is ready. */
    void awaitReady() {
        until("the tree is ready", this::isReady);
    }

    /** The role's process now; nothing while it has none. */
    Optional<Long> pid(String role) {
        return status().stream()
                .flatMap(tree -> tree.roles().stream())
                .filter(r -> r.name().equals(role))
                .map(SupervisorProtocol.Role::pid)
                .filter(pid -> pid != null)
                .findFirst();
    }

    /** Gives the daemon the hash of this test's key; it keeps it over restarts. */
    void addKey() {
        try (BusClient bus = BusClient.to(RunDirectory.socket(home.resolve("run"), "daemon"))) {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.US_ASCII));
            DaemonProtocol.Client.of(bus)
                    .addKey(new DaemonProtocol.AddKeyParams(
                            "kills", HexFormat.of().formatHex(hash), false, null, null));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One chat over HTTP, the whole answer as text. */
    HttpResponse<String> chat(boolean stream, Duration longest) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .timeout(longest)
                .header("Authorization", "Bearer " + KEY)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"messages\":[{\"role\":\"user\",\"content\":"
                        + "\"What is 7 plus 5?\"}],\"temperature\":0,\"max_tokens\":16,\"stream\":" + stream + "}"))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Sends a signal by its name; nothing happens where the process is gone. */
    static void signal(String name, long pid) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills the supervisor while it cannot start anything more, and waits until none of its children is left. */
    void killSupervisor() throws IOException, InterruptedException {
        signal("STOP", supervisor.pid());
        List<Long> orphans = children();
        signal("KILL", supervisor.pid());
        supervisor.waitFor();
        orphans.forEach(Box::awaitGone);
    }

    /** Ends the supervisor in order; its exit code. */
    int stop() throws InterruptedException {
        children();
        supervisor.toHandle().destroy();
        return supervisor.waitFor();
    }

    /** Those of all processes there have ever been that are still alive and Omni's. */
    List<Long> alive() {
        return seen.stream().filter(Box::isOmni).toList();
    }

    private static boolean isOmni(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1)
                    .contains("omni.");
        } catch (IOException e) {
            return false;
        }
    }

    /** Open descriptors of a process. */
    static long descriptors(long pid) {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void awaitGone(long pid) {
        until("process " + pid + " is gone", () -> !isOmni(pid));
    }

    /** Returns once it holds; fails where that takes too long. */
    static void until(String what, BooleanSupplier holds) {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("Not within " + LONGEST + ": " + what);
            }
            LockSupport.parkNanos(Duration.ofMillis(25).toNanos());
        }
    }

    @Override
    public void close() throws IOException {
        supervisor.destroyForcibly();
        http.close();
        try (Stream<Path> all = Files.walk(home)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}

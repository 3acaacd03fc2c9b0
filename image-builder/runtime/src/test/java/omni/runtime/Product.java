package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The assembled runtime tree, with an empty home of its own and any free port: what a new owner has. */
final class Product implements AutoCloseable {
    static final Path TREE = Path.of(System.getProperty("omni.root"), "target", "omni");
    private static final int WAIT_SECONDS = 120;
    /** No account of any machine has it. */
    private static final int OTHER_USER = 61_234;

    final Path home;
    final Path run;
    private final Path base;
    private Path tree;
    private final Path java;
    private final List<String> as;
    private final List<Process> started = new ArrayList<>();

    /** What a command did. */
    record Done(int exit, String out, String err) {}

    /** A running {@code omni up} and what it has printed so far. */
    record Up(Process process, StringWriter printed) {
        /** The line for curl, when it has come. */
        String curl() {
            return printed.toString()
                    .lines()
                    .filter(l -> l.startsWith("curl "))
                    .findFirst()
                    .orElse("");
        }
    }

    Product() throws IOException {
        this(Files.createTempDirectory("omni"), Path.of(System.getProperty("java.home")));
    }

    /** In that folder, which goes with it, and by that Java. */
    Product(Path base, Path java) throws IOException {
        this(base, TREE, java, List.of());
    }

    private Product(Path base, Path tree, Path java, List<String> as) throws IOException {
        this.base = base;
        this.tree = tree;
        this.java = java;
        this.as = as;
        home = Files.createDirectory(base.resolve("home"));
        run = base.resolve("run");
        configure("[daemon]\nport = 0\n");
    }

    /** As a user that is not root, by a root: with a copy of the tree, for a checkout may be root's alone. */
    static Product withoutRoot() throws IOException, InterruptedException {
        Path base = Files.createTempDirectory("omni");
        Path tree = base.resolve("tree");
        AirgapBoxTest.run("cp", "-r", TREE.toString(), tree.toString());
        return new Product(base, tree, Path.of(System.getProperty("java.home")), asOther());
    }

    /** What makes a command that of a user that is not root. */
    static List<String> asOther() {
        return List.of(
                "setpriv", "--reuid=" + OTHER_USER, "--regid=" + OTHER_USER, "--clear-groups", "--inh-caps=-all");
    }

    /** From here on by another copy of the tree, as after an update; what runs goes on by the one that it has. */
    void takeAnotherTree() throws IOException, InterruptedException {
        Path other = base.resolve("other-tree");
        AirgapBoxTest.run("cp", "-r", tree.toString(), other.toString());
        tree = other;
    }

    /** Gives that user all that is there now. */
    void give() throws IOException, InterruptedException {
        AirgapBoxTest.run("chown", "-R", OTHER_USER + ":" + OTHER_USER, base.toString());
    }

    /** Writes omni.toml; to be called before the start. */
    void configure(String settings) throws IOException {
        Files.writeString(home.resolve("omni.toml"), settings);
    }

    private ProcessBuilder command(String... arguments) {
        List<String> line = new ArrayList<>(as);
        line.add(tree.resolve("bin/omni").toString());
        line.addAll(List.of(arguments));
        return prepare(new ProcessBuilder(line));
    }

    /** Gives a process this product's surroundings and none of the build's. */
    ProcessBuilder prepare(ProcessBuilder builder) {
        var environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("OMNI_") || name.equals("XDG_RUNTIME_DIR"));
        environment.put("OMNI_JAVA", java.toString());
        environment.put("OMNI_HOME", home.toString());
        environment.put("OMNI_RUN", run.toString());
        environment.put("HOME", base.toString());
        return builder.directory(base.toFile());
    }

    /** Starts the tree and waits until the welcome is printed. */
    Up up() throws IOException {
        var process = command("up").redirectErrorStream(true).start();
        started.add(process);
        var up = new Up(process, new StringWriter());
        Thread.ofVirtual().start(() -> copy(process, up.printed()));
        Await.until("the welcome", () -> !up.curl().isEmpty() || !process.isAlive());
        assertEquals(true, process.isAlive(), () -> "omni up ended: " + up.printed());
        return up;
    }

    private static void copy(Process process, StringWriter to) {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().forEach(line -> to.append(line).append('\n'));
        } catch (IOException | UncheckedIOException e) {
            to.append("(the output ended: " + e + ")\n");
        }
    }

    /** A command that is spoken with while it runs; both its outputs are one. */
    Process start(String... arguments) throws IOException {
        var process = command(arguments).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    Done omni(String... arguments) throws IOException, InterruptedException {
        return omniWith("", arguments);
    }

    Done omniWith(String input, String... arguments) throws IOException, InterruptedException {
        var err = Files.createTempFile(base, "err", "");
        var process = command(arguments).redirectError(err.toFile()).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(true, process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS), "the command did not end");
        var told = Files.readString(err);
        Files.delete(err);
        return new Done(process.exitValue(), out, told);
    }

    /** Kills a command in mid-work as a fault in native code would, core files allowed; returns its exit code. */
    int crashed(String command, String input) throws IOException, InterruptedException {
        var builder = prepare(new ProcessBuilder(
                "sh", "-c", "ulimit -c unlimited; exec '" + TREE.resolve("bin/omni") + "' " + command));
        var process = builder.redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        process.getInputStream().read(); // the answer has begun
        new ProcessBuilder("kill", "-SEGV", Long.toString(process.pid()))
                .start()
                .waitFor();
        assertEquals(true, process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS), "the command did not end");
        return process.exitValue();
    }

    JsonNode status() throws IOException, InterruptedException {
        var done = omni("status", "--json");
        return json(done.out().isEmpty() ? "{}" : done.out());
    }

    static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }

    /** The process of a role; 0 where it has none now. */
    static long pid(JsonNode status, String role) {
        for (var one : status.path("roles")) {
            if (one.path("name").asString("").equals(role)) {
                return one.path("pid").asLong(0);
            }
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        for (var process : started) {
            process.destroy();
            try {
                if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                process.destroyForcibly();
            }
        }
        try (var walk = Files.walk(base)) {
            for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

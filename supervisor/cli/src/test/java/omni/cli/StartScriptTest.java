package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code supervisor/bin/omni} in a checkout with a space in its path. Java and Maven are shell scripts that tell how they
 * were called; the other programs on the PATH are the real ones, and no more of them than the script may use.
 */
class StartScriptTest {
    private static final List<String> PROGRAMS = List.of(
            "cat",
            "dirname",
            "expr",
            "find",
            "grep",
            "head",
            "ln",
            "mkdir",
            "mkfifo",
            "readlink",
            "rm",
            "sleep",
            "tail");

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Path root = Path.of("");
    private Path tools = Path.of("");

    private record Done(int exit, String out, String err) {}

    @BeforeEach
    void aCheckout() throws IOException {
        root = folder.resolve("a checkout");
        var script = Files.createDirectories(root.resolve("supervisor/bin")).resolve("omni");
        Files.copy(Path.of(System.getProperty("omni.root"), "supervisor/bin/omni"), script);
        assertTrue(script.toFile().setExecutable(true));
        source("supervisor/bus/src/main/java/A.java");
        source("supervisor/bus/src/test/java/ATest.java");
        source("pom.xml");
        tools = Files.createDirectories(folder.resolve("tools"));
        for (var program : PROGRAMS) {
            program(tools.resolve(program), "exec '" + find(program) + "' \"$@\"");
        }
        environment.put("PATH", tools.toString());
        environment.put("HOME", folder.resolve("home").toString());
        environment.put("OMNI_JVM_DIR", folder.resolve("none").toString());
    }

    /** A source file as old as it needs to be. */
    private Path source(String name) throws IOException {
        var file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "x");
        var old = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
        try (Stream<Path> all = Files.walk(root)) {
            for (var path : all.toList()) {
                Files.setLastModifiedTime(path, old);
            }
        }
        return file;
    }

    private static Path find(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(f -> Path.of(f, program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }

    private static Path program(Path file, String... lines) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }

    /** A Java home; without a release file where that is null. */
    private Path java(String name, String release, String version) throws IOException {
        var home = folder.resolve(name);
        program(
                home.resolve("bin/java"),
                "if [ \"$1\" = -version ]; then echo 'openjdk version \"" + version + "\" 2026-01-01' >&2; exit; fi",
                "echo \"java of " + name + "\"",
                "for a; do printf '<%s>' \"$a\"; done",
                "printf '\\napp=%s\\nhome=%s\\n' \"$OMNI_APP\" \"$OMNI_HOME\"");
        if (!release.isEmpty()) {
            Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + release + "\"\n");
        }
        return home;
    }

    private void maven() throws IOException {
        program(tools.resolve("npm"), "exit 0");
        program(
                tools.resolve("mvn"),
                "echo built \"$@\" >> ../builds",
                "echo '[INFO] Building Omni: bus 0.1.0-SNAPSHOT          [2/12]'",
                "if [ -e ../fail ]; then echo '[ERROR] It broke.'; exit 1; fi",
                "if [ -e ../gate ]; then cat ../gate > /dev/null; fi",
                "mkdir -p target/omni/lib",
                "echo 1 > target/omni/stamp");
    }

    private ProcessBuilder command(Path script, String... arguments) {
        var builder = new ProcessBuilder(Stream.concat(Stream.of(script.toString()), Stream.of(arguments))
                        .toList())
                .directory(folder.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder;
    }

    private Done run(String... arguments) throws IOException, InterruptedException {
        return finish(command(root.resolve("supervisor/bin/omni"), arguments));
    }

    private Done finish(ProcessBuilder builder) throws IOException, InterruptedException {
        var err = folder.resolve("err");
        var process = builder.redirectError(err.toFile()).start();
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Done(process.waitFor(), out, Files.readString(err));
    }

    private long builds() throws IOException {
        var log = folder.resolve("builds");
        return Files.exists(log) ? Files.readString(log).lines().count() : 0;
    }

    @Test
    void findsJava25WhereverItIs() throws Exception {
        maven();
        var jdk = java("jdk", "25.0.3", "25.0.3");
        environment.put("OMNI_JAVA", jdk.toString());
        assertTrue(run().out().startsWith("java of jdk\n"));
        environment.put("OMNI_JAVA", jdk.resolve("bin/java").toString());
        assertTrue(run().out().startsWith("java of jdk\n"));
        environment.remove("OMNI_JAVA");
        environment.put("JAVA_HOME", java("ga", "25", "25").toString());
        assertTrue(run().out().startsWith("java of ga\n"));
        environment.remove("JAVA_HOME");
        Files.createSymbolicLink(tools.resolve("java"), jdk.resolve("bin/java"));
        assertTrue(run().out().startsWith("java of jdk\n"));
        Files.delete(tools.resolve("java"));
        java("jvm/temurin-25-jdk", "25.0.1", "25.0.1");
        environment.put("OMNI_JVM_DIR", folder.resolve("jvm").toString());
        assertTrue(run().out().startsWith("java of jvm/temurin-25-jdk\n"));
        environment.put("OMNI_JVM_DIR", folder.resolve("none").toString());
        java("home/.sdkman/candidates/java/25.0.1-tem", "25.0.1", "25.0.1");
        assertTrue(run().out().startsWith("java of home/.sdkman/candidates/java/25.0.1-tem\n"));
    }

    @Test
    void asksTheProgramWhereThereIsNoReleaseFile() throws Exception {
        maven();
        environment.put("OMNI_JAVA", java("bare", "", "25.0.2").toString());
        assertEquals(0, run().exit());
        environment.put("OMNI_JAVA", java("older", "", "17.0.25").toString());
        assertEquals(1, run().exit());
    }

    @Test
    void saysInOneSentenceThatThereIsNoJava25() throws Exception {
        Files.createSymbolicLink(
                tools.resolve("java"), java("old", "17.0.15", "17.0.15").resolve("bin/java"));
        environment.put("JAVA_HOME", java("new", "251.0", "251.0").toString());
        var done = run("up");
        assertEquals(1, done.exit());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(done.err().startsWith("Omni needs a JDK 25 and found none: install one"), done.err());
    }

    @Test
    void neverReplacesTheJavaThatTheOwnerNamed() throws Exception {
        environment.put("JAVA_HOME", java("jdk", "25.0.3", "25.0.3").toString());
        environment.put("OMNI_JAVA", java("old", "17.0.15", "17.0.15").toString());
        var done = run("up");
        assertEquals(1, done.exit());
        assertTrue(done.err().startsWith("OMNI_JAVA names "), done.err());
    }

    @Test
    void worksThroughLinksFromAnywhereAndPassesArgumentsOn() throws Exception {
        maven();
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        var absolute = Files.createSymbolicLink(folder.resolve("one"), root.resolve("supervisor/bin/omni"));
        Files.createSymbolicLink(tools.resolve("two"), Path.of("../one"));
        var done = finish(command(tools.resolve("two"), "chat", "a  b", "", "$HOME"));
        assertEquals(0, done.exit(), done.err());
        assertTrue(done.out().contains("<chat><a  b><><$HOME>\n"), done.out());
        var app = root.toRealPath().resolve("target/omni");
        assertTrue(done.out().contains("app=" + app + "\n"), done.out());
        assertTrue(done.out().contains("<--module-path><" + app + "/lib>"), done.out());
        assertTrue(done.out().contains("home=" + folder.resolve("home/.omni") + "\n"), done.out());
        assertEquals(0, finish(command(absolute)).exit());
    }

    @Test
    void runsFromARuntimeTreeWithoutBuilding() throws Exception {
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        var tree = folder.resolve("opt/omni");
        Files.createDirectories(tree.resolve("lib"));
        var script = Files.createDirectories(tree.resolve("bin")).resolve("omni");
        Files.copy(root.resolve("supervisor/bin/omni"), script);
        assertTrue(script.toFile().setExecutable(true));
        var done = finish(command(script));
        assertEquals(0, done.exit(), done.err());
        assertTrue(done.out().contains("app=" + tree.toRealPath() + "\n"), done.out());
        assertEquals("", done.err());
    }

    @Test
    void buildsOnceAndAgainOnlyWhenASourceIsNewer() throws Exception {
        maven();
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        var first = run();
        assertTrue(first.err().contains("first time: a few minutes"), first.err());
        assertTrue(first.err().contains("module 2 of 12: Omni: bus"), first.err());
        assertEquals("", run().err());
        assertEquals(1, builds());
        Files.writeString(root.resolve("supervisor/bus/src/test/java/ATest.java"), "newer");
        Files.writeString(root.resolve("supervisor/bus/README.md"), "newer");
        assertEquals("", run().err());
        touchLater(root.resolve("supervisor/bus/src/main/java/A.java"));
        assertTrue(run().err().contains("its sources have changed"));
        assertEquals(2, builds());
    }

    private void touchLater(Path file) throws IOException {
        var stamp = Files.getLastModifiedTime(root.resolve("target/omni/stamp"));
        Files.setLastModifiedTime(file, FileTime.from(stamp.toInstant().plusSeconds(1)));
    }

    @Test
    void showsWhatBrokeAndWhereTheLogIs() throws Exception {
        maven();
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        Files.writeString(folder.resolve("fail"), "");
        var done = run();
        assertEquals(1, done.exit());
        assertTrue(done.err().contains("[ERROR] It broke."), done.err());
        assertTrue(done.err().contains("target/build.log"), done.err());
        assertFalse(done.out().contains("java of"));
        Files.delete(folder.resolve("fail"));
        assertEquals(0, run().exit());
    }

    @Test
    void namesTheBuildToolThatIsMissing() throws Exception {
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        var done = run();
        assertEquals(1, done.exit());
        assertTrue(done.err().contains("it takes mvn npm: install it"), done.err());
        maven();
        Files.delete(tools.resolve("npm"));
        assertTrue(run().err().contains("it takes npm: install it"));
    }

    @Test
    void twoStartsBuildOnce() throws Exception {
        maven();
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        var gate = folder.resolve("gate");
        assertEquals(0, finish(new ProcessBuilder("mkfifo", gate.toString())).exit());
        var script = root.resolve("supervisor/bin/omni");
        var one = command(script)
                .redirectError(folder.resolve("one.err").toFile())
                .start();
        Await.until("the first build", () -> Files.exists(folder.resolve("builds")));
        var two = command(script)
                .redirectError(folder.resolve("two.err").toFile())
                .start();
        Await.until("the second waits", () -> text(folder.resolve("two.err")).contains("process " + one.pid()));
        Files.writeString(gate, "go");
        assertEquals(0, one.waitFor());
        assertEquals(0, two.waitFor());
        assertEquals(1, builds());
        assertFalse(Files.exists(root.resolve("target/build.lock"), java.nio.file.LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void aLockWhoseHolderIsGoneDoesNotHold() throws Exception {
        maven();
        environment.put("OMNI_JAVA", java("jdk", "25", "25").toString());
        var gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Files.createDirectories(root.resolve("target"));
        Files.createSymbolicLink(root.resolve("target/build.lock"), Path.of(Long.toString(gone.pid())));
        assertEquals(0, run().exit());
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

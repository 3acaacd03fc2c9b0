package omni.airgap;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What the tests that need root, gcc and iproute2 have in common. */
final class Tools {
    static final Path MODULE = Path.of("").toAbsolutePath();
    private static final long PATIENCE_SECONDS = 60;

    private Tools() {}

    /** Runs a program, and gives what it printed; fails where it fails. */
    static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(List.of(command) + " failed: " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Of this module and what it needs, for a main class of a test's in a process of its own. */
    static String classPath() {
        return String.join(
                File.pathSeparator,
                MODULE.resolve("target/classes").toString(),
                MODULE.resolve("target/test-classes").toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path", ""));
    }

    /** A main class of a test's in a process of its own, compiled for a short life. */
    static ProcessBuilder java(Class<?> main, String... arguments) {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                main.getName()));
        line.addAll(List.of(arguments));
        return new ProcessBuilder(line);
    }

    /** The probes in C, compiled once a run. */
    static synchronized Path probe(String name) {
        Path program = MODULE.resolve("target/probes").resolve(name);
        Path source = MODULE.resolve("src/test/c").resolve(name + ".c");
        try {
            if (!Files.exists(program) || older(program, source) || older(program, source.resolveSibling("probe.h"))) {
                Files.createDirectories(program.getParent());
                run("gcc", "-O2", "-Wall", "-Werror", "-o", program.toString(), source.toString());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return program;
    }

    private static boolean older(Path program, Path source) throws IOException {
        return Files.getLastModifiedTime(program).compareTo(Files.getLastModifiedTime(source)) < 0;
    }

    /** What a test cannot do without. */
    static void assertEveryLink(DropTable table) {
        if (!table.everyLink()) {
            throw new AssertionError("This kernel, " + System.getProperty("os.version")
                    + ", has no drop chain for every link: this test needs Linux 6.17 or newer");
        }
    }

    /** Waits until it is so. */
    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("Never came true: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    static void pause(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }
}

package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tree under Debian 13's jsvc, as {@code omni units jsvc} sets it up: starts, is ready over the bus, and stops
 * without leaving a process. jsvc itself is unpacked privately, never installed.
 */
class JsvcBoxTest {
    private static final Path ROOT = Path.of(System.getProperty("omni.root"));
    private static final Path APP = ROOT.resolve("target/omni");
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final int MINUTES_MAX = 5;

    @TempDir
    Path folder;

    private Path home = Path.of("");
    private Path runDir = Path.of("");
    private Path jsvc = Path.of("");

    private record Ended(int code, String output) {}

    @BeforeEach
    void install() throws Exception {
        home = Files.createDirectory(folder.resolve("home"));
        runDir = folder.resolve("run");
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Files.writeString(home.resolve("omni.toml"), "[daemon]\nport = " + socket.getLocalPort() + "\n");
        }
        var debian = run(ROOT, Map.of(), ROOT.resolve(".ci/debian13").toString(), "jsvc");
        assertEquals(0, debian.code(), debian.output());
        jsvc = Path.of(debian.output().lines().toList().getLast(), "usr/bin/jsvc");
        var units = omni(
                "units",
                "jsvc",
                "--dir",
                folder.toString(),
                "--user",
                "root",
                "--app",
                APP.toString(),
                "--java",
                JAVA.toString(),
                "--home",
                home.toString(),
                "--run",
                runDir.toString());
        assertEquals(0, units.code(), units.output());
    }

    @AfterEach
    void leaveNothing() throws IOException {
        processes().forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void startsIsReadyAndStopsWithoutAProcessLeft() throws Exception {
        var started = control();
        assertEquals(0, started.code(), () -> started.output() + logged());
        assertTrue(Files.exists(runDir.resolveSibling("run.pid")));
        var status = omni("status", "--json");
        assertEquals(0, status.code(), status.output());
        assertTrue(status.output().matches("(?s).*\"state\"\\s*:\\s*\"ready\".*"), status.output());
        for (var role : List.of("supervisor", "engine", "daemon")) {
            assertTrue(status.output().contains("\"" + role + "\""), status.output());
        }
        // jsvc's controller and the supervisor in it, and a process a role.
        assertTrue(processes().size() >= 4, processes().toString());

        var stopped = control("-stop");
        assertEquals(0, stopped.code(), () -> stopped.output() + logged());
        assertEquals(List.of(), processes());
        assertFalse(Files.exists(runDir.resolve("supervisor.sock")));
        assertEquals(3, omni("status").code());
    }

    @Test
    void aWrongConfigurationDoesNotStart() throws Exception {
        Files.writeString(home.resolve("omni.toml"), "[daemon]\nprot = 1\n");
        var started = control();
        assertTrue(started.code() != 0, started.output());
        assertTrue(logged().contains("prot"), logged());
        assertEquals(List.of(), processes());
    }

    /** Calls the script that {@code omni units jsvc} has written. */
    private Ended control(String... arguments) throws Exception {
        var command =
                new ArrayList<>(List.of("sh", folder.resolve("etc/omni/jsvc").toString()));
        command.addAll(List.of(
                "-outfile",
                folder.resolve("out").toString(),
                "-errfile",
                folder.resolve("err").toString()));
        command.addAll(List.of(arguments));
        return run(
                folder,
                Map.of(
                        "OMNI_JSVC", jsvc.toString(),
                        "OMNI_JSVC_OPTIONS",
                                folder.resolve("etc/omni/jsvc.vmoptions").toString()),
                command.toArray(String[]::new));
    }

    private Ended omni(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(
                JAVA.toString(),
                "--module-path",
                APP.resolve("lib").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-m",
                "omni.cli/omni.cli.Main"));
        command.addAll(List.of(arguments));
        return run(
                folder,
                Map.of("OMNI_HOME", home.toString(), "OMNI_RUN", runDir.toString(), "OMNI_APP", APP.toString()),
                command.toArray(String[]::new));
    }

    private Ended run(Path directory, Map<String, String> environment, String... command) throws Exception {
        Path output = Files.createTempFile(folder, "output", "");
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(MINUTES_MAX, TimeUnit.MINUTES);
        process.destroyForcibly();
        String said = Files.readString(output).strip();
        assertTrue(ended, () -> String.join(" ", command) + " does not end: " + said + logged());
        return new Ended(process.exitValue(), said);
    }

    /** Every process whose environment names this test's sockets; one that has ended but is not reaped has none. */
    private List<ProcessHandle> processes() throws IOException {
        String mark = "OMNI_RUN=" + runDir;
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(p -> p.getFileName().toString().matches("\\d+"))
                    .filter(p -> environment(p).contains(mark))
                    .flatMap(
                            p -> ProcessHandle.of(Long.parseLong(p.getFileName().toString())).stream())
                    .toList();
        }
    }

    private static String environment(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("environ")), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // it has ended meanwhile
        }
    }

    private String logged() {
        var text = new StringBuilder();
        for (var name : List.of("out", "err")) {
            try {
                text.append('\n').append(name).append(": ").append(Files.readString(folder.resolve(name)));
            } catch (IOException e) {
                text.append('\n').append(name).append(": none");
            }
        }
        return text.toString();
    }
}

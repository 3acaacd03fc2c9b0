package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import omni.role.SupervisorProtocol.TreeLauncher;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher against a small systemctl of our own; real systemd is in the guest of GuestBoxTest. */
class SystemdLauncherTest {
    private static final RoleSpec ENGINE = Roles.all().roles().stream()
            .filter(role -> role.name().equals("engine"))
            .findFirst()
            .orElseThrow();
    private static final String UNIT = "omni-engine.service";

    @TempDir
    Path folder;

    private SystemdLauncher launcher = new SystemdLauncher(new Systemctl(Path.of("/")), Path.of("/"));

    /** Hears one process from start to end. */
    private static final class Heard implements Launcher.Listener {
        private final CompletableFuture<Long> pid = new CompletableFuture<>();
        private final CompletableFuture<Launcher.Exit> exit = new CompletableFuture<>();

        @Override
        public void started(long processId) {
            pid.complete(processId);
        }

        @Override
        public void exited(Launcher.Exit end) {
            exit.complete(end);
        }

        long pid() throws Exception {
            return pid.get(20, TimeUnit.SECONDS);
        }

        Launcher.Exit exit() throws Exception {
            return exit.get(20, TimeUnit.SECONDS);
        }
    }

    @BeforeEach
    void placeSystemctl() throws IOException {
        Path program = folder.resolve("systemctl");
        try (InputStream script =
                Objects.requireNonNull(SystemdLauncherTest.class.getResourceAsStream("fake-systemctl"))) {
            Files.copy(script, program);
        }
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        runs("exec sleep 1000");
        launcher = new SystemdLauncher(new Systemctl(program), folder.resolve("launch"));
    }

    @Test
    void startsAUnitAndHearsOfItsProcess() throws Exception {
        var heard = launch(Map.of("OMNI_INSTANCE", "i1"));
        assertTrue(ProcessHandle.of(heard.pid()).isPresent());
        assertTrue(calls().contains("--no-ask-password --no-pager start --wait --job-mode=fail " + UNIT));
        launcher.close();
        assertEquals(137, heard.exit().code());
    }

    @Test
    void givesTheVariablesInAFileThatOnlyItsUserReads() throws Exception {
        var heard = launch(Map.of("OMNI_INSTANCE", "i1", "HOME", "/a \"b\" $c \\d `e`"));
        heard.pid();
        Path file = folder.resolve("launch/engine.env");
        assertEquals("HOME=\"/a \\\"b\\\" \\$c \\\\d \\`e\\`\"\nOMNI_INSTANCE=\"i1\"\n", Files.readString(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        launcher.close();
    }

    @Test
    void aVariableThatCouldBecomeTwoIsRefused() throws Exception {
        var heard = launch(Map.of("OMNI_INSTANCE", "i1\nLD_PRELOAD=/evil.so"));
        assertEquals(-1, heard.exit().code());
        assertFalse(Files.exists(folder.resolve("launch/engine.env")));
        assertThrows(InitException.class, () -> SystemdLauncher.environmentFile(Map.of("a=b", "c")));
    }

    @Test
    void tellsAnExitCodeAndWhatSystemdMadeOfIt() throws Exception {
        runs("exit 70");
        assertEquals(
                new Launcher.Exit(70, "systemd says exit-code"),
                launch(Map.of()).exit());
        runs("exit 0");
        assertEquals(new Launcher.Exit(0, ""), launch(Map.of()).exit());
        runs("kill -SEGV $$");
        assertEquals(
                new Launcher.Exit(139, "systemd says signal"), launch(Map.of()).exit());
    }

    @Test
    void aDeathFromOutsideIsLearned() throws Exception {
        var heard = launch(Map.of());
        ProcessHandle.of(heard.pid()).orElseThrow().destroyForcibly();
        assertEquals(137, heard.exit().code());
    }

    @Test
    void terminateStopsTheUnitAndKillKillsIt() throws Exception {
        var gentle = new Heard();
        var child = launcher.launch(new Launcher.Launch(ENGINE, "i1", Map.of()), gentle);
        gentle.pid();
        child.terminate();
        child.terminate();
        assertEquals(143, gentle.exit().code());
        var hard = new Heard();
        child = launcher.launch(new Launcher.Launch(ENGINE, "i2", Map.of()), hard);
        hard.pid();
        child.kill();
        assertEquals(137, hard.exit().code());
        child.kill();
        assertEquals(1, count(" stop "));
        assertEquals(1, count(" kill "));
    }

    @Test
    void anOrderBeforeTheProcessIsThereStillReachesIt() throws Exception {
        var heard = new Heard();
        launcher.launch(new Launcher.Launch(ENGINE, "i1", Map.of()), heard).kill();
        assertTrue(heard.exit().code() != 0);
    }

    @Test
    void aRefusedStartNeverRan() throws Exception {
        Files.createFile(folder.resolve("refuse"));
        var heard = launch(Map.of());
        assertEquals(new Launcher.Exit(-1, "Transaction for omni-engine.service/start is destructive."), heard.exit());
        assertFalse(heard.pid.isDone());
    }

    @Test
    void systemdOutOfReachIsSaid() throws Exception {
        Files.createFile(folder.resolve("deaf"));
        var exit = launch(Map.of()).exit();
        assertEquals(-1, exit.code());
        assertTrue(exit.reason().contains("systemd does not answer"), exit.reason());
        launcher = new SystemdLauncher(new Systemctl(folder.resolve("nowhere")), folder.resolve("launch"));
        assertTrue(launch(Map.of()).exit().reason().startsWith("systemd cannot be reached"));
    }

    @Test
    void aLostBusIsNotADeath() throws Exception {
        Files.createFile(folder.resolve("lose-bus"));
        var heard = launch(Map.of());
        long pid = heard.pid();
        // Not merely called again: one that finds the unit's process dead would start another.
        Await.until("systemctl waits again", () -> Files.exists(folder.resolve("omni-engine.service.waiting")));
        assertEquals(2, count(" start "));
        assertFalse(heard.exit.isDone());
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        assertEquals(137, heard.exit().code());
    }

    @Test
    void aLeftoverIsStoppedBeforeTheNextStart() throws Exception {
        var left = launch(Map.of());
        long pid = left.pid();
        var next = launch(Map.of());
        assertTrue(next.pid() != pid);
        assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
        assertEquals(143, left.exit().code());
        launcher.close();
    }

    @Test
    void saysWhatItIs() {
        assertEquals(TreeLauncher.SYSTEMD, launcher.kind());
        assertEquals(1, launcher.notIsolated().size());
    }

    private Heard launch(Map<String, String> environment) {
        var heard = new Heard();
        launcher.launch(new Launcher.Launch(ENGINE, "i", environment), heard);
        return heard;
    }

    private void runs(String command) throws IOException {
        Files.writeString(folder.resolve("command"), command + "\n");
    }

    private long count(String verb) {
        return calls().stream().filter(call -> call.contains(verb)).count();
    }

    private List<String> calls() {
        try {
            return Files.readAllLines(folder.resolve("calls"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import omni.init.RoleSpec.Restart;
import org.junit.jupiter.api.Test;

/** The launcher by itself, with small programs instead of roles. */
final class ProcessLauncherTest {
    private static final RoleSpec ANY = Rig.resident("any", Restart.ONE_FOR_ONE);

    /** What a listener heard. */
    private static final class Ear implements Launcher.Listener {
        final BlockingQueue<Long> pids = new ArrayBlockingQueue<>(1);
        final BlockingQueue<Launcher.Exit> exits = new ArrayBlockingQueue<>(1);

        @Override
        public void started(long pid) {
            pids.add(pid);
        }

        @Override
        public void exited(Launcher.Exit exit) {
            exits.add(exit);
        }

        Launcher.Exit exit() throws InterruptedException {
            return java.util.Objects.requireNonNull(exits.poll(60, TimeUnit.SECONDS), "no end within a minute");
        }
    }

    private static Launcher.Launch launch(Map<String, String> environment) {
        return new Launcher.Launch(ANY, "instance", environment);
    }

    private static ProcessLauncher running(ByteArrayOutputStream log, String... command) {
        return new ProcessLauncher(
                role -> List.of(command), role -> log, Path.of("/"), new SharedNetwork(""), Optional.empty());
    }

    @Test
    void tellsHowAProgramEndedWithItsLastWords() throws Exception {
        var log = new ByteArrayOutputStream();
        try (var launcher = running(log, "/bin/sh", "-c", "echo '# it broke'; echo '#  here'; exit 7")) {
            var ear = new Ear();
            launcher.launch(launch(Map.of()), ear);
            assertEquals(new Launcher.Exit(7, "it broke"), ear.exit());
        }
        assertTrue(log.toString(StandardCharsets.UTF_8).contains("\"msg\":\"# it broke\"}\n"), log::toString);
    }

    @Test
    void tellsASignalAndAProgramThatIsNotThere() throws Exception {
        try (var launcher = running(new ByteArrayOutputStream(), "/bin/sh", "-c", "kill -SEGV $$")) {
            var ear = new Ear();
            launcher.launch(launch(Map.of()), ear);
            assertEquals(139, ear.exit().code());
        }
        try (var launcher = running(new ByteArrayOutputStream(), "/no/such/program")) {
            var ear = new Ear();
            launcher.launch(launch(Map.of()), ear);
            assertEquals(-1, ear.exit().code());
        }
    }

    @Test
    void givesNothingOfItsOwnEnvironment() throws Exception {
        var log = new ByteArrayOutputStream();
        try (var launcher = running(log, "/usr/bin/env")) {
            var ear = new Ear();
            launcher.launch(launch(Map.of("OMNI_HOME", "/somewhere")), ear);
            assertEquals(0, ear.exit().code());
        }
        List<String> lines = log.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(2, lines.size(), lines::toString);
        assertTrue(lines.stream().anyMatch(line -> line.contains("\"msg\":\"OMNI_HOME=/somewhere\"")), lines::toString);
        assertTrue(lines.stream().anyMatch(line -> line.contains("\"msg\":\"OMNI_SUPERVISOR_PID=")), lines::toString);
    }

    @Test
    void killsBeforeDuringAndAfterTheStart() throws Exception {
        try (var launcher = running(new ByteArrayOutputStream(), "/bin/sleep", "1000")) {
            for (int i = 0; i < 20; i++) {
                var ear = new Ear();
                Launcher.Child child = launcher.launch(launch(Map.of()), ear);
                if (i % 2 == 0) {
                    ear.pids.take();
                }
                child.kill();
                int code = ear.exit().code();
                assertTrue(code == 137 || code == -1, "code " + code);
                child.kill();
                child.terminate();
            }
        }
    }

    @Test
    void keepsTheControlPipeOpenWhileItAsksToStop() throws Exception {
        var log = new ByteArrayOutputStream();
        String program = "trap 'echo asked; (cat; echo ended) & sleep 0.2; echo still; exit 5' TERM; echo up; "
                + "while :; do sleep 0.05; done";
        try (var launcher = running(log, "/bin/sh", "-c", program)) {
            var ear = new Ear();
            Launcher.Child child = launcher.launch(launch(Map.of()), ear);
            Await.until("it is up", () -> log.toString(StandardCharsets.UTF_8).contains("up"));
            child.terminate();
            assertEquals(5, ear.exit().code());
        }
        assertTrue(log.toString(StandardCharsets.UTF_8).contains("still"), log::toString);
    }

    @Test
    void leaksNoDescriptorInFiftyStarts() throws Exception {
        try (var launcher = running(new ByteArrayOutputStream(), "/bin/true")) {
            startAndEnd(launcher);
            long before = descriptors();
            for (int i = 0; i < 50; i++) {
                startAndEnd(launcher);
            }
            Await.until("no more descriptors than before", () -> descriptors() <= before);
        }
    }

    private static void startAndEnd(ProcessLauncher launcher) throws InterruptedException {
        var ear = new Ear();
        launcher.launch(launch(Map.of()), ear);
        assertEquals(0, ear.exit().code());
    }

    private static long descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void rotatesALogAtItsBoundAndKeepsThree() throws Exception {
        Path folder = Files.createTempDirectory("omni-log");
        try (var log = new LogFile(folder.resolve("logs").resolve("role.jsonl"), 10)) {
            for (String line : List.of("12345\n", "abc\n", "d\n", "0123456789ab\n", "e\n", "0123456\n")) {
                byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
                log.write(bytes, 0, bytes.length);
            }
            List<String> contents = new ArrayList<>();
            for (String name : List.of("role.jsonl", "role.jsonl.1", "role.jsonl.2")) {
                contents.add(Files.readString(folder.resolve("logs").resolve(name)));
            }
            assertEquals(List.of("e\n0123456\n", "0123456789ab\n", "d\n"), contents);
            assertEquals(0, log.linesLost());
            try (Stream<Path> all = Files.list(folder.resolve("logs"))) {
                assertEquals(3, all.count());
            }
        } finally {
            Rig.delete(folder);
        }
    }

    @Test
    void aLogThatCannotBeWrittenLosesLinesAndSaysHowMany() throws Exception {
        Path file = Files.createTempFile("omni", "log");
        try (var log = new LogFile(file.resolve("logs").resolve("role.jsonl"), 10)) {
            log.write(new byte[] {'a', '\n'}, 0, 2);
            assertEquals(1, log.linesLost());
        } finally {
            Files.delete(file);
        }
    }
}

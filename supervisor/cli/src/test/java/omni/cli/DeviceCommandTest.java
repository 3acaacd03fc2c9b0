package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DeviceCommandTest {
    @TempDir
    Path folder;

    @Test
    void looksForItselfWhenOmniDoesNotRun() {
        try (var tree = new FakeTree(folder)) {
            var done = tree.run("device");
            assertEquals(0, done.exit(), done.err());
            assertTrue(done.out().contains("cores       "), done.out());
            assertTrue(done.out().contains("Omni does not run here: start it with `omni up`"), done.out());
            var json = Json.parse(tree.run("device", "--json").out());
            assertEquals("command", json.at("/seenBy").asString());
            assertTrue(json.at("/cpu/physicalCores").asInt() >= 1);
            assertTrue(json.at("/memory/totalBytes").asLong() > 0);
            assertEquals(64, json.at("/fingerprint").asString().length());
        }
    }

    @Test
    void showsWhatTheEngineSees() {
        try (var tree = new FakeTree(folder).start()) {
            var out = tree.run("device").out();
            assertTrue(out.contains("machine     ACME Box, container: docker\n"), out);
            assertTrue(out.contains("processor   Fast\ufffd[31m One\n"), "nothing moves the cursor: " + out);
            assertTrue(
                    out.contains("2 fast cores and 4 frugal cores, processors 0-5 of 0-7 may be used, 8 are off"), out);
            assertTrue(out.contains("L2 2 × 2.0 MiB"), out);
            assertTrue(
                    out.contains("16.0 GiB, 1.0 GiB left, limited to 4.0 GiB by /sys/fs/cgroup/memory.max, no swap"),
                    out);
            assertTrue(out.contains("quota       1.5 processors by /sys/fs/cgroup/cpu.max"), out);
            assertTrue(out.contains("/data: ext4 on /dev/sda1, 1.0 GB of 2.0 GB free, rotating"), out);
            assertTrue(out.contains("GPU         The CUDA driver did not answer in time."), out);
            assertTrue(out.contains("power       battery 41 %"), out);
            assertTrue(out.contains("heat        12 °C below the limit"), out);
            assertTrue(out.contains("slowed      the fan is off"), out);
            assertTrue(out.contains("now         It computes with at most 1 of 2 threads"), out);
            assertTrue(out.contains("Model seed: measured on this hardware with v0.5.0"), out);
            assertTrue(out.contains("threads         2        measured\n"), out);
            assertFalse(out.contains("It was faster."), out);
        }
    }

    @Test
    void saysWhy() {
        try (var tree = new FakeTree(folder).start()) {
            var out = tree.run("device", "--why").out();
            assertTrue(out.contains("threads         2        measured: It was faster."), out);
            assertTrue(out.contains("21.5 tokens a second, ±4 %, 5 rounds"), out);
            var json = Json.parse(tree.run("device", "--json").out());
            assertEquals("engine", json.at("/seenBy").asString());
            assertEquals(
                    "measured", json.at("/tuning/profiles/0/choices/0/origin").asString());
        }
    }

    @Test
    void measuresAnewAndShowsHowFarItIs() {
        try (var tree = new FakeTree(folder).start()) {
            var held = tree.run("device", "--measure");
            assertEquals(0, held.exit());
            assertEquals(
                    "seed: waiting: the engine computes with at most 1 of 2 threads: other programs use 1.0 processors",
                    held.err().strip(),
                    "once, not at each look");
            tree.tuning.held = "";
            var done = tree.run("device", "--measure");
            assertEquals("seed: measuring, 40 %", done.err().strip());
            assertTrue(done.out().startsWith("Model seed: measured on this hardware with v0.5.0\n"), done.out());
            var json = Json.parse(tree.run("device", "--measure", "--json").out());
            assertEquals(1, json.path("forgotten").asInt());
            assertEquals("measured", json.at("/tuning/profiles/0/state").asString());
            tree.environment.put("OMNI_TERMINAL", "012");
            assertTrue(tree.run("device", "--measure").err().contains("\rseed: measuring, 47 %\u001b[K"));
        }
        try (var tree = new FakeTree(folder)) {
            assertEquals(
                    ExitCode.NOT_RUNNING.number(),
                    tree.run("device", "--measure").exit());
        }
    }

    @Test
    void aBoxThatIsBusyAllTheTimeIsNotWaitedForForever() {
        try (var tree = new FakeTree(folder).start()) {
            tree.tuning.willMeasure = Integer.MAX_VALUE;
            var world = tree.world("");
            var exit = new CommandLine(new DeviceCommand(world, Duration.ofMillis(1))).execute("--measure");
            assertEquals(ExitCode.AWAY.number(), exit);
        }
    }
}

package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to boxes: no memory, no room on the disk, a clock that jumps, a process that is stopped. Closed after each. */
class MishapsBoxTest {
    private static final int LIMIT_MEBIBYTES = 400;
    private static final int SIGKILL_EXIT = 137;

    @TempDir
    Path folder;

    @Test
    void killedForWantOfMemory() throws Exception {
        Path group = Files.createDirectory(
                memory().resolve("omni-" + ProcessHandle.current().pid()));
        try (Street street = new Street(1);
                Capture capture = new Capture(street)) {
            send(street);
            Tools.await("frames while open", () -> capture.count().frames() > 0);
            boolean first = Files.exists(group.resolve("memory.limit_in_bytes"));
            Files.writeString(group.resolve(first ? "memory.limit_in_bytes" : "memory.max"), LIMIT_MEBIBYTES + "M");
            Process victim = start(street, CrashMain.GROWS);
            Files.writeString(group.resolve("cgroup.procs"), Long.toString(victim.pid()));
            assertEquals("engaged", victim.inputReader().readLine());
            assertTrue(victim.waitFor(60, TimeUnit.SECONDS), "the kernel never ran out of memory");
            assertEquals(SIGKILL_EXIT, victim.exitValue());
            stillClosed(street, capture);
        } finally {
            Tools.await("an empty control group", () -> empty(group));
            Files.delete(group);
        }
    }

    @Test
    void stoppedInTheMiddleOfAStep() throws Exception {
        try (Street street = new Street(1);
                Capture capture = new Capture(street)) {
            send(street);
            Tools.await("frames while open", () -> capture.count().frames() > 0);
            Process victim = start(street, CrashMain.STOPS);
            assertEquals("stopping", victim.inputReader().readLine());
            Tools.await(
                    "links down",
                    () -> !street.inBox("ip", "link", "show", "eth0").contains(",UP"));
            stillClosed(street, capture);
            victim.destroyForcibly().waitFor();
            stillClosed(street, capture);
        }
    }

    /** Room for the file was taken while the gap was open; a disk that fills up afterwards keeps nothing open. */
    @Test
    void aFullDisk() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Tools.run("mount", "-t", "tmpfs", "-o", "size=64k", "none", disk.toString());
        try (Street street = new Street(1);
                Capture capture = new Capture(street)) {
            send(street);
            Tools.await("frames while open", () -> capture.count().frames() > 0);
            try (Gap gap = TestGap.gap(street.file(), disk, point -> {})) {
                gap.start();
                fill(disk.resolve("rubbish"));
                assertEquals(
                        State.GAP,
                        gap.engage("a full disk").state(),
                        gap.status().toString());
            }
            Files.deleteIfExists(disk.resolve("run/airgap.closed")); // as a boot would
            assertTrue(Files.exists(disk.resolve("home/closed")));
            stillClosed(street, capture, disk);
        } finally {
            Tools.run("umount", "-l", disk.toString());
        }
    }

    @Test
    void aClockThatJumps() throws Exception {
        Instant[] now = {Instant.parse("2026-06-01T00:00:00Z")};
        Clock clock = InstantSource.fixed(now[0]).withZone(ZoneOffset.UTC);
        Clock jumping = new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return clock;
            }

            @Override
            public Instant instant() {
                return now[0];
            }
        };
        try (Street street = new Street(1);
                Capture capture = new Capture(street);
                Gap gap = new Gap(
                        new LinuxHost(Scope.of(street.file())),
                        TestGap.store(folder),
                        jumping,
                        wards -> List.of(),
                        point -> {})) {
            gap.start();
            assertEquals(State.GAP, gap.engage("a clock").state());
            for (Duration jump : List.of(Duration.ofDays(36_500), Duration.ofDays(-73_000))) {
                now[0] = now[0].plus(jump);
                gap.check();
                assertEquals(State.GAP, gap.status().state());
                assertTrue(Files.exists(folder.resolve("home/closed")));
                stillClosed(street, capture);
            }
        }
    }

    private void stillClosed(Street street, Capture capture) throws Exception {
        stillClosed(street, capture, folder);
    }

    /** Nothing leaves as it is; nor when the next process has looked, which must find it closed. */
    private static void stillClosed(Street street, Capture capture, Path home) throws Exception {
        capture.count();
        Tools.pause(200);
        assertEquals(0, capture.count().frames());
        try (Gap next = TestGap.gap(street.file(), home, point -> {})) {
            next.start();
            assertFalse(next.status().state() == State.OPEN, next.status().toString());
        }
        capture.count();
        Tools.pause(200);
        assertEquals(0, capture.count().frames());
    }

    private static void send(Street street) throws IOException {
        Process sender = street.startInBox(Tools.probe("send").toString(), "packet");
        assertEquals("ready", sender.inputReader().readLine());
    }

    private Process start(Street street, int mode) throws IOException {
        return CrashMain.process(street.file(), folder, mode)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Where control groups for memory are made: of the second kind, or of the first. */
    private static Path memory() throws IOException {
        Path first = Path.of("/sys/fs/cgroup/memory");
        if (Files.isDirectory(first)) {
            return first;
        }
        Files.writeString(Path.of("/sys/fs/cgroup/cgroup.subtree_control"), "+memory");
        return Path.of("/sys/fs/cgroup");
    }

    private static boolean empty(Path group) {
        try {
            return Files.readString(group.resolve("cgroup.procs")).isEmpty();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void fill(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(new byte[512]);
            }
        } catch (IOException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("No space left"), e.toString());
        }
    }
}

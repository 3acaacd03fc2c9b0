package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The messages to systemd, read back from real sockets. */
class NotifyTest {
    @TempDir
    Path folder;

    @Test
    void saysEachThingInSystemdsWords() {
        try (var systemd = FakeServiceManager.at(folder.resolve("notify").toString())) {
            var notify = Notify.from(Map.of("NOTIFY_SOCKET", systemd.name()));
            assertTrue(notify.isPresent());
            assertTrue(notify.ready("all roles ready"));
            assertEquals("READY=1\nSTATUS=all roles ready", systemd.receive());
            assertTrue(notify.status("engine: starting"));
            assertEquals("STATUS=engine: starting", systemd.receive());
            assertTrue(notify.watchdog());
            assertEquals("WATCHDOG=1", systemd.receive());
            assertTrue(notify.stopping("asked to"));
            assertEquals("STOPPING=1\nSTATUS=asked to", systemd.receive());
        }
    }

    @Test
    void reachesAnAbstractSocket() {
        try (var systemd =
                FakeServiceManager.at("@omni-notify-" + ProcessHandle.current().pid())) {
            assertTrue(Notify.from(Map.of("NOTIFY_SOCKET", systemd.name())).watchdog());
            assertEquals("WATCHDOG=1", systemd.receive());
        }
    }

    @Test
    void theLongestNameStillWorksAndOneMoreIsRefused() {
        var name = "@" + "n".repeat(UnixDatagram.NAME_BYTES_MAX - 1);
        try (var systemd = FakeServiceManager.at(name)) {
            assertTrue(Notify.from(Map.of("NOTIFY_SOCKET", systemd.name())).watchdog());
            assertEquals("WATCHDOG=1", systemd.receive());
        }
        refused(Map.of("NOTIFY_SOCKET", name + "n"));
        refused(Map.of("NOTIFY_SOCKET", "/" + "n".repeat(UnixDatagram.NAME_BYTES_MAX - 1)));
        assertTrue(Notify.from(Map.of("NOTIFY_SOCKET", "/" + "n".repeat(UnixDatagram.NAME_BYTES_MAX - 2)))
                .isPresent());
    }

    @Test
    void aStatusCannotSmuggleALineAndIsCut() {
        try (var systemd = FakeServiceManager.at(folder.resolve("notify").toString())) {
            var notify = Notify.from(Map.of("NOTIFY_SOCKET", systemd.name()));
            assertTrue(notify.status("fine\nSTOPPING=1\u0000"));
            assertEquals("STATUS=fine STOPPING=1 ", systemd.receive());
            assertTrue(notify.status("x".repeat(512)));
            assertEquals("STATUS=" + "x".repeat(512), systemd.receive());
            assertTrue(notify.status("x".repeat(513)));
            assertEquals("STATUS=" + "x".repeat(511) + "…", systemd.receive());
        }
    }

    @Test
    void nobodyThereIsSaidNotThrown() {
        assertFalse(Notify.from(Map.of("NOTIFY_SOCKET", folder.resolve("gone").toString()))
                .ready("ready"));
    }

    @Test
    void leavesNoDescriptorOpen() {
        try (var systemd = FakeServiceManager.at(folder.resolve("notify").toString())) {
            var notify = Notify.from(Map.of("NOTIFY_SOCKET", systemd.name()));
            notify.watchdog();
            systemd.receive();
            var before = FakeServiceManager.openDescriptors();
            for (int i = 0; i < 64; i++) {
                notify.watchdog();
                systemd.receive();
            }
            // Others in this JVM may open a few meanwhile; a leak would be 64.
            assertTrue(FakeServiceManager.openDescriptors() < before + 32);
        }
    }

    @Test
    void withoutSystemdNothingHappens() {
        var notify = Notify.from(Map.of());
        assertFalse(notify.isPresent());
        assertTrue(notify.ready("ready"));
        assertEquals(Optional.empty(), notify.watchdogTimeout());
        assertFalse(Notify.from(Map.of("NOTIFY_SOCKET", "")).isPresent());
    }

    @Test
    void watchdogIsOnlyForTheProcessItNames() {
        var mine = Long.toString(ProcessHandle.current().pid());
        assertEquals(
                Optional.of(Duration.ofSeconds(15)),
                Notify.from(Map.of("WATCHDOG_USEC", "15000000")).watchdogTimeout());
        assertEquals(
                Optional.of(Duration.ofMillis(1)),
                Notify.from(Map.of("WATCHDOG_USEC", "1000", "WATCHDOG_PID", mine))
                        .watchdogTimeout());
        assertEquals(
                Optional.empty(),
                Notify.from(Map.of("WATCHDOG_USEC", "1000", "WATCHDOG_PID", "1"))
                        .watchdogTimeout());
    }

    @Test
    void nonsenseIsRefused() {
        refused(Map.of("NOTIFY_SOCKET", "vsock:2:1234"));
        refused(Map.of("NOTIFY_SOCKET", "relative"));
        refused(Map.of("WATCHDOG_USEC", "soon"));
        refused(Map.of("WATCHDOG_USEC", "0"));
        refused(Map.of("WATCHDOG_USEC", "-1"));
        refused(Map.of("WATCHDOG_USEC", "9".repeat(16)));
        refused(Map.of("WATCHDOG_USEC", "1000", "WATCHDOG_PID", "me"));
    }

    private static void refused(Map<String, String> environment) {
        assertThrows(IllegalArgumentException.class, () -> Notify.from(environment));
    }
}

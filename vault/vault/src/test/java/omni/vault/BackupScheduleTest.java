package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import omni.role.Attempts;
import omni.vault.SecretCall.Verb;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupScheduleTest {
    @TempDir
    Path folder;

    private Instant now = Instant.parse("2026-03-01T12:00:00Z");
    private final Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);

    private Vault vault() throws IOException {
        Path home = Files.createDirectories(folder.resolve("vault"));
        return new Vault(
                home,
                new KeyKeeper(home, Files.createTempDirectory("ov"), Made.MACHINE),
                new Attempts(home.resolve("attempts"), clock),
                clock,
                () -> {});
    }

    private BackupSchedule schedule(Vault vault, Path place) {
        return new BackupSchedule(
                vault, new VaultConfig(Duration.ZERO, false, true, "off", place, Duration.ofHours(24), 2, 0, 0), clock);
    }

    @Test
    void itTakesOneWhenTheLastIsOldAndForgetsWhatIsOver() throws IOException {
        Vault vault = vault();
        Path stick = folder.resolve("stick");
        BackupSchedule schedule = schedule(vault, stick);
        schedule.look();
        assertTrue(Files.notExists(stick), "there is no vault yet");
        SecretMemory password = SecretMemory.of(Made.PASSWORD.length());
        password.buffer().put(Made.PASSWORD.getBytes(StandardCharsets.US_ASCII));
        vault.serve(Verb.CREATE, List.of(Optional.of(password), Optional.empty()), (part, done, total) -> {})
                .orElseThrow()
                .close();
        Backups backups = new Backups(vault.open());
        schedule.look();
        assertTrue(Files.notExists(stick), "the first one is taken by hand");
        assertTrue(
                schedule.trouble().orElseThrow().contains("no backups yet"),
                schedule.trouble().toString());
        now = now.plus(Duration.ofMinutes(10));
        backups.take(stick, false, (read, written) -> {});
        for (int hour = 0; hour < 72; hour += 8) {
            schedule.look();
            now = now.plus(Duration.ofHours(8));
        }
        assertEquals(
                List.of("20260302-12", "20260303-12"),
                Backups.in(stick).stream()
                        .map(copy -> copy.snapshot().substring(0, 11))
                        .toList());
        assertEquals(Backups.in(stick), backups.known());
        assertEquals(Optional.empty(), schedule.trouble());
        vault.open().close();
    }

    @Test
    void aClockThatWasWrongOnceStopsNothing() throws IOException {
        Vault vault = vault();
        Path stick = folder.resolve("stick");
        BackupSchedule schedule = schedule(vault, stick);
        SecretMemory password = SecretMemory.of(Made.PASSWORD.length());
        password.buffer().put(Made.PASSWORD.getBytes(StandardCharsets.US_ASCII));
        vault.serve(Verb.CREATE, List.of(Optional.of(password), Optional.empty()), (part, done, total) -> {})
                .orElseThrow()
                .close();
        Instant right = now;
        now = right.plus(Duration.ofDays(5000));
        Backups backups = new Backups(vault.open());
        backups.take(stick, false, (read, written) -> {});
        for (int day = 1; day < 3; day++) {
            now = right.plus(Duration.ofDays(5000 + day));
            schedule.look();
        }
        now = right;
        schedule.look();
        assertEquals(3, Backups.in(stick).size(), "two of the days to come, and the one that was just taken");
        assertEquals(
                right.truncatedTo(ChronoUnit.MILLIS),
                Backups.in(stick).getFirst().taken());
        schedule.look();
        assertEquals(3, Backups.in(stick).size(), "no other one is due");
        vault.open().close();
    }

    @Test
    void aPlaceThatIsNotThereIsTold() throws IOException {
        Vault vault = vault();
        BackupSchedule schedule = schedule(vault, folder.resolve("not-mounted/omni"));
        SecretMemory password = SecretMemory.of(Made.PASSWORD.length());
        password.buffer().put(Made.PASSWORD.getBytes(StandardCharsets.US_ASCII));
        vault.serve(Verb.CREATE, List.of(Optional.of(password), Optional.empty()), (part, done, total) -> {})
                .orElseThrow()
                .close();
        schedule.look();
        assertTrue(
                schedule.trouble().orElseThrow().contains("not-mounted"),
                schedule.trouble().toString());
        vault.open().close();
    }

    @Test
    void withoutAPlaceThereIsNone() throws IOException {
        BackupSchedule schedule = schedule(vault(), Path.of(""));
        assertEquals(
                VaultException.Reason.INVALID,
                assertThrows(VaultException.class, schedule::place).reason());
        schedule.look();
        assertEquals(Optional.empty(), schedule.trouble());
    }
}

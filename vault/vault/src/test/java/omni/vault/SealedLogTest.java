package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens while sealed is told, in bounded room, and what cannot be read is not thrown away. */
final class SealedLogTest {
    private static final Map<String, String> PASSWORD = Map.of("way", "password");

    @TempDir
    Path folder;

    private SealedLog log = new SealedLog(Path.of(""), Clock.systemUTC());

    @BeforeEach
    void begin() {
        log = new SealedLog(folder, Clock.systemUTC());
    }

    private Path file() {
        return folder.resolve("sealed.log");
    }

    private SealedLog.Content content() throws VaultException {
        return SealedLog.in(folder).orElseThrow();
    }

    @Test
    void aFloodOfOneKindIsOneLine() throws Exception {
        for (int i = 0; i < 300; i++) {
            log.add(AuditEvent.WRONG_SECRET, PASSWORD);
            assertEquals(1, content().lines().size());
        }
        assertEquals(300, content().lines().getFirst().count());
        assertTrue(Files.size(file()) < 500);
        log.add(AuditEvent.WRONG_SECRET, Map.of("way", "recovery"));
        log.add(AuditEvent.WRONG_SECRET, PASSWORD);
        assertEquals(
                List.of(300L, 1L, 1L),
                content().lines().stream().map(SealedLine::count).toList());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    }

    @Test
    void aFloodOfManyKindsIsBoundedAndHidesNoKind() throws Exception {
        for (int i = 0; i < SealedLog.LINES_MAX; i++) {
            log.add(AuditEvent.WRONG_SECRET, Map.of("way", "number " + i));
        }
        assertEquals(SealedLog.LINES_MAX, content().lines().size());
        for (int i = 0; i < 50; i++) {
            log.add(AuditEvent.WRONG_SECRET, Map.of("way", "more " + i));
            log.add(AuditEvent.TOO_EARLY, PASSWORD);
        }
        log.add(AuditEvent.PERMIT_USED, Map.of());
        List<SealedLine> lines = content().lines();
        assertEquals(SealedLog.LINES_MAX + 3, lines.size());
        List<SealedLine> more = lines.subList(SealedLog.LINES_MAX, lines.size());
        assertEquals(List.of(50L, 50L, 1L), more.stream().map(SealedLine::count).toList());
        assertEquals(
                List.of(AuditEvent.WRONG_SECRET, AuditEvent.TOO_EARLY, AuditEvent.PERMIT_USED),
                more.stream().map(SealedLine::event).toList());
        assertEquals(Map.of(), more.getFirst().details());
    }

    @Test
    void itBeginsWhereTheAuditLogEnded() throws Exception {
        log.add(AuditEvent.WRONG_SECRET, PASSWORD);
        assertEquals(AuditHead.NONE, content().anchor());
        log.empty();
        AuditHead head = new AuditHead(7, "a".repeat(64));
        head.keepIn(folder);
        log.add(AuditEvent.WRONG_SECRET, PASSWORD);
        assertEquals(head, content().anchor());
        new AuditHead(8, "b".repeat(64)).keepIn(folder);
        log.add(AuditEvent.WRONG_SECRET, PASSWORD);
        assertEquals(head, content().anchor(), "and keeps that");
        log.empty();
        log.empty();
        assertTrue(SealedLog.in(folder).isEmpty());
    }

    @Test
    void everyChangeOfItIsFoundAndItIsSetAsideWhole() throws Exception {
        for (int i = 0; i < 5; i++) {
            log.add(AuditEvent.WRONG_SECRET, Map.of("way", "number " + i));
        }
        String right = Files.readString(file());
        List<String> lines = right.lines().toList();
        int found = 0;
        for (int at = 0; at < lines.size() - 1; at++) {
            String line = lines.get(at);
            for (String wrong : List.of(
                    right.replace(line + "\n", ""),
                    right.replace(line, line + " "),
                    right.replace(line, line.replace("number", "lumber")),
                    right.replace(line, "x"),
                    right.replace(line, line + "\n" + line))) {
                Files.writeString(file(), wrong);
                assertEquals(
                        Reason.DAMAGED,
                        assertThrows(VaultException.class, () -> SealedLog.in(folder))
                                .reason(),
                        wrong);
                found++;
            }
        }
        assertEquals(30, found);
        for (String wrong : List.of("", "\n", right.strip(), right.substring(1), "x".repeat((1 << 20) + 1))) {
            Files.writeString(file(), wrong);
            log.add(AuditEvent.WRONG_SECRET, PASSWORD);
            assertEquals(wrong, Files.readString(folder.resolve("sealed.log.bad")));
            assertEquals(
                    List.of(AuditEvent.DAMAGE_FOUND, AuditEvent.WRONG_SECRET),
                    content().lines().stream().map(SealedLine::event).toList());
        }
    }

    /** What the file cannot show: that all of it is an older one. */
    @Test
    void anOlderOneDoesNotShow() throws Exception {
        log.add(AuditEvent.UNLOCKED, PASSWORD);
        String before = Files.readString(file());
        log.add(AuditEvent.WRONG_SECRET, PASSWORD);
        Files.writeString(file(), before);
        assertEquals(1, content().lines().size());
    }

    @Test
    void aDiskThatTakesNothingIsSaidAndWhatWasThereStays() throws Exception {
        log.add(AuditEvent.WRONG_SECRET, PASSWORD);
        Files.createDirectories(folder.resolve("sealed.log.new").resolve("full"));
        VaultException failed = assertThrows(VaultException.class, () -> log.add(AuditEvent.WRONG_SECRET, PASSWORD));
        assertEquals(Reason.FAILED, failed.reason());
        assertEquals(1, content().lines().getFirst().count());
        assertFalse(Files.exists(folder.resolve("sealed.log.bad")));
    }
}

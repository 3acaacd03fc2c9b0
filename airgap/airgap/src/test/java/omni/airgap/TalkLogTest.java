package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TalkLogTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);
    private static final SocketEntry.Owner CURL = new SocketEntry.Owner(7, "/usr/bin/curl", "ana", "a.scope", "");

    @TempDir
    Path folder;

    private final List<SocketEntry> sockets = new ArrayList<>();

    private static SocketEntry socket(String local, String remote, SocketEntry.Owner... owners) {
        return new SocketEntry(1, 2, "tcp", "ESTAB", local, remote, true, 0, 0, List.of(owners));
    }

    private List<Census.Count> counts = List.of();

    private Audit look() {
        return new Audit(new Census(counts, sockets), List.of());
    }

    @Test
    void whatBeginsAndEndsIsWrittenOnceAndNeverWhatWasSaid() throws Exception {
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK)) {
            sockets.add(socket("10.0.0.1:41000", "192.0.2.7:443", CURL));
            log.look();
            sockets.add(socket("10.0.0.1:41001", "192.0.2.7:443", CURL)); // the same talk by another connection
            log.look();
            sockets.clear();
            log.look();
            String told = "\"kind\":\"talk\",\"protocol\":\"tcp\",\"localPort\":\"\",\"remote\":\"192.0.2.7:443\","
                    + "\"program\":\"/usr/bin/curl\",\"user\":\"ana\",\"unit\":\"a.scope\",\"role\":\"\"}";
            String time = "{\"time\":\"2026-01-02T03:04:05Z\",";
            assertEquals(
                    List.of(time + "\"event\":\"began\"," + told, time + "\"event\":\"ended\"," + told), log.last(10));
            assertEquals(1, log.last(1).size());
        }
    }

    /** The disk is full, and then it is not: what the next look finds is written, and heard once. */
    @Test
    void whatCouldNotBeWrittenIsWrittenAtTheNextLook() throws Exception {
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK)) {
            List<String> heard = new ArrayList<>();
            var _ = log.onEvents(heard::addAll);
            Path later = Files.createDirectory(folder.resolve("talks"));
            sockets.add(socket("10.0.0.1:41000", "192.0.2.7:443", CURL));
            assertThrows(AirgapException.class, log::look);
            Files.delete(later);
            log.look();
            assertEquals(1, log.last(10).size());
            assertTrue(log.last(10).getFirst().contains("\"event\":\"began\""));
            assertEquals(log.last(10), heard);
        }
    }

    @Test
    void whoIsCalledIsKnownByItsOwnPort() throws Exception {
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK)) {
            sockets.add(socket("10.0.0.1:22", "192.0.2.9:51000"));
            sockets.add(socket("[2001:db8::1]:22", "[2001:db8::9]:51001"));
            sockets.add(socket("10.0.0.1:22", "192.0.2.9:51002"));
            log.look();
            assertEquals(2, log.last(10).size());
            assertTrue(log.last(10).getFirst().contains("\"localPort\":\"22\",\"remote\":\"192.0.2.9\""));
            assertTrue(log.last(10).getLast().contains("\"remote\":\"[2001:db8::9]\""));
        }
    }

    @Test
    void anAlarmIsAnEvent() throws Exception {
        var engine = new SocketEntry.Owner(8, "java", "omni", "", "engine");
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK)) {
            sockets.add(socket("10.0.0.1:41000", "192.0.2.7:443", engine));
            log.look();
            assertTrue(
                    log.last(10).getLast().contains("\"kind\":\"alarm\",\"alarm\":\"role engine (pid 8) talks to"),
                    log.last(10).toString());
        }
    }

    /** As many as before that nothing explains are the same alarm, whatever else has come and gone. */
    @Test
    void anAlarmWhoseWordsChangeIsNotAnotherOne() throws Exception {
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK)) {
            counts = List.of(new Census.Count(1, "/run/netns/a", 10, 1, List.of("pid 7 (/a) has a ring of io_uring")));
            log.look();
            counts = List.of(new Census.Count(1, "/run/netns/a", 11, 1, List.of()));
            log.look();
            assertEquals(1, log.last(10).size(), log.last(10).toString());
            assertTrue(log.last(10).getFirst().contains("1 of 10 sockets in /run/netns/a is held by nothing"));
            counts = List.of(new Census.Count(1, "/run/netns/a", 11, 2, List.of())); // the control
            log.look();
            assertEquals(3, log.last(10).size(), log.last(10).toString());
            counts = List.of();
            log.look();
            assertTrue(
                    log.last(1).getFirst().contains("\"event\":\"ended\""),
                    log.last(1).toString());
        }
    }

    @Test
    void theFilesStayWithinTheirBoundAndTheLaterEventsAreKept() throws Exception {
        long most = 20_000;
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK, most)) {
            for (int i = 0; i < 1000; i++) {
                sockets.clear();
                sockets.add(socket("10.0.0.1:41000", "192.0.2.7:" + (1000 + i), CURL));
                log.look();
            }
            assertTrue(log.last(1).getFirst().contains("192.0.2.7:1998")
                    || log.last(1).getFirst().contains(":1999"));
            long bytes = Files.size(folder.resolve("talks")) + Files.size(folder.resolve("talks.before"));
            assertTrue(bytes <= 2 * most && bytes > most, bytes + " bytes");
        }
    }

    @Test
    void ofTooManyEventsInOneLookTheRestIsCounted() throws Exception {
        try (TalkLog log = new TalkLog(folder, this::look, CLOCK)) {
            IntStream.range(0, 501).forEach(i -> sockets.add(socket("10.0.0.1:41000", "192.0.2.7:" + (1000 + i))));
            log.look();
            assertEquals(501, log.last(1000).size());
            assertTrue(
                    log.last(1).getFirst().contains("\"event\":\"omitted\",\"events\":1}"),
                    log.last(1).toString());
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsSaid() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        var thrown = assertThrows(AirgapException.class, () -> new TalkLog(file.resolve("audit"), this::look, CLOCK));
        assertTrue(thrown.getMessage().contains("who talks to whom is not kept"), thrown.getMessage());
    }

    @Test
    void portsOfAddresses() {
        assertEquals("443", Ports.port("[2001:db8::7]:443"));
        assertEquals("", Ports.port("192.0.2.7"));
        assertEquals("", Ports.port("2001:db8::7"));
        assertEquals("2001:db8::7", Ports.host("2001:db8::7"));
        assertTrue(Ports.dealtOut("192.0.2.7:32768"));
        assertEquals(false, Ports.dealtOut("192.0.2.7:32767"));
        assertTrue(Ports.dealtOut(""));
    }
}

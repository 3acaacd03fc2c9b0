package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The process that reads lists: kept, started anew, and ended where it does not answer. */
@Timeout(120)
class ResidentParserTest {
    private static final Duration SOON = Duration.ofSeconds(2);

    private static List<CensusTalk.Said> ask(ResidentParser parser) throws AirgapException {
        try (CensusTalk talk = parser.talk()) {
            talk.process(
                    "0::/a/b.service\n".getBytes(StandardCharsets.UTF_8),
                    "java\0omni.role/omni.role.Main\0engine\0".getBytes(StandardCharsets.UTF_8));
            return talk.said();
        }
    }

    private static void assertAnswers(ResidentParser parser) throws AirgapException {
        assertEquals(List.of(new CensusTalk.Said("b.service", "engine")), ask(parser));
    }

    private static void assertGone(long pid) {
        Tools.await("it has ended", () -> ProcessHandle.of(pid).isEmpty());
    }

    @Test
    void itIsStartedByTheFirstLookAndKeptForTheNext() throws Exception {
        var parser = new ResidentParser();
        long pid;
        try (parser) {
            assertEquals(Optional.empty(), parser.pid());
            assertAnswers(parser);
            pid = parser.pid().orElseThrow();
            assertAnswers(parser);
            assertEquals(pid, parser.pid().orElseThrow());
        }
        assertGone(pid);
        AirgapException thrown = assertThrows(AirgapException.class, parser::talk);
        assertTrue(thrown.getMessage().contains("is being stopped"), thrown::getMessage);
    }

    @Test
    void oneThatWasKilledIsStartedAnew() throws Exception {
        try (var parser = new ResidentParser()) {
            assertAnswers(parser);
            long killed = parser.pid().orElseThrow();
            Tools.run("kill", "-KILL", Long.toString(killed));
            Tools.await("that was noticed", () -> parser.pid().isEmpty());
            assertAnswers(parser);
            assertNotEquals(killed, parser.pid().orElseThrow());
        }
    }

    /** In the middle of a question, as its memory's end would do. */
    @Test
    void oneThatIsKilledWhileItIsAskedIsSaidAndStartedAnew() throws Exception {
        try (var parser = new ResidentParser()) {
            AirgapException thrown = assertThrows(AirgapException.class, () -> {
                try (CensusTalk talk = parser.talk()) {
                    talk.process(new byte[1], new byte[1]);
                    long pid = parser.pid().orElseThrow();
                    Tools.run("kill", "-KILL", Long.toString(pid));
                    assertGone(pid);
                    talk.said();
                }
            });
            assertTrue(thrown.getMessage().contains("has ended (exit code 137)"), thrown::getMessage);
            assertAnswers(parser);
        }
    }

    @Test
    void oneThatWasStoppedIsEndedAfterItsTime() throws Exception {
        try (var parser = new ResidentParser(SOON)) {
            assertAnswers(parser);
            long stopped = parser.pid().orElseThrow();
            Tools.run("kill", "-STOP", Long.toString(stopped));
            AirgapException thrown = assertThrows(AirgapException.class, () -> ask(parser));
            assertTrue(thrown.getMessage().contains("did not answer within 2.0 s"), thrown::getMessage);
            assertGone(stopped);
            assertAnswers(parser);
        }
    }

    /** More than a pipe holds: who writes is held up, and let go. */
    @Test
    void whoWritesToOneThatWasStoppedIsNotHeldUpForLonger() throws Exception {
        try (var parser = new ResidentParser(SOON)) {
            assertAnswers(parser);
            Tools.run("kill", "-STOP", Long.toString(parser.pid().orElseThrow()));
            AirgapException thrown = assertThrows(AirgapException.class, () -> {
                try (CensusTalk talk = parser.talk()) {
                    talk.namespace();
                    talk.list(SocketList.PACKET);
                    byte[] piece = new byte[CensusWire.FRAME_BYTES_MAX];
                    for (int i = 0; i < 20; i++) {
                        talk.piece(piece, piece.length);
                    }
                    talk.listsEnd();
                }
            });
            assertTrue(thrown.getMessage().contains("did not answer within 2.0 s"), thrown::getMessage);
            assertAnswers(parser);
        }
    }

    /** While it rests it has no time to keep to. */
    @Test
    void oneThatIsNotAskedIsNotEnded() throws Exception {
        try (var parser = new ResidentParser(Duration.ofSeconds(1))) {
            assertAnswers(parser);
            long pid = parser.pid().orElseThrow();
            Tools.pause(1500);
            assertAnswers(parser);
            assertEquals(pid, parser.pid().orElseThrow());
        }
    }

    @Test
    void lookersTakeTurns() throws Exception {
        try (var parser = new ResidentParser()) {
            Callable<Boolean> twenty = () -> {
                for (int i = 0; i < 20; i++) {
                    assertAnswers(parser);
                }
                return true;
            };
            List<FutureTask<Boolean>> all = List.of(new FutureTask<>(twenty), new FutureTask<>(twenty));
            all.forEach(Thread.ofPlatform()::start);
            for (FutureTask<Boolean> each : all) {
                assertTrue(each.get());
            }
        }
    }

    /** Through the pipe, as it comes: each is answered, and by the same process to the end. */
    @Test
    void garbageIsAnsweredAndDoesNotEndIt() throws Exception {
        Random random = new Random(3);
        try (var parser = new ResidentParser()) {
            assertAnswers(parser);
            long pid = parser.pid().orElseThrow();
            int unreadable = 0;
            for (int i = 0; i < 1000; i++) {
                try (CensusTalk talk = parser.talk()) {
                    unreadable += noise(talk, random) ? 0 : 1;
                }
            }
            assertTrue(unreadable > 100 && unreadable < 1000, Integer.toString(unreadable));
            assertAnswers(parser);
            assertEquals(pid, parser.pid().orElseThrow());
        }
    }

    /** False where it could not be read. */
    private static boolean noise(CensusTalk talk, Random random) throws AirgapException {
        byte[] bytes = new byte[random.nextInt(3000)];
        random.nextBytes(bytes);
        SocketList list = SocketList.of(random.nextInt(SocketList.count()));
        talk.namespace();
        talk.list(list);
        if (list.isFile()) {
            talk.piece(bytes, bytes.length);
        } else {
            talk.message(MemorySegment.ofArray(bytes), CensusWire.FRAME_BYTES_MAX);
        }
        talk.listsEnd();
        try {
            return !talk.listed(List.of(1L)).isEmpty();
        } catch (UnreadableException e) {
            return false;
        }
    }
}

package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is in the evidence of a lift before it opens anything, and what a disk that hangs or is full keeps from being done: nothing. */
class RecorderTest {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    Path folder;

    private final FakeHost host = new FakeHost();
    private EvidenceChain chain;

    @BeforeEach
    void begin() throws AirgapException {
        chain = EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC());
    }

    private Gap gap() throws AirgapException {
        Gap gap = new Gap(host, TestGap.store(folder), Clock.systemUTC());
        gap.start();
        return gap;
    }

    private void engageAndAwaitRecord(Gap gap) throws Exception {
        var _ = gap.engage("a test");
        Tools.await("it is written", () -> kinds().contains("closed"));
    }

    private Recorder recorder(Gap gap, Duration patience) {
        return new Recorder(gap, Evidence.of(chain), Clock.systemUTC(), patience).start(LONG);
    }

    private List<JsonNode> records() {
        return Proofs.records(chain);
    }

    private List<String> kinds() {
        return records().stream()
                .map(record -> record.path("kind").asString(""))
                .toList();
    }

    private JsonNode body(String kind) {
        return records().reversed().stream() // read once: another may come meanwhile
                .filter(record -> record.path("kind").asString("").equals(kind))
                .findFirst()
                .orElseThrow()
                .path("body");
    }

    private List<String> story() {
        GapStory story = new GapStory();
        records().forEach(story::add);
        return story.lines();
    }

    private static FutureTask<Gap.Status> lifting(Gap gap) {
        FutureTask<Gap.Status> lift = new FutureTask<>(() -> gap.lift(TestGap.GRANT));
        Thread.ofPlatform().daemon().start(lift);
        Tools.await("the lift has begun", () -> gap.status().state() == State.LIFTING);
        return lift;
    }

    @Test
    void aLiftIsInTheEvidenceBeforeAnythingOpens() throws Exception {
        try (Gap gap = gap();
                Recorder _ = recorder(gap, LONG)) {
            for (int i = 0; i < 20; i++) {
                var _ = gap.engage("a test");
                host.opening = () -> assertEquals("lifting", kinds().getLast());
                var _ = gap.lift(TestGap.GRANT);
            }
        }
        assertEquals(20, story().size());
        assertFalse(body("lifting").has("late"));
    }

    /** The disk does not answer, and so the writer has the chain for itself. */
    @Test
    void aLiftDoesNotWaitForEverAndTheNextRecordSaysThatItWasLate() throws Exception {
        try (Gap gap = gap();
                Recorder _ = recorder(gap, Duration.ofMillis(50))) {
            engageAndAwaitRecord(gap);
            FutureTask<Gap.Status> lift;
            EvidenceChain held = chain;
            synchronized (held) {
                lift = lifting(gap);
                assertEquals(State.OPEN, lift.get(60, TimeUnit.SECONDS).state());
                assertEquals("closed", kinds().getLast());
            }
        }
        assertTrue(body("open").path("late").isString(), records()::toString);
        assertTrue(story().getFirst().contains("; in it: a lift at "), story()::toString);
        assertTrue(story().getFirst().contains(" went on before the evidence had it"), story()::toString);
    }

    /** The file is not what it was: as on a full disk, nothing is written, and then it is again. */
    @Test
    void aLiftWhoseRecordCouldNotBeWrittenIsLateToo() throws Exception {
        try (Gap gap = gap();
                Recorder _ = recorder(gap, LONG)) {
            engageAndAwaitRecord(gap);
            Path aside = Files.copy(chain.file(), folder.resolve("aside"));
            Files.writeString(chain.file(), "");
            host.opening = () -> {
                try {
                    Files.move(aside, chain.file(), StandardCopyOption.REPLACE_EXISTING);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            };
            var _ = gap.lift(TestGap.GRANT);
        }
        assertFalse(kinds().contains("lifting"));
        assertTrue(body("open").path("late").isString(), records()::toString);
    }

    /** Of which no event tells: a radio, a way of the kernel, a link whose event was lost. */
    @Test
    void whatALookFindsOpenIsCountedAndTold() throws Exception {
        try (Gap gap = gap();
                Recorder _ = recorder(gap, LONG)) {
            engageAndAwaitRecord(gap);
            gap.check();
            assertEquals(0, gap.status().corrections());
            host.open = List.of("radio wlan phy0 is on");
            gap.check();
            assertEquals(1, gap.status().corrections());
            assertEquals(State.GAP, gap.status().state());
            var _ = gap.lift(TestGap.GRANT);
        }
        assertEquals(1, body("lifting").path("corrections").asInt(0));
        assertTrue(story().getFirst().contains("what was open again and was closed: 1"), story()::toString);
    }

    @Test
    void whoClosesAgainWaitsForNoEvidence() throws Exception {
        try (Gap gap = gap();
                Recorder _ = recorder(gap, LONG)) {
            engageAndAwaitRecord(gap);
            FutureTask<Gap.Status> lift;
            EvidenceChain held = chain;
            synchronized (held) {
                lift = lifting(gap);
                FutureTask<Gap.Status> engage = new FutureTask<>(() -> gap.engage("again"));
                Thread.ofPlatform().daemon().start(engage);
                assertEquals(State.GAP, engage.get(60, TimeUnit.SECONDS).state());
                var failed = assertThrows(ExecutionException.class, () -> lift.get(60, TimeUnit.SECONDS));
                assertTrue(failed.getCause() instanceof AirgapException, failed::toString);
            }
        }
        assertEquals(1, story().size(), story()::toString);
        assertTrue(story().getFirst().startsWith("a gap since "), story()::toString);
        assertTrue(story().getFirst().contains("; in it: a lift by a test that began at "), story()::toString);
    }

    /** A kill right behind a lift that nothing wrote down: what the next start finds is written, and no proof tells of one gap. */
    @Test
    void aStartTellsHowItHasFoundTheGap() throws Exception {
        try (Gap gap = gap();
                Recorder _ = recorder(gap, LONG)) {
            var _ = gap.engage("a test");
        }
        try (Gap gap = gap()) {
            try (Recorder _ = new Recorder(gap, Evidence.of(chain), Clock.systemUTC()).started()) {}
            assertEquals("gap", body("started").path("state").asString(""));
            assertEquals(
                    gap.status().since().toString(),
                    body("started").path("since").asString(""));
            assertEquals(1, story().size());
            assertTrue(story().getFirst().endsWith("not lifted when the proof was made"), story()::toString);
            var _ = gap.lift(TestGap.GRANT); // of which there is no record
        }
        String killed = Files.readString(chain.file());
        try (Gap gap = gap()) {
            try (Recorder _ = new Recorder(gap, Evidence.of(chain), Clock.systemUTC()).started()) {}
            assertEquals("open", body("started").path("state").asString(""));
            assertEquals("start", body("started").path("cause").asString(""));
            assertTrue(story().getFirst().contains("whose end is not recorded: "), story()::toString);
            assertTrue(story().getFirst().contains("found open, as the role started, at "), story()::toString);
        }
        // Nor where it dies before that is written, and the next gap is all that is.
        Files.writeString(chain.file(), killed);
        chain = EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC());
        try (Gap gap = gap();
                Recorder _ = recorder(gap, LONG)) {
            var _ = gap.engage("another");
        }
        assertEquals(2, story().size(), story()::toString);
        assertTrue(story().getFirst().contains("whose end is not recorded: seen closed last at "), story()::toString);
        assertTrue(story().getFirst().contains(", closed anew at "), story()::toString);
        Proof.Verdict verdict = Proofs.verify(Proofs.bundle(chain));
        assertEquals(List.of(), verdict.problems());
        assertEquals(story(), verdict.shown().subList(0, 2));
    }

    @Test
    void afterAFaultItGoesOn() throws Exception {
        try (Gap gap = gap();
                Recorder _ = new Recorder(gap, Evidence.of(chain), Clock.systemUTC()).start(Duration.ofMillis(10))) {
            host.faulty = true;
            var _ = gap.engage("a test");
            Tools.await("it is written, in the fault", () -> kinds().containsAll(List.of("closed", "watched")));
            assertTrue(body("closed").path("notSeen").asString("").contains("fault"), records()::toString);
            host.faulty = false;
            Tools.await("it is watched", () -> !body("watched").has("notSeen"));
        }
    }

    /** The file is not what it was: as on a full disk, nothing is written, and then it is again. */
    @Test
    void whatCouldNotBeWrittenIsToldAndThenRecorded() throws Exception {
        Evidence evidence = Evidence.of(chain);
        assertTrue(evidence.append("closed", EvidenceChain.body().put("since", "S")));
        assertEquals(Optional.empty(), evidence.notWritten());
        Path aside = folder.resolve("aside");
        Files.copy(chain.file(), aside);
        Files.writeString(chain.file(), "");
        assertFalse(evidence.append("watched", EvidenceChain.body()));
        evidence.refused("a test");
        evidence.catchUp();
        String told = evidence.notWritten().orElseThrow();
        assertTrue(told.contains("since this role started: 2, the last at "), told);
        assertTrue(told.contains("was cut by another program"), told);
        assertEquals(List.of(told), evidence.limits());
        Files.move(aside, chain.file(), StandardCopyOption.REPLACE_EXISTING);
        evidence.catchUp();
        evidence.catchUp();
        assertEquals(List.of("closed", "unwritten"), kinds(), "at once, and once");
        assertEquals(2, body("unwritten").path("records").asInt(0));
        assertTrue(evidence.append("closed", EvidenceChain.body().put("since", "S")));
        assertEquals(List.of("closed", "unwritten", "closed"), kinds());
        assertEquals(List.of(told), evidence.limits(), "it stays said");
        assertTrue(story().getFirst().contains("; in it: records that could not be written, from "), story()::toString);
        Files.copy(chain.file(), aside);
        Files.writeString(chain.file(), "");
        assertFalse(evidence.append("watched", EvidenceChain.body()));
        Files.move(aside, chain.file(), StandardCopyOption.REPLACE_EXISTING);
        assertTrue(evidence.append("open", EvidenceChain.body()));
        assertEquals(List.of("unwritten", "open"), kinds().subList(3, 5), "before what comes after it");
        assertEquals(1, body("unwritten").path("records").asInt(0));
        assertEquals(List.of(), Proofs.verify(Proofs.bundle(chain)).problems());
    }

    /** A gap that evidence tells of which is full has ended, perhaps: nothing says so any more, but that it is full. */
    @Test
    void fullEvidenceSaysThatItEnds() throws Exception {
        DeviceKey key = DeviceKey.in(folder.resolve("key"));
        Path small = Files.createDirectory(folder.resolve("small"));
        EvidenceChain full = EvidenceChain.in(small, key, Clock.systemUTC(), 2000);
        Evidence evidence = Evidence.of(full);
        assertTrue(evidence.append("closed", EvidenceChain.body().put("cause", "x".repeat(1000))));
        assertFalse(evidence.append("watched", EvidenceChain.body().put("cause", "x".repeat(1000))));
        assertFalse(evidence.append("open", EvidenceChain.body()), "though it is short");
        assertTrue(evidence.notWritten().orElseThrow().contains("The evidence is full."));
        assertEquals(2, full.size());
        EvidenceChain again = EvidenceChain.in(small, key, Clock.systemUTC(), 2000);
        assertThrows(AirgapException.class, () -> again.append("open", EvidenceChain.body()));
        assertEquals(2, again.size(), "said once");
        Proof.Verdict verdict = Proofs.verify(Proofs.bundle(again));
        assertEquals(List.of(), verdict.problems());
        assertTrue(verdict.shown().getFirst().endsWith("not lifted when the records ended"), verdict::toString);
        assertTrue(verdict.shown().get(1).startsWith("that these records end at "), verdict::toString);
    }

    /** A start is worth no wear of a TPM. */
    @Test
    void aStartAloneIsNotCounted() throws Exception {
        chain.append(CounterMark.STARTED, EvidenceChain.body());
        assertEquals(0, chain.uncounted());
        chain.append("open", EvidenceChain.body().put("cause", "\"kind\":\"started\""));
        assertEquals(1, chain.uncounted());
    }
}

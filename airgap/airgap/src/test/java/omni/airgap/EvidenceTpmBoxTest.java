package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import omni.airgap.AirgapProtocol.EngageParams;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.swtpm.Swtpm;
import omni.tpm.Tpm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evidence with a TPM, by swtpm: its key, and the count that tells of records which are missing. */
final class EvidenceTpmBoxTest {
    @TempDir
    Path home;

    @TempDir
    Path state;

    @TempDir
    Path otherState;

    private Path folder;
    private Swtpm swtpm;

    @BeforeEach
    void start() throws IOException {
        folder = home.resolve("evidence");
        swtpm = Swtpm.socket(state);
    }

    @AfterEach
    void stop() {
        swtpm.close();
    }

    private static EvidenceTpm at(Path path) {
        return new EvidenceTpm(path.toString(), Duration.ofMinutes(1), Duration.ZERO);
    }

    private EvidenceTpm here() {
        return at(swtpm.path());
    }

    private Evidence evidence(EvidenceTpm tpm) {
        return Evidence.opening(folder, tpm, Clock.systemUTC());
    }

    private byte[] publicKey(EvidenceTpm tpm) throws AirgapException {
        try (Evidence evidence = evidence(tpm)) {
            return evidence.chain().publicKey();
        }
    }

    @Test
    void theKeysFileIsOfNoUseWithAnotherTpm() throws Exception {
        byte[] key = publicKey(here());
        Path file = folder.resolve("key");
        assertTrue(Files.readString(file).contains(SealedKey.FORMAT));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        swtpm.close();
        swtpm = Swtpm.socket(state);
        assertArrayEquals(key, publicKey(here()), "the control: the same TPM, after it was off");
        byte[] sealed = Files.readAllBytes(file);
        try (Swtpm other = Swtpm.socket(otherState);
                Evidence evidence = evidence(at(other.path()))) {
            assertFalse(Arrays.equals(key, evidence.chain().publicKey()));
            assertArrayEquals(sealed, Files.readAllBytes(home.resolve("evidence.1/key")));
            assertTrue(evidence.limits().getFirst().contains("another TPM"), evidence.limits()::toString);
            assertEquals(List.of(), Proofs.verify(Proofs.bundle(evidence)).problems());
        }
    }

    @Test
    void aKeyThatLayThereAsItIsGetsSealedAndItsBytesAreWrittenOver() throws Exception {
        byte[] key = publicKey(EvidenceTpm.NONE);
        Path file = folder.resolve("key");
        Path before = Files.createLink(home.resolve("before"), file);
        assertArrayEquals(key, DeviceKey.in(before).publicKey(), "the control: it signs by itself");
        Files.writeString(folder.resolve("key.new"), "what a crash has left");
        assertArrayEquals(key, publicKey(here()));
        assertTrue(Files.readString(file).contains(SealedKey.FORMAT));
        assertArrayEquals(new byte[DeviceKey.SEED_BYTES], Files.readAllBytes(before));
        assertFalse(Files.exists(folder.resolve("key.new")));
        assertArrayEquals(key, publicKey(here()));
    }

    /** One that does not answer while a key is made leaves it as it would be without, until the next start. */
    @Test
    void aTpmThatDoesNotSealLeavesAKeyAndSaysSo() throws Exception {
        EvidenceTpm none = at(home.resolve("none"));
        try (Evidence evidence = evidence(none)) {
            byte[] key = evidence.chain().publicKey();
            assertTrue(evidence.limits().getFirst().contains("lies on the disk as it is"), evidence.limits()::toString);
            assertArrayEquals(key, publicKey(here()));
        }
        assertTrue(Files.readString(folder.resolve("key")).contains(SealedKey.FORMAT));
    }

    /** Writes that down, and waits until it is counted, where a TPM counts. */
    private static void happens(Evidence evidence, String kind, boolean counts) throws AirgapException {
        EvidenceChain chain = evidence.chain();
        chain.append(kind, EvidenceChain.body().put("cause", "a test"));
        if (counts) {
            Tools.await(
                    "it is counted",
                    () -> chain.uncounted() == 0 && chain.mark().orElseThrow().count() > 0);
        }
    }

    /** A gap, lifted; what the folder held before it was. */
    private Path gap(EvidenceTpm tpm) throws Exception {
        boolean counts = !tpm.isOff();
        Path copy = home.resolve("copy");
        try (Evidence evidence = evidence(tpm)) {
            happens(evidence, "closed", counts);
            var _ = evidence.shown();
        }
        Tools.run("cp", "-a", folder.toString(), copy.toString());
        try (Evidence evidence = evidence(tpm)) {
            happens(evidence, "open", counts);
            var _ = evidence.shown();
            assertEquals(List.of(), evidence.alarms());
            Proof.Verdict verdict = Proofs.verify(Proofs.bundle(evidence));
            assertEquals(List.of(), verdict.problems());
            assertEquals(counts ? verdict.records() : 0, verdict.counted());
        }
        return copy;
    }

    private List<String> alarms(EvidenceTpm tpm) throws Exception {
        try (Evidence evidence = evidence(tpm)) {
            var _ = evidence.shown(); // the first look is over
            assertEquals(
                    evidence.alarms().size(),
                    evidence.limits().stream()
                            .filter(limit -> limit.startsWith("ALARM: "))
                            .count());
            return evidence.alarms();
        }
    }

    private void cut(int lines) throws IOException {
        Path chain = folder.resolve("chain");
        List<String> all = Files.readAllLines(chain);
        Files.writeString(chain, String.join("\n", all.subList(0, all.size() - lines)) + "\n");
    }

    private void putBack(Path copy) {
        Tools.run("rm", "-r", folder.toString());
        Tools.run("cp", "-a", copy.toString(), folder.toString());
    }

    @Test
    void aTailThatWasCutIsAnAlarmThatStays() throws Exception {
        gap(here());
        assertEquals(List.of(), alarms(here()), "the control: nothing was cut");
        cut(2); // the lift, and its count
        // As it lies there: the box's word on the counter does not fit to it.
        EvidenceChain chain =
                EvidenceChain.in(folder, EvidenceKey.in(folder, here()).key(), Clock.systemUTC());
        CounterMark last = chain.mark().orElseThrow();
        try (Tpm tpm = Tpm.open(swtpm.path())) {
            long count = tpm.count(EvidenceCounter.index(folder)).orElseThrow();
            String word = chain.signed(CounterWord.now(Clock.systemUTC().instant(), last, count, chain.size()));
            var out = new StringWriter();
            try (var in = Files.newInputStream(chain.file())) {
                Proof.write(
                        out,
                        Proof.key(chain.publicKey()),
                        chain.checkpoint().note().note(),
                        Optional.of(word),
                        Optional.empty(),
                        in);
            }
            assertTrue(Proofs.verify(out.toString()).problems().getFirst().contains("counted 1 more than the records"));
        }
        assertTrue(alarms(here()).getFirst().contains("counted 1 more than the records"));
        assertEquals(1, alarms(here()).size(), "the record of it stays, and there is no second one");
        try (Evidence evidence = evidence(here())) {
            Proof.Verdict verdict = Proofs.verify(Proofs.bundle(evidence));
            assertEquals(List.of(), verdict.problems());
            assertTrue(
                    verdict.notShown().toString().contains("where this box says: The TPM has counted"),
                    verdict::toString);
        }
        cut(1); // the alarm itself
        assertTrue(alarms(here()).getFirst().contains("more than the records"));
    }

    @Test
    void allOfItPutBackIsAnAlarm() throws Exception {
        Path copy = gap(here());
        putBack(copy);
        assertTrue(alarms(here()).getFirst().contains("counted 1 more than the records"));
        Tools.run("rm", "-r", folder.toString());
        assertTrue(
                alarms(here()).getFirst().contains("that this one does not go on from"),
                "nor is all of it taken away unseen");
    }

    /** The control: the same without a TPM is not seen, and a proof says that it does not show it. */
    @Test
    void withoutATpmNeitherIsSeenAndAProofSaysSo() throws Exception {
        Path copy = gap(EvidenceTpm.NONE);
        cut(1);
        assertEquals(List.of(), alarms(EvidenceTpm.NONE));
        putBack(copy);
        try (Evidence evidence = evidence(EvidenceTpm.NONE)) {
            Proof.Verdict verdict = Proofs.verify(Proofs.bundle(evidence));
            assertEquals(List.of(), verdict.problems());
            assertTrue(verdict.notShown().getFirst().startsWith("that no records are missing at the end: that needs"));
            assertEquals(List.of(), evidence.alarms());
        }
    }

    /** The record of a count is there, and the TPM has not counted: no alarm, and the next start catches up, so that a cut shows. */
    @Test
    void aCrashBetweenTheRecordAndTheCountIsNoAlarm() throws Exception {
        gap(here());
        EvidenceChain chain =
                EvidenceChain.in(folder, EvidenceKey.in(folder, here()).key(), Clock.systemUTC());
        CounterMark last = chain.mark().orElseThrow();
        chain.append("open", EvidenceChain.body());
        chain.append(
                CounterMark.KIND, CounterMark.put(EvidenceChain.body(), last.tpm(), last.index(), last.count() + 1));
        assertEquals(List.of(), alarms(here()));
        try (Tpm tpm = Tpm.open(swtpm.path())) {
            assertEquals(
                    last.count() + 1, tpm.count(EvidenceCounter.index(folder)).orElseThrow());
        }
        assertEquals(List.of(), alarms(here()));
        cut(1);
        assertTrue(alarms(here()).getFirst().contains("counted 1 more than the records"));
    }

    /** The record that the counting begins is there, and nobody has counted. */
    @Test
    void aCrashAsTheCountingBeginsIsNoAlarm() throws Exception {
        EvidenceChain.make(folder);
        EvidenceChain chain =
                EvidenceChain.in(folder, EvidenceKey.in(folder, here()).key(), Clock.systemUTC());
        chain.append("closed", EvidenceChain.body());
        String tpmName;
        try (Tpm tpm = Tpm.open(swtpm.path())) {
            tpmName = HexFormat.of().formatHex(Merkle.sha256().digest(tpm.key()), 0, 16);
        }
        String index = HexFormat.of().toHexDigits(EvidenceCounter.index(folder));
        chain.append(CounterMark.KIND, CounterMark.put(EvidenceChain.body(), tpmName, index, 0));
        assertEquals(List.of(), alarms(here()));
        try (Evidence evidence = evidence(here())) {
            happens(evidence, "open", true);
            Proof.Verdict verdict = Proofs.verify(Proofs.bundle(evidence));
            assertEquals(List.of(), verdict.problems());
            assertEquals(verdict.records(), verdict.counted());
        }
    }

    /** The counter is the same one under another key: what was cut before the change of key would still show. */
    @Test
    void theCountGoesOnUnderANewKey() throws Exception {
        gap(here());
        EvidenceTpm off = new EvidenceTpm("off", Duration.ofMinutes(1), Duration.ZERO);
        try (Evidence evidence = evidence(off)) {
            assertTrue(evidence.chain().mark().orElseThrow().count() > 0, "it is told in the first record");
        }
        assertEquals(List.of(), alarms(here()));
        try (Evidence evidence = evidence(here())) {
            happens(evidence, "closed", true);
            var _ = evidence.shown();
        }
        cut(2);
        assertTrue(alarms(here()).getFirst().contains("more than the records"));
    }

    /** A gap flaps: the TPM's memory is not worn out by it. */
    @Test
    void manyChangesAreCountedTogether() throws Exception {
        try (Evidence evidence = evidence(here())) {
            EvidenceChain chain = evidence.chain();
            happens(evidence, "closed", true);
            long before = chain.mark().orElseThrow().count();
            for (int i = 0; i < 5 * EvidenceCounter.BURST; i++) {
                chain.append("broken", EvidenceChain.body());
            }
            var _ = evidence.shown();
            long counts = chain.mark().orElseThrow().count() - before;
            assertTrue(counts > 0 && counts <= EvidenceCounter.BURST, "counted " + counts);
        }
    }

    /** What engages waits for no TPM; what was written meanwhile comes when it answers. */
    @Test
    void aTpmThatHangsIsNotWaitedForByAGap() throws Exception {
        byte[] key = publicKey(here());
        swtpm.hang();
        Gap gap = TestGap.gap("/run/netns/omni-not-there", home, point -> {});
        try (gap;
                Evidence evidence = Evidence.opening(
                        folder,
                        new EvidenceTpm(swtpm.path().toString(), Duration.ofMinutes(5), Duration.ofMinutes(5)),
                        Clock.systemUTC());
                Recorder _ = new Recorder(gap, evidence, Clock.systemUTC()).start(Duration.ofHours(1))) {
            gap.start();
            Factors factors = new Factors(home, text -> "nowhere", Owner.NOBODY, Clock.systemUTC());
            try (BusServer _ = BusServer.at(home.resolve("airgap.sock"))
                            .service(AirgapProtocol.service(
                                    new AirgapService(gap, factors, evidence, Optional.empty(), "a test", List.of())))
                            .start();
                    BusClient bus = BusClient.to(home.resolve("airgap.sock"))) {
                var client = AirgapProtocol.Client.of(bus);
                assertEquals(
                        AirgapProtocol.GapState.BROKEN,
                        client.engage(new EngageParams("a test")).gap().state());
                assertFalse(written(folder.resolve("chain")), "the TPM still hangs");
                Tools.await(
                        "it is said",
                        () -> client.status(new AirgapProtocol.StatusParams()).gap().limits().stream()
                                .anyMatch(limit -> limit.contains("still being opened")));
            } finally {
                swtpm.goOn();
            }
            assertArrayEquals(key, evidence.chain().publicKey());
            Tools.await("what happened meanwhile is written", () -> written(folder.resolve("chain")));
        }
    }

    private static boolean written(Path chain) {
        try {
            return Files.exists(chain) && Files.readString(chain).contains("\"kind\":\"broken\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where no role runs root writes evidence by the sealed key, and lifts without where the TPM does not answer. */
    @Test
    void theOfflineLiftWritesByTheSealedKeyAndWaitsForNoTpmForLong() throws Exception {
        Path box = home.resolve("box");
        Path airgap = Files.createDirectories(box.resolve("airgap"));
        folder = airgap.resolve("evidence");
        byte[] key = publicKey(here());
        StepUpKey stepUp = StepUpKey.make();
        new Factors(airgap, text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                .keep(stepUp.publicKey(), Optional.empty(), Optional.empty());
        String wrong = StepUpKey.make().text();
        String refused = assertThrows(DeniedException.class, () -> OfflineMain.lift(box, home, "", here(), wrong))
                .getMessage();
        assertFalse(refused.contains("No evidence"), refused);
        String line = Files.readAllLines(folder.resolve("chain")).getLast();
        assertTrue(SignedLine.read(line, key).isPresent() && line.contains("\"kind\":\"refused\""), line);
        Files.delete(airgap.resolve("attempts-offline")); // or the next try would have to wait
        swtpm.hang();
        EvidenceTpm hanging = new EvidenceTpm(swtpm.path().toString(), Duration.ofMillis(200), Duration.ZERO);
        String said = OfflineMain.lift(box, home, "", hanging, stepUp.text());
        assertTrue(
                said.startsWith("The gap of " + box + " is open. No evidence was written: A TPM has sealed its key."),
                said);
    }
}

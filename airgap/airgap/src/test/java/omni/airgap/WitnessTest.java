package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import omni.airgap.AirgapProtocol.FailedReason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second device remembers what it has seen: a tail that is cut afterwards is seen by anybody. */
class WitnessTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final int RECORDS = 10;

    @TempDir
    Path folder;

    private EvidenceChain chain;
    private Cosigner witness;

    @BeforeEach
    void begin() throws Exception {
        chain = box("box");
        witness = witness("witness.key");
        append(RECORDS);
    }

    private EvidenceChain box(String name) throws AirgapException {
        return EvidenceChain.in(folder.resolve(name), Clock.systemUTC());
    }

    private Cosigner witness(String name) throws AirgapException {
        return new Cosigner(folder.resolve(name), Clock.fixed(NOON, ZoneOffset.UTC));
    }

    private void append(int records) throws AirgapException {
        for (int i = 0; i < records; i++) {
            chain.append("watched", EvidenceChain.body());
        }
    }

    private static String cosigned(Cosigner witness, String proof) throws IOException {
        Cosigner.Answer answer = witness.cosign(Proofs.stream(proof));
        assertEquals(List.of(), answer.problems());
        return answer.note();
    }

    private static void refused(Cosigner witness, String proof, String why) throws IOException {
        Cosigner.Answer answer = witness.cosign(Proofs.stream(proof));
        assertTrue(String.join(" ", answer.problems()).contains(why), answer.toString());
        assertEquals("", answer.note());
    }

    private String proof(EvidenceChain box, Optional<String> witnessed) throws IOException {
        return Proofs.bundle(box.publicKey(), box.checkpoint(), witnessed, Files.readAllLines(box.file()));
    }

    /** What root on the box can make: all files as they were some records ago, with a checkpoint to match. */
    private String cutTo(int records, Optional<String> witnessed) throws IOException {
        List<String> lines = Files.readAllLines(chain.file()).subList(0, records);
        Merkle tree = new Merkle();
        lines.forEach(line -> tree.add(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        Checkpoint made = Checkpoint.of(tree, DeviceKey.in(folder.resolve("box/key")));
        return Proofs.bundle(chain.publicKey(), made, witnessed, lines);
    }

    @Test
    void whatWasCosignedCannotBeCutOff() throws Exception {
        String note = cosigned(witness, Proofs.bundle(chain));
        new Witnessed(chain).keep(note);
        append(2);
        Optional<String> kept = new Witnessed(chain).note();
        Proof.Verdict verdict = Proofs.verifyAlone(proof(chain, kept), witness);
        assertEquals(List.of(), verdict.problems());
        assertEquals(RECORDS, verdict.held());
        String name = verdict.cosigned().getFirst().witness();
        assertEquals(List.of(new Proof.Cosigned(name, NOON, RECORDS)), verdict.cosigned());
        assertTrue(verdict.shown().toString().contains("none of the first 10 records was cut off"), verdict.toString());
        assertTrue(verdict.shown().toString().contains(name + " cosigned them, at " + NOON), verdict.toString());
        assertTrue(verdict.notShown().getFirst().contains("at the end, after the first 10"), verdict.toString());

        for (int records : List.of(0, 5, RECORDS - 1)) {
            String inside = cutTo(records, kept);
            assertFalse(Proofs.verifyAlone(inside).problems().isEmpty(), "the note in the proof, cut to " + records);
            String beside = cutTo(records, Optional.empty());
            assertFalse(Proofs.verify(beside, note, witness).problems().isEmpty(), "beside, cut to " + records);
            assertFalse(
                    Proofs.verifyAlone(beside, witness).problems().isEmpty(), "without the note of a named witness");
            assertEquals(List.of(), Proofs.verifyAlone(beside).problems(), "nobody can know without a witness");
        }
        assertEquals(
                List.of(), Proofs.verify(cutTo(RECORDS, kept), note, witness).problems(), "what no one had seen");
    }

    @Test
    void theBoxItselfSeesAtItsStartThatWhatWasCosignedIsGone() throws Exception {
        new Witnessed(chain).keep(cosigned(witness, Proofs.bundle(chain)));
        append(2);
        assertEquals(Optional.empty(), new Witnessed(box("box")).alarm());
        List<String> lines = Files.readAllLines(chain.file());
        Files.write(chain.file(), lines.subList(0, RECORDS - 1));
        assertTrue(new Witnessed(box("box")).alarm().orElseThrow().startsWith("ALARM: "));
        try (Evidence evidence = Evidence.opening(folder.resolve("box"), EvidenceTpm.NONE, Clock.systemUTC())) {
            evidence.chain();
            assertTrue(evidence.limits().toString().contains("of 10 records that was cosigned"));
        }
    }

    @Test
    void withoutAWitnessTheVerdictSaysSo() throws Exception {
        Proof.Verdict verdict = Proofs.verifyAlone(Proofs.bundle(chain));
        assertEquals(0, verdict.held());
        assertTrue(verdict.notShown().getFirst().contains("--witness"), verdict.toString());
        // A note that is there counts for nothing as long as nobody says whose key it is.
        String note = cosigned(witness, Proofs.bundle(chain));
        Proof.Verdict unknown = Proofs.verifyAlone(proof(chain, Optional.of(note)));
        assertEquals(List.of(), unknown.problems());
        assertEquals(0, unknown.held());
        assertTrue(unknown.notShown().get(1).contains("omni.witness/"), unknown.toString());
        assertTrue(unknown.notShown().get(1).contains("has cosigned: its key was not given"), unknown.toString());
    }

    @Test
    void aForgedCosignatureIsRefused() throws Exception {
        Cosigner other = witness("other.key");
        String note = cosigned(witness, Proofs.bundle(chain));
        SignedNote read = SignedNote.read(note).orElseThrow();
        VerifierKey key = VerifierKey.cosigner(witness.verifierKey()).orElseThrow();
        DeviceKey wrong = DeviceKey.in(folder.resolve("other.key"));
        String forged = read.with(List.of(Cosignature.sign(read.text(), key, wrong, NOON)))
                .note();
        assertNotEquals(note, forged);
        Proof.Verdict verdict = Proofs.verify(Proofs.bundle(chain), forged, witness);
        assertTrue(verdict.problems().toString().contains("forged or altered"), verdict.toString());
        assertEquals(0, verdict.held());
        // Altered: another's cosignature of an older checkpoint under a newer one.
        append(1);
        SignedNote newer =
                chain.checkpoint().note().with(List.of(read.signatures().getLast()));
        assertFalse(Proofs.verify(Proofs.bundle(chain), newer.note(), witness)
                .problems()
                .isEmpty());
        assertFalse(Proofs.verify(Proofs.bundle(chain), note, other).problems().isEmpty(), "named, and not there");
        assertEquals(
                List.of(), Proofs.verify(Proofs.bundle(chain), note, witness).problems());
    }

    @Test
    void whatDoesNotGoOnIsNotCosigned() throws Exception {
        String first = Proofs.bundle(chain);
        cosigned(witness, first);
        assertEquals(Optional.of(RECORDS), witness.cosign(Proofs.stream(first)).before(), "again, the same");
        append(3);
        cosigned(witness, Proofs.bundle(chain));
        refused(witness, first, "cut off or changed");
        refused(witness, cutTo(RECORDS + 2, Optional.empty()), "cut off or changed");
        refused(witness, cutTo(0, Optional.empty()), "cut off or changed");
        refused(witness, Proofs.bundle(chain).replace("watched", "closed"), "not signed");
        refused(witness, "{}", "no proof");
        // A second history of the same length, by who has the key.
        Files.writeString(folder.resolve("box/chain"), "");
        chain = box("box");
        append(RECORDS + 3);
        refused(witness, Proofs.bundle(chain), "cut off or changed");
        cosigned(witness("another.key"), Proofs.bundle(chain)); // which had not seen the first
    }

    @Test
    void aWitnessKnowsEachBoxByItself() throws Exception {
        cosigned(witness, Proofs.bundle(chain));
        EvidenceChain other = box("other");
        other.append("open", EvidenceChain.body());
        Cosigner.Answer answer = witness.cosign(Proofs.stream(Proofs.bundle(other)));
        assertEquals(Optional.empty(), answer.before());
        assertEquals(List.of(), answer.problems());
    }

    @Test
    void aWitnessForgetsNothingThatCannotBeRead() throws Exception {
        cosigned(witness, Proofs.bundle(chain));
        String id = chain.checkpoint().origin().substring("omni.airgap/".length());
        Path memory = folder.resolve("witness.key." + id);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(memory)));
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("witness.key"))));
        Files.writeString(memory, "");
        refused(witness, Proofs.bundle(chain), "older checkpoint is not signed");
        Files.writeString(memory, "x".repeat(SignedNote.BYTES_MAX + 1));
        assertThrows(IOException.class, () -> witness.cosign(Proofs.stream(Proofs.bundle(chain))));
    }

    @Test
    void aBoxIsNoWitnessForItself() throws Exception {
        refused(new Cosigner(folder.resolve("box/key"), Clock.systemUTC()), Proofs.bundle(chain), "for itself");
    }

    @Test
    void aCheckpointTakesAsManyCosignaturesAsANoteMayHave() throws Exception {
        String proof = Proofs.bundle(chain);
        for (int i = 1; i < SignedNote.SIGNATURES_MAX; i++) {
            Checkpoint kept = new Witnessed(chain).keep(cosigned(witness("w" + i), proof));
            assertEquals(i + 1, kept.note().signatures().size());
        }
        String full = new Witnessed(chain).note().orElseThrow();
        String last = cosigned(witness("last"), proof);
        var denied = assertThrows(DeniedException.class, () -> new Witnessed(chain).keep(last));
        assertEquals(FailedReason.REFUSED, denied.reason());
        assertEquals(Optional.of(full), new Witnessed(chain).note());
        Checkpoint crowded = Checkpoint.read(full, chain.publicKey()).orElseThrow();
        refused(
                witness("last"),
                Proofs.bundle(chain.publicKey(), crowded, Files.readAllLines(chain.file())),
                "too many signatures");
        Optional<String> absent = Optional.empty();
        List<String> keys = Collections.nCopies(Proof.WITNESSES_MAX, witness.verifierKey());
        assertFalse(problems(proof, absent, keys).contains("more than"));
        List<String> more = Collections.nCopies(Proof.WITNESSES_MAX + 1, witness.verifierKey());
        assertTrue(problems(proof, absent, more).contains("more than 16 witnesses"));
        assertTrue(problems(proof, absent, List.of("me")).contains("no verifier key"));
    }

    private static String problems(String proof, Optional<String> kept, List<String> witnesses) {
        return Proof.verify(Proofs.stream(proof), Optional.empty(), kept, witnesses)
                .problems()
                .toString();
    }

    @Test
    void theBoxTakesInOnlyWhatIsItsOwnAndNotOlder() throws Exception {
        String first = cosigned(witness, Proofs.bundle(chain));
        append(1);
        String second = cosigned(witness, Proofs.bundle(chain));
        String bare = chain.checkpoint().note().note();
        EvidenceChain other = box("other");
        other.append("open", EvidenceChain.body());
        String others = cosigned(witness, Proofs.bundle(other));
        Witnessed kept = new Witnessed(chain);
        assertEquals(Optional.empty(), kept.note());
        for (String wrong : List.of("", "text", others, bare, second.replace("\n11\n", "\n12\n"))) {
            assertEquals(
                    FailedReason.INVALID,
                    assertThrows(DeniedException.class, () -> kept.keep(wrong)).reason());
        }
        kept.keep(second);
        assertEquals(
                FailedReason.REFUSED,
                assertThrows(DeniedException.class, () -> kept.keep(first)).reason());
        String both = kept.keep(cosigned(witness("other.key"), Proofs.bundle(chain)))
                .note()
                .note();
        assertEquals(Optional.of(both), kept.note());
        assertEquals(
                2,
                Proofs.verifyAlone(proof(chain, kept.note()), witness, witness("other.key"))
                        .cosigned()
                        .size());
        // Evidence that was brought back from a copy is behind what was cosigned.
        Files.delete(folder.resolve("box/witnessed"));
        Files.write(chain.file(), Files.readAllLines(chain.file()).subList(0, 3));
        EvidenceChain back = box("box");
        var denied = assertThrows(DeniedException.class, () -> new Witnessed(back).keep(second));
        assertTrue(denied.getMessage().contains("cut off or changed"), denied.getMessage());
    }
}

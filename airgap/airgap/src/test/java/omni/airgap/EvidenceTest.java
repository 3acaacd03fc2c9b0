package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was done to a chain of evidence is seen. */
class EvidenceTest {
    private static final int RECORDS = 12;
    private static final int TRIES = 400;

    @TempDir
    Path folder;

    private EvidenceChain chain(int records) throws AirgapException {
        EvidenceChain chain = EvidenceChain.in(folder, Clock.systemUTC());
        for (int i = 0; i < records; i++) {
            String kind = i % 3 == 0 ? "closed" : i % 3 == 1 ? "watched" : "open";
            chain.append(kind, EvidenceChain.body().put("cause", "number " + i));
        }
        return chain;
    }

    private static List<String> lines(EvidenceChain chain) throws IOException {
        return Files.readAllLines(chain.file());
    }

    private static Merkle tree(List<String> lines) {
        Merkle tree = new Merkle();
        lines.forEach(line -> tree.add(line.getBytes(StandardCharsets.UTF_8)));
        return tree;
    }

    private static byte[] root(List<String> lines) {
        return tree(lines).root();
    }

    private static Proof.Verdict verify(EvidenceChain chain, List<String> lines, Checkpoint checkpoint) {
        return Proofs.verify(Proofs.bundle(chain.publicKey(), checkpoint, lines));
    }

    @Test
    void anUntouchedChainHolds() throws Exception {
        EvidenceChain chain = chain(RECORDS);
        Proof.Verdict verdict = verify(chain, lines(chain), chain.checkpoint());
        assertEquals(List.of(), verdict.problems());
        assertEquals(RECORDS, verdict.records());
        assertEquals(
                4,
                verdict.shown().stream()
                        .filter(line -> line.startsWith("a gap from"))
                        .count());
        assertTrue(verdict.notShown().getFirst().contains("--checkpoint"), verdict.toString());
    }

    /** What is done to the lines of a chain; each keeps at least the beginning, for a tail that was cut is another matter. */
    private static List<String> tampered(List<String> whole, int how, Random random) {
        List<String> lines = new ArrayList<>(whole);
        int at = random.nextInt(RECORDS - 1);
        switch (how % 4) {
            case 0 -> {
                char[] line = lines.get(at).toCharArray();
                int character = random.nextInt(line.length);
                line[character] = line[character] == 'x' ? 'y' : 'x';
                lines.set(at, new String(line));
            }
            case 1 -> lines.remove(at);
            case 2 -> Collections.swap(lines, at, (at + 1 + random.nextInt(RECORDS - 1)) % RECORDS);
            default -> lines.add(at, lines.get(random.nextInt(RECORDS)));
        }
        return lines;
    }

    /** As one would do who has the file and not the key: the checkpoint is the one that the box made. */
    @Test
    void everyEditDropAndReorderingIsSeen() throws Exception {
        EvidenceChain chain = chain(RECORDS);
        List<String> whole = lines(chain);
        Random random = new Random(7);
        for (int i = 0; i < TRIES; i++) {
            List<String> lines = tampered(whole, i, random);
            assertFalse(verify(chain, lines, chain.checkpoint()).problems().isEmpty(), "try " + i);
        }
    }

    /** With a checkpoint that the key made of what is there now: the tree is right, and the records alone tell. */
    @Test
    void aCheckpointOfTheTamperedRecordsHidesNothing() throws Exception {
        EvidenceChain chain = chain(RECORDS);
        DeviceKey key = DeviceKey.in(folder.resolve("key"));
        List<String> whole = lines(chain);
        assertEquals(
                List.of(), verify(chain, whole, Checkpoint.of(tree(whole), key)).problems());
        Random random = new Random(8);
        for (int i = 0; i < TRIES; i++) {
            List<String> lines = tampered(whole, i, random);
            List<String> problems =
                    verify(chain, lines, Checkpoint.of(tree(lines), key)).problems();
            String expected = i % 4 == 0 ? " is not signed by this box's key." : " does not follow the one before it.";
            assertTrue(problems.stream().anyMatch(problem -> problem.endsWith(expected)), "try " + i + ": " + problems);
            assertTrue(
                    problems.stream().allMatch(problem -> problem.startsWith("Record ")), "try " + i + ": " + problems);
        }
    }

    /** Each of the two by itself, in a record that the key has signed, at the end, where nothing follows that could tell. */
    @Test
    void aRecordHasItsNumberAndTheHashOfTheOneBefore() throws Exception {
        EvidenceChain chain = chain(RECORDS);
        DeviceKey key = DeviceKey.in(folder.resolve("key"));
        List<String> whole = lines(chain);
        String last = whole.getLast().substring(whole.getLast().indexOf(' ') + 1);
        String number = "\"n\":" + (RECORDS - 1) + ",";
        String before = EvidenceChain.hash(whole.get(RECORDS - 2).getBytes(StandardCharsets.UTF_8));
        String earlier = EvidenceChain.hash(whole.get(RECORDS - 3).getBytes(StandardCharsets.UTF_8));
        assertTrue(last.contains(number) && last.contains(before), last);
        assertEquals(List.of(), resigned(chain, key, whole, last));
        List<String> wrong = List.of("Record " + (RECORDS - 1) + " does not follow the one before it.");
        assertEquals(wrong, resigned(chain, key, whole, last.replace(number, "\"n\":" + RECORDS + ",")));
        assertEquals(wrong, resigned(chain, key, whole, last.replace(number, "\"n\":" + (RECORDS - 2) + ",")));
        assertEquals(wrong, resigned(chain, key, whole, last.replace(before, earlier)));
        assertEquals(wrong, resigned(chain, key, whole, last.replace(before, "")));
    }

    private static List<String> resigned(EvidenceChain chain, DeviceKey key, List<String> whole, String last) {
        List<String> lines = new ArrayList<>(whole.subList(0, whole.size() - 1));
        byte[] signature = key.sign(last.getBytes(StandardCharsets.UTF_8));
        lines.add(Base64.getEncoder().encodeToString(signature) + " " + last);
        return verify(chain, lines, Checkpoint.of(tree(lines), key)).problems();
    }

    @Test
    void aTailThatWasCutIsSeenAgainstAnOlderCheckpointAlone() throws Exception {
        EvidenceChain chain = chain(RECORDS);
        Checkpoint kept = chain.checkpoint();
        List<String> cut = lines(chain).subList(0, RECORDS - 2);
        // Who has the key, too, makes a new checkpoint for the shorter chain: by itself that holds.
        Checkpoint made = Checkpoint.of(tree(cut), DeviceKey.in(folder.resolve("key")));
        String bundle = Proofs.bundle(chain.publicKey(), made, cut);
        Proof.Verdict alone = Proofs.verify(bundle);
        assertEquals(List.of(), alone.problems());
        assertTrue(alone.notShown().getFirst().contains("no records are missing at the end"));
        assertFalse(Proofs.verify(bundle, kept).problems().isEmpty());

        chain.append("open", EvidenceChain.body());
        String later = Proofs.bundle(chain);
        assertEquals(List.of(), Proofs.verify(later, kept).problems());
    }

    /** Anybody can make a key, and records of perfect gaps: the key tells whose they are. */
    @Test
    void aProofOfAnotherBoxFailsForWhoKnowsTheKey() throws Exception {
        EvidenceChain chain = chain(3);
        String proof = Proofs.bundle(chain);
        String key = Proof.key(chain.publicKey());
        Proof.Verdict alone = Proofs.verify(proof);
        assertEquals(key, alone.key());
        assertTrue(alone.notShown().get(1).startsWith("whose box this is: "), alone.notShown()::toString);
        assertTrue(alone.notShown().get(1).contains(key), alone.notShown()::toString);
        assertTrue(Proofs.verify(proof, chain.checkpoint()).notShown().stream()
                .noneMatch(line -> line.startsWith("whose box")));

        Proof.Verdict own = Proofs.verifyBox(proof, key);
        assertEquals(List.of(), own.problems());
        assertTrue(own.shown().contains("that it is of the box whose key was given"), own.shown()::toString);
        assertTrue(own.notShown().stream().noneMatch(line -> line.startsWith("whose box")));
        String other = Proof.key(DeviceKey.in(folder.resolve("other")).publicKey());
        assertEquals(
                List.of("This is another box's proof: its key is " + key + "."),
                Proofs.verifyBox(proof, other).problems());
        for (String none : List.of("", "AAAA", key.substring(1), key + "=", " " + key, "x".repeat(100_000))) {
            String problem = Proofs.verifyBox(proof, none).problems().getFirst();
            assertTrue(problem.contains("is no key of a box: that is 44 characters"), problem);
            assertTrue(problem.length() < 200, "as long as it may be");
        }
        // The last digit of base64 has two bits that say nothing: one key has one text.
        String twin = key.substring(0, 42) + (char) (key.charAt(42) + 1) + "=";
        assertFalse(Proofs.verifyBox(proof, twin).problems().isEmpty());
    }

    @Test
    void anotherKeysCheckpointIsNone() throws Exception {
        EvidenceChain chain = chain(3);
        DeviceKey other = DeviceKey.in(folder.resolve("other"));
        Checkpoint theirs = Checkpoint.of(tree(lines(chain)), other);
        assertFalse(verify(chain, lines(chain), theirs).problems().isEmpty());
        assertTrue(Checkpoint.read(theirs.note().note(), other.publicKey()).isPresent());
        assertTrue(Checkpoint.read(theirs.note().note(), chain.publicKey()).isEmpty());
    }

    @Test
    void whatIsNoProofIsRefused() {
        for (String text : List.of("", "{", "[]", "null", "{\"format\":\"omni-airgap-proof/1\"}", "{\"format\":7}")) {
            assertFalse(Proofs.verify(text).problems().isEmpty(), text);
        }
    }

    @Test
    void aProofIsWholeAndHasItsMembersInOrder() throws Exception {
        String proof = Proofs.bundle(chain(3));
        assertEquals(List.of(), Proofs.verify(proof).problems());
        for (String wrong : List.of(
                proof.replace("omni-airgap-proof/1", "omni-airgap-proof/2"),
                proof.replaceFirst("\"format\"", "\"more\" : 1, \"format\""),
                proof.replaceFirst("\"records\"", "\"record\""),
                proof.replaceFirst("\"publicKey\" : \"", "\"publicKey\" : \"AAAA"),
                proof.replaceFirst("(?s)\"checkpoint\".*?,", ""),
                proof.replaceFirst("\"records\"", "\"witnessed\" : \"\", \"records\""),
                proof.replaceFirst("\\[", "[ [ ], "),
                proof.replaceFirst("\\[", "[ 7, "),
                proof + "{}",
                proof.replaceFirst("\\]", "], \"records\" : []"))) {
            assertFalse(Proofs.verify(wrong).problems().isEmpty(), wrong);
        }
        for (int end = 0; end < proof.length() - 2; end += 7) {
            assertFalse(Proofs.verify(proof.substring(0, end)).problems().isEmpty(), "cut at " + end);
        }
    }

    /** The format is what it was; the command's tests read this file, too. */
    @Test
    void aProofIsTheGoldenOne() throws Exception {
        Path golden = Tools.MODULE.resolve("src/test/resources/evidence");
        Clock noon = Clock.fixed(Instant.parse("2026-03-01T12:00:00Z"), ZoneOffset.UTC);
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) 1);
        Files.write(folder.resolve("key"), seed);
        EvidenceChain chain = EvidenceChain.in(folder, noon);
        for (String kind : List.of("engaging", "closed", "broken", "closed", "lifting", "open")) {
            chain.append(kind, EvidenceChain.body().put("cause", "a test"));
        }
        assertEquals(Files.readString(golden.resolve("proof.json")), Proofs.bundle(chain));
        assertEquals(Files.readString(golden.resolve("chain")), Files.readString(chain.file()));
    }

    @Test
    void aSignedLineThatIsNoRecordIsNone() throws Exception {
        DeviceKey key = DeviceKey.in(folder.resolve("key"));
        for (String json : List.of("", "{", "null", "{\"n\":{},\"prev\":[]}", "[".repeat(10_000))) {
            String signature = Base64.getEncoder().encodeToString(key.sign(json.getBytes(StandardCharsets.UTF_8)));
            List<String> lines = List.of(signature + " " + json);
            Checkpoint made = Checkpoint.of(tree(lines), key);
            assertEquals(
                    List.of("Record 0 does not follow the one before it."),
                    Proofs.verify(Proofs.bundle(key.publicKey(), made, lines)).problems());
        }
    }

    @Test
    void aProofEndsSomewhere() throws Exception {
        String proof = Proofs.bundle(chain(1));
        String longest = "x".repeat(EvidenceChain.LINE_BYTES_MAX);
        assertTrue(problems(proof.replaceFirst("\\[", "[\"" + longest + "\",")).contains("Record 0 is not signed"));
        assertTrue(problems(proof.replaceFirst("\\[", "[\"x" + longest + "\",")).contains("after record 0"));
        assertTrue(
                problems(proof.replaceFirst("\\[", "[" + "\"\",".repeat(500))).contains("ended at record 101"));
        var blanks = new InputStream() {
            private long given;

            @Override
            public int read() {
                given++;
                return ' ';
            }

            @Override
            public int read(byte[] buffer, int from, int count) {
                Arrays.fill(buffer, from, from + count, (byte) ' ');
                given += count;
                return count;
            }
        };
        var endless = new SequenceInputStream(Proofs.stream(proof), blanks);
        assertTrue(Proof.verify(endless, Optional.empty(), Optional.empty(), List.of())
                .problems()
                .toString()
                .contains("after record 1"));
        assertTrue(blanks.given > ProofReader.BYTES_MAX - proof.length()
                && blanks.given < ProofReader.BYTES_MAX + (1 << 20));
    }

    private static String problems(String proof) {
        return Proofs.verify(proof).problems().toString();
    }

    @Test
    void aLineThatACrashHasCutIsLeftOutAndTheChainGoesOn() throws Exception {
        EvidenceChain chain = chain(3);
        Files.writeString(chain.file(), "dGhpcyBsaW5lIHdhcyBj", StandardOpenOption.APPEND);
        EvidenceChain again = chain(1);
        assertEquals(4, lines(again).size());
        assertEquals(List.of(), verify(again, lines(again), again.checkpoint()).problems());
    }

    @Test
    void theKeyIsForItsOwnerAlone() throws Exception {
        chain(1);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("key"))));
    }

    /** The tree hash of RFC 6962 over the inputs of Certificate Transparency's own tests: none, and "" alone. */
    @Test
    void theTreeIsThatOfTheStandard() {
        HexFormat hex = HexFormat.of();
        assertEquals(
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hex.formatHex(root(List.of())));
        assertEquals(
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", hex.formatHex(root(List.of(""))));
        byte[] left = leaf("a");
        byte[] right = leaf("b");
        assertEquals(hex.formatHex(node(left, right)), hex.formatHex(root(List.of("a", "b"))));
        assertEquals(hex.formatHex(node(node(left, right), leaf("c"))), hex.formatHex(root(List.of("a", "b", "c"))));
    }

    private static byte[] leaf(String text) {
        var digest = Merkle.sha256();
        digest.update((byte) 0);
        return digest.digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] node(byte[] left, byte[] right) {
        var digest = Merkle.sha256();
        digest.update((byte) 1);
        digest.update(left);
        return digest.digest(right);
    }
}

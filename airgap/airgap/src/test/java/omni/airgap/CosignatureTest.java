package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notes, checkpoints and cosignatures are those of C2SP: what another implementation made is read, and made the same. */
class CosignatureTest {
    /** From src/test/go/cosignature.go, which made the note, too. */
    private static final String WITNESS = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";

    private static final int SIGNATURE_BYTES = 72;

    @TempDir
    Path folder;

    private static VerifierKey witness() {
        return VerifierKey.cosigner(WITNESS).orElseThrow();
    }

    private static String golden() throws IOException {
        return Files.readString(Tools.MODULE.resolve("src/test/resources/cosignature/note.txt"));
    }

    /** The keys that the vector was made with: one byte, 32 times. */
    private DeviceKey key(int value) throws IOException {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) value);
        return DeviceKey.in(Files.write(folder.resolve("seed" + value), seed));
    }

    private static Instant time(SignedNote note) {
        return assertInstanceOf(Cosignature.Found.Holds.class, Cosignature.find(note, witness()))
                .time();
    }

    @Test
    void anothersNoteIsRead() throws Exception {
        Checkpoint checkpoint = Checkpoint.read(golden(), key(1).publicKey()).orElseThrow();
        assertEquals(5, checkpoint.size());
        assertTrue(time(checkpoint.note()).isAfter(Instant.parse("2026-01-01T00:00:00Z")));
        assertEquals(golden(), checkpoint.note().note());
    }

    /** Ed25519 signs the same text in one way only: what is the same here would be taken there. */
    @Test
    void theSameNoteIsMade() throws Exception {
        Merkle tree = new Merkle();
        List.of("a", "b", "c", "d", "e").forEach(line -> tree.add(line.getBytes(StandardCharsets.UTF_8)));
        SignedNote own = Checkpoint.of(tree, key(1)).note();
        Instant time = time(SignedNote.read(golden()).orElseThrow());
        assertEquals(
                golden(),
                own.with(List.of(Cosignature.sign(own.text(), witness(), key(2), time)))
                        .note());
        assertEquals(WITNESS, witness().text());
    }

    /** The examples in tlog-cosignature.md and signed-note.md. */
    @Test
    void theExamplesOfTheTextAreRead() {
        String cosigned = """
                example.com/behind-the-sofa
                20852163
                CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

                — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
                — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
                """;
        SignedNote note = SignedNote.read(cosigned).orElseThrow();
        assertEquals(cosigned, note.note());
        SignedNote.Signature signature = note.signatures().getLast();
        assertEquals("witness.example.com/w1", signature.name());
        assertTrue(Cosignature.looksLikeOne(signature));
        assertEquals(1679315147L, java.nio.ByteBuffer.wrap(signature.bytes()).getLong());

        String signed = """
                This is an example message.

                — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
                """;
        byte[] key =
                SignedNote.bytes("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").orElseThrow();
        VerifierKey foo = new VerifierKey("example.com/foo", key[0], Arrays.copyOfRange(key, 1, key.length));
        assertEquals("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", foo.text());
        SignedNote.Signature own =
                SignedNote.read(signed).orElseThrow().signatures().getFirst();
        assertTrue(own.isBy(foo));
        assertTrue(foo.verifies("This is an example message.\n", own.bytes()));
    }

    @Test
    void everyChangedByteOfACosignatureIsSeen() throws Exception {
        SignedNote note = SignedNote.read(golden()).orElseThrow();
        SignedNote.Signature whole = note.signatures().getLast();
        for (int at = 0; at < SIGNATURE_BYTES; at++) {
            byte[] bytes = whole.bytes();
            bytes[at] ^= 1;
            SignedNote forged = note.with(List.of(SignedNote.Signature.of(witness(), bytes)));
            assertEquals(new Cosignature.Found.Forged(), Cosignature.find(forged, witness()), "byte " + at);
        }
        for (int length : List.of(1, 8, SIGNATURE_BYTES - 1, SIGNATURE_BYTES + 1)) {
            byte[] bytes = Arrays.copyOf(whole.bytes(), length);
            SignedNote forged = note.with(List.of(SignedNote.Signature.of(witness(), bytes)));
            assertEquals(new Cosignature.Found.Forged(), Cosignature.find(forged, witness()), length + " bytes");
        }
        SignedNote other = new SignedNote(note.text().replace("\n5\n", "\n6\n"), note.signatures());
        assertEquals(new Cosignature.Found.Forged(), Cosignature.find(other, witness()));
        SignedNote both = new SignedNote(
                note.text(), List.of(SignedNote.Signature.of(witness(), new byte[SIGNATURE_BYTES]), whole));
        assertEquals(new Cosignature.Found.Forged(), Cosignature.find(both, witness()), "one of two");
        SignedNote without = new SignedNote(note.text(), note.signatures().subList(0, 1));
        assertEquals(new Cosignature.Found.Nothing(), Cosignature.find(without, witness()));
    }

    @Test
    void whatIsNoNoteIsNotRead() throws Exception {
        String line = golden().lines().toList().getLast() + "\n";
        for (String wrong : List.of(
                "",
                "\n\n",
                "text\n\n",
                "text\n" + line,
                "text\n\nno signature\n",
                "text\n\n" + line + "more\n",
                "text\n\n" + line.strip(),
                "te\tx\n\n" + line,
                "text\n\n— name\n",
                "text\n\n— name AAAA\n",
                "text\n\n— na+me AAAAAAAA\n",
                "text\n\n— na me AAAAAAAA\n",
                "text\n\n— name AAAAAAA*\n")) {
            assertEquals(Optional.empty(), SignedNote.read(wrong), wrong);
        }
        assertTrue(SignedNote.read("one\n\ntwo\n\n" + line).isPresent(), "the last empty line counts");
    }

    @Test
    void aNoteHasItsLargestSize() throws Exception {
        String line = golden().lines().toList().getLast() + "\n";
        List<String> lines = new ArrayList<>(Collections.nCopies(SignedNote.SIGNATURES_MAX, line));
        assertTrue(SignedNote.read("text\n\n" + String.join("", lines)).isPresent());
        lines.add(line);
        assertEquals(Optional.empty(), SignedNote.read("text\n\n" + String.join("", lines)));
        int room = SignedNote.CHARACTERS_MAX - line.length() - 2;
        assertTrue(SignedNote.read("x".repeat(room) + "\n\n" + line).isPresent());
        assertEquals(Optional.empty(), SignedNote.read("x".repeat(room + 1) + "\n\n" + line));
    }

    @Test
    void whatIsNoWitnessesKeyIsNotRead() {
        String key = WITNESS.substring(WITNESS.lastIndexOf('+') + 1);
        String longest = "n".repeat(400);
        var name = new VerifierKey(longest, VerifierKey.COSIGNATURE, new byte[32]);
        assertTrue(VerifierKey.cosigner(name.text()).isPresent());
        for (String wrong : List.of(
                "",
                "++",
                "witness.example/w1",
                "witness.example/w1+df1c0a36+" + key,
                "witness.example/w1+DF1C0A35+" + key,
                "witness.example/w2+df1c0a35+" + key,
                "witness.example/w1+df1c0a35+" + key + "AAAA",
                new VerifierKey("w", VerifierKey.ED25519, new byte[32]).text(),
                new VerifierKey("w w", VerifierKey.COSIGNATURE, new byte[32]).text(),
                new VerifierKey(longest + "n", VerifierKey.COSIGNATURE, new byte[32]).text())) {
            assertEquals(Optional.empty(), VerifierKey.cosigner(wrong), wrong);
        }
    }

    @Test
    void aCheckpointIsOfOneOriginAndOneForm() throws Exception {
        DeviceKey key = key(1);
        Checkpoint good = Checkpoint.read(golden(), key.publicKey()).orElseThrow();
        for (String text : List.of(
                good.note().text().replace(good.origin(), "omni.airgap/0000000000000000"),
                good.note().text().replace("\n5\n", "\n05\n"),
                good.note().text().replace("\n5\n", "\n-5\n"),
                good.note().text().replace("\n5\n", "\n1000000000\n"),
                good.note().text() + "an extension\n",
                good.origin() + "\n5\n")) {
            var signer = new VerifierKey(good.origin(), VerifierKey.ED25519, key.publicKey());
            var signature = SignedNote.Signature.of(signer, key.sign(text.getBytes(StandardCharsets.UTF_8)));
            String note = new SignedNote(text, List.of(signature)).note();
            assertEquals(Optional.empty(), Checkpoint.read(note, key.publicKey()), text);
        }
    }
}

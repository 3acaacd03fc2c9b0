package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The key of the evidence where no TPM is asked: what its file may be, and what becomes of evidence whose key is lost. */
final class EvidenceKeyTest {
    private static final SealedKey SEALED = SealedKey.of(new byte[32], new byte[64], new byte[100]);

    @TempDir
    Path home;

    private Path folder;

    @BeforeEach
    void name() {
        folder = home.resolve("evidence");
    }

    private Evidence evidence() {
        return Evidence.opening(folder, EvidenceTpm.NONE, Clock.systemUTC());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aSealedKeysFileIsReadAsItWasWrittenAndNothingElseIsOne() {
        assertEquals(Optional.of(SEALED), SealedKey.read(SEALED.text()));
        String text = new String(SEALED.text(), StandardCharsets.US_ASCII);
        for (String wrong : List.of(
                "",
                "{",
                "null",
                "[]",
                text.replace("key/1", "key/2"),
                text.replace("publicKey", "public"),
                text.replace("\"publicKey\":\"AAAA", "\"publicKey\":\""),
                text.replace("\"tpm\":\"AAAA", "\"tpm\":\"AAAAAAAA"),
                text.replace("\"sealed\":\"", "\"sealed\":\"!"),
                text.replaceFirst("\"sealed\":\"[A=]+\"", "\"sealed\":\"\""))) {
            assertEquals(Optional.empty(), SealedKey.read(bytes(wrong)), wrong);
        }
    }

    /** Longer than any, by a byte: it is cut, and so is none. */
    @Test
    void noMoreOfTheFileIsReadThanAKeyHas() throws Exception {
        Files.createDirectories(folder);
        Path file = Files.write(folder.resolve("key"), new byte[SealedKey.BYTES_MAX + 2]);
        assertEquals(SealedKey.BYTES_MAX + 1, EvidenceKey.read(file).orElseThrow().length);
        assertThrows(LostKeyException.class, () -> EvidenceKey.in(folder, EvidenceTpm.NONE));
    }

    @Test
    void withoutATpmTheKeyIsWhatItWas() throws Exception {
        byte[] key = evidence().chain().publicKey();
        assertEquals(DeviceKey.SEED_BYTES, Files.size(folder.resolve("key")));
        assertArrayEquals(key, DeviceKey.in(folder.resolve("key")).publicKey());
        Evidence again = evidence();
        assertArrayEquals(key, again.chain().publicKey());
        assertEquals(List.of(), again.limits());
    }

    /** Whatever has become of its file: evidence goes on under a new key, says so, and leaves what was there as it is. */
    @ParameterizedTest
    @ValueSource(strings = {"", "cut", "sealed"})
    void whereTheKeyIsLostANewOneSaysSo(String how) throws Exception {
        Evidence before = evidence();
        before.chain().append("closed", EvidenceChain.body());
        byte[] former = Files.readAllBytes(before.chain().file());
        Path key = folder.resolve("key");
        switch (how) {
            case "" -> Files.delete(key);
            case "cut" -> Files.write(key, new byte[31]);
            default -> Files.write(key, SEALED.text());
        }
        Evidence after = evidence();
        List<String> lines = Files.readAllLines(after.chain().file());
        assertEquals(1, lines.size());
        assertTrue(
                lines.getFirst().contains("\"folder\":\"evidence.1\",\"")
                        && lines.getFirst().contains("\"records\":1"),
                lines::toString);
        assertTrue(
                lines.getFirst()
                        .contains(EvidenceChain.hash(Files.readAllLines(home.resolve("evidence.1/chain"))
                                .getFirst()
                                .getBytes(StandardCharsets.UTF_8))),
                lines::toString);
        assertArrayEquals(former, Files.readAllBytes(home.resolve("evidence.1/chain")));
        assertTrue(
                after.limits().getFirst().startsWith("ALARM: the evidence goes on under a new key"),
                after.limits()::toString);
        Proof.Verdict verdict = Proofs.verify(Proofs.bundle(after));
        assertEquals(List.of(), verdict.problems());
        assertTrue(verdict.shown().getFirst().contains("under a new key from "), verdict::toString);

        Evidence later = evidence();
        assertArrayEquals(after.chain().publicKey(), later.chain().publicKey());
        assertEquals(List.of(), later.limits(), "said once; the record stays");
        assertFalse(Files.exists(home.resolve("evidence.2")));
    }

    /** A crash after the folder was set aside: the next start still says what was there. */
    @Test
    void aCrashBeforeTheFirstRecordLosesNoWord() throws Exception {
        evidence().chain().append("closed", EvidenceChain.body());
        assertEquals(home.resolve("evidence.1"), FormerEvidence.setAside(folder));
        assertTrue(Files.readString(evidence().chain().file()).contains("\"records\":1"));
        assertEquals(home.resolve("evidence.2"), FormerEvidence.setAside(folder));
        Files.createDirectories(home.resolve("evidence." + FormerEvidence.FOLDERS_MAX));
        assertNotEquals(List.of(), Files.readAllLines(evidence().chain().file()));
        assertThrows(AirgapException.class, () -> FormerEvidence.setAside(folder), "one more than there may be");
    }
}

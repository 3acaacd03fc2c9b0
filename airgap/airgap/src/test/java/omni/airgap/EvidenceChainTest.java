package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of the evidence is read line by line, and every line has a longest. */
class EvidenceChainTest {
    @TempDir
    Path folder;

    private EvidenceChain chain() throws AirgapException {
        return EvidenceChain.in(folder, Clock.systemUTC());
    }

    /** The definition of RFC 6962, section 2.1, as it stands there. */
    private static byte[] asDefined(List<String> lines) {
        var digest = Merkle.sha256();
        if (lines.isEmpty()) {
            return digest.digest();
        }
        if (lines.size() == 1) {
            digest.update((byte) 0);
            return digest.digest(lines.getFirst().getBytes(StandardCharsets.UTF_8));
        }
        int left = Integer.highestOneBit(lines.size() - 1);
        digest.update((byte) 1);
        digest.update(asDefined(lines.subList(0, left)));
        return digest.digest(asDefined(lines.subList(left, lines.size())));
    }

    @Test
    void theTreeOfEverySizeIsThatOfTheDefinition() {
        List<String> lines = IntStream.range(0, 300).mapToObj(i -> "line " + i).toList();
        Merkle tree = new Merkle();
        for (int i = 0; i < lines.size(); i++) {
            assertArrayEquals(asDefined(lines.subList(0, i)), tree.root(), "size " + i);
            tree.add(lines.get(i).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aCheckpointIsTheSameAfterTheFileWasReadAgain() throws Exception {
        EvidenceChain chain = chain();
        for (int i = 0; i < 21; i++) {
            assertEquals(chain.checkpoint(), chain().checkpoint(), "after " + i);
            chain.append("watched", EvidenceChain.body().put("cause", "number " + i));
        }
        assertEquals(chain.checkpoint(), chain().checkpoint());
    }

    @Test
    void aRecordIsAsLongAsALineMayBeAndNoLonger() throws Exception {
        Clock still = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC); // so that every time is as long
        EvidenceChain chain = EvidenceChain.in(folder, still);
        int room = EvidenceChain.LINE_BYTES_MAX - lineBytes(chain);
        var longest = EvidenceChain.body().put("cause", "x".repeat(room));
        assertFalse(EvidenceChain.fits(longest), "the recorder leaves some room");
        chain.append("watched", longest);
        var longer = EvidenceChain.body().put("cause", "x".repeat(room + 1));
        assertThrows(AirgapException.class, () -> chain.append("watched", longer));
        chain.append("watched", EvidenceChain.body());
        assertEquals(3, chain().checkpoint().size());
    }

    /** The bytes of a line whose cause is empty. */
    private static int lineBytes(EvidenceChain chain) throws Exception {
        chain.append("watched", EvidenceChain.body().put("cause", ""));
        return (int) Files.size(chain.file()) - 1;
    }

    @Test
    void linesAreReadUpToTheLimitAndNotBeyond() throws Exception {
        for (int limit : List.of(10, 64 << 10, EvidenceChain.LINE_BYTES_MAX)) {
            Path file = Files.writeString(folder.resolve("lines"), "a\n\n" + "x".repeat(limit) + "\nb\ncut");
            try (var in = Files.newInputStream(file)) {
                LineReader lines = new LineReader(in, limit);
                for (int bytes : List.of(1, 0, limit, 1)) {
                    assertEquals(bytes, lines.next().orElseThrow().length);
                }
                assertEquals(Optional.empty(), lines.next());
                assertEquals(Files.size(file) - "cut".length(), lines.wholeBytes());
            }
            for (String end : List.of("\n", "")) {
                Files.writeString(file, "x".repeat(limit + 1) + end);
                try (var in = Files.newInputStream(file)) {
                    LineReader lines = new LineReader(in, limit);
                    assertThrows(IOException.class, lines::next);
                }
            }
        }
    }

    @Test
    void aFileWithALineThatNoRecordIsIsRefused() throws Exception {
        chain().append("open", EvidenceChain.body());
        Files.writeString(
                folder.resolve("chain"), "x".repeat(EvidenceChain.LINE_BYTES_MAX + 1), StandardOpenOption.APPEND);
        assertThrows(AirgapException.class, this::chain);
    }

    @Test
    void whatAFailedWriteHasLeftIsCutBeforeTheNext() throws Exception {
        EvidenceChain chain = chain();
        chain.append("closed", EvidenceChain.body());
        Files.writeString(chain.file(), "half a record", StandardOpenOption.APPEND);
        chain.append("open", EvidenceChain.body());
        assertEquals(2, Files.readAllLines(chain.file()).size());
        assertEquals(chain.checkpoint(), chain().checkpoint());
    }

    @Test
    void whatALiftWithoutRolesHasWrittenIsGoneOnFrom() throws Exception {
        EvidenceChain chain = chain();
        chain.append("closed", EvidenceChain.body());
        chain().append("open", EvidenceChain.body().put("cause", "offline"));
        chain.append("closed", EvidenceChain.body());
        List<String> lines = Files.readAllLines(chain.file());
        assertEquals(3, lines.size());
        assertEquals(List.of(), Proofs.verify(Proofs.bundle(chain)).problems());
    }

    @Test
    void aChainThatWasCutUnderTheRunningRoleIsNotGoneOnWith() throws Exception {
        EvidenceChain chain = chain();
        chain.append("closed", EvidenceChain.body());
        Files.writeString(chain.file(), "");
        var refused = assertThrows(AirgapException.class, () -> chain.append("open", EvidenceChain.body()));
        assertTrue(refused.getMessage().contains("cut by another program"), refused.getMessage());
    }
}

package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full: the record is lost and said to be, the chain is not. */
class EvidenceDiskBoxTest {
    @TempDir
    Path disk;

    @BeforeEach
    void mount() {
        Tools.run("mount", "-t", "tmpfs", "-o", "size=64k", "omni-evidence", disk.toString());
    }

    @AfterEach
    void unmount() {
        Tools.run("umount", disk.toString());
    }

    @Test
    void aFullDiskCutsNoRecordInTwoAndTheChainGoesOnWhenThereIsRoom() throws Exception {
        Path ballast = Files.write(disk.resolve("ballast"), new byte[32 << 10]);
        EvidenceChain chain = EvidenceChain.in(disk.resolve("evidence"), Clock.systemUTC());
        var body = EvidenceChain.body().put("cause", "x".repeat(3000)); // no divisor of a page: a write is cut
        int written = 0;
        while (written < 100) {
            try {
                chain.append("watched", body);
                written++;
            } catch (AirgapException e) {
                assertTrue(e.getMessage().contains("Make room on the disk"), e.getMessage());
                break;
            }
        }
        assertTrue(written > 1 && written < 20, "the disk was full after " + written);
        assertEquals(written, Files.readAllLines(chain.file()).size());
        assertEquals('\n', Files.readString(chain.file()).charAt((int) Files.size(chain.file()) - 1));
        assertThrows(AirgapException.class, () -> chain.append("watched", body), "still full");

        Files.delete(ballast);
        chain.append("open", EvidenceChain.body());
        assertEquals(written + 1, chain.checkpoint().size());
        assertEquals(
                chain.checkpoint(),
                EvidenceChain.in(disk.resolve("evidence"), Clock.systemUTC()).checkpoint());
        assertEquals(List.of(), Proofs.verify(Proofs.bundle(chain)).problems());
    }
}

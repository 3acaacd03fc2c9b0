package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, or becomes so in the middle of a write: what was there is there, and what was not is not. */
final class SealedFilesDiskBoxTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path disk;

    private SealedFiles files() throws VaultException {
        return SealedFiles.open(
                disk.resolve("files"),
                new FileKeysDouble("owner"),
                Purpose.FILES,
                "vault",
                new FileLimits(8 * MIB, 64 * MIB, 100, 0));
    }

    private static void run(String... command) throws Exception {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), String.join(" ", command));
    }

    @BeforeEach
    void mount() throws Exception {
        run("mount", "-t", "tmpfs", "-o", "size=6m", "omni-files", disk.toString());
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", disk.toString());
    }

    /** Gives zeros, and has filled the disk before the second MiB. */
    private final class Greedy extends InputStream {
        private int given;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0];
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (given >= MIB && Files.notExists(disk.resolve("ballast"))) {
                Files.write(disk.resolve("ballast"), new byte[3 * MIB]);
            }
            int count = Math.min(length, 4 * MIB - given);
            given += count;
            return count == 0 ? -1 : count;
        }
    }

    @Test
    void aFullDiskLosesNothingAndWhenThereIsRoomItGoesOn() throws Exception {
        byte[] content = {1, 2, 3};
        SealedFile old = files().write("document", "old", 3, new ByteArrayInputStream(content));
        SealedFiles files = files();
        VaultException failed =
                assertThrows(VaultException.class, () -> files.write("document", "new", 4L * MIB, new Greedy()));
        assertEquals(Reason.FAILED, failed.reason(), failed.getMessage());
        assertTrue(failed.getMessage().contains("room on the disk"), failed.getMessage());
        assertEquals(new SealedFiles.Listing(List.of(old), List.of()), files.list());
        try (var left = Files.walk(disk.resolve("files"))) {
            assertEquals(1, left.filter(Files::isRegularFile).count(), "the half of the new one takes no room");
        }
        VaultException refused = assertThrows(
                VaultException.class, () -> files.write("document", "new", 4L * MIB, new Greedy()), "still full");
        assertEquals(Reason.REFUSED, refused.reason());

        Files.delete(disk.resolve("ballast"));
        byte[] large = new byte[4 * MIB];
        SealedFile file = files.write("document", "new", large.length, new ByteArrayInputStream(large));
        try (SealedChannel channel = files.read(file.id());
                SealedChannel first = files.read(old.id())) {
            channel.check(() -> {});
            ByteBuffer read = ByteBuffer.allocate(3);
            first.read(read);
            assertArrayEquals(content, read.array());
        }
    }
}

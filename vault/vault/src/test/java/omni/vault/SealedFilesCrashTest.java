package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed in the middle of a write leaves what was there, and nothing that counts. */
final class SealedFilesCrashTest {
    private static final int BYTES = 3 << 20;

    @TempDir
    Path folder;

    /** What the child runs: it writes the old file, begins the new one, and waits in the middle of it. */
    public static final class Writer {
        private Writer() {}

        /** Folder, and after how many bytes it stands still. */
        public static void main(String[] arguments) throws IOException {
            SealedFiles files = open(Path.of(arguments[0]));
            files.write("document", "old", 3, new ByteArrayInputStream(new byte[] {1, 2, 3}));
            files.write("document", "new", BYTES, new Standing(Integer.parseInt(arguments[1])));
        }
    }

    /** Zeros, and then nothing for ever. */
    private static final class Standing extends InputStream {
        private int left;

        Standing(int bytes) {
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                System.out.println("stands");
                return System.in.read(); // nobody writes to it
            }
            left--;
            return 0;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = Math.min(length, left);
            if (count == 0) {
                return read();
            }
            left -= count;
            return count;
        }
    }

    private static SealedFiles open(Path folder) throws VaultException {
        return SealedFiles.open(folder, new FileKeysDouble("owner"), Purpose.FILES, "vault", FileLimits.DEFAULT);
    }

    @Test
    void theOldOneIsThereAndTheHalfOneGone() throws Exception {
        for (int at : new int[] {0, 1, 1 << 20, BYTES}) {
            Path home = folder.resolve("at " + at);
            kill(home, at);
            assertEquals(2, count(home), "the half of the new one is on the disk, or the kill came too early");
            SealedFiles.Listing listing = open(home).list();
            assertEquals(1, count(home));
            assertEquals(List.of(), listing.problems());
            SealedFile old = listing.files().getFirst();
            assertEquals("old", old.name());
            ByteBuffer read = ByteBuffer.allocate(3);
            try (SealedChannel channel = open(home).read(old.id())) {
                assertEquals(3, channel.read(read));
            }
            assertArrayEquals(new byte[] {1, 2, 3}, read.array());
        }
    }

    private static void kill(Path home, int at) throws Exception {
        Process child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        classPath(),
                        Writer.class.getName(),
                        home.toString(),
                        Integer.toString(at))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = child.inputReader()) {
            assertEquals("stands", out.readLine());
        } finally {
            child.destroyForcibly();
        }
        assertTrue(child.waitFor() != 0);
    }

    /** Modules and class path of this process, which is all that the child needs. */
    private static String classPath() {
        return System.getProperty("java.class.path") + ":" + System.getProperty("jdk.module.path", "");
    }

    private static long count(Path home) throws IOException {
        try (var files = Files.walk(home)) {
            return files.filter(Files::isRegularFile).count();
        }
    }
}

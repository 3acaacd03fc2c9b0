package omni.runtime;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of its own, in a file, so that every block can be read: what was deleted, and the file system's journal. Takes root. */
final class LoopDisk implements AutoCloseable {
    private static final long BYTES = 512L << 20;

    private final Path base;
    final Path image;
    final Path folder;

    LoopDisk() throws IOException, InterruptedException {
        base = Files.createTempDirectory("omni-disk");
        image = base.resolve("image");
        folder = Files.createDirectory(base.resolve("mounted"));
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        AirgapBoxTest.run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image.toString());
        AirgapBoxTest.run("mount", "-o", "loop,nodiscard", image.toString(), folder.toString());
    }

    /** Returns once all that was written is in the image. */
    void settle() throws IOException, InterruptedException {
        AirgapBoxTest.run("sync", "-f", folder.toString());
    }

    @Override
    public void close() throws IOException {
        try {
            AirgapBoxTest.run("umount", folder.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The disk may still be mounted at " + folder, e);
        }
        Files.delete(image);
        Files.delete(folder);
        Files.delete(base);
    }
}

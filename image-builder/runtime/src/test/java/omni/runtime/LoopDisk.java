package omni.runtime;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A disk of its own, in a file, so that every block can be read: what was deleted, and the file system's journal. Takes root. */
final class LoopDisk implements AutoCloseable {
    private static final long BYTES = 512L << 20;

    private final Path base;
    private final Path file;
    /** Every block of it; nothing where this system mounts no loop device: then it is a plain folder, and that is said. */
    final Optional<Path> image;

    final Path folder;

    LoopDisk() throws IOException, InterruptedException {
        base = Files.createTempDirectory("omni-disk");
        file = base.resolve("image");
        folder = Files.createDirectory(base.resolve("mounted"));
        try (var disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(BYTES);
        }
        AirgapBoxTest.run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", file.toString());
        image = isMounted() ? Optional.of(file) : Optional.empty();
        if (image.isEmpty()) {
            NotChecked.say("the blocks of a disk: this system mounts no loop device");
        }
    }

    private boolean isMounted() throws IOException, InterruptedException {
        var mount = new ProcessBuilder("mount", "-o", "loop,nodiscard", file.toString(), folder.toString())
                .inheritIO()
                .start();
        return mount.waitFor() == 0;
    }

    /** Returns once all that was written is in the image. */
    void settle() throws IOException, InterruptedException {
        AirgapBoxTest.run("sync", "-f", folder.toString());
    }

    @Override
    public void close() throws IOException {
        try {
            if (image.isPresent()) {
                AirgapBoxTest.run("umount", folder.toString());
            }
            AirgapBoxTest.run("rm", "-r", base.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The disk may still be mounted at " + folder, e);
        }
    }
}

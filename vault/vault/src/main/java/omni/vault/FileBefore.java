package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import omni.role.PrivateFile;

/**
 * A file as it lies, held while another takes its name: then its bytes are written over with zeros in their place, so that nothing of
 * it stays but what the disk keeps of its own accord. For one thread.
 */
final class FileBefore implements AutoCloseable {
    private final Optional<FileChannel> channel;

    private FileBefore(Optional<FileChannel> channel) {
        this.channel = channel;
    }

    /** The one of that name; or none, where none is there. A link is none of ours, and throws. */
    static FileBefore at(Path file) throws IOException {
        return new FileBefore(
                Files.notExists(file, LinkOption.NOFOLLOW_LINKS)
                        ? Optional.empty()
                        : Optional.of(
                                FileChannel.open(file, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS))));
    }

    /** Removes it, its bytes first; returns when the disk has that. Of a link or an empty folder there is only the name. */
    static void erase(Path file) throws IOException {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            try (FileBefore before = at(file)) {
                before.zero();
            }
        }
        if (Files.deleteIfExists(file)) {
            PrivateFile.settle(Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file is in a folder"));
        }
    }

    /** Writes zeros over all that it had, and returns when the disk has them. */
    void zero() throws IOException {
        if (channel.isEmpty()) {
            return;
        }
        FileChannel file = channel.get();
        byte[] zeros = new byte[64 << 10];
        for (long at = 0; at < file.size(); ) {
            at += file.write(ByteBuffer.wrap(zeros, 0, (int) Math.min(file.size() - at, zeros.length)), at);
        }
        file.force(true);
    }

    @Override
    public void close() throws IOException {
        if (channel.isPresent()) {
            channel.get().close();
        }
    }
}

package omni.init;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * At most one tree a run directory: a lock on {@code supervisor.lock}, which the kernel takes back whenever its holder
 * dies. Who holds it knows that every socket in the directory is a leftover.
 */
final class TreeLock implements AutoCloseable {
    private static final String FILE = "supervisor.lock";
    private static final int PID_BYTES_MAX = 20;

    private final FileChannel channel;

    private TreeLock(FileChannel channel) {
        this.channel = channel;
    }

    /** The lock, or nothing where another process holds it. */
    static Optional<TreeLock> take(Path runDir) {
        try {
            FileChannel channel = FileChannel.open(
                    runDir.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!locked(channel)) {
                channel.close();
                return Optional.empty();
            }
            channel.truncate(0);
            byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
            channel.write(ByteBuffer.wrap(pid), 0);
            return Optional.of(new TreeLock(channel));
        } catch (IOException e) {
            throw new UncheckedIOException("The folder of the sockets cannot be used: " + runDir, e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // another tree in this very process
        }
    }

    /** The process that holds, or held last, the lock of that directory. */
    static Optional<Long> holder(Path runDir) {
        try {
            String text = Files.readString(runDir.resolve(FILE), StandardCharsets.US_ASCII);
            boolean number = text.length() <= PID_BYTES_MAX && text.matches("\\d{1,18}");
            return number ? Optional.of(Long.parseLong(text)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Removes the sockets that a tree left which is no more. Returns how many. */
    int clearSockets(Path runDir) {
        int cleared = 0;
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(runDir, "*.sock")) {
            for (Path socket : sockets) {
                cleared += Files.deleteIfExists(socket) ? 1 : 0;
            }
            return cleared;
        } catch (IOException e) {
            throw new UncheckedIOException("A leftover socket cannot be removed from " + runDir, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("The lock of the tree did not close", e);
        }
    }
}

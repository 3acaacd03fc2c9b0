package omni.bus;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The file of a listening socket: bound under a lock, so that two servers never clear each other's, and deleted only by
 * its owner.
 */
final class SocketFile {
    /** File locks belong to a process, so threads of this one take turns here. */
    private static final ReentrantLock TURN = new ReentrantLock();

    private static final int BACKLOG = 1024;

    private final Path path;
    private final Object key;

    private SocketFile(Path path, Object key) {
        this.path = path;
        this.key = key;
    }

    /**
     * Binds a channel to a path, clearing what a server that is gone left there.
     *
     * @param shared whether other users may connect
     * @throws BusException if a server answers there, or something else than a socket is in the way
     */
    static SocketFile bind(ServerSocketChannel channel, Path path, boolean shared) throws IOException {
        Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent(), "A socket lies in a folder");
        TURN.lock();
        try (FileChannel lockFile =
                FileChannel.open(folder.resolve(".bind.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lockFile.lock();
            clearStale(path);
            channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(shared ? "rw-rw-rw-" : "rw-------"));
            return new SocketFile(path, key(path));
        } finally {
            TURN.unlock();
        }
    }

    private static void clearStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new BusException(path + " is no socket: move it away or set OMNI_RUN to another folder");
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException refused) {
            Files.delete(path);
            return;
        }
        throw new BusException("Another process serves " + path + " (its owner is " + Files.getOwner(path)
                + "): stop it, or set OMNI_RUN to another folder");
    }

    private static Object key(Path path) throws IOException {
        return Objects.requireNonNull(
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .fileKey(),
                "This file system gives files no identity");
    }

    /** Deletes the file if it is still the one that was bound. */
    void delete() throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && key(path).equals(key)) {
            Files.deleteIfExists(path);
        }
    }
}

package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import omni.vault.VaultException.Reason;

/**
 * Sealed chunks on their way to a place that may be slow, so that the records need not wait for it. They are in a file of the vault's own
 * disk that loses its name at once: whatever ends the process, none is left. For one thread.
 */
final class BackupSpool implements AutoCloseable {
    private static final String FILE = "backup.spool";

    private record Chunk(String name, Bytes key, long at, int bytes) {}

    /** What is done with each of them. */
    interface Taker {
        void take(String name, Bytes key, byte[] sealed) throws IOException;
    }

    /** So much is written before it is looked again how much is free. */
    private static final long LOOK_EVERY_BYTES = 16L << 20;

    private final FileStore disk;
    private final long freeBytesMin;
    private final FileChannel file;
    private final List<Chunk> chunks = new ArrayList<>();
    private long end;
    private long looked = -LOOK_EVERY_BYTES;

    /** In the vault's folder, of whose disk as much stays free as sealed files leave. */
    BackupSpool(Path folder) throws IOException {
        this(folder, FileLimits.DEFAULT.freeBytesMin());
    }

    /** With so much that stays free. */
    BackupSpool(Path folder, long freeBytesMin) throws IOException {
        this.freeBytesMin = freeBytesMin;
        disk = Files.getFileStore(folder);
        Path path = folder.resolve(FILE);
        Files.deleteIfExists(path); // of a process that was killed just then
        file = FileChannel.open(
                path,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** Adds one, and the key that it is sealed by. */
    void add(String name, Bytes key, byte[] sealed) throws VaultException {
        try {
            requireRoom();
            ByteBuffer left = ByteBuffer.wrap(sealed);
            while (left.hasRemaining()) {
                file.write(left, end + left.position());
            }
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The records cannot be kept ready for the backup. Make room on the vault's disk.",
                    e);
        }
        chunks.add(new Chunk(name, key, end, sealed.length));
        end += sealed.length;
    }

    /** The vault itself needs some to go on. */
    private void requireRoom() throws IOException {
        if (end - looked >= LOOK_EVERY_BYTES) {
            looked = end;
            if (disk.getUsableSpace() < freeBytesMin) {
                throw new VaultException(
                        Reason.REFUSED,
                        "A backup takes room on the vault's own disk while it is taken, and there is too little: make some.");
            }
        }
    }

    /** Hands them out in order. */
    void drain(Taker taker) throws IOException {
        for (Chunk chunk : chunks) {
            ByteBuffer sealed = ByteBuffer.allocate(chunk.bytes());
            taker.take(
                    chunk.name(),
                    chunk.key(),
                    SealedChannel.fill(file, sealed, chunk.at()).array());
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}

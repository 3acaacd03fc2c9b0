package omni.init;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A log file that grows to a bound and then makes way: {@code engine.jsonl}, with {@code engine.jsonl.1} and
 * {@code engine.jsonl.2} before it. Only the owner may read them. What cannot be written (a full disk) is dropped and
 * counted, for no role stops for its log.
 *
 * <p>Safe from any thread: one write, one whole line, under this object's lock.
 */
final class LogFile extends OutputStream {
    static final long FILE_BYTES_MAX = 8L << 20;
    static final int FILES_MAX = 3;

    private final Path file;
    private final long bytesMax;
    private OutputStream out = OutputStream.nullOutputStream();
    private boolean open;
    private long bytes;
    private long linesLost;

    LogFile(Path file, long bytesMax) {
        this.file = file;
        this.bytesMax = bytesMax;
    }

    /** The log of that role in the home directory, of the usual size. */
    static LogFile of(Path home, String role) {
        return new LogFile(home.resolve("logs").resolve(role + ".jsonl"), FILE_BYTES_MAX);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] line, int offset, int length) {
        try {
            if (open && bytes + length > bytesMax) {
                rotate();
            }
            if (!open) {
                open();
            }
            out.write(line, offset, length);
            bytes += length;
        } catch (IOException e) {
            linesLost++;
        }
    }

    /** How many writes came to nothing. */
    synchronized long linesLost() {
        return linesLost;
    }

    private void open() throws IOException {
        Files.createDirectories(
                file.toAbsolutePath().getParent(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        var channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        bytes = channel.size();
        out = Channels.newOutputStream(channel);
        open = true;
    }

    private void rotate() throws IOException {
        close();
        for (int i = FILES_MAX - 1; i > 0; i--) {
            Path older = numbered(i - 1);
            if (Files.exists(older)) {
                Files.move(older, numbered(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private Path numbered(int i) {
        return i == 0 ? file : file.resolveSibling(file.getFileName() + "." + i);
    }

    @Override
    public synchronized void close() throws IOException {
        open = false;
        out.close();
        out = OutputStream.nullOutputStream();
    }
}

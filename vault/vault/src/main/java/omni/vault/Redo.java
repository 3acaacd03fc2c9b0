package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import omni.vault.VaultException.Reason;

/**
 * Takes what the journal holds into the database, page by page and encrypted as it lies there, by this program's own reads.
 *
 * <p>SQLite does the same, but its cipher answers a read that failed as one that succeeded, with whatever was in the buffer
 * ({@code mcIoRead} in SQLite3 Multiple Ciphers' sqlite3mc_vfs.c, which looks for short reads alone). A journal then seems to end
 * where a read failed, and what comes after it is written over; a page goes into the database with the content of the one before.
 * So this is done before SQLite sees a journal that somebody has left, and again before SQLite drops one of its own.
 */
final class Redo {
    /** The lock that each connection holds, shared, on the journal's index (SQLite's os_unix.c, {@code UNIX_SHM_DMS}). */
    private static final long IN_USE_AT = 128;

    /** The last change that is whole: the frame that ends it, and how many pages the database has after it. */
    private record End(long frame, long pages) {}

    private Redo() {}

    /**
     * Takes in a journal that was left by who is gone, as far as it holds, and empties it; one that this process has open stays.
     *
     * @throws VaultException FAILED where a file cannot be read or written, or another process has the database open
     */
    static void left(Path file) throws VaultException {
        try {
            requireUnused(file);
            Path journal = journal(file);
            if (RecordsWriter.isOpen(file) || Files.notExists(journal) || Files.size(journal) == 0) {
                return;
            }
            End end = end(journal, Long.MAX_VALUE);
            if (end.frame() > 0) {
                take(file, end);
            }
            try (FileChannel channel = FileChannel.open(journal, StandardOpenOption.WRITE)) {
                channel.truncate(0);
                channel.force(true);
            }
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Takes in the first frames of a journal that is in use, which nobody adds to meanwhile; it stays as it is.
     *
     * @param frames how many there are, by SQLite's count
     * @throws VaultException DAMAGED where the journal does not hold so many, FAILED where a file cannot be read or written
     */
    static void again(Path file, long frames) throws VaultException {
        End end = end(journal(file), frames);
        if (end.frame() != frames) {
            throw new VaultException(
                    Reason.DAMAGED,
                    "The records' journal holds " + end.frame() + " pages of " + frames
                            + " that were written: the disk has lost some. Lock the vault, unlock it, and check it.");
        }
        try {
            take(file, end);
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    static Path journal(Path file) {
        return file.resolveSibling(file.getFileName() + "-wal");
    }

    static Path index(Path file) {
        return file.resolveSibling(file.getFileName() + "-shm");
    }

    private static VaultException failed(IOException e) {
        return new VaultException(
                Reason.FAILED,
                "The records' journal cannot be taken into the database: look at the disk, and make room there.",
                e);
    }

    private static void requireUnused(Path file) throws IOException {
        if (Files.notExists(index(file))) {
            return;
        }
        try (FileChannel channel = FileChannel.open(index(file), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock(IN_USE_AT, 1, false)) {
            if (lock == null) {
                throw new VaultException(Reason.FAILED, "Another program holds the records: end it.");
            }
        }
    }

    private static End end(Path journal, long framesMax) throws VaultException {
        End[] last = {new End(0, 0)};
        Journal.read(
                journal,
                frame -> {
                    if (frame.pagesAfter() > 0 && frame.number() <= framesMax) {
                        last[0] = new End(frame.number(), frame.pagesAfter());
                    }
                },
                problem -> {}); // a check tells of them
        return last[0];
    }

    /** On the disk when it returns. The journal is forced before: a database that is half changed needs it. */
    private static void take(Path file, End end) throws IOException {
        try (FileChannel journal = FileChannel.open(journal(file), StandardOpenOption.WRITE);
                FileChannel pages = FileChannel.open(file, StandardOpenOption.WRITE)) {
            journal.force(true);
            Journal.read(
                    journal(file),
                    frame -> {
                        if (frame.number() <= end.frame() && frame.page() <= end.pages()) {
                            write(pages, frame);
                        }
                    },
                    problem -> {});
            pages.truncate(end.pages() * CipherPages.PAGE_BYTES);
            pages.force(true);
        }
    }

    private static void write(FileChannel pages, Journal.Frame frame) throws VaultException {
        ByteBuffer page = ByteBuffer.wrap(frame.bytes().array());
        long at = (frame.page() - 1) * CipherPages.PAGE_BYTES;
        try {
            while (page.hasRemaining()) {
                pages.write(page, at + page.position());
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }
}

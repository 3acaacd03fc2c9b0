package omni.vault;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/**
 * The database {@code records.db} of an unlocked vault: SQLCipher 4's pages, one writer, up to {@value #READERS_MAX} readers at
 * once.
 *
 * <p>For any thread. {@code writing} guards the writer's connection; {@code quiet} is held shared while something reads, and alone
 * while the journal is emptied, which no reader may be in the way of. They are taken in this order, and work that reads does
 * not write. What {@code keyVersion} is changes under both.
 */
final class Records implements AutoCloseable {
    static final int READERS_MAX = 4;

    /** What is not yet the database, or was not to be: it replaces the database when it is whole. */
    private static final String COPY = "records.db.new";

    /** So often a copy is made while others write; if they have each time, they wait for the next. */
    private static final int COPIES_BESIDE = 2;

    private static final long READER_WAIT_SECONDS = 30;

    /** From this length on the journal is emptied when nobody reads. */
    private static final long JOURNAL_BYTES = 4 << 20;

    /**
     * From this length on it is waited for that. A change that does not fit into the writer's cache makes a longer one, and SQLite
     * has then read parts of it again to write their checksums anew: so it is acknowledged when they are known to hold.
     */
    private static final long JOURNAL_BYTES_MAX = 16 << 20;

    /** What is done in one transaction. */
    interface Work<T> {
        T run(Sql sql) throws SQLException, VaultException;
    }

    private final Path folder;
    private final DataKeys keys;
    private final RecordsOptions options;
    private int keyVersion;
    private RecordsWriter writer;
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantReadWriteLock quiet = new ReentrantReadWriteLock();
    private final Semaphore places = new Semaphore(READERS_MAX);
    private final Deque<Sql> readers = new ArrayDeque<>();
    private boolean closed;

    private Records(Path folder, DataKeys keys, RecordsOptions options, int keyVersion, RecordsWriter writer) {
        this.folder = folder;
        this.keys = keys;
        this.options = options;
        this.keyVersion = keyVersion;
        this.writer = writer;
    }

    /** Opens the database in that folder, or makes both. */
    static Records open(Path folder, DataKeys keys) throws VaultException {
        return open(folder, keys, RecordsOptions.PRODUCT);
    }

    static Records open(Path folder, DataKeys keys, RecordsOptions options) throws VaultException {
        if (folder.toString().contains("?")) {
            throw new VaultException(Reason.INVALID, "The records' folder must not have a question mark in its name.");
        }
        makeFolder(folder);
        SqliteLibrary.load(folder);
        removeCopy(folder);
        if (Files.notExists(file(folder))) {
            create(folder, keys, options);
        }
        int version = RecordsKey.version(file(folder), journal(folder), keys);
        Redo.left(file(folder));
        Records records = open(folder, "records.db", keys, options, version);
        try {
            records.finishPurge();
            return records;
        } catch (VaultException e) {
            records.closeAll(e);
            throw e;
        }
    }

    private static Records open(Path folder, String name, DataKeys keys, RecordsOptions options, int version)
            throws VaultException {
        try {
            RecordsWriter writer =
                    RecordsWriter.open(folder.resolve(name), keys.key(Purpose.RECORDS, version), options);
            Records records = new Records(folder, keys, options, version, writer);
            try {
                Migrations.bundled().apply(records);
                return records;
            } catch (VaultException e) {
                records.closeAll(e);
                throw e;
            }
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        }
    }

    /** Makes it whole under another name first, so that a crash leaves none or one that opens. */
    private static void create(Path folder, DataKeys keys, RecordsOptions options) throws VaultException {
        try {
            makeCopy(folder);
            try (Records made = open(folder, COPY, keys, options, keys.newest(Purpose.RECORDS))) {
                made.checkpoint(); // a close would leave the journal behind under the other name, and not say so
            }
            useCopy(folder);
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The records cannot be begun. Make room on the disk.", e);
        }
    }

    private static void makeCopy(Path folder) throws IOException {
        Files.createFile(
                folder.resolve(COPY),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** In the place of the database, where there is one. */
    private static void useCopy(Path folder) throws IOException {
        Files.move(
                folder.resolve(COPY),
                file(folder),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        PrivateFile.settle(folder);
    }

    /** One that a crash has left: what it was to replace is whole. */
    private static void removeCopy(Path folder) throws VaultException {
        try {
            for (String end : List.of("", "-journal", "-wal", "-shm")) {
                Files.deleteIfExists(folder.resolve(COPY + end));
            }
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "A half copy of the records cannot be removed.", e);
        }
    }

    private static void makeFolder(Path folder) throws VaultException {
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The folder " + folder + " cannot be made.", e);
        }
    }

    static Path file(Path folder) {
        return folder.resolve("records.db");
    }

    static Path journal(Path folder) {
        return Redo.journal(file(folder));
    }

    /** The keys that it was opened with. */
    DataKeys keys() {
        return keys;
    }

    Path folder() {
        return folder;
    }

    /** Does it in a transaction, and returns when the disk has it; where it throws, nothing of it has happened. */
    <T> T write(Work<T> work) throws VaultException {
        checkNotReading();
        writing.lock();
        try {
            T result = transaction(work);
            keepJournalShort();
            return result;
        } finally {
            writing.unlock();
        }
    }

    private void keepJournalShort() throws VaultException {
        long bytes = writer.journalBytes();
        if (bytes >= JOURNAL_BYTES_MAX) {
            quiet.writeLock().lock();
        } else if (bytes < JOURNAL_BYTES || !quiet.writeLock().tryLock()) {
            return;
        }
        try {
            writer.settle();
        } catch (VaultException e) {
            if (!writer.isUsable()) {
                throw e;
            } // else all that was acknowledged is in the journal, and the next change tries again
        } finally {
            quiet.writeLock().unlock();
        }
    }

    /**
     * As {@link #write}, and returns when nothing of what it deleted is left in the files.
     *
     * @throws VaultException one that is {@link VaultException#isDone} where the deletion is on the disk, and something is left
     */
    <T> T erase(Work<T> work) throws VaultException {
        checkNotReading();
        writing.lock();
        try {
            T result = transaction(work);
            try {
                finishPurge();
            } catch (VaultException e) {
                throw e.afterAll();
            }
            return result;
        } finally {
            writing.unlock();
        }
    }

    /** Does it on one unchanging state of the database. */
    <T> T read(Work<T> work) throws VaultException {
        takePlace();
        quiet.readLock().lock();
        try {
            Sql reader = reader();
            try {
                T result = transaction(reader, "BEGIN", work);
                giveBack(reader);
                return result;
            } catch (SQLException | VaultException | RuntimeException e) {
                discard(reader, e);
                throw e;
            }
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        } finally {
            quiet.readLock().unlock();
            places.release();
        }
    }

    /** As {@link #write}, while nobody reads. */
    <T> T alone(Work<T> work) throws VaultException {
        checkNotReading();
        writing.lock();
        quiet.writeLock().lock();
        try {
            return transaction(work);
        } finally {
            quiet.writeLock().unlock();
            writing.unlock();
        }
    }

    /** Empties the journal into the database. */
    void checkpoint() throws VaultException {
        writing.lock();
        quiet.writeLock().lock();
        try {
            checkOpen();
            writer.settle();
        } finally {
            quiet.writeLock().unlock();
            writing.unlock();
        }
    }

    /**
     * Goes over to the newest key: a copy under it takes the database's place, and readers and writers go on meanwhile. They wait
     * while the file is copied or exchanged; where somebody writes all the time, writers wait for the encryption, too. A crash
     * leaves the old one or the new one, whole.
     *
     * @param step is run after each step that is on the disk
     */
    void renewKey(Runnable step) throws VaultException {
        checkNotReading();
        try {
            boolean done = false;
            for (int i = 0; i < COPIES_BESIDE && !done; i++) {
                done = exchange(encryptedCopy(step), step);
            }
            if (!done) {
                copyAndExchange(step);
            }
        } finally {
            removeCopy(folder);
        }
    }

    private void copyAndExchange(Runnable step) throws VaultException {
        writing.lock();
        try {
            exchange(encryptedCopy(step), step);
        } finally {
            writing.unlock();
        }
    }

    /** Returns how many changes the writer had made when it was copied. */
    private long encryptedCopy(Runnable step) throws VaultException {
        try {
            long changes = copy();
            step.run();
            Path copy = folder.resolve(COPY);
            RecordsConnection.rekey(
                    copy,
                    keys.key(Purpose.RECORDS, keyVersion),
                    keys.key(Purpose.RECORDS, keys.newest(Purpose.RECORDS)));
            try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            step.run();
            return changes;
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        } catch (IOException e) {
            throw uncopied(e);
        }
    }

    /** The journal is emptied before, and filled by nobody meanwhile. */
    private long copy() throws IOException, SQLException {
        removeCopy(folder);
        makeCopy(folder);
        writing.lock();
        try (FileChannel from = FileChannel.open(file(folder), StandardOpenOption.READ);
                FileChannel to = FileChannel.open(folder.resolve(COPY), StandardOpenOption.WRITE)) {
            checkOpen();
            checkpoint();
            long size = from.size();
            for (long at = 0; at < size; ) {
                at += from.transferTo(at, size - at, to);
            }
            return changes();
        } finally {
            writing.unlock();
        }
    }

    private long changes() throws SQLException, VaultException {
        return writer.sql().number("SELECT total_changes()");
    }

    /** Puts the copy in the database's place, and says so; does nothing where there were other changes since. */
    private boolean exchange(long changes, Runnable step) throws VaultException {
        writing.lock();
        quiet.writeLock().lock();
        try {
            checkOpen();
            if (changes() != changes) {
                return false;
            }
            checkpoint(); // a journal of the old database would be taken for the new one's
            synchronized (readers) {
                closeReaders();
            }
            writer.close();
            step.run();
            try {
                useCopy(folder);
            } finally {
                keyVersion = RecordsKey.version(file(folder), journal(folder), keys);
                writer = RecordsWriter.open(file(folder), keys.key(Purpose.RECORDS, keyVersion), options);
            }
            step.run();
            return true;
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        } catch (IOException e) {
            throw uncopied(e);
        } finally {
            quiet.writeLock().unlock();
            writing.unlock();
        }
    }

    private static VaultException uncopied(IOException e) {
        return e instanceof VaultException known
                ? known
                : new VaultException(
                        Reason.FAILED,
                        "The records keep their old key: they cannot be copied. Make room on the disk.",
                        e);
    }

    private void closeReaders() throws SQLException {
        for (Sql reader : readers) {
            reader.close();
        }
        readers.clear();
    }

    private void finishPurge() throws VaultException {
        if (options.erases()) {
            Purge.finish(this);
            checkpoint();
        }
    }

    private void checkNotReading() {
        if (quiet.getReadHoldCount() > 0) {
            throw new IllegalStateException("work that reads does not write");
        }
    }

    private <T> T transaction(Work<T> work) throws VaultException {
        checkOpen();
        try {
            return transaction(writer.sql(), "BEGIN IMMEDIATE", work);
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        }
    }

    private static <T> T transaction(Sql sql, String begin, Work<T> work) throws SQLException, VaultException {
        sql.change(begin);
        try {
            T result = work.run(sql);
            sql.checkRead();
            sql.change("COMMIT");
            return result;
        } catch (SQLException | VaultException | RuntimeException e) {
            rollBack(sql, e);
            throw e;
        }
    }

    /** After some failures, a full disk for one, SQLite has done so already. */
    private static void rollBack(Sql sql, Exception why) {
        try {
            sql.run("ROLLBACK");
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    private void checkOpen() throws VaultException {
        synchronized (readers) {
            if (closed) {
                throw new VaultException(Reason.SEALED, "The records are closed. Unlock the vault.");
            }
        }
        writer.checkUsable();
    }

    private void takePlace() throws VaultException {
        try {
            if (!places.tryAcquire(READER_WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new VaultException(Reason.FAILED, "Too many are reading the records. Try again.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VaultException(Reason.FAILED, "Interrupted while waiting to read the records.", e);
        }
    }

    private Sql reader() throws SQLException, VaultException {
        checkOpen();
        synchronized (readers) {
            Sql idle = readers.poll();
            if (idle != null) {
                return idle;
            }
        }
        return RecordsConnection.reader(file(folder), keys.key(Purpose.RECORDS, keyVersion));
    }

    private void giveBack(Sql reader) {
        synchronized (readers) {
            readers.push(reader);
        }
    }

    private static void discard(Sql reader, Exception why) {
        try {
            reader.close();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    /** Waits for what is being done, and closes all connections; the journal is then empty, or this throws. */
    @Override
    public void close() throws VaultException {
        writing.lock();
        quiet.writeLock().lock();
        try {
            synchronized (readers) {
                if (closed) {
                    return;
                }
                closed = true;
            }
            settleAndClose();
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        } finally {
            quiet.writeLock().unlock();
            writing.unlock();
        }
    }

    private void settleAndClose() throws SQLException, VaultException {
        try (RecordsWriter closing = writer) {
            synchronized (readers) {
                closeReaders();
            }
            if (closing.isUsable()) {
                closing.settle();
            }
        }
    }

    private void closeAll(VaultException why) {
        try {
            close();
        } catch (VaultException e) {
            why.addSuppressed(e);
        }
    }
}

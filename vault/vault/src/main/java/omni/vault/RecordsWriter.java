package omni.vault;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import omni.vault.VaultException.Reason;

/**
 * The connection that writes, and the only way out of the journal: {@link #settle}. SQLite would empty it by itself when the last
 * connection is closed, and believes there what it could not read ({@link Redo}); so the last one is another, which can only read,
 * and cannot do that. For one thread at a time, but for {@link #checkUsable}.
 */
final class RecordsWriter implements AutoCloseable {
    /** The files that this process has open, however often: locks on them are all its own, and tell it nothing of that. */
    private static final Map<Object, Integer> OPEN = new ConcurrentHashMap<>();

    private final Path file;
    private final Object identity;
    private final Sql sql;

    /** Does nothing but stay. */
    private final Sql keeper;

    private volatile boolean failed;

    /** What SQLite says of a checkpoint: whether somebody was in the way, how many frames there are, and in the database. */
    private record Checkpoint(boolean busy, long frames, long taken) {
        boolean isWhole() {
            return !busy && frames == taken;
        }
    }

    private RecordsWriter(Path file, Object identity, Sql sql, Sql keeper) {
        this.file = file;
        this.identity = identity;
        this.sql = sql;
        this.keeper = keeper;
    }

    static RecordsWriter open(Path file, MemorySegment key, RecordsOptions options) throws SQLException {
        Sql sql = RecordsConnection.writer(file, key, options);
        try {
            Sql keeper = RecordsConnection.reader(file, key);
            try {
                keeper.checkRead(); // takes its lock on the file
                RecordsWriter writer = new RecordsWriter(file, identity(file), sql, keeper);
                OPEN.merge(writer.identity, 1, Integer::sum);
                return writer;
            } catch (SQLException e) {
                keeper.close();
                throw e;
            }
        } catch (SQLException e) {
            sql.close();
            throw e;
        }
    }

    /** Whether this process has that file open: its journal is nobody's who is gone. */
    static boolean isOpen(Path file) throws IOException {
        return OPEN.containsKey(key(file));
    }

    /** Of the file itself, whatever its name is later: its device and its number there. */
    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private static Object identity(Path file) throws SQLException {
        try {
            return key(file);
        } catch (IOException e) {
            throw new SQLException("The records' file cannot be looked at.", e);
        }
    }

    Sql sql() {
        return sql;
    }

    /**
     * Refuses where the journal could not be settled: what goes on from there would be written over it.
     *
     * @throws VaultException FAILED
     */
    void checkUsable() throws VaultException {
        if (failed) {
            throw new VaultException(
                    Reason.FAILED,
                    "The disk failed when the records were settled: what was acknowledged is still in their journal."
                            + " Look at the disk, lock the vault and unlock it.");
        }
    }

    boolean isUsable() {
        return !failed;
    }

    /** How long the journal is; 0 where that cannot be seen. */
    long journalBytes() {
        try {
            return Files.size(Redo.journal(file));
        } catch (IOException e) {
            return 0; // the next change asks again
        }
    }

    /**
     * Empties the journal into the database; nobody reads or writes meanwhile. SQLite copies it first, then this program copies it
     * over that, and only then it goes. Where the copy of our own fails, the database may hold what was never read: then nothing is written
     * by this object any more, and the next one that is opened begins with the journal.
     */
    void settle() throws VaultException {
        try {
            Checkpoint copied = checkpoint("PRAGMA wal_checkpoint(PASSIVE)");
            if (!copied.isWhole()) {
                throw new VaultException(Reason.FAILED, "Another program reads the records: end it.");
            }
            if (copied.frames() > 0) {
                copyAgain(copied.frames());
            }
            if (checkpoint("PRAGMA wal_checkpoint(TRUNCATE)").busy()) {
                throw new VaultException(Reason.FAILED, "Another program reads the records: end it.");
            }
        } catch (SQLException e) {
            throw SqlFailure.of(e);
        } finally {
            findOut();
        }
    }

    private Checkpoint checkpoint(String pragma) throws SQLException, VaultException {
        return sql.first(pragma, row -> new Checkpoint(row.getLong(1) != 0, row.getLong(2), row.getLong(3)))
                .orElseThrow(() -> new SQLException("no row"));
    }

    private void copyAgain(long frames) throws VaultException {
        boolean done = false;
        try {
            Redo.again(file, frames);
            done = true;
        } finally {
            failed |= !done;
        }
    }

    /** A checkpoint that could not read a page has left the connection unable to read any. */
    private void findOut() {
        try {
            sql.checkRead();
        } catch (SQLException e) {
            failed = true;
        }
    }

    /** Leaves the journal where something is in it. */
    @Override
    public void close() throws SQLException {
        try {
            sql.close();
        } finally {
            keeper.close();
            OPEN.computeIfPresent(identity, (_, times) -> times == 1 ? null : times - 1);
        }
        removeEmpty();
    }

    private void removeEmpty() {
        try {
            if (Files.size(Redo.journal(file)) == 0) {
                Files.delete(Redo.journal(file));
                Files.deleteIfExists(Redo.index(file));
            }
        } catch (IOException e) {
            // what is left is empty, and in nobody's way
        }
    }
}

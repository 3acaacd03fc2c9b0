package omni.vault;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import org.jspecify.annotations.Nullable;

/** The rows of one table of a snapshot, one by one. For one thread. */
final class BackupTable {
    private final BackupReader reader;
    private final Snapshot.Table table;
    private final BackupLosses losses;
    private BackupReader.Joined in;
    private int first;
    private int skipBytes;

    BackupTable(BackupReader reader, Snapshot.Table table, BackupLosses losses) {
        this.reader = reader;
        this.table = table;
        this.losses = losses;
        this.in = reader.content(table.chunks());
    }

    /**
     * The next row; nothing at the end. Where it cannot be read, and that is left out, the first one behind a chunk that can.
     *
     * @throws VaultException DAMAGED or MISSING where nothing is to be left out
     */
    Optional<List<@Nullable Object>> next() throws IOException {
        while (true) {
            try {
                in.skipNBytes(skipBytes);
                skipBytes = 0;
                return BackupRows.next(in, table.columns().size());
            } catch (VaultException e) {
                losses.unreadable("a part of its " + table.name(), e);
            } catch (EOFException e) {
                losses.unreadable(
                        "a part of its " + table.name(),
                        new VaultException(Reason.DAMAGED, "A row ends in the middle.", e));
            }
            goOn();
        }
    }

    /** Behind the chunk that could not be read, where a row begins there. */
    private void goOn() {
        first += Math.max(1, in.opened());
        boolean known = first < table.begins().size();
        in = reader.content(known ? table.chunks().subList(first, table.chunks().size()) : List.of());
        skipBytes = known ? table.begins().get(first) : 0;
    }
}

package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads every byte of backups, opens all of it, and tells what is not as it was written. It puts nothing back. */
final class BackupCheck {
    private static final int PROBLEMS_MAX = 100;

    /**
     * What was read.
     *
     * @param whole the chunks that are, of {@code total}
     * @param damaged those that are not, or are missing
     * @param left chunks that an interrupted snapshot has left, and that nothing opens: the next one takes or removes them
     * @param problems a sentence each
     */
    record Report(
            int snapshots,
            Set<String> whole,
            Set<String> damaged,
            long total,
            long bytes,
            long left,
            List<String> problems) {
        Report {
            whole = Set.copyOf(whole);
            damaged = Set.copyOf(damaged);
            problems = List.copyOf(problems);
        }
    }

    /** How far it is. */
    interface Progress {
        /**
         * Is told after each chunk.
         *
         * @param bytes in these chunks
         * @throws VaultException where it is to end here
         */
        void at(long chunks, long total, long bytes) throws VaultException;
    }

    private final BackupTarget target;
    private final DataKeys keys;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, Integer> lengths = new HashMap<>();
    private final Set<String> used = new HashSet<>();
    private final Set<String> damaged = new HashSet<>();
    private final Progress progress;
    private long bytes;
    private long total;

    private BackupCheck(BackupTarget target, DataKeys keys, Progress progress) {
        this.target = target;
        this.progress = progress;
        this.keys = keys;
    }

    /** Of all snapshots, or of the one of that name. */
    static Report check(BackupTarget target, Optional<String> only, DataKeys keys, Progress progress)
            throws VaultException {
        try {
            return new BackupCheck(target, keys, progress).check(only);
        } catch (IOException e) {
            throw BackupTarget.failed(target.folder(), e);
        }
    }

    private Report check(Optional<String> only) throws IOException {
        List<String> names = only.isPresent() ? List.of(target.choose(only)) : target.snapshots();
        if (names.isEmpty()) {
            problem("There is no finished snapshot in " + target.folder()
                    + ": nothing can be put back from there. Take one with omni vault backup.");
        }
        tell(this::identity);
        target.check(this::problem);
        List<String> whole = new ArrayList<>();
        for (String name : names) {
            tell(() -> {
                used.addAll(target.read(name, keys).chunkKeys().keySet());
                whole.add(name);
            });
        }
        total = used.size();
        for (String name : whole) {
            tell(() -> snapshot(BackupReader.of(target, name, keys)));
        }
        Set<String> left = new HashSet<>();
        tell(() -> left.addAll(target.store().names()));
        left.removeAll(used);
        tell(() -> target.isBegun(keys));
        return new Report(
                names.size(), lengths.keySet(), damaged, total, bytes, only.isPresent() ? 0 : left.size(), problems);
    }

    private interface Step {
        void run() throws IOException;
    }

    /** What is damaged or missing is the answer; whatever else fails is a failure. */
    private void tell(Step step) throws IOException {
        try {
            step.run();
        } catch (VaultException e) {
            if (e.reason() != VaultException.Reason.DAMAGED && e.reason() != VaultException.Reason.MISSING) {
                throw e;
            }
            problem(e.getMessage());
        }
    }

    private void problem(String sentence) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(sentence);
        } else if (problems.size() == PROBLEMS_MAX) {
            problems.add("There are more.");
        }
    }

    private void identity() throws IOException {
        BackupTarget.Identity identity = target.identity().orElse(null);
        if (identity == null) {
            problem("The file identity is missing: neither password nor recovery key opens these backups.");
            return;
        }
        boolean whole = false;
        for (int version = keys.newest(Purpose.FILES); version >= 1 && !whole; version--) {
            whole = new BackupCipher(keys, version)
                    .isTag(identity.tag(), identity.json().array());
        }
        if (!whole) {
            problem("The file identity is not as it was written.");
        }
    }

    private void snapshot(BackupReader reader) throws IOException {
        Snapshot snapshot = reader.snapshot();
        for (String chunk : snapshot.chunkKeys().keySet()) {
            if (!lengths.containsKey(chunk)) {
                tell(() -> {
                    damaged.add(chunk);
                    int length = reader.chunk(chunk).length;
                    lengths.put(chunk, length);
                    bytes += length;
                    damaged.remove(chunk);
                });
                progress.at(lengths.size(), total, bytes);
            }
        }
        if (lengths.keySet().containsAll(snapshot.chunkKeys().keySet())) {
            for (Snapshot.Table table : snapshot.tables()) {
                rows(reader, table);
            }
            for (Snapshot.Blob file : snapshot.files()) {
                length(snapshot, file);
            }
        }
    }

    private void rows(BackupReader reader, Snapshot.Table table) throws IOException {
        long rows = 0;
        InputStream in = reader.content(table.chunks());
        for (var row = BackupRows.next(in, table.columns().size());
                row.isPresent();
                row = BackupRows.next(in, table.columns().size())) {
            rows++;
            key(reader.snapshot(), table, row.get());
        }
        if (rows != table.rows()) {
            problem("The snapshot " + reader.snapshot().name() + " has " + rows + " of " + table.rows() + " rows of "
                    + table.name() + ".");
        }
    }

    /** One that was forgotten is none. */
    private void key(Snapshot snapshot, Snapshot.Table table, List<@Nullable Object> row) throws IOException {
        Optional<String> owner = RowKeys.owner(table, row);
        if (owner.isPresent() && row.get(table.columns().indexOf("key")) instanceof Long number) {
            Bytes wrapped = snapshot.rowKeys().get(number);
            if (wrapped != null) {
                tell(() -> new RowKeys(new SnapshotKeys(keys, snapshot.wrapping())).requireOpens(wrapped, owner.get()));
            }
        }
    }

    private void length(Snapshot snapshot, Snapshot.Blob file) {
        long length = file.chunks().stream()
                .mapToLong(chunk -> lengths.getOrDefault(chunk, 0))
                .sum();
        if (length != file.bytes()) {
            problem("The snapshot " + snapshot.name() + " has " + length + " of " + file.bytes() + " bytes of the file "
                    + file.id() + ".");
        }
    }
}

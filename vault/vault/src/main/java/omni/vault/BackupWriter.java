package omni.vault;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import omni.vault.VaultException.Reason;

/**
 * Takes one snapshot. First the chunks that are not there yet, then, in one step, the file that makes a snapshot of them; wherever it is interrupted
 * in between, the next one goes on with the chunks that are there. A chunk of rows ends behind a row that the
 * naming key chooses, so that a row that comes or goes changes the chunk it is in and no other.
 *
 * <p>A chunk that is there is relied on: so some of them are looked at again each time, in turn, and one that is not whole any more is
 * written anew, for the snapshots before, too.
 */
final class BackupWriter {
    /** One row in so many ends a chunk. */
    private static final int ROWS_A_CHUNK = 256;

    /** So much is looked at again each time: some seconds of a USB stick. */
    static final long AGAIN_BYTES = 256L << 20;

    private static final Bytes NO_KEY = new Bytes(new byte[DataKeys.KEY_BYTES]);
    private static final Pattern FILE = Pattern.compile("[0-9a-f]{32}");

    private static final String KEYS = "SELECT number, wrapped FROM row_keys WHERE number > ? AND wrapped <> zeroblob("
            + RowKeys.WRAPPED_BYTES + ") ORDER BY number LIMIT 1000";

    /** How far it is. */
    interface Progress {
        /**
         * Is told after each chunk.
         *
         * @param read bytes of the vault so far
         * @param written bytes in the target so far
         * @throws VaultException where it is to end here
         */
        void at(long read, long written) throws VaultException;
    }

    private final OpenVault vault;
    private final BackupTarget target;
    private final BackupCipher cipher;
    private final Progress progress;
    private final byte[] secret;
    private final Set<String> present;
    private final Map<String, Bytes> known = new HashMap<>();
    private final Map<String, Snapshot.Blob> knownFiles = new HashMap<>();
    private final Map<String, Bytes> chunkKeys = new LinkedHashMap<>();
    private long read;
    private long written;

    private BackupWriter(OpenVault vault, BackupTarget target, BackupCipher cipher, Progress progress)
            throws IOException {
        this.vault = vault;
        this.target = target;
        this.cipher = cipher;
        this.progress = progress;
        this.present = target.store().names();
        for (String name : target.snapshots()) {
            if (target.cipher(name, vault.keys()).version() != cipher.version()) {
                continue; // its chunks have other names
            }
            Snapshot before = target.read(name, vault.keys());
            known.putAll(before.chunkKeys());
            before.files().forEach(file -> knownFiles.put(file.id(), file));
        }
        this.secret = target.begun(cipher);
    }

    /** What was done: the snapshot, how much of the vault was read, how much was written, and which chunk was looked at last. */
    record Done(Snapshot snapshot, long read, long written, String looked) {}

    /**
     * Which chunks of earlier snapshots are not simply relied on.
     *
     * @param looked the one that was looked at last, whose turn comes last
     * @param damaged those that are written anew where they are needed
     * @param bytes of them to look at, or a chunk more
     */
    record Again(String looked, List<String> damaged, long bytes) {}

    /**
     * Takes a snapshot of that vault, and returns when the disk has it.
     *
     * @throws VaultException REFUSED where the target is another vault's, or full of snapshots
     */
    static Done write(OpenVault vault, BackupTarget target, Again again, Progress progress) throws VaultException {
        try {
            Path folder = vault.records().folder();
            byte[] json = vault.keyFile().copy(folder.resolve(KeyKeeper.FILE));
            target.requireOf(KeyFile.of(json), vault.keys());
            if (target.snapshots().size() >= BackupTarget.SNAPSHOTS_MAX) {
                throw new VaultException(
                        Reason.REFUSED,
                        "In " + target.folder() + " are " + BackupTarget.SNAPSHOTS_MAX
                                + " snapshots: forget some first, with omni vault backup-forget.");
            }
            BackupCipher cipher = BackupCipher.newest(vault.keys());
            target.identity(json, cipher);
            return new BackupWriter(vault, target, cipher, progress).write(folder, again);
        } catch (IOException e) {
            throw BackupTarget.failed(target.folder(), e);
        }
    }

    private Done write(Path folder, Again again) throws IOException {
        String looked = lookAgain(again);
        Snapshot rows = rows(folder);
        List<Snapshot.Blob> files = files(folder.resolve("files"));
        Snapshot snapshot = new Snapshot(
                rows.name(),
                rows.auditKey(),
                rows.steps(),
                rows.tables(),
                files,
                rows.rowKeys(),
                rows.wrapping(),
                chunkKeys);
        target.store().settle();
        snapshot = living(snapshot);
        target.write(snapshot, cipher);
        Snapshot after = living(snapshot); // the disk may have taken its time for that
        if (after.rowKeys().size() < snapshot.rowKeys().size()) {
            snapshot = after;
            target.write(snapshot, cipher);
        }
        target.finished();
        sweep(target, vault.keys());
        return new Done(snapshot, read, written, looked);
    }

    /** Without the keys that were erased since the rows were read: what was deleted meanwhile is deleted there, too. */
    private Snapshot living(Snapshot snapshot) throws VaultException {
        Set<Long> left = vault.records().read(sql -> rowKeys(sql).keySet());
        return snapshot.without(snapshot.rowKeys().keySet().stream()
                .filter(number -> !left.contains(number))
                .toList());
    }

    /** Counts those that are not whole as not there, and returns the one whose turn was last. */
    private String lookAgain(Again again) throws VaultException {
        again.damaged().forEach(present::remove);
        NavigableSet<String> all = new TreeSet<>(known.keySet());
        all.retainAll(present);
        List<String> turns = new ArrayList<>(all.tailSet(again.looked(), false));
        turns.addAll(all.headSet(again.looked(), true));
        String last = again.looked();
        long left = again.bytes();
        for (int i = 0; i < turns.size() && left > 0; i++) {
            last = turns.get(i);
            int bytes = wholeBytes(last, known.getOrDefault(last, NO_KEY));
            if (bytes == 0) {
                present.remove(last);
            }
            left -= Math.max(bytes, BackupCipher.SEALED_BYTES_MIN);
            progress.at(read, written);
        }
        return last;
    }

    /** How long a chunk is that is there; 0 where it is not what is written under that key, or cannot be read. */
    private int wholeBytes(String name, Bytes key) {
        try {
            byte[] sealed = target.store().get(name);
            cipher.openChunk(key.array(), name, sealed);
            return sealed.length;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Nobody deletes anything while the records are read: so the target, which may be slow, has them afterwards. */
    private Snapshot rows(Path folder) throws IOException {
        try (BackupSpool spool = new BackupSpool(folder)) {
            Snapshot rows = vault.records().read(sql -> rows(sql, folder, spool));
            spool.drain((name, key, bytes) -> {
                store(name, key, bytes);
                progress.at(read, written);
            });
            return rows;
        }
    }

    /** The records as they are at one moment. */
    private Snapshot rows(Sql sql, Path folder, BackupSpool spool) throws SQLException, VaultException {
        String name = Snapshot.name(vault.clock().instant());
        List<Snapshot.Table> tables = new ArrayList<>();
        for (String table : BackupRows.tables(sql)) {
            List<String> columns = BackupRows.columns(sql, table);
            Cutter cutter = new Cutter(table, spool);
            long rows = BackupRows.read(sql, table, columns, cutter);
            tables.add(new Snapshot.Table(table, columns, rows, cutter.end(), List.copyOf(cutter.begins)));
        }
        String auditKey = AuditPublicKey.in(folder).map(AuditPublicKey::text).orElse("");
        int steps = Math.toIntExact(sql.number("SELECT count(*) FROM migrations"));
        Map<Long, Bytes> rowKeys = rowKeys(sql);
        return new Snapshot(name, auditKey, steps, tables, List.of(), rowKeys, wrapping(rowKeys), chunkKeys);
    }

    private Map<Integer, Bytes> wrapping(Map<Long, Bytes> rowKeys) throws VaultException {
        Map<Integer, Bytes> keys = new TreeMap<>();
        for (Bytes wrapped : rowKeys.values()) {
            int version = RowKeys.version(wrapped);
            if (!keys.containsKey(version)) {
                keys.put(
                        version,
                        new Bytes(
                                vault.keys().key(Purpose.CONVERSATIONS, version).toArray(ValueLayout.JAVA_BYTE)));
            }
        }
        return keys;
    }

    private static Map<Long, Bytes> rowKeys(Sql sql) throws SQLException, VaultException {
        Map<Long, Bytes> keys = new TreeMap<>();
        long last = 0;
        while (last >= 0) {
            List<Long> some = sql.rows(
                    KEYS,
                    row -> {
                        keys.put(row.getLong(1), new Bytes(row.getBytes(2)));
                        return row.getLong(1);
                    },
                    last);
            last = some.isEmpty() ? -1 : some.getLast();
        }
        return keys;
    }

    /** Cuts the rows of a table into chunks. */
    private final class Cutter implements BackupRows.Taker {
        private final String table;
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();
        private final List<String> chunks = new ArrayList<>();
        private final List<Integer> begins = new ArrayList<>();
        private final BackupSpool spool;
        private int rest;

        Cutter(String table, BackupSpool spool) {
            this.table = table;
            this.spool = spool;
        }

        @Override
        public void take(long number, byte[] row) throws VaultException {
            for (int from = 0; from < row.length; ) {
                int some = Math.min(row.length - from, BackupCipher.CONTENT_BYTES_MAX - content.size());
                content.write(row, from, some);
                from += some;
                if (content.size() == BackupCipher.CONTENT_BYTES_MAX) {
                    cut(row.length - from);
                }
            }
            if (ends(number)) {
                cut(0);
            }
        }

        private boolean ends(long number) {
            String place = cipher.name((table + "\n" + number).getBytes(StandardCharsets.US_ASCII));
            return Integer.parseInt(place.substring(0, 4), 16) % ROWS_A_CHUNK == 0;
        }

        /** With so many bytes of the last row to come. */
        private void cut(int left) throws VaultException {
            if (content.size() > 0) {
                chunks.add(put(content.toByteArray(), spool::add));
                begins.add(rest);
                rest = left;
                content.reset();
            }
        }

        List<String> end() throws VaultException {
            cut(0);
            return List.copyOf(chunks);
        }
    }

    private List<Snapshot.Blob> files(Path folder) throws IOException {
        List<Snapshot.Blob> files = new ArrayList<>();
        if (Files.notExists(folder)) {
            return files;
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder, "[0-9a-f][0-9a-f]")) {
            for (Path inner : folders) {
                try (DirectoryStream<Path> found = Files.newDirectoryStream(inner)) {
                    for (Path file : found) {
                        add(file, files);
                    }
                }
            }
        }
        return files;
    }

    /** A file never changes: one that is in a snapshot already is not read again. */
    private void add(Path file, List<Snapshot.Blob> files) throws IOException {
        String id = String.valueOf(file.getFileName());
        if (!FILE.matcher(id).matches() || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return; // is being written, or is none of the vault's
        }
        Snapshot.Blob before = knownFiles.get(id);
        if (before != null && present.containsAll(before.chunks())) {
            before.chunks().forEach(chunk -> chunkKeys.put(chunk, known.getOrDefault(chunk, NO_KEY)));
            files.add(before);
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            List<String> chunks = new ArrayList<>();
            long bytes = 0;
            while (true) {
                byte[] content = in.readNBytes(BackupCipher.CONTENT_BYTES_MAX);
                if (content.length == 0) {
                    break;
                }
                bytes += content.length;
                chunks.add(put(content, this::store));
            }
            files.add(new Snapshot.Blob(id, bytes, chunks));
        } catch (NoSuchFileException e) {
            // deleted since the folder was listed
        }
    }

    /** Sees to it that a chunk of that content is there or will be, and returns its name. */
    private String put(byte[] content, BackupSpool.Taker taker) throws VaultException {
        read += content.length;
        String name = cipher.name(content);
        if (!chunkKeys.containsKey(name)) {
            Bytes before = known.get(name);
            Bytes key = before == null ? new Bytes(BackupCipher.chunkKey(secret, name)) : before;
            chunkKeys.put(name, key);
            if (before == null || !present.contains(name)) {
                try {
                    taker.take(name, key, BackupCipher.sealChunk(key.array(), name, content));
                } catch (IOException e) {
                    throw BackupTarget.failed(target.folder(), e);
                }
            }
        }
        progress.at(read, written);
        return name;
    }

    /**
     * One that an interrupted snapshot has left is taken as it is, unless it is under the secret of another one; one that was lost or
     * damaged comes back for the snapshots that have it, too.
     */
    private void store(String name, Bytes key, byte[] sealed) throws IOException {
        if (!present.contains(name) || wholeBytes(name, key) == 0) {
            target.store().put(name, sealed);
            present.add(name);
            written += sealed.length;
        }
    }

    /** Takes away the chunks that no snapshot has. */
    static void sweep(BackupTarget target, DataKeys keys) throws IOException {
        Set<String> gone = new HashSet<>(target.store().names());
        for (String name : target.snapshots()) {
            target.read(name, keys).chunkKeys().keySet().forEach(gone::remove);
        }
        target.store().remove(gone);
    }
}

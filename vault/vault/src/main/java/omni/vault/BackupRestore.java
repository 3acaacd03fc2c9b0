package omni.vault;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import omni.role.PrivateFile;
import omni.vault.SecretCall.Lost;
import omni.vault.SecretCall.Part;
import omni.vault.VaultException.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts a snapshot into the folder of a vault that is absent. It is made whole in {@code restoring/} first; {@code keys.json}, which makes it a
 * vault, is moved last. Where it is interrupted there is no vault, and the next try begins anew. For one thread.
 */
final class BackupRestore {
    private static final int ROWS_AT_ONCE = 500;
    private static final Pattern FILE = Pattern.compile("[0-9a-f]{32}");
    private static final FileAttribute<?> FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /** Conversations that have fewer items than they had, and how many fewer. */
    private static final String SHORTER = """
            SELECT id, items - (SELECT count(*) FROM items WHERE conversation = conversations.number) AS lost
            FROM conversations WHERE lost > 0 ORDER BY number
            """;

    private static final String COUNT = """
            UPDATE conversations SET items = (SELECT count(*) FROM items WHERE conversation = conversations.number)
            """;

    /** What a vault is made of, the keys last. */
    private static final List<String> PARTS = List.of("files", "records.db", "audit.pub", "audit.head", KeyKeeper.FILE);

    private final Path folder;
    private final Path staging;
    private final SecretSocket.Progress progress;
    private final BackupLosses losses;
    private long done;

    /** Of all or nothing, into that folder of a vault. */
    BackupRestore(Path folder, SecretSocket.Progress progress) {
        this(folder, progress, new BackupLosses(false));
    }

    /** The same, or of what can be read. */
    BackupRestore(Path folder, SecretSocket.Progress progress, BackupLosses losses) {
        this.folder = folder;
        this.progress = progress;
        this.losses = losses;
        this.staging = folder.resolve("restoring");
    }

    /**
     * Makes room, and returns the folder with a copy of that key file, for a {@link KeyKeeper} to open.
     *
     * @throws VaultException REFUSED where there is a vault, or something of one
     */
    Path begin(BackupTarget.Identity identity) throws VaultException {
        try {
            if (Files.exists(folder.resolve(KeyKeeper.FILE))) {
                throw new VaultException(
                        Reason.REFUSED,
                        "There is a vault already, and it stays: a backup is put back where there is none. To keep what"
                                + " is in this one, take a backup of it before omni vault wipe.");
            }
            giveUp();
            for (String part : List.of("files", "records.db", "records.db-wal")) {
                if (Files.exists(folder.resolve(part))) {
                    throw new VaultException(
                            Reason.REFUSED,
                            "In " + folder + " is " + part
                                    + ", and no keys.json: move what is left of an earlier vault away" + " first.");
                }
            }
            Files.createDirectory(staging, FOLDER);
            PrivateFile.write(staging.resolve(KeyKeeper.FILE), identity.json().array());
            return staging;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Takes away what a try has left that came to its end; where it has not, there is no vault, and it stays for {@link #giveUp}. */
    void atStart() throws VaultException {
        try {
            if (Files.exists(folder.resolve(KeyKeeper.FILE))) {
                delete(staging);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Forgets a try that came to nothing, and what it has moved already; nothing where there was none. */
    void giveUp() throws VaultException {
        try {
            if (Files.exists(staging) && Files.notExists(folder.resolve(KeyKeeper.FILE))) {
                for (String part : PARTS) {
                    delete(folder.resolve(part));
                }
            }
            delete(staging);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Puts all of it there, or all that can be read.
     *
     * @throws VaultException DAMAGED where a part of the snapshot is and is not to be left out, or all of it is; then nothing is
     *     there
     */
    void restore(BackupReader reader, BackupTarget.Identity identity, DataKeys keys) throws VaultException {
        Snapshot snapshot = reader.snapshot();
        try {
            BackupCipher cipher = BackupCipher.newest(keys);
            if (!cipher.isTag(identity.tag(), identity.json().array())) {
                losses.unreadable(
                        "that which unlocks it",
                        new VaultException(Reason.DAMAGED, "The file identity is not as it was written."));
                losses.add("identity", "", 1);
            }
            try (Records records = Records.open(staging, new SnapshotKeys(keys, snapshot.wrapping()))) {
                rows(reader, records);
                RowKeys.rewrapAll(records); // the vault that is put back may not have the keys of that day
                index(records);
                records.checkpoint();
                new AuditTable(records)
                        .newest()
                        .map(AuditHead::of)
                        .orElse(AuditHead.NONE)
                        .keepIn(staging);
            }
            Optional<AuditPublicKey> auditKey = AuditPublicKey.read(snapshot.auditKey());
            if (auditKey.isPresent()) {
                auditKey.get().keepIn(staging);
            }
            files(reader);
            requireSomething(reader);
            move();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void rows(BackupReader reader, Records records) throws IOException {
        Snapshot snapshot = reader.snapshot();
        int steps = Math.toIntExact(records.read(sql -> sql.number("SELECT count(*) FROM migrations")));
        if (snapshot.steps() > steps) {
            throw new VaultException(
                    Reason.REFUSED, "The backup was written by a newer version of this program. Install that one.");
        }
        records.write(sql -> {
            for (var key : snapshot.rowKeys().entrySet()) {
                sql.change(
                        "INSERT INTO row_keys (number, wrapped) VALUES (?, ?)",
                        key.getKey(),
                        key.getValue().array());
            }
            return snapshot;
        });
        Owners owners = new Owners(new HashSet<>(), new HashSet<>());
        done = 0;
        for (Snapshot.Table table : snapshot.tables()) {
            long lost = rows(reader, records, table, owners);
            losses.add(table.name(), "", table.name().equals("items") ? lost - shortened(records, lost) : lost);
        }
    }

    /** Conversations by their number: those that are put back, and those that were forgotten in this snapshot. */
    private record Owners(Set<Object> there, Set<Object> forgotten) {}

    /**
     * Whatever has lost its key is left out, and so is what belongs to such a conversation.
     *
     * @return how many rows could not be read, or belong to a conversation that could not
     */
    private long rows(BackupReader reader, Records records, Snapshot.Table table, Owners owners) throws IOException {
        requireKnown(records, table);
        String insert = "INSERT INTO " + table.name() + " (" + String.join(", ", table.columns()) + ") VALUES ("
                + String.join(", ", Collections.nCopies(table.columns().size(), "?")) + ")";
        int key = table.columns().indexOf("key");
        int owner = table.columns().indexOf("conversation");
        Set<Long> keys = reader.snapshot().rowKeys().keySet();
        boolean conversations = table.name().equals("conversations");
        BackupTable from = new BackupTable(reader, table, losses);
        List<List<@Nullable Object>> some = new ArrayList<>();
        long rows = reader.snapshot().tables().stream()
                .mapToLong(Snapshot.Table::rows)
                .sum();
        long lost = table.rows();
        boolean more = true;
        while (more) {
            Optional<List<@Nullable Object>> row = from.next();
            more = row.isPresent();
            if (more) {
                done++;
                lost--;
                List<@Nullable Object> values = row.get();
                boolean opens = key < 0 || keys.contains(values.get(key));
                if (conversations) {
                    (opens ? owners.there() : owners.forgotten())
                            .add(Objects.requireNonNull(values.getFirst(), "a conversation has a number"));
                }
                if (opens && (owner < 0 || owners.there().contains(values.get(owner)))) {
                    some.add(values);
                } else if (opens && !owners.forgotten().contains(values.get(owner))) {
                    lost++;
                }
            }
            if (some.size() == ROWS_AT_ONCE || !more) {
                records.write(sql -> insert(sql, insert, some));
                some.clear();
                progress.at(Part.RECORDS, done, rows);
            }
        }
        if (lost > 0) {
            reader.requireThere(); // a disk that was pulled is not damaged
            losses.unreadable(
                    "a part of its " + table.name(),
                    new VaultException(Reason.DAMAGED, "Rows are missing: " + lost + "."));
        }
        return lost;
    }

    /** Has each conversation say how many items it still has, names those that have fewer, and returns how many these lack. */
    private long shortened(Records records, long lost) throws VaultException {
        if (lost == 0) {
            return 0;
        }
        List<Lost> shorter =
                records.read(sql -> sql.rows(SHORTER, row -> new Lost("items", row.getString(1), row.getLong(2))));
        records.write(sql -> sql.change(COUNT));
        shorter.forEach(each -> losses.add(each.kind(), each.name(), each.count()));
        return shorter.stream().mapToLong(Lost::count).sum();
    }

    private static int insert(Sql sql, String insert, List<List<@Nullable Object>> rows) throws SQLException {
        for (List<@Nullable Object> row : rows) {
            sql.change(insert, row.toArray());
        }
        return rows.size();
    }

    /** Names of tables and columns stand in a statement: only such as there are. */
    private static void requireKnown(Records records, Snapshot.Table table) throws VaultException {
        boolean known = records.read(sql -> BackupRows.tables(sql).contains(table.name())
                && BackupRows.columns(sql, table.name()).containsAll(table.columns()));
        if (!known) {
            throw new VaultException(
                    Reason.REFUSED, "The backup has a table that this program does not know: install its version.");
        }
    }

    /** The words are in no backup: they are taken out of the texts anew. */
    private void index(Records records) throws VaultException {
        done = 0;
        RowKeys keys = new RowKeys(records.keys());
        index(
                records,
                "SELECT items.number, conversations.id, key, items.id, body FROM items JOIN conversations"
                        + " ON conversations.number = conversation WHERE items.number > ? ORDER BY items.number LIMIT ?",
                keys,
                Words.ITEMS,
                Json::words);
        index(
                records,
                "SELECT number, id, key, 'memory', body FROM memories WHERE number > ? ORDER BY number LIMIT ?",
                keys,
                Words.MEMORIES,
                Memories::words);
    }

    private void index(Records records, String texts, RowKeys keys, Words words, Function<ObjectNode, String> said)
            throws VaultException {
        long all = records.read(
                sql -> sql.number("SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM memories)"));
        long last = 0;
        while (last >= 0) {
            long from = last;
            last = records.write(sql -> {
                List<Long> numbers = sql.rows(
                        texts,
                        row -> {
                            byte[] text = keys.open(sql, row.getLong(3), row.getString(2))
                                    .decrypt(new Bytes(row.getBytes(5)), row.getString(4));
                            words.add(sql, row.getLong(1), said.apply(Json.object(text)));
                            return row.getLong(1);
                        },
                        from,
                        ROWS_AT_ONCE);
                done += numbers.size();
                return numbers.isEmpty() ? -1 : numbers.getLast();
            });
            progress.at(Part.WORDS, done, all);
        }
    }

    private void files(BackupReader reader) throws IOException {
        Path files = staging.resolve("files");
        long all = reader.snapshot().files().stream()
                .mapToLong(Snapshot.Blob::bytes)
                .sum();
        done = 0;
        for (Snapshot.Blob file : reader.snapshot().files()) {
            if (!FILE.matcher(file.id()).matches()) {
                throw new VaultException(Reason.DAMAGED, "A file in the backup has a name that no file has.");
            }
            Path inner = Files.createDirectories(files.resolve(file.id().substring(0, 2)), FOLDER);
            try {
                file(reader, file, inner.resolve(file.id()), all);
            } catch (VaultException e) {
                reader.requireThere();
                losses.unreadable("the file " + file.id(), e);
                losses.add("files", file.id(), 1);
                Files.delete(inner.resolve(file.id()));
            }
            PrivateFile.settle(inner);
        }
        if (Files.exists(files)) {
            PrivateFile.settle(files);
        }
    }

    private void file(BackupReader reader, Snapshot.Blob file, Path path, long all) throws IOException {
        Files.createFile(path, PRIVATE);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            OutputStream out = Channels.newOutputStream(channel);
            for (String chunk : file.chunks()) {
                byte[] content = reader.chunk(chunk);
                out.write(content);
                done += content.length;
                progress.at(Part.FILES, done, all);
            }
            channel.force(true);
            if (channel.size() != file.bytes()) {
                throw new VaultException(Reason.DAMAGED, "The backup has not all of the file " + file.id() + ".");
            }
        }
    }

    /** So that a disk that was pulled, or a backup of which nothing is left, makes no empty vault. */
    private void requireSomething(BackupReader reader) throws IOException {
        Snapshot snapshot = reader.snapshot();
        long all = snapshot.files().size();
        for (Snapshot.Table table : snapshot.tables()) {
            all += table.rows();
        }
        long lost = losses.all().stream().mapToLong(Lost::count).sum();
        if (lost > 0) {
            reader.requireThere();
        }
        if (lost > 0 && lost >= all) {
            throw new VaultException(Reason.DAMAGED, "Nothing of the snapshot " + snapshot.name() + " can be read.");
        }
    }

    private void move() throws IOException {
        for (String part : PARTS) {
            if (Files.exists(staging.resolve(part))) {
                Files.move(staging.resolve(part), folder.resolve(part), StandardCopyOption.ATOMIC_MOVE);
            }
            PrivateFile.settle(folder);
        }
        delete(staging);
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> inner = Files.newDirectoryStream(path)) {
                for (Path each : inner) {
                    delete(each);
                }
            }
        }
        Files.deleteIfExists(path);
    }

    private static VaultException failed(IOException e) {
        return e instanceof VaultException own
                ? own
                : new VaultException(
                        Reason.FAILED, "The backup was not put back, and there is no vault. Is there room?", e);
    }
}

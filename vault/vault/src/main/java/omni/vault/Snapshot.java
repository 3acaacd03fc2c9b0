package omni.vault;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import omni.vault.VaultException.Reason;

/**
 * A state of the vault in a backup: which chunks it is made of, the key of each, and the wrapped keys of the rows. It is one file that may be
 * replaced, and the only place of these keys: whoever destroys it has destroyed the snapshot, and whoever takes a
 * row's key out of it has destroyed that row, whatever copies of the chunks there are.
 *
 * @param auditKey what {@code audit.pub} holds
 * @param steps how many migrations the database had seen
 * @param tables in the order in which they are put back
 * @param rowKeys by their number in {@code row_keys}
 * @param wrapping the keys for conversations that these are wrapped by, by their version: the vault forgets them when it gets new ones
 * @param chunkKeys by the chunk's name
 */
record Snapshot(
        String name,
        String auditKey,
        int steps,
        List<Table> tables,
        List<Blob> files,
        Map<Long, Bytes> rowKeys,
        Map<Integer, Bytes> wrapping,
        Map<String, Bytes> chunkKeys) {
    private static final int KEY_BYTES = 32;
    private static final Pattern NAME = Pattern.compile("[0-9]{8}-[0-9]{6}\\.[0-9]{3}-[0-9a-f]{4}");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss.SSS");

    /**
     * The rows of a table, one behind the other in these chunks.
     *
     * @param begins behind how many bytes of each chunk its first row begins, which may be more than it has; none in a snapshot
     *     that was taken before this was written down
     */
    record Table(String name, List<String> columns, long rows, List<String> chunks, List<Integer> begins) {}

    /** A file of the vault, as it is on the disk. */
    record Blob(String id, long bytes, List<String> chunks) {}

    Snapshot {
        tables = List.copyOf(tables);
        files = List.copyOf(files);
    }

    /** A new name: when it was, to the millisecond, and 16 random bits. Names in order are snapshots in order. */
    static String name(Instant now) {
        return TIME.format(now.atOffset(ZoneOffset.UTC)) + "-" + HexFormat.of().formatHex(Ids.bytes(2));
    }

    static boolean isName(String name) {
        try {
            return NAME.matcher(name).matches() && taken(name).isAfter(Instant.EPOCH);
        } catch (DateTimeException e) {
            return false; // digits that are no date
        }
    }

    /** When a snapshot of that name was taken, to the millisecond below. */
    static Instant taken(String name) {
        return LocalDateTime.parse(name.substring(0, name.lastIndexOf('-')), TIME)
                .toInstant(ZoneOffset.UTC);
    }

    /** This one without the keys of these rows. */
    Snapshot without(Iterable<Long> gone) {
        Map<Long, Bytes> left = new TreeMap<>(rowKeys);
        gone.forEach(left::remove);
        return new Snapshot(name, auditKey, steps, tables, files, left, wrapping, chunkKeys);
    }

    /** As it is sealed. */
    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            write(out);
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes all", e);
        }
        return bytes.toByteArray();
    }

    private void write(DataOutputStream out) throws IOException {
        out.writeUTF(auditKey);
        out.writeInt(steps);
        Map<String, Integer> places = new LinkedHashMap<>();
        out.writeInt(chunkKeys.size());
        for (Map.Entry<String, Bytes> chunk : chunkKeys.entrySet()) {
            places.put(chunk.getKey(), places.size());
            out.write(HexFormat.of().parseHex(chunk.getKey()));
            out.write(chunk.getValue().array());
        }
        out.writeInt(tables.size());
        for (Table table : tables) {
            out.writeUTF(table.name());
            out.writeInt(table.columns().size());
            for (String column : table.columns()) {
                out.writeUTF(column);
            }
            out.writeLong(table.rows());
            writePlaces(out, table.chunks(), places);
        }
        out.writeInt(files.size());
        for (Blob file : files) {
            out.writeUTF(file.id());
            out.writeLong(file.bytes());
            writePlaces(out, file.chunks(), places);
        }
        out.writeInt(rowKeys.size());
        for (Map.Entry<Long, Bytes> key : rowKeys.entrySet()) {
            out.writeLong(key.getKey());
            out.write(key.getValue().array());
        }
        out.writeInt(wrapping.size());
        for (Map.Entry<Integer, Bytes> key : wrapping.entrySet()) {
            out.writeInt(key.getKey());
            out.write(key.getValue().array());
        }
        for (Table table : tables) {
            for (int begin : table.begins()) {
                out.writeInt(begin);
            }
        }
    }

    private static void writePlaces(DataOutputStream out, List<String> chunks, Map<String, Integer> places)
            throws IOException {
        out.writeInt(chunks.size());
        for (String chunk : chunks) {
            out.writeInt(places.getOrDefault(chunk, -1));
        }
    }

    /**
     * What those bytes, which were found to be authentic, say.
     *
     * @throws VaultException DAMAGED where they make no sense to this program
     */
    static Snapshot read(String name, byte[] bytes) throws VaultException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return read(name, in);
        } catch (IOException | IndexOutOfBoundsException e) {
            throw new VaultException(
                    Reason.DAMAGED, "The snapshot " + name + " makes no sense to this version of Omni.", e);
        }
    }

    private static Snapshot read(String name, DataInputStream in) throws IOException {
        String auditKey = in.readUTF();
        int steps = in.readInt();
        Map<String, Bytes> chunkKeys = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            String chunk = HexFormat.of().formatHex(some(in, KEY_BYTES));
            chunkKeys.put(chunk, new Bytes(some(in, KEY_BYTES)));
        }
        List<String> names = List.copyOf(chunkKeys.keySet());
        List<Table> tables = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            String table = in.readUTF();
            List<String> columns = new ArrayList<>();
            for (int more = in.readInt(); more > 0; more--) {
                columns.add(in.readUTF());
            }
            tables.add(new Table(table, columns, in.readLong(), readPlaces(in, names), List.of()));
        }
        List<Blob> files = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            files.add(new Blob(in.readUTF(), in.readLong(), readPlaces(in, names)));
        }
        Map<Long, Bytes> rowKeys = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            rowKeys.put(in.readLong(), new Bytes(some(in, RowKeys.WRAPPED_BYTES)));
        }
        Map<Integer, Bytes> wrapping = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            wrapping.put(in.readInt(), new Bytes(some(in, KEY_BYTES)));
        }
        for (int i = 0; i < tables.size() && in.available() > 0; i++) {
            tables.set(i, begun(tables.get(i), in));
        }
        return new Snapshot(name, auditKey, steps, tables, files, rowKeys, wrapping, chunkKeys);
    }

    private static Table begun(Table table, DataInputStream in) throws IOException {
        List<Integer> begins = new ArrayList<>();
        for (int i = 0; i < table.chunks().size(); i++) {
            begins.add(in.readInt());
        }
        return new Table(table.name(), table.columns(), table.rows(), table.chunks(), begins);
    }

    private static List<String> readPlaces(DataInputStream in, List<String> names) throws IOException {
        List<String> chunks = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            chunks.add(names.get(in.readInt()));
        }
        return chunks;
    }

    private static byte[] some(DataInputStream in, int count) throws IOException {
        byte[] bytes = new byte[count];
        in.readFully(bytes);
        return bytes;
    }
}

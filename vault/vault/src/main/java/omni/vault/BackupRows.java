package omni.vault;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the database's own tables, as bytes: each value is a kind (0 null, 1 number, 2 text, 3 bytes), and a number of 8 bytes or a
 * length of 4 with that many bytes; numbers are big-endian.
 */
final class BackupRows {
    private static final int VALUE_BYTES_MAX = 1 << 28;
    private static final int AT_ONCE = 200;

    /** Each table that has no index, search table or key in it; the ones that others belong to first. */
    private static final String TABLES = """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT'
            AND name NOT IN ('migrations', 'row_keys', 'purge_due') ORDER BY rowid
            """;

    private static final String COLUMNS = "SELECT name FROM pragma_table_info(?) ORDER BY cid";

    private BackupRows() {}

    /** What is done with a row: its number in the table, and its bytes. */
    interface Taker {
        void take(long number, byte[] row) throws VaultException;
    }

    static List<String> tables(Sql sql) throws SQLException, VaultException {
        return sql.rows(TABLES, row -> row.getString(1));
    }

    static List<String> columns(Sql sql, String table) throws SQLException, VaultException {
        return sql.rows(COLUMNS, row -> row.getString(1), table);
    }

    /** Hands out every row of a table in order, and returns how many there are. */
    static long read(Sql sql, String table, List<String> columns, Taker taker) throws SQLException, VaultException {
        String some = "SELECT rowid, " + String.join(", ", columns) + " FROM " + table
                + " WHERE rowid > ? ORDER BY rowid LIMIT " + AT_ONCE;
        long count = 0;
        long last = Long.MIN_VALUE;
        while (true) {
            List<Long> numbers = sql.rows(
                    some,
                    row -> {
                        taker.take(row.getLong(1), bytes(row, columns.size()));
                        return row.getLong(1);
                    },
                    last);
            if (numbers.isEmpty()) {
                return count;
            }
            count += numbers.size();
            last = numbers.getLast();
        }
    }

    private static byte[] bytes(ResultSet row, int columns) throws SQLException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (int i = 0; i < columns; i++) {
                write(out, row.getObject(i + 2));
            }
        } catch (IOException e) {
            throw new SQLException("A value cannot be copied", e);
        }
        return bytes.toByteArray();
    }

    private static void write(DataOutputStream out, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> out.writeByte(0);
            case Number number -> {
                out.writeByte(1);
                out.writeLong(number.longValue());
            }
            case String text -> write(out, 2, text.getBytes(StandardCharsets.UTF_8));
            case byte[] bytes -> write(out, 3, bytes);
            default -> throw new IOException("There is a value of " + value.getClass());
        }
    }

    private static void write(DataOutputStream out, int kind, byte[] bytes) throws IOException {
        out.writeByte(kind);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** The values of the next row; nothing at the end. */
    static Optional<List<@Nullable Object>> next(InputStream from, int columns) throws IOException {
        List<@Nullable Object> values = new ArrayList<>();
        DataInputStream in = new DataInputStream(from);
        for (int i = 0; i < columns; i++) {
            int kind = in.read();
            if (kind < 0 && i == 0) {
                return Optional.empty();
            }
            values.add(value(in, kind));
        }
        return Optional.of(values);
    }

    private static @Nullable Object value(DataInputStream in, int kind) throws IOException {
        return switch (kind) {
            case 0 -> null;
            case 1 -> in.readLong();
            case 2 -> new String(counted(in), StandardCharsets.UTF_8);
            case 3 -> counted(in);
            default -> throw new VaultException(Reason.DAMAGED, "A row in the backup makes no sense.");
        };
    }

    private static byte[] counted(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > VALUE_BYTES_MAX) {
            throw new VaultException(Reason.DAMAGED, "A value in the backup makes no sense.");
        }
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("A value ends in the middle");
        }
        return bytes;
    }
}

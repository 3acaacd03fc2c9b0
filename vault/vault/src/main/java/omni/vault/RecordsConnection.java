package omni.vault;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import org.sqlite.JDBC;

/** How a connection to the database is set up. The raw key passes the heap here, as a text of the driver. */
final class RecordsConnection {
    /** SQLite's own numbers of these modes. */
    private static final String READ_ONLY = "1";

    private static final String READ_WRITE_CREATE = "6";

    /** Caches of the writer and of all readers together stay below 64 MiB. */
    private static final int WRITER_CACHE_KIB = 24 * 1024;

    private static final int READER_CACHE_KIB = 8 * 1024;

    private static final List<String> ALL = List.of(
            "PRAGMA busy_timeout = 10000",
            "PRAGMA foreign_keys = ON",
            "PRAGMA trusted_schema = OFF",
            "PRAGMA cell_size_check = ON",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA mmap_size = 0");

    private static final List<String> WRITER = List.of(
            "PRAGMA journal_mode = WAL",
            "PRAGMA journal_size_limit = " + (16 << 20),
            "PRAGMA cache_size = -" + WRITER_CACHE_KIB);

    private static final List<String> READER =
            List.of("PRAGMA query_only = ON", "PRAGMA cache_size = -" + READER_CACHE_KIB);

    private RecordsConnection() {}

    /** The one that writes, and that leaves it to {@link RecordsWriter} to empty the journal. */
    static Sql writer(Path file, MemorySegment key, RecordsOptions options) throws SQLException {
        List<String> pragmas = writerPragmas(options);
        pragmas.add("PRAGMA wal_autocheckpoint = 0");
        return setUp(open(file, key, READ_WRITE_CREATE), pragmas);
    }

    /** One that reads. */
    static Sql reader(Path file, MemorySegment key) throws SQLException {
        return setUp(open(file, key, READ_ONLY), readerPragmas());
    }

    /**
     * Encrypts a database that nobody has open under another key. A crash meanwhile leaves nothing that opens, and the file is on
     * the disk only when its caller has forced it there.
     */
    static void rekey(Path file, MemorySegment key, MemorySegment next) throws SQLException {
        // There is no rekeying in WAL mode, and nothing to roll back in a file that is a copy.
        List<String> pragmas = new ArrayList<>(ALL);
        pragmas.add("PRAGMA journal_mode = MEMORY");
        pragmas.add("PRAGMA synchronous = OFF");
        pragmas.add("PRAGMA rekey = \"" + text(next) + "\"");
        setUp(open(file, key, READ_WRITE_CREATE), pragmas).close();
    }

    private static Connection open(Path file, MemorySegment key, String mode) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("cipher", "sqlcipher");
        properties.setProperty("legacy", "4");
        properties.setProperty("key", text(key));
        properties.setProperty("open_mode", mode);
        return JDBC.createConnection(JDBC.PREFIX + file.toAbsolutePath(), properties);
    }

    private static String text(MemorySegment key) {
        return "x'" + HexFormat.of().formatHex(key.toArray(ValueLayout.JAVA_BYTE)) + "'";
    }

    static List<String> writerPragmas(RecordsOptions options) {
        List<String> pragmas = new ArrayList<>(ALL);
        pragmas.addAll(WRITER);
        pragmas.add("PRAGMA synchronous = " + (options.synchronous() ? "FULL" : "OFF"));
        pragmas.add("PRAGMA secure_delete = " + (options.erases() ? "ON" : "OFF"));
        pragmas.add("PRAGMA max_page_count = " + options.pagesMax());
        return pragmas;
    }

    static List<String> readerPragmas() {
        List<String> pragmas = new ArrayList<>(ALL);
        pragmas.addAll(READER);
        return pragmas;
    }

    /** The connection with those pragmas; it is closed where one fails. */
    static Sql setUp(Connection connection, List<String> pragmas) throws SQLException {
        Sql sql = new Sql(connection);
        try {
            for (String pragma : pragmas) {
                sql.run(pragma);
            }
            return sql;
        } catch (SQLException e) {
            sql.close();
            throw e;
        }
    }
}

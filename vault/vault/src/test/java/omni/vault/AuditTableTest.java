package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The audit log in a table of SQLite, here a plain one: what was said to be written is there, whenever the process is killed. */
final class AuditTableTest {
    private static final int KILLS = 6;

    @TempDir
    Path folder;

    @BeforeEach
    void migrate() throws Exception {
        try (Connection connection = connect(folder);
                Statement statement = connection.createStatement()) {
            statement.execute(migration());
        }
    }

    private static String migration() throws IOException {
        try (var in = AuditTable.class.getResourceAsStream("migrations/0002-audit.sql")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Connection connect(Path folder) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("records.db"));
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA synchronous = FULL");
        }
        return connection;
    }

    private static Reason reason(Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    @Test
    void rowsComeBackInTheirOrderAndOnlyTheNextIsTaken() throws Exception {
        try (Connection connection = connect(folder);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = OFF"); // a thousand rows, and no crash
            connection.setAutoCommit(false);
            AuditTable table = new AuditTable(connection);
            assertTrue(table.newest().isEmpty());
            assertEquals(List.of(), table.read(1, 10));
            for (long number : new long[] {0, 2, -1}) {
                assertEquals(Reason.REFUSED, reason(() -> table.append(new AuditRow(number, "a"))));
            }
            for (int number = 1; number <= AuditTable.ROWS_MAX + 1; number++) {
                table.append(new AuditRow(number, "line " + number));
            }
            assertEquals(Reason.REFUSED, reason(() -> table.append(new AuditRow(5, "again"))));
            assertEquals(List.of(new AuditRow(3, "line 3"), new AuditRow(4, "line 4")), table.read(3, 2));
            assertEquals(AuditTable.ROWS_MAX, table.read(1, Integer.MAX_VALUE).size());
            assertEquals(List.of(), table.read(1, -1));
            assertEquals(AuditTable.ROWS_MAX + 1, table.newest().orElseThrow().number());
        }
        try (Connection connection = connect(folder)) {
            assertEquals(
                    AuditTable.ROWS_MAX + 1,
                    new AuditTable(connection).newest().orElseThrow().number());
        }
    }

    @Test
    void aLogInTheTableHoldsAndAnEditByStatementIsFound() throws Exception {
        FileKeysDouble keys = new FileKeysDouble("owner");
        try (Connection connection = connect(folder);
                Statement statement = connection.createStatement()) {
            AuditTable table = new AuditTable(connection);
            AuditLog log = AuditLog.open(folder, table, keys, Clock.systemUTC());
            for (int i = 0; i < 260; i++) { // more than one page of the check
                log.add(AuditEvent.KEY_USED, Map.of("turn", Integer.toString(i)));
            }
            assertEquals(List.of(), AuditCheck.check(folder, table).problems());
            statement.execute("UPDATE audit SET line = replace(line, '\"turn\":\"7\"', '\"turn\":\"8\"')");
            assertEquals(2, AuditCheck.check(folder, table).problems().size());
            statement.execute(
                    "UPDATE audit SET line = replace(line, '\"turn\":\"8\"', '\"turn\":\"7\"') WHERE number = 8");
            assertEquals(List.of(), AuditCheck.check(folder, table).problems());
            statement.execute("UPDATE audit SET line = printf('%.*c', 1000000, 'x') WHERE number = 260");
            assertEquals(
                    AuditJson.LINE_BYTES_MAX + 1,
                    table.newest().orElseThrow().line().length());
            statement.execute("DELETE FROM audit WHERE number > 258");
            assertTrue(AuditCheck.check(folder, table).problems().getFirst().contains("line 260 was known"));
        }
    }

    @Test
    void aDatabaseThatIsGoneIsSaid() throws Exception {
        Connection connection = connect(folder);
        AuditTable table = new AuditTable(connection);
        connection.close();
        assertEquals(Reason.FAILED, reason(() -> table.append(new AuditRow(1, "a"))));
        assertEquals(Reason.FAILED, reason(() -> table.read(1, 1)));
        assertEquals(Reason.FAILED, reason(table::newest));
        assertEquals(Reason.FAILED, reason(() -> new AuditTable(connection)));
    }

    /** What the child runs: it says each event after it was written, until it is killed. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws Exception {
            Path home = Path.of(arguments[0]);
            try (Connection connection = connect(home)) {
                AuditLog log =
                        AuditLog.open(home, new AuditTable(connection), new FileKeysDouble("owner"), Clock.systemUTC());
                if (!log.alarms().isEmpty()) {
                    throw new IllegalStateException(log.alarms().toString());
                }
                while (true) {
                    log.add(AuditEvent.KEY_USED, Map.of());
                    System.out.println(log.head().number());
                }
            }
        }
    }

    @Test
    void aKillAtAnyTimeLosesNothingThatWasSaidToBeWrittenAndIsNoAlarm() throws Exception {
        for (int round = 0; round < KILLS; round++) {
            new SealedLog(folder, Clock.systemUTC()).add(AuditEvent.WRONG_SECRET, Map.of("round", "r" + round));
            long said = kill(3 + round * 2);
            try (Connection connection = connect(folder)) {
                AuditTable table = new AuditTable(connection);
                assertEquals(List.of(), AuditCheck.check(folder, table).problems());
                assertTrue(table.newest().orElseThrow().number() >= said);
                AuditLog log = AuditLog.open(folder, table, new FileKeysDouble("owner"), Clock.systemUTC());
                assertEquals(List.of(), log.alarms());
            }
            assertFalse(Files.exists(folder.resolve("sealed.log")));
        }
        try (Connection connection = connect(folder);
                Statement statement = connection.createStatement();
                var result = statement.executeQuery(
                        "SELECT count(*) FROM audit WHERE line LIKE '%\"event\":\"wrong-secret\"%'")) {
            assertTrue(result.next());
            assertEquals(KILLS, result.getInt(1), "each was folded in once");
        }
    }

    private long kill(int after) throws Exception {
        Process child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path") + ":" + System.getProperty("jdk.module.path", ""),
                        Writer.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long said = 0;
        try (var out = child.inputReader()) {
            for (int i = 0; i < after; i++) {
                said = Long.parseLong(out.readLine());
            }
        } finally {
            child.destroyForcibly();
        }
        assertNotEquals(0, child.waitFor());
        return said;
    }
}

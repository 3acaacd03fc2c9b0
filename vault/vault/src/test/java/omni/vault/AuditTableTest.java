package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The audit log in a table of SQLite, of the records: what was said to be written is there, whenever the process is killed. */
final class AuditTableTest {
    private static final int KILLS = 6;

    @TempDir
    Path folder;

    private static Records open(Path folder) throws VaultException {
        return Records.open(folder, new FileKeysDouble("owner"));
    }

    private static Reason reason(Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    @Test
    void rowsComeBackInTheirOrderAndOnlyTheNextIsTaken() throws Exception {
        // a thousand rows, and no crash
        var quick = new RecordsOptions(true, false, RecordsOptions.PRODUCT.pagesMax());
        try (Records records = Records.open(folder, new FileKeysDouble("owner"), quick)) {
            AuditTable table = new AuditTable(records);
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
        try (Records records = open(folder)) {
            assertEquals(
                    AuditTable.ROWS_MAX + 1,
                    new AuditTable(records).newest().orElseThrow().number());
        }
    }

    @Test
    void aLogInTheTableHoldsAndAnEditByStatementIsFound() throws Exception {
        try (Records records = open(folder)) {
            AuditTable table = new AuditTable(records);
            AuditLog log = AuditLog.open(folder, table, records.keys(), Clock.systemUTC());
            for (int i = 0; i < 260; i++) { // more than one page of the check
                log.add(AuditEvent.PROVED, Map.of("turn", Integer.toString(i)));
            }
            assertEquals(List.of(), AuditCheck.check(folder, table).problems());
            records.write(
                    sql -> sql.change("UPDATE audit SET line = replace(line, '\"turn\":\"7\"', '\"turn\":\"8\"')"));
            assertEquals(2, AuditCheck.check(folder, table).problems().size());
            records.write(sql -> sql.change(
                    "UPDATE audit SET line = replace(line, '\"turn\":\"8\"', '\"turn\":\"7\"') WHERE number = 8"));
            assertEquals(List.of(), AuditCheck.check(folder, table).problems());
            records.write(sql -> sql.change("UPDATE audit SET line = printf('%.*c', 1000000, 'x') WHERE number = 260"));
            assertEquals(
                    AuditJson.LINE_BYTES_MAX + 1,
                    table.newest().orElseThrow().line().length());
            records.write(sql -> sql.change("DELETE FROM audit WHERE number > 258"));
            assertTrue(AuditCheck.check(folder, table).problems().getFirst().contains("line 260 was known"));
        }
    }

    @Test
    void recordsThatAreClosedAreSaid() throws Exception {
        Records records = open(folder);
        AuditTable table = new AuditTable(records);
        records.close();
        assertEquals(Reason.SEALED, reason(() -> table.append(new AuditRow(1, "a"))));
        assertEquals(Reason.SEALED, reason(() -> table.read(1, 1)));
        assertEquals(Reason.SEALED, reason(table::newest));
    }

    /** What the child runs: it says each event after it was written, until it is killed. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws Exception {
            Path home = Path.of(arguments[0]);
            try (Records records = open(home)) {
                AuditLog log = AuditLog.open(home, new AuditTable(records), records.keys(), Clock.systemUTC());
                if (!log.alarms().isEmpty()) {
                    throw new IllegalStateException(log.alarms().toString());
                }
                while (true) {
                    log.add(AuditEvent.PROVED, Map.of());
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
            try (Records records = open(folder)) {
                AuditTable table = new AuditTable(records);
                assertEquals(List.of(), AuditCheck.check(folder, table).problems());
                assertTrue(table.newest().orElseThrow().number() >= said);
                AuditLog log = AuditLog.open(folder, table, records.keys(), Clock.systemUTC());
                assertEquals(List.of(), log.alarms());
            }
            assertFalse(Files.exists(folder.resolve("sealed.log")));
        }
        try (Records records = open(folder)) {
            long count = records.read(
                    sql -> sql.number("SELECT count(*) FROM audit WHERE line LIKE '%\"event\":\"wrong-secret\"%'"));
            assertEquals(KILLS, count, "each was folded in once");
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

package omni.vault;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The control of what is done around SQLite against reads that fail: its library as it is, which loses what it had acknowledged. */
final class FaultLibrary extends FaultLife {
    private static final String TEXT = "some text ".repeat(2_000); // of several pages

    private final Path file;
    private final KeyRing keys;
    private final Set<String> alive = new TreeSet<>();
    private @Nullable Sql open;

    private interface Statement {
        void run() throws SQLException, VaultException;
    }

    FaultLibrary(Path place, KeyWork.Outcome made) throws VaultException {
        super(true);
        SqliteLibrary.load(place);
        this.file = place.resolve("records.db");
        this.keys = WholeVault.ring(made);
    }

    private boolean statement(Statement statement) {
        return step(() -> {
            try {
                statement.run();
            } catch (SQLException e) {
                throw SqlFailure.of(e);
            }
        });
    }

    private Sql sql() throws SQLException, VaultException {
        Sql now = open;
        if (now == null) {
            now = RecordsConnection.writer(
                    file, keys.key(Purpose.RECORDS, keys.newest(Purpose.RECORDS)), RecordsOptions.PRODUCT);
            open = now;
            now.run("CREATE TABLE IF NOT EXISTS texts (name TEXT, text TEXT)");
        }
        return now;
    }

    private void close() {
        Sql now = open;
        if (now != null) {
            statement(now::close);
            open = null;
        }
    }

    @Override
    void work() {
        for (String name : List.of("one", "two", "three", "four")) {
            if (statement(() -> sql().change("INSERT INTO texts VALUES (?, ?)", name, TEXT))) {
                alive.add(name);
            }
            if (name.equals("two")) {
                statement(() -> sql().number("PRAGMA wal_checkpoint(TRUNCATE)"));
            }
        }
        close();
    }

    @Override
    void check() {
        Set<String> found = new TreeSet<>();
        boolean read = statement(
                () -> found.addAll(sql().rows("SELECT name FROM texts WHERE text = ?", row -> row.getString(1), TEXT)));
        require(read, "afterwards: " + refusals);
        require(found.containsAll(alive), "of " + alive + " there are " + found);
        close();
        keys.close();
    }
}

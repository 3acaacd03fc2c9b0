package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another program's SQLCipher opens our database with the raw key, and we open its. */
class SqlCipherBoxTest {
    private static final String PACKAGE = "sqlcipher3-wheels==0.5.7";

    @TempDir
    static Path venv;

    @TempDir
    Path folder;

    @BeforeAll
    static void install() throws Exception {
        run(List.of("python3", "-m", "venv", venv.toString()));
        run(List.of(venv.resolve("bin/pip").toString(), "install", "--quiet", PACKAGE));
    }

    @Test
    void itReadsAndWritesWhatWeWrote() throws Exception {
        Path place = folder.resolve("v");
        String key;
        try (TestVault vault = new TestVault(place)) {
            key = HexFormat.of().formatHex(vault.keys.bytes(Purpose.RECORDS, 1));
            vault.settings.put("name", "ours");
            vault.records.write(sql -> sql.change("UPDATE settings SET value = 'in the journal'"));
            // While we have it open, and a part of it is in the journal alone.
            assertTrue(Files.size(Records.journal(place)) > 0);
            assertEquals(
                    "in the journal",
                    python(place, key, "print(c.execute('SELECT value FROM settings').fetchone()[0])"));
        }
        assertEquals("ok ok", python(place, key, """
                        bad = c.execute('PRAGMA cipher_integrity_check').fetchall()
                        c.execute("UPDATE settings SET value = 'theirs'")
                        c.commit()
                        print('ok' if not bad else bad, c.execute('PRAGMA integrity_check').fetchone()[0])
                        """));
        try (TestVault vault = new TestVault(place)) {
            assertEquals("theirs", vault.settings.get("name").orElseThrow());
            assertEquals(List.of(), RecordsCheck.open(vault.records).problems());
        }
    }

    /** A database that it has made, in our migrations' first state, is one that we go on with. */
    @Test
    void weReadWhatItMade() throws Exception {
        Path place = Files.createDirectory(folder.resolve("v"));
        try (FakeKeys keys = new FakeKeys("vault")) {
            String key = HexFormat.of().formatHex(keys.bytes(Purpose.RECORDS, 1));
            assertEquals("made", python(place, key, """
                            c.execute('PRAGMA journal_mode = WAL')
                            c.execute('CREATE TABLE theirs (a TEXT)')
                            c.execute("INSERT INTO theirs VALUES ('made by another')")
                            c.commit()
                            c.close()
                            print('made')
                            """));
            try (Records records = Records.open(place, keys)) {
                assertEquals(
                        "made by another",
                        records.<String>read(sql -> sql.first("SELECT a FROM theirs", row -> row.getString(1))
                                .orElseThrow()));
                assertEquals(List.of(), RecordsCheck.open(records).problems());
            }
        }
    }

    private static String python(Path place, String key, String program) throws IOException, InterruptedException {
        String all = """
                import sys, sqlcipher3
                c = sqlcipher3.connect(sys.argv[1])
                c.execute("PRAGMA key = \\"x'" + sys.argv[2] + "'\\"")
                """ + program;
        return run(List.of(
                venv.resolve("bin/python").toString(),
                "-c",
                all,
                Records.file(place).toString(),
                key));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = String.join("\n", process.inputReader().readAllLines());
        assertEquals(0, process.waitFor(), out);
        return out;
    }
}

package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import omni.vault.VaultException.Reason;

/**
 * The steps by which the database got its tables: numbered from 1, each done once, in one transaction with its line in
 * {@code migrations}. A step that was done never changes afterwards.
 */
final class Migrations {
    private static final List<String> NAMES = List.of("0001-records.sql", "0002-audit.sql", "0003-responses.sql");

    private static final Pattern END = Pattern.compile(";\\s*\n");

    private final List<String> steps;

    Migrations(List<String> steps) {
        this.steps = List.copyOf(steps);
    }

    /** Those of this program. */
    static Migrations bundled() {
        List<String> steps = new ArrayList<>();
        for (String name : NAMES) {
            steps.add(text("migrations/" + name));
        }
        return new Migrations(steps);
    }

    List<String> steps() {
        return steps;
    }

    private static String text(String resource) {
        try (InputStream in = Migrations.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("The program lacks its " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("The program's " + resource + " cannot be read", e);
        }
    }

    /** Takes the steps that are not done yet. */
    void apply(Records records) throws VaultException {
        List<String> done = records.write(sql -> {
            sql.run("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT");
            return sql.rows("SELECT sha256 FROM migrations ORDER BY number", row -> row.getString(1));
        });
        check(done);
        for (int number = done.size() + 1; number <= steps.size(); number++) {
            take(records, number);
        }
    }

    private void check(List<String> done) throws VaultException {
        if (done.size() > steps.size()) {
            throw new VaultException(
                    Reason.REFUSED, "The records were written by a newer version of this program. Install that one.");
        }
        for (int i = 0; i < done.size(); i++) {
            if (!done.get(i).equals(hash(steps.get(i)))) {
                throw new VaultException(
                        Reason.REFUSED,
                        "The records were made by another program: step " + (i + 1)
                                + " of their making is not this one's.");
            }
        }
    }

    private void take(Records records, int number) throws VaultException {
        String step = steps.get(number - 1);
        records.write(sql -> {
            for (String statement : statements(step)) {
                sql.run(statement);
            }
            return sql.change("INSERT INTO migrations (number, sha256) VALUES (?, ?)", number, hash(step));
        });
    }

    /** The statements of a step: each ends with a semicolon at the end of a line. */
    static List<String> statements(String step) {
        return END.splitAsStream(step)
                .map(String::strip)
                .filter(statement -> !statement.isEmpty())
                .toList();
    }

    private static String hash(String step) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(step.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Java has no SHA-256", e);
        }
    }
}

package omni.vault;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import omni.vault.VaultException.Reason;

/**
 * Reads all of the records, and tells what is damaged: each page and each frame of the journal by its HMAC, the tables by SQLite's
 * own checks, each text by its tag. An older state of the whole file, or of a page in its own place, is not seen here: that is
 * what the audit log's count is for.
 */
final class RecordsCheck {
    /** So many problems are told one by one. */
    private static final int PROBLEMS_MAX = 100;

    /**
     * What was read.
     *
     * @param problems a sentence each; none where all is whole
     */
    record Report(long pages, long frames, long texts, List<String> problems) {
        Report {
            problems = List.copyOf(problems);
        }
    }

    private final List<String> problems = new ArrayList<>();
    private long pages;
    private long frames;
    private long texts;

    private RecordsCheck() {}

    /** Checks records that are closed; opens them for it where that can be. */
    static Report closed(Path folder, DataKeys keys) throws VaultException {
        RecordsCheck check = new RecordsCheck();
        try {
            check.files(folder, keys);
            try (Records records = Records.open(folder, keys)) {
                check.contents(records);
            }
        } catch (VaultException e) {
            check.found(e);
        }
        return check.report();
    }

    /** Checks records that are open; nobody else reads or writes meanwhile. */
    static Report open(Records records) throws VaultException {
        RecordsCheck check = new RecordsCheck();
        try {
            records.checkpoint();
            records.alone(sql -> {
                check.files(records.folder(), records.keys());
                return check;
            });
            check.contents(records);
        } catch (VaultException e) {
            check.found(e);
        }
        return check.report();
    }

    private Report report() {
        return new Report(pages, frames, texts, problems);
    }

    /** What is damaged is the answer; whatever else fails is a failure. */
    private void found(VaultException e) throws VaultException {
        if (!isFinding(e)) {
            throw e;
        }
        problem(e.getMessage());
    }

    /** Whether that is about what is kept, and so belongs into a report. */
    static boolean isFinding(VaultException e) {
        return e.reason() == Reason.DAMAGED || e.reason() == Reason.DENIED || e.reason() == Reason.REFUSED;
    }

    private void problem(String sentence) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(sentence);
        } else if (problems.size() == PROBLEMS_MAX) {
            problems.add("There are more.");
        }
    }

    private void files(Path folder, DataKeys keys) throws VaultException {
        Path file = Records.file(folder);
        Path journal = Records.journal(folder);
        int version = RecordsKey.version(file, journal, keys);
        CipherPages cipher = RecordsKey.pages(file, keys.key(Purpose.RECORDS, version));
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 18)) {
            for (byte[] page = next(in); page.length > 0; page = next(in)) {
                pages++;
                if (page.length < CipherPages.PAGE_BYTES) {
                    problem("The file ends within page " + pages + ".");
                } else if (!cipher.whole(page, pages)) {
                    problem("Page " + pages + " is damaged.");
                }
            }
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The records cannot be read.", e);
        }
        Journal.read(journal, frame -> check(cipher, frame), this::problem);
    }

    private static byte[] next(InputStream in) throws IOException {
        return in.readNBytes(CipherPages.PAGE_BYTES);
    }

    private void check(CipherPages cipher, Journal.Frame frame) {
        frames++;
        if (!cipher.whole(frame.bytes().array(), frame.page())) {
            problem("Frame " + frame.number() + " of the journal is damaged.");
        }
    }

    private void contents(Records records) throws VaultException {
        try {
            records.read(sql -> {
                sql.rows("PRAGMA integrity_check(" + PROBLEMS_MAX + ")", row -> row.getString(1)).stream()
                        .filter(told -> !told.equals("ok"))
                        .forEach(this::problem);
                sql.rows("PRAGMA foreign_key_check", row -> "A row of " + row.getString(1) + " belongs to nothing.")
                        .forEach(this::problem);
                return sql;
            });
        } catch (VaultException e) {
            found(e); // of a page that SQLite has told of already, perhaps
        }
        texts = new RecordsTexts(records).check(this::problem);
        for (Words words : Words.values()) {
            records.write(sql -> {
                sql.run("INSERT INTO " + words.table() + " (" + words.table() + ") VALUES ('integrity-check')");
                return words;
            });
        }
    }
}

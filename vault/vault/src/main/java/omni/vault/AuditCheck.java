package omni.vault;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks an audit log from its first line to its last, with no more than its public key: numbers, hashes, signatures, and
 * whether it is as long as it was known to be. A line at a time; memory does not grow with the log. Times are not compared:
 * a clock may be set. For one thread.
 */
final class AuditCheck {
    private final AuditKnown known;

    /** Of every version that was introduced so far. */
    private final Map<Integer, AuditPublicKey> keys = new HashMap<>();

    private final List<String> problems = new ArrayList<>();
    private int keyVersion;
    private long lines;
    private AuditHead last = AuditHead.NONE;

    private AuditCheck(AuditPublicKey first, AuditKnown known) {
        this.known = known;
        this.keyVersion = first.version();
        keys.put(first.version(), first);
    }

    /** Checks these lines; what the store or the file does not give is thrown, all else is in the report. */
    static AuditReport check(AuditLines lines, AuditPublicKey first, AuditKnown known) throws VaultException {
        AuditCheck check = new AuditCheck(first, known);
        for (Optional<AuditRow> row = lines.next(); row.isPresent(); row = lines.next()) {
            check.take(row.get());
        }
        check.compareEnd();
        return check.report();
    }

    /** Checks the log in that store against all that the folder beside it knows: public key, head, sealed-time log. */
    static AuditReport check(Path folder, AuditStore store) throws VaultException {
        return check(Standing.of(folder, store), store, List.of());
    }

    /** How far the log is at one moment, and what the folder beside it knows of it then. */
    record Standing(
            long newest,
            Optional<AuditPublicKey> first,
            Optional<AuditHead> head,
            Optional<AuditHead> anchor,
            List<String> problems) {
        /** Reads a line and three small files. */
        static Standing of(Path folder, AuditStore store) throws VaultException {
            List<String> problems = new ArrayList<>();
            Optional<AuditPublicKey> first = read(problems, () -> AuditPublicKey.in(folder));
            Optional<AuditHead> head = read(problems, () -> AuditHead.in(folder));
            Optional<AuditHead> anchor =
                    read(problems, () -> SealedLog.in(folder)).map(SealedLog.Content::anchor);
            return new Standing(
                    store.newest().map(AuditRow::number).orElse(0L), first, head, anchor, List.copyOf(problems));
        }
    }

    /** The same up to where it stood then, and against lines that somebody has kept elsewhere. It may go on meanwhile. */
    static AuditReport check(Standing standing, AuditStore store, List<AuditHead> kept) throws VaultException {
        List<String> beside = new ArrayList<>(standing.problems());
        List<AuditHead> older = new ArrayList<>(kept);
        standing.anchor().ifPresent(older::add);
        boolean empty = standing.newest() == 0;
        if (!empty && standing.head().isEmpty()) {
            beside.add("The file audit.head is missing: lines may have been cut off at the end.");
        }
        if (standing.first().isEmpty()) {
            if (!empty) {
                beside.add("The file audit.pub is missing: nothing can be checked. Unlock the vault to have it again.");
            }
            return new AuditReport(0, AuditHead.NONE, List.copyOf(beside));
        }
        AuditLines lines = AuditLines.of(store, 1).until(standing.newest());
        AuditReport report = check(lines, standing.first().get(), new AuditKnown(standing.head(), older));
        beside.addAll(report.problems());
        return new AuditReport(report.lines(), report.newest(), List.copyOf(beside));
    }

    /** Reads a file beside the store. */
    private interface Beside<T> {
        Optional<T> read() throws VaultException;
    }

    private static <T> Optional<T> read(List<String> problems, Beside<T> beside) {
        try {
            return beside.read();
        } catch (VaultException e) {
            problems.add(e.getMessage());
            return Optional.empty();
        }
    }

    private void take(AuditRow row) {
        long next = last.number() + 1;
        if (row.number() > next) {
            problem(
                    row.number() == next + 1
                            ? "Line " + next + " is missing."
                            : "Lines " + next + " to " + (row.number() - 1) + " are missing.");
        } else if (row.number() < next) {
            problem("Line " + row.number() + " stands behind line " + last.number() + ".");
        }
        try {
            check(row.number(), AuditLine.read(row.line()));
        } catch (VaultException e) {
            problem("Line " + row.number() + ": " + e.getMessage() + ".");
        }
        lines++;
        last = AuditHead.of(row);
        for (AuditHead head : known.older()) {
            compare(head);
        }
        known.head().ifPresent(this::compare);
    }

    private void check(long number, AuditLine line) {
        if (line.number() != number) {
            problem("In the place of line " + number + " is line " + line.number() + ".");
        }
        if (!line.previous().equals(last.hash())) {
            problem("Line " + number + " does not go on from the one before it.");
        }
        if (line.keyVersion() != keyVersion) {
            problem("Line " + number + " is signed by key " + line.keyVersion() + ", and it was key " + keyVersion
                    + "'s turn.");
        }
        AuditPublicKey key = keys.get(line.keyVersion());
        if (key == null || !key.signed(line)) {
            problem("Line " + number + " is not signed by the vault as it stands.");
        } else if (line.event() == AuditEvent.AUDIT_KEY) {
            introduce(number, line);
        } else if (line.event() == AuditEvent.ALARM) {
            problem("Line " + number + ", of " + line.time() + ", is an alarm: "
                    + line.details().getOrDefault("what", ""));
        }
    }

    private void introduce(long number, AuditLine line) {
        Optional<AuditPublicKey> next = AuditPublicKey.read(line.details().getOrDefault("key", ""));
        if (next.isEmpty() || next.get().version() <= keyVersion) {
            problem("Line " + number + " introduces no key.");
            return;
        }
        keyVersion = next.get().version();
        keys.put(keyVersion, next.get());
    }

    private void compare(AuditHead head) {
        if (head.number() == last.number() && !head.hash().equals(last.hash())) {
            problem("Line " + head.number() + " is another one than was known.");
        }
    }

    private void compareEnd() {
        for (AuditHead head : known.older()) {
            requireReached(head);
        }
        known.head().ifPresent(this::requireReached);
        if (known.head().isPresent() && known.head().get().number() + 1 < last.number()) {
            problem("The log ends at line " + last.number() + ", and audit.head knows of line "
                    + known.head().get().number() + " only: an older one was put in its place.");
        }
    }

    private void requireReached(AuditHead head) {
        if (head.number() > last.number()) {
            problem("The log ends at line " + last.number() + ", and line " + head.number()
                    + " was known: its end was cut off, or an older one was put in its place.");
        }
    }

    private void problem(String text) {
        if (problems.size() < AuditReport.PROBLEMS_MAX) {
            problems.add(text);
        } else if (problems.size() == AuditReport.PROBLEMS_MAX) {
            problems.add("There are more problems.");
        }
    }

    private AuditReport report() {
        return new AuditReport(lines, last, List.copyOf(problems));
    }
}

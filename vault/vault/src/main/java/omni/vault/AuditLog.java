package omni.vault;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import omni.vault.VaultException.Reason;

/**
 * What was done to the vault, a signed line each ({@link AuditLine}), each naming the one before. A line is in the store first
 * and in {@code audit.head} afterwards, so that a crash leaves the head behind by one; anything else is an alarm, which is a
 * line itself, and so is never forgotten. Safe from any thread.
 */
final class AuditLog {
    private static final int LOOK_BACK = 256;

    private final Path folder;
    private final AuditStore store;
    private final DataKeys keys;
    private final Clock clock;
    private final SealedLog sealedLog;

    /** The last line, and what {@code audit.head} says. */
    private AuditHead last = AuditHead.NONE;

    private AuditHead written = AuditHead.NONE;
    private Optional<Instant> before = Optional.empty();
    private AuditKey key;

    /** A line of which the store did not say whether it has it. */
    private Optional<AuditRow> unsure = Optional.empty();

    private final List<String> alarms = new ArrayList<>();

    private AuditLog(Path folder, AuditStore store, DataKeys keys, Clock clock, AuditKey key) {
        this.folder = folder;
        this.store = store;
        this.keys = keys;
        this.clock = clock;
        this.sealedLog = new SealedLog(folder, clock);
        this.key = key;
    }

    /**
     * Opens the log of an unlocked vault: looks whether it ends where it was known to end, goes over to a new key where there
     * is one, and takes in what happened while the vault was sealed.
     *
     * @param folder of {@code audit.head}, {@code audit.pub} and {@code sealed.log}
     */
    static AuditLog open(Path folder, AuditStore store, DataKeys keys, Clock clock) throws VaultException {
        Optional<AuditRow> newest = store.newest();
        Optional<AuditLine> line = newest.flatMap(AuditLog::line);
        AuditLog log = new AuditLog(folder, store, keys, clock, new AuditKey(keys, version(keys, line)));
        log.before = line.map(AuditLine::time);
        log.resume(newest, line);
        log.foldIn();
        return log;
    }

    /** Of the key that signed the line; of the newest where that makes no sense, which then is an alarm. */
    private static int version(DataKeys keys, Optional<AuditLine> line) {
        int newest = keys.newest(Purpose.AUDIT);
        return line.map(AuditLine::keyVersion)
                .filter(version -> version >= 1 && version <= newest)
                .orElse(newest);
    }

    private static Optional<AuditLine> line(AuditRow row) {
        try {
            return Optional.of(AuditLine.read(row.line()));
        } catch (VaultException e) {
            return Optional.empty(); // resume() raises the alarm
        }
    }

    private synchronized void resume(Optional<AuditRow> newest, Optional<AuditLine> line) throws VaultException {
        last = newest.map(AuditHead::of).orElse(AuditHead.NONE);
        if (newest.isPresent()
                && !line.filter(key.publicKey()::signed)
                        .filter(read -> read.number() == last.number())
                        .isPresent()) {
            alarms.add("The last line is not as the vault has written it.");
        }
        compareHead(line);
        AuditPublicKey first = firstKey();
        comparePublicKey(first);
        if (alarms.isEmpty()) {
            if (newest.isEmpty()) {
                first.keepIn(folder);
            }
            keepHead();
        } else { // in the store before anything beside it covers up what was found
            put(AuditEvent.ALARM, Map.of("what", String.join(" ", alarms)));
            first.keepIn(folder);
        }
        renewKey();
    }

    /** Goes over to the newest key, where that is another one: the line that names it is the last that the old one signs. */
    synchronized void renewKey() throws VaultException {
        if (keys.newest(Purpose.AUDIT) > key.version()) {
            AuditKey next = new AuditKey(keys, keys.newest(Purpose.AUDIT));
            put(AuditEvent.AUDIT_KEY, Map.of("key", next.publicKey().text()));
            key = next;
        }
    }

    private void compareHead(Optional<AuditLine> line) {
        Optional<AuditHead> head;
        try {
            head = AuditHead.in(folder);
        } catch (VaultException e) {
            alarms.add("The file audit.head is damaged.");
            return;
        }
        written = head.orElse(AuditHead.NONE);
        boolean crashed = last.number() == written.number() + 1
                && line.filter(read -> read.previous().equals(written.hash())).isPresent();
        if (written.equals(last) || crashed) {
            return;
        }
        if (head.isEmpty()) {
            alarms.add("The file audit.head is missing.");
        } else if (last.number() < written.number()) {
            alarms.add("The log ended at line " + last.number() + ", and line " + written.number() + " was known.");
        } else {
            alarms.add("The log ended at line " + last.number() + ", and another line " + written.number()
                    + " was known.");
        }
    }

    /** The key of the first line, which is what the whole log is checked by. */
    private AuditPublicKey firstKey() throws VaultException {
        Optional<AuditLine> line = store.read(1, 1).stream().findFirst().flatMap(AuditLog::line);
        int version = version(keys, line);
        return version == key.version() ? key.publicKey() : new AuditKey(keys, version).publicKey();
    }

    private void comparePublicKey(AuditPublicKey first) {
        boolean fresh = last.number() == 0;
        try {
            Optional<AuditPublicKey> kept = AuditPublicKey.in(folder);
            if (kept.isPresent() ? !kept.get().equals(first) : !fresh) {
                alarms.add("The file audit.pub did not hold the log's key.");
            }
        } catch (VaultException e) {
            alarms.add("The file audit.pub is damaged.");
        }
    }

    private synchronized void foldIn() throws VaultException {
        SealedLog.Content content = sealedLog.readable();
        if (!has(content.anchor())) {
            String alarm = "The file sealed.log did not go on from the log.";
            alarms.add(alarm);
            append(AuditEvent.ALARM, Map.of("what", alarm));
        }
        Set<String> folded = foldedSince(content.anchor());
        for (SealedLine line : content.lines()) {
            String hash = AuditJson.hash(line.text());
            if (!folded.contains(hash)) {
                Map<String, String> details = new TreeMap<>(line.details());
                details.put("sealed", hash);
                details.put("sealed-count", Long.toString(line.count()));
                details.put("sealed-first", line.first().toString());
                details.put("sealed-last", line.last().toString());
                append(line.event(), details);
            }
        }
        sealedLog.empty();
    }

    private boolean has(AuditHead head) throws VaultException {
        return head.number() == 0
                || store.read(head.number(), 1).stream().map(AuditHead::of).anyMatch(head::equals);
    }

    /** What a crash in the middle of an earlier unlock, or who put an old file back, must not fold in twice. */
    private Set<String> foldedSince(AuditHead anchor) throws VaultException {
        Set<String> folded = new HashSet<>();
        AuditLines lines = AuditLines.of(store, anchor.number() + 1);
        for (Optional<AuditRow> row = lines.next(); row.isPresent(); row = lines.next()) {
            line(row.get()).map(read -> read.details().get("sealed")).ifPresent(folded::add);
        }
        return folded;
    }

    /**
     * Adds an event, and returns when the disk has it.
     *
     * @throws VaultException INVALID where the details are; FAILED where it could not be written: what it tells of must not be
     *     done then
     */
    synchronized void add(AuditEvent event, Map<String, String> details) throws VaultException {
        AuditJson.check(details);
        if (event.own() || details.keySet().stream().anyMatch(name -> name.startsWith("sealed"))) {
            throw new VaultException(Reason.INVALID, "That event or detail is the audit log's own.");
        }
        append(event, details);
    }

    /** Writes down, for ever, that something was found not to be as it was left. */
    synchronized void alarm(String what) throws VaultException {
        alarms.add(what);
        append(AuditEvent.ALARM, Map.of("what", what));
    }

    /** The details of the newest line of one of those events; nothing where there is none. */
    synchronized Map<String, String> newest(Set<AuditEvent> events) throws VaultException {
        for (long before = last.number() + 1; before > 1; before -= LOOK_BACK) {
            List<AuditRow> rows = store.read(Math.max(1, before - LOOK_BACK), (int) Math.min(LOOK_BACK, before - 1));
            Optional<AuditLine> line = rows.reversed().stream()
                    .flatMap(row -> line(row).stream())
                    .filter(read -> events.contains(read.event()))
                    .findFirst();
            if (line.isPresent()) {
                return line.get().details();
            }
        }
        return Map.of();
    }

    private void append(AuditEvent event, Map<String, String> details) throws VaultException {
        settle();
        put(event, details);
    }

    private void put(AuditEvent event, Map<String, String> details) throws VaultException {
        AuditLine line = key.sign(new AuditLine(
                last.number() + 1,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                event,
                details,
                last.hash(),
                key.version(),
                ""));
        AuditRow row = new AuditRow(line.number(), line.text());
        unsure = Optional.of(row);
        store.append(row);
        unsure = Optional.empty();
        last = AuditHead.of(row);
        keepHead();
    }

    /** Clears up what an append that failed has left open, so that the head is never behind by more than one. */
    private void settle() throws VaultException {
        if (unsure.isPresent() && store.newest().equals(unsure)) {
            last = AuditHead.of(unsure.get());
        }
        unsure = Optional.empty();
        keepHead();
    }

    private void keepHead() throws VaultException {
        if (!written.equals(last)) {
            last.keepIn(folder);
            written = last;
        }
    }

    /**
     * Checks all of it as it stands now, and against lines that somebody has kept elsewhere. It goes on meanwhile: a lock would not
     * be written down, where its line had to wait for this.
     */
    AuditReport check(List<AuditHead> kept) throws VaultException {
        AuditCheck.Standing standing;
        synchronized (this) { // a line is in the store and beside it, or in neither
            standing = AuditCheck.Standing.of(folder, store);
        }
        return AuditCheck.check(standing, store, kept);
    }

    /** The newest line; kept elsewhere, it shows later whether the log went on from here. */
    synchronized AuditHead head() {
        return last;
    }

    /** The time of the newest line when the log was opened; nothing where there was none. */
    Optional<Instant> before() {
        return before;
    }

    /** What was found not to be as it was left, when the log was opened. */
    synchronized List<String> alarms() {
        return List.copyOf(alarms);
    }
}

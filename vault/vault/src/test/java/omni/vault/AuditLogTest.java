package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What is written stays, what is not as it was left is an alarm, and a crash is none. */
final class AuditLogTest {
    private static final Map<String, String> NONE = Map.of();

    @TempDir
    Path folder;

    private final FileKeysDouble keys = new FileKeysDouble("owner");
    private final AuditStoreDouble store = new AuditStoreDouble();
    private final Clock clock = Clock.fixed(Instant.parse("2026-11-21T04:05:06.789Z"), ZoneOffset.UTC);

    private AuditLog open() throws VaultException {
        return AuditLog.open(folder, store, keys, clock);
    }

    private SealedLog sealed() {
        return new SealedLog(folder, clock);
    }

    private List<String> problems() throws VaultException {
        return AuditCheck.check(folder, store).problems();
    }

    private List<AuditLine> lines() throws VaultException {
        List<AuditLine> lines = new ArrayList<>();
        for (AuditRow row : store.rows) {
            lines.add(AuditLine.read(row.line()));
        }
        return lines;
    }

    private List<AuditEvent> events() throws VaultException {
        return lines().stream().map(AuditLine::event).toList();
    }

    private Path head() {
        return folder.resolve("audit.head");
    }

    private static Reason reason(Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    /** A lock has a tenth of a second for its line; what is written meanwhile is no damage, and is checked the next time. */
    @Test
    void aCheckKeepsNoLineWaiting() throws Exception {
        AuditLog[] log = new AuditLog[1];
        var slow = new AuditStore() {
            private boolean checking;

            @Override
            public void append(AuditRow row) throws VaultException {
                store.append(row);
            }

            @Override
            public List<AuditRow> read(long from, int max) throws VaultException {
                if (checking && from == 1) {
                    var line = Aside.start("other", () -> {
                        log[0].add(AuditEvent.LOCKED, Map.of());
                        return true;
                    });
                    try {
                        line.get(10, TimeUnit.SECONDS);
                    } catch (InterruptedException | ExecutionException | TimeoutException e) {
                        throw new IllegalStateException("The line had to wait", e);
                    }
                }
                return store.read(from, max);
            }

            @Override
            public Optional<AuditRow> newest() {
                return store.newest();
            }
        };
        log[0] = AuditLog.open(folder, slow, keys, clock);
        log[0].add(AuditEvent.UNLOCKED, Map.of());
        slow.checking = true;
        AuditReport report = log[0].check(List.of());
        assertEquals(List.of(), report.problems());
        assertEquals(1, report.lines());
        assertEquals(2, store.rows.size());
    }

    @Test
    void whatHappensIsSignedNumberedAndChained() throws Exception {
        AuditLog log = open();
        log.add(AuditEvent.CREATED, NONE);
        log.add(AuditEvent.EXPORTED, Map.of("what", "conversations", "by", "größe \"1\""));
        assertEquals(2, log.head().number());
        assertEquals(AuditHead.of(store.rows.getLast()), log.head());
        assertEquals(log.head().text() + "\n", Files.readString(head()));
        AuditLine first = lines().getFirst();
        assertEquals(
                "{\"number\":1,\"time\":\"2026-11-21T04:05:06.789Z\",\"event\":\"created\",\"details\":{},\"previous\":\""
                        + "0".repeat(64) + "\",\"key\":1,\"signature\":\"" + first.signature() + "\"}",
                store.rows.getFirst().line());
        assertEquals(List.of(), problems());
    }

    @Test
    void aStartGoesOnWhereTheLastOneEnded() throws Exception {
        for (int i = 1; i <= 5; i++) {
            AuditLog log = open();
            assertEquals(List.of(), log.alarms());
            log.add(AuditEvent.UNLOCKED, NONE);
            log.add(AuditEvent.LOCKED, NONE);
            assertEquals(2L * i, log.head().number());
        }
        assertEquals(List.of(), problems());
    }

    @Test
    void aNewKeyIsIntroducedByTheOldOne() throws Exception {
        open().add(AuditEvent.CREATED, NONE);
        for (int i = 0; i < 3; i++) {
            keys.rotate();
            open().add(AuditEvent.ROTATED, NONE);
        }
        assertEquals(
                List.of(1, 1, 2, 2, 3, 3, 4),
                lines().stream().map(AuditLine::keyVersion).toList());
        assertEquals(List.of(), problems());
        assertTrue(Files.readString(folder.resolve("audit.pub")).startsWith("1 "));

        // The control: without the line that introduces it, a key is nobody's.
        AuditKey next = new AuditKey(keys, 2);
        store.rows.subList(1, store.rows.size()).clear();
        AuditRow first = store.rows.getFirst();
        AuditLine made = new AuditLine(
                2,
                clock.instant(),
                AuditEvent.ROTATED,
                NONE,
                AuditHead.of(first).hash(),
                2,
                "");
        store.rows.add(new AuditRow(2, next.sign(made).text()));
        AuditReport report =
                AuditCheck.check(AuditLines.of(store, 1), new AuditKey(keys, 1).publicKey(), AuditKnown.NOTHING);
        assertEquals(2, report.problems().size(), report.problems().toString());
    }

    @Test
    void aCrashBetweenTheStoreAndTheHeadIsNoAlarm() throws Exception {
        AuditLog log = open();
        for (int i = 0; i < 4; i++) {
            byte[] before = Files.exists(head()) ? Files.readAllBytes(head()) : new byte[0];
            log.add(AuditEvent.PROVED, NONE);
            if (before.length > 0) {
                Files.write(head(), before);
            } else {
                Files.delete(head());
            }
            if (i > 0) {
                assertEquals(List.of(), problems(), "the check knows as well");
            }
            log = open();
            assertEquals(List.of(), log.alarms());
        }
        assertEquals(List.of(), problems());
    }

    @Test
    void aStoreThatWasPutBackIsAnAlarmForEver() throws Exception {
        AuditLog log = open();
        for (int i = 0; i < 5; i++) {
            log.add(AuditEvent.PROVED, NONE);
        }
        store.rows.removeLast();
        store.rows.removeLast();
        assertTrue(
                problems().getFirst().contains("line 5 was known"), problems().toString());
        AuditLog again = open();
        assertEquals(1, again.alarms().size());
        again.add(AuditEvent.UNLOCKED, NONE);
        assertEquals(AuditEvent.ALARM, events().get(3));
        assertEquals(List.of(), open().alarms(), "it is said once, and kept");
        assertEquals(1, problems().size());
        assertTrue(problems().getFirst().contains("is an alarm: The log ended at line 3, and line 5 was known."));
    }

    /** The control: who puts back the head as well is seen only by who has kept a line elsewhere. */
    @Test
    void whoPutsBackStoreAndHeadIsSeenByAnOlderLineAlone() throws Exception {
        AuditLog log = open();
        log.add(AuditEvent.CREATED, NONE);
        List<AuditRow> old = List.copyOf(store.rows);
        Files.copy(head(), folder.resolve("copy"));
        log.add(AuditEvent.EXPORTED, NONE);
        AuditHead kept = log.head();
        store.rows.clear();
        store.rows.addAll(old);
        Files.copy(folder.resolve("copy"), head(), StandardCopyOption.REPLACE_EXISTING);
        assertEquals(List.of(), open().alarms());
        assertEquals(List.of(), problems());
        AuditReport report = AuditCheck.check(
                AuditLines.of(store, 1),
                new AuditKey(keys, 1).publicKey(),
                new AuditKnown(Optional.empty(), List.of(kept)));
        assertFalse(report.holds());
    }

    @Test
    void aHeadThatWasPutBackOrLostOrDamagedIsAnAlarm() throws Exception {
        AuditLog log = open();
        log.add(AuditEvent.CREATED, NONE);
        String old = Files.readString(head());
        for (int i = 0; i < 2; i++) {
            log.add(AuditEvent.PROVED, NONE);
        }
        Map<String, String> ways = new HashMap<>();
        ways.put(old, "another line 1 was known");
        ways.put("", "damaged");
        ways.put("3 " + "0".repeat(64), "another line 3 was known");
        ways.put("x".repeat(200), "damaged");
        for (Map.Entry<String, String> way : ways.entrySet()) {
            AuditStoreDouble copy = new AuditStoreDouble(store.rows);
            String right = Files.readString(head());
            Files.writeString(head(), way.getKey());
            assertFalse(AuditCheck.check(folder, copy).holds());
            List<String> alarms = AuditLog.open(folder, copy, keys, clock).alarms();
            assertTrue(alarms.getFirst().contains(way.getValue()), alarms.toString());
            assertEquals(
                    AuditEvent.ALARM, AuditLine.read(copy.rows.getLast().line()).event());
            Files.writeString(head(), right);
        }
        Files.delete(head());
        assertTrue(
                problems().getFirst().contains("audit.head is missing"),
                problems().toString());
        assertTrue(open().alarms().getFirst().contains("audit.head is missing"));
    }

    @Test
    void aPublicKeyThatWasReplacedIsAnAlarmAndPutRight() throws Exception {
        open().add(AuditEvent.CREATED, NONE);
        String right = Files.readString(folder.resolve("audit.pub"));
        new AuditKey(new FileKeysDouble("thief"), 1).publicKey().keepIn(folder);
        assertFalse(problems().isEmpty());
        assertTrue(open().alarms().getFirst().contains("audit.pub"));
        assertEquals(right, Files.readString(folder.resolve("audit.pub")));
        Files.writeString(folder.resolve("audit.pub"), "");
        assertTrue(problems().getFirst().contains("holds no key"), problems().toString());
        assertTrue(open().alarms().getFirst().contains("audit.pub is damaged"));
        Files.delete(folder.resolve("audit.pub"));
        assertTrue(
                problems().getFirst().contains("audit.pub is missing"),
                problems().toString());
        assertTrue(open().alarms().getFirst().contains("audit.pub"));
        assertEquals(right, Files.readString(folder.resolve("audit.pub")));
    }

    @Test
    void aLastLineThatIsNotTheVaultsIsAnAlarmAndTheLogGoesOn() throws Exception {
        AuditLog log = open();
        log.add(AuditEvent.CREATED, NONE);
        log.add(AuditEvent.EXPORTED, NONE);
        String right = store.rows.getLast().line();
        for (String wrong : List.of(
                right.replace("exported", "unlocked"), right.replace("\"key\":1", "\"key\":7"), "nothing", "")) {
            AuditStoreDouble copy = new AuditStoreDouble(List.of(store.rows.getFirst(), new AuditRow(2, wrong)));
            AuditLog again = AuditLog.open(folder, copy, keys, clock);
            assertTrue(
                    again.alarms().getFirst().contains("last line"),
                    again.alarms().toString());
            again.add(AuditEvent.UNLOCKED, NONE);
            assertEquals(4, again.head().number());
            new AuditHead(2, AuditHead.of(store.rows.getLast()).hash()).keepIn(folder);
        }
    }

    @Test
    void aDiskThatFailsAtAnyPointBreaksNothing() throws Exception {
        for (AuditStoreDouble.Failure failure :
                List.of(AuditStoreDouble.Failure.BEFORE, AuditStoreDouble.Failure.AFTER)) {
            AuditLog log = open();
            log.add(AuditEvent.PROVED, NONE);
            store.failure = failure;
            store.before = 0;
            assertEquals(Reason.FAILED, reason(() -> log.add(AuditEvent.EXPORTED, NONE)));
            store.failure = AuditStoreDouble.Failure.NONE;
            log.add(AuditEvent.DELETED, NONE);
            assertEquals(List.of(), problems(), failure.name());
            store.failure = failure;
            store.before = 0;
            assertEquals(Reason.FAILED, reason(() -> log.add(AuditEvent.EXPORTED, NONE)));
            store.failure = AuditStoreDouble.Failure.NONE;
            assertEquals(List.of(), open().alarms(), "after a kill, too");
            assertEquals(List.of(), problems(), failure.name());
        }
    }

    @Test
    void aHeadThatCannotBeWrittenKeepsTheLogFromRunningAhead() throws Exception {
        AuditLog log = open();
        log.add(AuditEvent.CREATED, NONE);
        Path inTheWay = Files.createDirectories(folder.resolve("audit.head.new").resolve("full"));
        for (int i = 0; i < 3; i++) {
            assertEquals(Reason.FAILED, reason(() -> log.add(AuditEvent.EXPORTED, NONE)));
        }
        assertEquals(2, store.rows.size(), "one line ahead of the head, and no more");
        assertEquals(List.of(), problems());
        Files.delete(inTheWay);
        Files.delete(folder.resolve("audit.head.new"));
        assertEquals(List.of(), open().alarms());
        log.add(AuditEvent.EXPORTED, NONE);
        assertEquals(List.of(), problems());
    }

    @Test
    void whatHappenedWhileSealedIsSignedAtTheNextUnlock() throws Exception {
        open().add(AuditEvent.CREATED, NONE);
        for (int i = 0; i < 40; i++) {
            sealed().add(AuditEvent.WRONG_SECRET, Map.of("way", "password"));
        }
        sealed().add(AuditEvent.RECOVERY_USED, NONE);
        assertEquals(List.of(), problems());
        AuditLog log = open();
        assertEquals(List.of(), log.alarms());
        assertEquals(List.of(AuditEvent.CREATED, AuditEvent.WRONG_SECRET, AuditEvent.RECOVERY_USED), events());
        Map<String, String> details = lines().get(1).details();
        assertEquals("40", details.get("sealed-count"));
        assertEquals("password", details.get("way"));
        assertEquals("2026-11-21T04:05:06.789Z", details.get("sealed-first"));
        assertFalse(Files.exists(folder.resolve("sealed.log")));
        assertEquals(List.of(), problems());
        open();
        assertEquals(3, store.rows.size());
    }

    @Test
    void aCrashInTheMiddleOfTheFoldingLosesNothingAndDoublesNothing() throws Exception {
        for (AuditStoreDouble.Failure failure :
                List.of(AuditStoreDouble.Failure.BEFORE, AuditStoreDouble.Failure.AFTER)) {
            for (int at = 0; at < 6; at++) {
                int had = store.rows.size();
                open().add(AuditEvent.LOCKED, NONE);
                for (int i = 0; i < 6; i++) {
                    sealed().add(AuditEvent.WRONG_SECRET, Map.of("way", "way " + i));
                }
                byte[] unfolded = Files.readAllBytes(folder.resolve("sealed.log"));
                store.failure = failure;
                store.before = at;
                assertEquals(Reason.FAILED, reason(this::open));
                store.failure = AuditStoreDouble.Failure.NONE;
                assertEquals(List.of(), open().alarms());
                assertEquals(had + 7, store.rows.size(), failure + " at " + at);
                // A kill between the last line and the emptying, or somebody who puts the old file back.
                Files.write(folder.resolve("sealed.log"), unfolded);
                assertEquals(List.of(), open().alarms());
                assertEquals(had + 7, store.rows.size(), failure + " at " + at);
                assertEquals(List.of(), problems());
            }
        }
    }

    @Test
    void aSealedLogThatGoesOnFromElsewhereIsAnAlarm() throws Exception {
        open().add(AuditEvent.CREATED, NONE);
        new AuditHead(1, "1".repeat(64)).keepIn(folder);
        sealed().add(AuditEvent.WRONG_SECRET, NONE);
        AuditHead.of(store.rows.getLast()).keepIn(folder);
        assertTrue(
                problems().getFirst().contains("another one than was known"),
                problems().toString());
        List<String> alarms = open().alarms();
        assertTrue(alarms.getFirst().contains("sealed.log"), alarms.toString());
        assertEquals(List.of(AuditEvent.CREATED, AuditEvent.ALARM, AuditEvent.WRONG_SECRET), events());
    }

    @Test
    void detailsAreFewShortAndPlain() throws Exception {
        AuditLog log = open();
        Map<String, String> most = new HashMap<>();
        for (int i = 0; i < AuditJson.DETAILS_MAX; i++) {
            most.put("d" + i + "x".repeat(30), "\"€".repeat(AuditJson.VALUE_CHARACTERS_MAX / 2));
        }
        log.add(AuditEvent.EXPORTED, most);
        assertEquals(most, lines().getFirst().details());
        sealed().add(AuditEvent.WRONG_SECRET, most);
        assertEquals(List.of(), open().alarms());
        assertTrue(store.rows.getLast().line().getBytes(StandardCharsets.UTF_8).length <= AuditJson.LINE_BYTES_MAX);
        assertEquals(List.of(), problems());
        Map<String, String> tooMany = new HashMap<>(most);
        tooMany.put("one", "more");
        for (Map<String, String> bad : List.of(
                tooMany,
                Map.of("what", "x".repeat(AuditJson.VALUE_CHARACTERS_MAX + 1)),
                Map.of("what", "two\nlines"),
                Map.of("what", "half of a pair \uD83D"),
                Map.of("What", ""),
                Map.of("", ""),
                Map.of("x".repeat(33), ""),
                Map.of("sealed-count", "1"))) {
            assertEquals(Reason.INVALID, reason(() -> open().add(AuditEvent.EXPORTED, bad)), bad.toString());
        }
        for (AuditEvent own : List.of(AuditEvent.ALARM, AuditEvent.AUDIT_KEY)) {
            assertEquals(Reason.INVALID, reason(() -> open().add(own, NONE)));
            assertEquals(Reason.INVALID, reason(() -> sealed().add(own, NONE)));
        }
        assertEquals(2, store.rows.size());
    }

    @Test
    void wordsOfEventsAreReadAsTheyAreWritten() {
        for (AuditEvent event : AuditEvent.values()) {
            assertEquals(event, AuditEvent.of(event.text()).orElseThrow());
        }
        assertTrue(AuditEvent.of("").isEmpty());
        assertEquals("wrong-secret", AuditEvent.WRONG_SECRET.text());
    }
}

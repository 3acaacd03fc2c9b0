package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of tampering, at every line of a log of thirty, is found: in the store, and in an exported file. */
final class AuditCheckTest {
    private static final int LINES = 30;

    @TempDir
    Path folder;

    private final FileKeysDouble keys = new FileKeysDouble("owner");
    private final List<AuditRow> rows = new ArrayList<>();
    private AuditKnown known = AuditKnown.NOTHING;

    /** With a new key in the middle. */
    @BeforeEach
    void write() throws VaultException {
        AuditStoreDouble store = new AuditStoreDouble();
        AuditLog log = AuditLog.open(folder, store, keys, Clock.systemUTC());
        for (int i = 0; i < 14; i++) {
            log.add(AuditEvent.PROVED, Map.of("turn", Integer.toString(i)));
        }
        keys.rotate();
        log = AuditLog.open(folder, store, keys, Clock.systemUTC());
        for (int i = 15; i < LINES; i++) {
            log.add(AuditEvent.PROVED, Map.of("turn", Integer.toString(i)));
        }
        rows.addAll(store.rows);
        assertEquals(LINES, rows.size());
        known = new AuditKnown(Optional.of(log.head()), List.of());
    }

    private AuditPublicKey first() throws VaultException {
        return new AuditKey(keys, 1).publicKey();
    }

    private AuditReport inStore(List<AuditRow> changed, AuditKnown with) throws VaultException {
        return AuditCheck.check(AuditLines.of(new AuditStoreDouble(changed), 1), first(), with);
    }

    private AuditReport inFile(List<AuditRow> changed, AuditKnown with) throws VaultException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        for (AuditRow row : changed) {
            file.writeBytes((row.line() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return AuditCheck.check(AuditLines.of(new ByteArrayInputStream(file.toByteArray())), first(), with);
    }

    /** As the vault with these rows, and a file exported from it; with the numbers of the rows as they are, and made to fit. */
    private void requireFound(List<AuditRow> changed, AuditKnown with, String what) throws VaultException {
        assertFalse(inStore(changed, with).holds(), what + " in the store");
        assertFalse(inFile(changed, with).holds(), what + " in the file");
        List<AuditRow> renumbered = new ArrayList<>();
        for (int i = 0; i < changed.size(); i++) {
            renumbered.add(new AuditRow(i + 1, changed.get(i).line()));
        }
        assertFalse(inStore(renumbered, with).holds(), what + " in the store, renumbered");
    }

    private List<AuditRow> changed() {
        return new ArrayList<>(rows);
    }

    @Test
    void asItWasWrittenItHolds() throws Exception {
        for (AuditKnown with : List.of(known, AuditKnown.NOTHING)) {
            AuditReport store = inStore(rows, with);
            assertEquals(List.of(), store.problems());
            assertEquals(LINES, store.lines());
            assertEquals(AuditHead.of(rows.getLast()), store.newest());
            assertEquals(store, inFile(rows, with));
        }
        assertEquals(List.of(), inStore(List.of(), AuditKnown.NOTHING).problems());
    }

    @Test
    void everyEditOfEveryLineIsFound() throws Exception {
        for (int i = 0; i < LINES; i++) {
            AuditRow row = rows.get(i);
            List<String> edits = new ArrayList<>(List.of(
                    row.line().replaceFirst("T(\\d\\d):", "T99:"),
                    row.line().replaceFirst("\"time\":\"20", "\"time\":\"19"),
                    row.line().replaceFirst("\"event\":\"[a-z-]+\"", "\"event\":\"locked\""),
                    row.line().replaceFirst("\"event\":\"[a-z-]+\"", "\"event\":\"unheard-of\""),
                    row.line().replaceFirst("\"details\":\\{", "\"details\":{\"a\":\"b\","),
                    row.line().replaceFirst("\"key\":(\\d)", "\"key\":1$1"),
                    row.line().replaceFirst("\"number\":", "\"number\":1"),
                    row.line().replaceFirst(",", ", "),
                    row.line() + " ",
                    "",
                    "{}",
                    "x".repeat(AuditJson.LINE_BYTES_MAX + 1)));
            for (int at = 0; at < row.line().length(); at += 17) {
                char other = row.line().charAt(at) == '0' ? '1' : '0';
                edits.add(row.line().substring(0, at) + other + row.line().substring(at + 1));
            }
            for (String edit : edits) {
                List<AuditRow> changed = changed();
                changed.set(i, new AuditRow(row.number(), edit));
                assertFalse(inStore(changed, AuditKnown.NOTHING).holds(), "line " + (i + 1) + ": " + edit);
                assertFalse(inFile(changed, AuditKnown.NOTHING).holds(), "line " + (i + 1) + ": " + edit);
            }
        }
    }

    /** Whoever edits a line and makes all hashes behind it fit lacks the key. */
    @Test
    void anEditWithAllHashesMadeToFitIsFoundByTheSignatures() throws Exception {
        for (int i = 0; i < LINES; i++) {
            List<AuditRow> changed = changed();
            AuditHead before = i == 0 ? AuditHead.NONE : AuditHead.of(rows.get(i - 1));
            for (int at = i; at < LINES; at++) {
                AuditLine line = AuditLine.read(rows.get(at).line());
                Map<String, String> details = at == i ? Map.of("turn", "another") : line.details();
                AuditLine forged = new AuditLine(
                        line.number(),
                        line.time(),
                        line.event(),
                        details,
                        before.hash(),
                        line.keyVersion(),
                        line.signature());
                changed.set(at, new AuditRow(at + 1, forged.text()));
                before = AuditHead.of(changed.get(at));
            }
            List<String> problems = inStore(changed, AuditKnown.NOTHING).problems();
            assertTrue(
                    problems.stream().allMatch(p -> p.contains("not signed") || p.contains("turn")),
                    problems.toString());
            assertTrue(problems.size() >= LINES - i, problems.toString());
        }
    }

    @Test
    void everyDropIsFound() throws Exception {
        for (int i = 0; i < LINES - 1; i++) {
            List<AuditRow> changed = changed();
            changed.remove(i);
            requireFound(changed, AuditKnown.NOTHING, "without line " + (i + 1));
            String said = inStore(changed, AuditKnown.NOTHING).problems().getFirst();
            assertEquals("Line " + (i + 1) + " is missing.", said);
            assertEquals(said, inFile(changed, AuditKnown.NOTHING).problems().getFirst());
        }
    }

    @Test
    void everySwapIsFound() throws Exception {
        for (int i = 0; i < LINES; i++) {
            for (int j = i + 1; j < LINES; j++) {
                List<AuditRow> changed = changed();
                Collections.swap(changed, i, j);
                assertFalse(inFile(changed, AuditKnown.NOTHING).holds(), i + " and " + j);
                changed.set(i, new AuditRow(i + 1, changed.get(i).line()));
                changed.set(j, new AuditRow(j + 1, changed.get(j).line()));
                assertFalse(inStore(changed, AuditKnown.NOTHING).holds(), i + " and " + j);
            }
        }
    }

    @Test
    void everyInsertionIsFound() throws Exception {
        AuditKey thief = new AuditKey(new FileKeysDouble("thief"), 1);
        for (int i = 0; i <= LINES; i++) {
            AuditHead before = i == 0 ? AuditHead.NONE : AuditHead.of(rows.get(i - 1));
            AuditLine made = new AuditLine(
                    i + 1L, Instant.EPOCH, AuditEvent.LOCKED, Map.of(), before.hash(), i < 15 ? 1 : 2, "");
            for (String line : List.of(
                    thief.sign(made).text(), rows.get(Math.max(0, i - 1)).line())) {
                List<AuditRow> changed = changed();
                changed.add(i, new AuditRow(i + 1L, line));
                requireFound(changed, AuditKnown.NOTHING, "inserted behind line " + i);
            }
        }
    }

    @Test
    void everyCutTailIsFoundByTheHeadOrByAnOlderLine() throws Exception {
        AuditHead older = AuditHead.of(rows.get(19));
        for (int length = 0; length < LINES; length++) {
            List<AuditRow> changed = changed().subList(0, length);
            requireFound(changed, known, "cut to " + length);
            AuditKnown witness = new AuditKnown(Optional.empty(), List.of(older));
            assertEquals(length >= 20, inStore(changed, witness).holds(), "cut to " + length);
            // The control: with nothing known of the end, what is left holds.
            assertEquals(List.of(), inStore(changed, AuditKnown.NOTHING).problems(), "cut to " + length);
            assertEquals(List.of(), inFile(changed, AuditKnown.NOTHING).problems(), "cut to " + length);
        }
        assertTrue(inStore(rows.subList(0, 20), known).problems().getFirst().contains("line 30 was known"));
    }

    @Test
    void theHeadMayBeOneLineBehindAndNoMore() throws Exception {
        for (int i = 1; i <= LINES; i++) {
            AuditKnown behind = new AuditKnown(Optional.of(AuditHead.of(rows.get(i - 1))), List.of());
            assertEquals(i >= LINES - 1, inStore(rows, behind).holds(), "head at " + i);
            AuditKnown other = new AuditKnown(Optional.of(new AuditHead(i, "f".repeat(64))), List.of());
            assertFalse(inStore(rows, other).holds(), "another head at " + i);
        }
        AuditKnown ahead = new AuditKnown(Optional.of(new AuditHead(LINES + 1, "f".repeat(64))), List.of());
        assertFalse(inStore(rows, ahead).holds());
    }

    /** The whole log made anew by who has no key: only the public key tells. */
    @Test
    void aLogOfAnotherVaultIsFoundByThePublicKey() throws Exception {
        FileKeysDouble thief = new FileKeysDouble("thief");
        AuditStoreDouble store = new AuditStoreDouble();
        Path elsewhere = folder.resolve("elsewhere");
        Files.createDirectories(elsewhere);
        AuditLog.open(elsewhere, store, thief, Clock.systemUTC()).add(AuditEvent.CREATED, Map.of());
        assertFalse(inStore(store.rows, AuditKnown.NOTHING).holds());
        assertTrue(AuditCheck.check(AuditLines.of(store, 1), new AuditKey(thief, 1).publicKey(), AuditKnown.NOTHING)
                .holds());
    }

    @Test
    void aKeyThatGoesBackOrIsNoneIsFound() throws Exception {
        AuditKey one = new AuditKey(keys, 1);
        for (String bad : List.of(
                "1 " + one.publicKey().base64(),
                "",
                "2 x",
                new AuditKey(keys, 2).publicKey().text() + " ")) {
            AuditLine line =
                    new AuditLine(1, Instant.EPOCH, AuditEvent.AUDIT_KEY, Map.of("key", bad), AuditJson.FIRST, 1, "");
            List<AuditRow> only = List.of(new AuditRow(1, one.sign(line).text()));
            assertEquals(
                    List.of("Line 1 introduces no key."),
                    inStore(only, AuditKnown.NOTHING).problems(),
                    bad);
        }
        AuditLine after = new AuditLine(
                LINES + 1L,
                Instant.EPOCH,
                AuditEvent.LOCKED,
                Map.of(),
                AuditHead.of(rows.getLast()).hash(),
                1,
                "");
        List<AuditRow> changed = changed();
        changed.add(new AuditRow(LINES + 1L, one.sign(after).text()));
        assertTrue(
                inStore(changed, known).problems().getFirst().contains("signed by key 1"), "an old key signs no more");
    }

    @Test
    void aLogOfManyProblemsIsToldInBoundedWords() throws Exception {
        List<AuditRow> nonsense = new ArrayList<>();
        for (int i = 0; i < 5 * AuditReport.PROBLEMS_MAX; i++) {
            nonsense.add(new AuditRow(i + 1L, "nonsense"));
        }
        List<String> problems = inStore(nonsense, known).problems();
        assertEquals(AuditReport.PROBLEMS_MAX + 1, problems.size());
        assertEquals("There are more problems.", problems.getLast());
    }

    /** A hundred MiB without a line feed, through a heap that has less: a line is read up to its bound. */
    @Test
    void aFileWithoutEndIsReadInBoundedMemory() throws Exception {
        InputStream endless = new InputStream() {
            private long left = 100L << 20;

            @Override
            public int read() {
                return left-- > 0 ? 'x' : -1;
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                int count = (int) Math.min(length, left);
                Arrays.fill(into, offset, offset + count, (byte) 'x');
                left -= count;
                return count == 0 ? -1 : count;
            }
        };
        AuditLines lines = AuditLines.of(endless);
        assertEquals(
                AuditJson.LINE_BYTES_MAX + 1, lines.next().orElseThrow().line().length());
        assertTrue(lines.next().isEmpty());
    }

    @Test
    void whatIsExportedIsWhatIsCheckedAndAFileThatBreaksSaysSo() throws Exception {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        AuditLines.export(new AuditStoreDouble(rows), file);
        assertEquals(LINES, file.toString(StandardCharsets.UTF_8).lines().count());
        InputStream whole = new ByteArrayInputStream(file.toByteArray());
        assertTrue(AuditCheck.check(AuditLines.of(whole), first(), known).holds());
        InputStream broken = InputStream.nullInputStream();
        broken.close();
        VaultException failed =
                assertThrows(VaultException.class, () -> AuditLines.of(broken).next());
        assertEquals(Reason.FAILED, failed.reason());
    }

    /** 64 bytes leave four bits of the last digit unused: the last line has no line behind it that would bind them. */
    @Test
    void anotherSpellingOfTheSameSignatureIsFound() throws Exception {
        AuditLine line = AuditLine.read(rows.getLast().line());
        byte[] signature = Base64.getDecoder().decode(line.signature());
        String unused =
                line.signature().substring(0, 85) + (char) (line.signature().charAt(85) + 1) + "==";
        String unpadded = Base64.getEncoder().withoutPadding().encodeToString(signature);
        for (String other : List.of(unused, unpadded)) {
            assertArrayEquals(signature, Base64.getDecoder().decode(other), "Java reads it");
            List<AuditRow> changed = changed();
            changed.set(LINES - 1, new AuditRow(LINES, line.with(other).text()));
            assertFalse(inStore(changed, AuditKnown.NOTHING).holds(), other);
        }
    }
}

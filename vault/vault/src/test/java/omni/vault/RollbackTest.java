package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What belongs to an earlier state, put in the place of what is there: the store, the end of its journal, a single page. */
class RollbackTest {
    private static final int PAGE = 4096;
    private static final int JOURNAL_HEADER = 32;
    private static final int FRAME = PAGE + 24;
    private static final String JOURNAL = "records.db-wal";
    private static final List<String> STORE = List.of("records.db", JOURNAL, "records.db-shm");

    @TempDir
    Path folder;

    private Path place = Path.of("");
    private Map<String, Bytes> whole = Map.of();

    @BeforeEach
    void make() throws IOException {
        place = Files.createDirectory(folder.resolve("v"));
        whole = WholeVault.make(place);
        assertEquals(List.of(), WholeVault.problems(place));
    }

    private static byte[] bytes(Map<String, Bytes> of, String name) {
        return Objects.requireNonNull(of.get(name)).array();
    }

    /** Puts the vault back as it was while it was open, with a journal of so many frames. */
    private void shorten(int frames) throws IOException {
        WholeVault.put(whole, place);
        Files.write(place.resolve(JOURNAL), Arrays.copyOf(bytes(whole, JOURNAL), JOURNAL_HEADER + frames * FRAME));
    }

    @Test
    void aJournalThatIsCutAtAnyFrameIsCaughtByTheAuditHead() throws Exception {
        int frames = (bytes(whole, JOURNAL).length - JOURNAL_HEADER) / FRAME;
        assertTrue(frames > 20, "frames: " + frames);
        for (int left = 0; left < frames; left++) {
            shorten(left);
            List<String> problems = WholeVault.problems(place);
            assertTrue(
                    problems.stream().anyMatch(problem -> problem.contains("its end was cut off")),
                    left + " frames: " + problems);
        }
    }

    /** The control, and the limit: what is beside the store tells, and nothing else. */
    @Test
    void withoutTheAuditHeadItIsNot() throws Exception {
        shorten(0);
        try (KeyRing keys = WholeVault.keys(place);
                Records records = Records.open(place, keys)) {
            AuditHead.of(new AuditTable(records).newest().orElseThrow()).keepIn(place);
        }
        Files.delete(place.resolve("sealed.log")); // it knows where the log ended, too
        assertEquals(List.of(), WholeVault.problems(place));
    }

    /** The vault goes on for a while, and is closed. */
    private Map<String, Bytes> later() throws IOException {
        try (OpenVault vault = OpenVault.open(place, WholeVault.keys(place), WholeVault.CLOCK)) {
            vault.audit().add(AuditEvent.UNLOCKED, Map.of());
            for (int i = 0; i < 3; i++) {
                WholeVault.converse(vault, "newest " + i);
            }
            for (Conversation old : vault.conversations()
                    .list(java.util.Optional.empty(), 100)
                    .entries()
                    .subList(5, 8)) {
                vault.conversations().update(old.id(), Map.of("topic", "another"));
            }
            vault.memories().create("another", "what is remembered later");
            vault.audit().add(AuditEvent.LOCKED, Map.of());
        }
        return WholeVault.bytes(place);
    }

    @Test
    void theStoreAlonePutBackIsAnAlarm() throws Exception {
        Map<String, Bytes> now = new HashMap<>(later());
        STORE.forEach(name -> {
            now.remove(name);
            now.put(name, Objects.requireNonNull(whole.get(name)));
        });
        WholeVault.put(now, place);
        assertFalse(WholeVault.problems(place).isEmpty());
        try (OpenVault vault = OpenVault.open(place, WholeVault.keys(place), WholeVault.CLOCK)) {
            assertFalse(vault.audit().alarms().isEmpty());
        }
    }

    /**
     * The limit that the threat model names: a page is bound to its place and not to its time. What is not told of is old or missing, never
     * made up.
     */
    @Test
    void aSinglePageOfAnEarlierStateIsToldOfOrReadsAsItDid() throws Exception {
        Map<String, String> earlier = WholeVault.contents(place); // empties the journal, as a close does
        byte[] before = Files.readAllBytes(Records.file(place));
        Map<String, Bytes> now = later();
        Map<String, String> later = WholeVault.contents(place);
        byte[] after = bytes(now, "records.db");
        int told = 0;
        int replayed = 0;
        for (int at = 0; at + PAGE <= before.length; at += PAGE) {
            if (Arrays.equals(before, at, at + PAGE, after, at, at + PAGE)) {
                continue;
            }
            byte[] mixed = after.clone();
            System.arraycopy(before, at, mixed, at, PAGE);
            WholeVault.put(now, place);
            Files.deleteIfExists(place.resolve(JOURNAL));
            Files.write(Records.file(place), mixed);
            replayed++;
            if (!WholeVault.problems(place).isEmpty()) {
                told++;
                continue;
            }
            WholeVault.contents(place)
                    .forEach((part, text) -> assertTrue(
                            text.equals(earlier.get(part)) || text.equals(later.get(part)) || part.endsWith("/list"),
                            part + ": " + text));
        }
        assertTrue(replayed > 10 && told > replayed / 2, told + " of " + replayed + " are told of");
    }
}

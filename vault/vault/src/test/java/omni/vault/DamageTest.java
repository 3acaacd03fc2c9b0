package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sample of what {@link DamageMain} does: whatever is damaged, in whichever file of a vault, is seen or is of no account. */
class DamageTest {
    private static final int COUNT = 300;

    @TempDir
    Path folder;

    @Test
    void everyFlipAndSwapIsSeenOrWithoutEffect() throws Exception {
        DamageMain.Result result = new DamageMain(
                        folder, 20260301, place -> !WholeVault.problems(place).isEmpty())
                .run(COUNT);
        assertEquals(List.of(), result.missed());
        assertTrue(
                result.seen()
                        .keySet()
                        .containsAll(Set.of(
                                "attempts",
                                "audit.head",
                                "audit.pub",
                                "files",
                                "keys.json",
                                "records.db",
                                "records.db-wal",
                                "sealed.log")),
                result.toString());
        assertTrue(result.legible() > 50, result.toString());
        // SQLite makes this one anew; else there are blanks of JSON, and line breaks.
        assertTrue(
                Set.of("records.db-shm", "keys.json", "audit.head", "audit.pub")
                        .containsAll(result.withoutEffect().keySet()),
                result.toString());
    }

    /** The control: a vault that is only opened and read, without a check, does not tell of all. */
    @Test
    void withoutACheckSomeAreMissed() throws Exception {
        DamageMain.Result result = new DamageMain(
                        folder, 20260301, place -> WholeVault.isRefused(WholeVault.contents(place)))
                .run(COUNT / 3);
        assertFalse(result.missed().isEmpty(), result.toString());
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A wipe while a child makes other keys: what it makes is not written down. */
final class WipeRaceTest {
    private static final String OTHER = "another password";

    @TempDir
    Path folder;

    @TempDir
    Path run;

    private KeyKeeper made() throws VaultException {
        var keeper = new KeyKeeper(folder, run, Made.MACHINE);
        KeyKeeper.Created created = keeper.create(Made.direct(Made.PASSWORD));
        created.keys().close();
        created.words().close();
        return keeper;
    }

    /** The change, which is at work when this returns. */
    private FutureTask<Boolean> changing(KeyKeeper keeper) {
        var change = new FutureTask<>(() -> {
            keeper.changePassword(Made.direct(Made.PASSWORD), Made.direct(OTHER));
            return true;
        });
        Thread.ofPlatform().start(change);
        while (!isAtWork()) {
            LockSupport.parkNanos(1_000_000);
        }
        return change;
    }

    /** Whether a child's socket is there. */
    private boolean isAtWork() {
        String[] left = run.toFile().list();
        return left != null && left.length > 0;
    }

    @Test
    void aChangeThatIsUnderWayWritesNoKeys() throws Exception {
        KeyKeeper keeper = made();
        var change = changing(keeper);
        keeper.destroy(TpmHold.NONE, Duration.ofMillis(100));
        assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE)));
        var failed = assertThrows(ExecutionException.class, change::get);
        assertEquals(
                Reason.REFUSED,
                assertInstanceOf(VaultException.class, failed.getCause()).reason());
        assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE)), "the change undid the wipe");
        assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE + ".new")));
        assertTrue(new Wipe(folder).isBegun());
    }

    @Test
    void theControlIsAChangeWithoutAWipe() throws Exception {
        KeyKeeper keeper = made();
        assertTrue(changing(keeper).get());
        assertTrue(Files.exists(folder.resolve(KeyKeeper.FILE)));
        keeper.check(Made.direct(OTHER));
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import omni.vault.SecretCall.Verb;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New data keys for an open vault, and what comes in between. */
final class VaultRotateTest {
    /** Less than the two child processes of a rotation take. */
    private static final Duration SHORT = Duration.ofMillis(50);

    @TempDir
    Path folder;

    /** It takes as long as the records are large, and nobody need ask for anything meanwhile; the control is the time after it. */
    @Test
    void itIsNoIdleness() throws Exception {
        VaultHome home = new VaultHome(folder, Clock.systemUTC());
        Vault vault = home.made();
        AutoLock autoLock = new AutoLock(vault, SHORT, Clock.systemUTC());
        var rotation = new FutureTask<>(() -> VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, ""));
        Thread.ofPlatform().start(rotation);
        while (vault.standing().wrong() == 0) { // it is judged, and so has begun
            LockSupport.parkNanos(1_000_000);
        }
        while (!rotation.isDone()) {
            autoLock.look(Duration.ZERO);
            LockSupport.parkNanos(5_000_000);
        }
        rotation.get();
        assertEquals(0, home.ends.get());
        LockSupport.parkNanos(SHORT.multipliedBy(2).toNanos());
        autoLock.look(Duration.ZERO);
        assertEquals(1, home.ends.get());
    }
}

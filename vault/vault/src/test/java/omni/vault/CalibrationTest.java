package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How hard a password is made, on machines of any speed. */
final class CalibrationTest {
    private static final String SALT = Base64Text.of(new byte[Argon2.SALT_BYTES]);
    private static final Duration TARGET = Calibration.TARGET;

    /** A machine that takes that long for a pass over a MiB. */
    private static Calibration.Meter machine(double nanosPerMebibyte) {
        return (memoryKib, passes) -> nanosPerMebibyte * memoryKib / 1024 * passes;
    }

    private static Argon2 on(double nanosPerMebibyte) {
        return new Calibration(256 << 10, TARGET).choose(machine(nanosPerMebibyte), SALT);
    }

    /** From the fastest that the bound of passes allows down to the slowest that the least memory allows. */
    @Test
    void aDerivationTakesASecondWithinAFifth() {
        for (double speed = 62_000; speed < 30_000_000; speed *= 1.01) {
            Argon2 chosen = on(speed);
            double seconds = machine(speed).nanos(chosen.memoryKib(), chosen.passes()) / 1e9;
            assertTrue(seconds >= 0.8 && seconds <= 1.2, speed + " ns a MiB: " + seconds + " s by " + chosen.text());
        }
    }

    @Test
    void aSlowMachineHasTheLeastAndNoLess() {
        Argon2 slow = on(1e9);
        assertEquals(Argon2.MEMORY_KIB_MIN, slow.memoryKib());
        assertEquals(Argon2.PASSES_MIN, slow.passes());
        Argon2 fast = on(1);
        assertEquals(256 << 10, fast.memoryKib());
        assertEquals(Argon2.PASSES_MAX, fast.passes());
    }

    @Test
    void theMemoryIsAnEighthOfTheMachinesUpToAQuarterOfAGibibyte() {
        assertEquals(256 << 10, Calibration.of(64L << 30).memoryKib());
        assertEquals(256 << 10, Calibration.of(2L << 30).memoryKib());
        assertEquals(128 << 10, Calibration.of(1L << 30).memoryKib());
        assertEquals(Argon2.MEMORY_KIB_MIN, Calibration.of(1).memoryKib());
    }

    @Test
    void theBoundsHold() {
        assertThrows(IllegalArgumentException.class, () -> new Calibration(Argon2.MEMORY_KIB_MIN - 1, TARGET));
        assertThrows(IllegalArgumentException.class, () -> new Calibration(Argon2.MEMORY_KIB_MAX + 1, TARGET));
        assertThrows(IllegalArgumentException.class, () -> new Calibration(Argon2.MEMORY_KIB_MIN, Duration.ZERO));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Calibration(Argon2.MEMORY_KIB_MIN, Calibration.TARGET_MAX.plusNanos(1)));
    }
}

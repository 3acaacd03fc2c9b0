package omni.vault;

import java.time.Duration;

/**
 * How hard a new password is made to guess: as much memory as there may be, and as many passes as fit the time.
 *
 * @param memoryKib the most to take
 * @param target how long a derivation is to take, within a fifth
 */
record Calibration(int memoryKib, Duration target) {
    static final Duration TARGET = Duration.ofSeconds(1);
    static final Duration TARGET_MAX = Duration.ofSeconds(10);

    private static final int MEMORY_KIB_WANTED = 256 << 10;
    /** The part of a machine's memory that one derivation may take. */
    private static final int SHARE = 8;

    private static final double OVER_MAX = 1.2;

    Calibration {
        if (memoryKib < Argon2.MEMORY_KIB_MIN || memoryKib > Argon2.MEMORY_KIB_MAX) {
            throw new IllegalArgumentException("memoryKib is out of bounds: " + memoryKib);
        }
        if (!target.isPositive() || target.compareTo(TARGET_MAX) > 0) {
            throw new IllegalArgumentException("target is out of bounds: " + target);
        }
    }

    /** For a machine with that much memory. */
    static Calibration of(long machineBytes) {
        long share = Math.min(MEMORY_KIB_WANTED, machineBytes / 1024 / SHARE);
        return new Calibration((int) Math.max(Argon2.MEMORY_KIB_MIN, share), TARGET);
    }

    /** How long one derivation takes, in nanoseconds. */
    @FunctionalInterface
    interface Meter {
        double nanos(int memoryKib, int passes);
    }

    /** With what that meter measures, and that salt. The memory is halved where even the fewest passes take too long. */
    Argon2 choose(Meter meter, String salt) {
        int memory = memoryKib;
        double nanos = meter.nanos(memory, Argon2.PASSES_MIN);
        while (nanos > OVER_MAX * target.toNanos() && memory > Argon2.MEMORY_KIB_MIN) {
            memory = Math.max(Argon2.MEMORY_KIB_MIN, memory / 2);
            nanos = meter.nanos(memory, Argon2.PASSES_MIN);
        }
        long passes = Math.round(target.toNanos() / (nanos / Argon2.PASSES_MIN));
        return new Argon2(memory, Math.clamp(passes, Argon2.PASSES_MIN, Argon2.PASSES_MAX), 1, salt);
    }
}

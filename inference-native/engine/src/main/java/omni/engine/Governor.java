package omni.engine;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import omni.device.Thermal;

/**
 * How much of the box may be used at the moment. llama.cpp's threads wait for each other by spinning, so a thread that
 * another program keeps from its processor holds all of them up; and a box that is too hot slows itself down for longer
 * than it would take to cool. So the engine uses fewer threads before either happens, and more again when it is over.
 *
 * <p>It looks when it is asked, at most twice a second: nothing runs while nothing is computed. For any thread.
 */
final class Governor {
    /** Processor time, in nanoseconds since the start, of all programs on the processors we may use, and of this one. */
    record Times(long allNanos, long ownNanos) {}

    /**
     * What may be used.
     *
     * @param threads most threads
     * @param restPercent how long to rest after a decode call, in hundredths of its time
     * @param why one sentence; empty where nothing is held back
     */
    record Allowance(int threads, int restPercent, String why) {}

    private static final long LOOK_NANOS = 500_000_000;
    /** How long others must have been quiet before a thread comes back. */
    private static final long QUIET_NANOS = 3_000_000_000L;

    private static final long COOL_STEP_NANOS = 5_000_000_000L;
    private static final int HOT_MILLI_CELSIUS = 3_000;
    private static final int COOL_MILLI_CELSIUS = 8_000;
    private static final int STEPS_MAX = 4;
    /** Less than this share of a processor is the noise of any machine. */
    private static final double BUSY_CORES_MIN = 0.4;

    private final int cores;
    private final boolean others;
    private final boolean heat;
    private final Supplier<Times> times;
    private final Supplier<Thermal> thermal;
    private final LongSupplier nanos;
    private final Runnable changed;

    private Times last;
    private long lastNanos;
    private long busyNanos;
    private double othersCores;
    private int step;
    private long stepNanos;
    private String hot = "";
    private volatile Allowance allowance;

    /**
     * Makes one that holds nothing back yet.
     *
     * @param cores logical processors that this process may use
     * @param config what the owner wants held back for
     * @param times asks for processor times
     * @param thermal asks for the heat
     * @param nanos a clock
     * @param changed is called when what may be used has changed; must return at once
     */
    Governor(
            int cores,
            TuningConfig config,
            Supplier<Times> times,
            Supplier<Thermal> thermal,
            LongSupplier nanos,
            Runnable changed) {
        this.cores = cores;
        this.others = config.yieldToOthers();
        this.heat = config.yieldToHeat();
        this.times = times;
        this.thermal = thermal;
        this.nanos = nanos;
        this.changed = changed;
        this.last = times.get();
        this.lastNanos = nanos.getAsLong();
        this.busyNanos = lastNanos - QUIET_NANOS;
        this.stepNanos = lastNanos;
        this.allowance = new Allowance(Integer.MAX_VALUE, 0, "");
    }

    /** Returns what was found when it last looked. */
    Allowance now() {
        return allowance;
    }

    /** Looks, where it has not just done so, and returns what may be used. */
    synchronized Allowance look() {
        long now = nanos.getAsLong();
        if (now - lastNanos >= LOOK_NANOS) {
            if (others) {
                measureOthers(now);
            }
            if (heat) {
                feelHeat(now);
            }
            lastNanos = now;
            Allowance before = allowance;
            allowance = decide();
            if (before.threads() != allowance.threads() || before.restPercent() != allowance.restPercent()) {
                changed.run();
            }
        }
        return allowance;
    }

    private void measureOthers(long now) {
        Times current = times.get();
        double elapsed = now - lastNanos;
        double busy = (current.allNanos() - last.allNanos() - (current.ownNanos() - last.ownNanos())) / elapsed;
        last = current;
        if (busy >= BUSY_CORES_MIN) {
            busyNanos = now;
            othersCores = Math.max(busy, BUSY_CORES_MIN);
        } else if (now - busyNanos >= QUIET_NANOS) {
            othersCores = 0;
        }
    }

    private void feelHeat(long now) {
        if (now - stepNanos < (step == 0 ? LOOK_NANOS : COOL_STEP_NANOS)) {
            return;
        }
        Thermal warm = thermal.get();
        OptionalInt headroom = warm.headroomMilliCelsius();
        boolean slowed = !warm.throttling().isEmpty();
        if (slowed || headroom.orElse(Integer.MAX_VALUE) < HOT_MILLI_CELSIUS) {
            step = Math.min(STEPS_MAX, step + 1);
            stepNanos = now;
            hot = slowed
                    ? warm.throttling().getFirst()
                    : "it is " + headroom.orElse(0) / 1000.0 + " °C below its limit";
        } else if (step > 0 && headroom.orElse(Integer.MAX_VALUE) > COOL_MILLI_CELSIUS) {
            step--;
            stepNanos = now;
        }
    }

    private Allowance decide() {
        int left = othersCores == 0 ? Integer.MAX_VALUE : Math.max(1, cores - (int) Math.ceil(othersCores - 0.1));
        int cool = step == 0 ? Integer.MAX_VALUE : Math.max(1, cores * (STEPS_MAX - step) / STEPS_MAX);
        int threads = Math.min(left, cool);
        int rest = step == 0 ? 0 : step * 100 / STEPS_MAX;
        String why = "";
        if (step > 0) {
            why = "computes less so that the box does not slow down for heat: " + hot;
        } else if (left < cores) {
            why = String.format(
                    Locale.ROOT,
                    "computes with at most %d of %d threads: other programs use %.1f processors",
                    left,
                    cores,
                    othersCores);
        }
        return new Allowance(threads, rest, why);
    }
}

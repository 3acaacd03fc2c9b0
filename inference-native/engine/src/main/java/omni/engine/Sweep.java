package omni.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import omni.engine.Tuning.Choice;
import omni.engine.Tuning.Knob;
import omni.engine.Tuning.Origin;

/**
 * Finds out how a box computes a model fastest: tries the values of one knob after the other, a few times each and in
 * turns, so that a box that grows warmer or busier meanwhile is so for all of them alike, and keeps the one with the best
 * median. Of values that are as good as the best, the most modest is kept.
 *
 * <p>It is asked for one short measurement at a time, by the thread that decodes; {@link #progress} is for any thread.
 */
final class Sweep {
    /** Measures. A measurement that was cut short is empty. */
    interface Bench {
        /** Returns the tokens a second with which a prompt is read. */
        OptionalDouble prefill(Tuning tuning);

        /** Returns the tokens a second with which an answer is written. */
        OptionalDouble decode(Tuning tuning);
    }

    /** A knob and the values to try, the most modest first; {@code prefill} says what is measured. */
    record Phase(Knob knob, List<String> values, boolean prefill) {}

    /**
     * What was measured of a value.
     *
     * @param spread half the range between the quartiles, as a share of the median
     */
    record Trial(Knob knob, String value, double tokensPerSecond, double spread, int rounds) {}

    private static final int ROUNDS = 5;
    private static final int ROUNDS_MIN = 3;
    /** Values this near to the best are as good, if the spread does not tell them apart. */
    private static final double EQUAL = 0.03;

    private final Bench bench;
    private final List<Phase> phases;
    private final long limitNanos;
    private final LongSupplier nanos;
    private final List<Trial> trials = new ArrayList<>();
    private Tuning tuning;
    private List<List<Double>> samples = List.of();
    private int phase;
    private int next;
    private long usedNanos;
    private volatile int percent;

    /**
     * Makes one.
     *
     * @param base what to begin with; knobs that the owner has set stay
     * @param limit how long all measurements together may take
     * @param nanos a clock
     */
    Sweep(Bench bench, Tuning base, List<Phase> phases, Duration limit, LongSupplier nanos) {
        this.bench = bench;
        this.tuning = base;
        this.phases = phases.stream()
                .filter(p -> !base.isConfigured(p.knob()) && p.values().size() > 1)
                .toList();
        this.limitNanos = limit.toNanos();
        this.nanos = nanos;
        begin();
    }

    private void begin() {
        List<List<Double>> empty = new ArrayList<>();
        if (phase < phases.size()) {
            phases.get(phase).values().forEach(_ -> empty.add(new ArrayList<>()));
        }
        samples = empty;
        next = 0;
    }

    /** Does one measurement; returns whether there is more to do. */
    boolean advance() {
        if (phase >= phases.size()) {
            return false;
        }
        Phase now = phases.get(phase);
        int value = next % now.values().size();
        Tuning tried = tuning.with(now.knob(), new Choice(now.values().get(value), Origin.MEASURED, "tried"));
        long start = nanos.getAsLong();
        OptionalDouble speed = now.prefill() ? bench.prefill(tried) : bench.decode(tried);
        usedNanos += nanos.getAsLong() - start;
        if (speed.isPresent()) {
            samples.get(value).add(speed.getAsDouble());
            next++;
        }
        boolean late = usedNanos >= limitNanos * (phase + 1) / phases.size();
        boolean whole = next % now.values().size() == 0;
        if (next == ROUNDS * now.values().size()
                || (late && whole && next >= ROUNDS_MIN * now.values().size())
                || usedNanos >= limitNanos) {
            settle(now);
            phase++;
            begin();
        }
        int all = phases.size() * ROUNDS;
        percent = phase >= phases.size()
                ? 100
                : 100 * (phase * ROUNDS + next / now.values().size()) / all;
        return phase < phases.size() && usedNanos < limitNanos;
    }

    private void settle(Phase now) {
        if (samples.stream().anyMatch(list -> list.size() < ROUNDS_MIN)) {
            return;
        }
        List<Trial> found = new ArrayList<>();
        for (int value = 0; value < now.values().size(); value++) {
            found.add(trial(now.knob(), now.values().get(value), samples.get(value)));
        }
        trials.addAll(found);
        Trial best = choose(found);
        Trial second = found.stream()
                .filter(t -> !t.equals(best))
                .max((a, b) -> Double.compare(a.tokensPerSecond(), b.tokensPerSecond()))
                .orElse(best);
        String why = String.format(
                Locale.ROOT,
                "%.1f tokens a second %s, %s has %.1f (medians of %d rounds).",
                best.tokensPerSecond(),
                now.prefill() ? "of a prompt" : "of an answer",
                second.value(),
                second.tokensPerSecond(),
                best.rounds());
        tuning = tuning.with(now.knob(), new Choice(best.value(), Origin.MEASURED, why));
    }

    static Trial trial(Knob knob, String value, List<Double> speeds) {
        double[] sorted = speeds.stream().mapToDouble(d -> d).sorted().toArray();
        double median = quantile(sorted, 0.5);
        double spread = median == 0 ? 0 : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median;
        return new Trial(knob, value, median, spread, sorted.length);
    }

    /** Returns the first value that is as good as the best. */
    static Trial choose(List<Trial> found) {
        Trial best = found.getFirst();
        for (Trial trial : found) {
            best = trial.tokensPerSecond() > best.tokensPerSecond() ? trial : best;
        }
        for (Trial trial : found) {
            double behind = 1 - trial.tokensPerSecond() / best.tokensPerSecond();
            if (behind <= Math.min(EQUAL, Math.max(trial.spread(), best.spread()))) {
                return trial;
            }
        }
        return best;
    }

    private static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /** Returns the choices so far. */
    Tuning tuning() {
        return tuning;
    }

    /** Returns what was measured so far. */
    List<Trial> trials() {
        return List.copyOf(trials);
    }

    /** Returns how far it is, 0 to 100. */
    int progress() {
        return percent;
    }

    /** Returns the thread counts worth trying: one, the fast cores, all cores, all processors, each less one. */
    static List<String> threadCounts(int fast, int cores, int processors) {
        return Arrays.stream(new int[] {1, fast - 1, fast, cores - 1, cores, processors})
                .filter(count -> count > 0)
                .distinct()
                .sorted()
                .mapToObj(String::valueOf)
                .toList();
    }
}

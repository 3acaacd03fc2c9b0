package omni.measure;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import omni.measure.MeasureException.Kind;
import omni.measure.Plan.Step;

/**
 * Measures one target, or two in turns: in each round each measurement of the one, then of the other, and in the next round the
 * other one first. {@link #run} works on the thread that calls it, once; {@link #stop} may be called by any.
 */
public final class Bench {
    private static final Path PROC = Path.of("/proc");
    private static final int TARGETS_MAX = 2;
    /** A measurement that fails so often in a row is left out from then on. */
    private static final int FAILURES_IN_A_ROW_MAX = 3;

    private static final int FAILURES_KEPT_MAX = 200;

    private final Plan plan;
    private final List<Side> sides;
    private final Listener listener;
    /** What is other load while a target is measured: the other target's work, too. */
    private final Map<Side, Load> loads = new HashMap<>();

    private final List<String> unseen = new ArrayList<>();
    private final List<Results.Sample> samples = new ArrayList<>();
    private final List<Results.Failure> failures = new ArrayList<>();
    private final List<Results.Window> windows = new ArrayList<>();
    private final Map<String, Integer> failedInARow = new HashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Instant begun = Instant.now();
    private final long begunNanos = System.nanoTime();
    private int roundsDone;

    /** Is told how far a run is, on the run's thread. */
    public interface Listener {
        /**
         * Something begins.
         *
         * @param done measurements that are over
         * @param total of all rounds
         * @param what now, such as "round 2 of 10: prefill of omni"
         */
        void at(int done, int total, String what);

        /** A round is over; these are the results until now. */
        void round(Results results);
    }

    /**
     * Looks who listens at the targets' addresses; asks nothing yet.
     *
     * @param targets one or two, of different names
     * @throws MeasureException where that cannot be measured
     */
    public Bench(Plan plan, List<Target> targets, Listener listener) {
        check(plan, targets);
        this.plan = plan;
        this.listener = listener;
        this.sides = new ArrayList<>();
        for (var target : targets) {
            var side = new Side(target, plan, sides.size());
            sides.add(side);
            loads.put(
                    side,
                    new Load(PROC, processes(target), ProcessHandle.current().pid()));
        }
    }

    private static void check(Plan plan, List<Target> targets) {
        if (targets.isEmpty() || targets.size() > TARGETS_MAX) {
            throw new MeasureException(Kind.INVALID, "One server or two can be measured, not " + targets.size() + ".");
        } else if (targets.stream().map(Target::name).distinct().count() < targets.size()) {
            throw new MeasureException(Kind.INVALID, "Two servers need two names.");
        }
        for (var target : targets) {
            if (plan.workloads().contains(Workload.SWAP) && target.swapModel().isEmpty()) {
                throw new MeasureException(Kind.INVALID, "For swap, name a second model of " + target.name() + ".");
            }
        }
    }

    /** The processes that compute for a target, as far as they are seen; where none is, the results will say so. */
    private Set<Long> processes(Target target) {
        if (!Listeners.isHere(target.url())) {
            unseen.add("the load of the machine that " + target.name() + " runs on is not seen from here");
            return Set.of();
        }
        var processes = new HashSet<>(target.processes());
        processes.addAll(new Listeners(PROC).at(target.url()));
        if (processes.isEmpty()) {
            unseen.add("whose process listens for " + target.name() + " is not seen: name it, or be its user");
        }
        return processes;
    }

    /**
     * Measures. Where single measurements fail, it says so in its results and goes on.
     *
     * @throws MeasureException where a target cannot be measured at all
     */
    public Results run() {
        try {
            prepare();
            for (int round = 1; round <= plan.rounds() && !isStopped(); round++) {
                round(round);
                if (!isStopped()) {
                    roundsDone = round;
                    listener.round(results());
                }
            }
        } finally {
            sides.forEach(Side::close);
        }
        return results();
    }

    /** Ends the run as soon as it can be: {@link #run} returns what has been measured. */
    public void stop() {
        stopped.countDown();
        sides.forEach(Side::close);
    }

    private void prepare() {
        for (var side : sides) {
            listener.at(0, total(), "warming up " + side.target().name());
            try {
                side.prepare();
            } catch (MeasureException e) {
                if (!isStopped()) {
                    throw e;
                }
                return;
            }
        }
    }

    private void round(int round) {
        var order = round % 2 == 1 ? sides : sides.reversed();
        for (var step : plan.steps()) {
            for (var side : order) {
                if (isStopped()) {
                    return;
                }
                var done = (round - 1) * plan.steps().size() * sides.size()
                        + plan.steps().indexOf(step) * sides.size()
                        + order.indexOf(side);
                listener.at(
                        done,
                        total(),
                        "round " + round + " of " + plan.rounds() + ": " + step.title() + " of "
                                + side.target().name());
                one(round, step, side);
                rest();
            }
        }
    }

    private void one(int round, Step step, Side side) {
        var name = side.target().name();
        var which = step.title() + " of " + name;
        if (failedInARow.getOrDefault(which, 0) >= FAILURES_IN_A_ROW_MAX) {
            return;
        }
        var load = Objects.requireNonNull(loads.get(side));
        var before = load.now();
        try {
            var values = side.measure(step);
            windows.add(new Results.Window(name, step.title(), round, load.since(before)));
            values.forEach(v -> samples.add(new Results.Sample(name, v.metric(), round, v.value())));
            failedInARow.remove(which);
        } catch (MeasureException e) {
            if (isStopped()) {
                return;
            }
            failedInARow.merge(which, 1, Integer::sum);
            if (failures.size() < FAILURES_KEPT_MAX) {
                failures.add(new Results.Failure(name, step.title(), round, String.valueOf(e.getMessage())));
            }
        }
    }

    private void rest() {
        try {
            var _ = stopped.await(plan.rest().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        }
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    private int total() {
        return plan.rounds() * plan.steps().size() * sides.size();
    }

    private Results results() {
        return new Results(
                plan,
                sides.stream()
                        .map(s -> new Results.Measured(
                                s.target().name(), Texts.safe(s.target().url()), s.model()))
                        .toList(),
                Machine.here(PROC),
                begun,
                System.nanoTime() - begunNanos,
                List.copyOf(samples),
                List.copyOf(failures),
                List.copyOf(windows),
                List.copyOf(unseen),
                roundsDone,
                isStopped()
                        ? Optional.of("stopped after " + roundsDone + " of " + plan.rounds() + " rounds")
                        : Optional.empty());
    }
}

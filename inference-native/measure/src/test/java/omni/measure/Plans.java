package omni.measure;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Plans that are over at once. */
final class Plans {
    private Plans() {}

    static Plan of(int rounds, Workload... workloads) {
        return of(rounds, false, workloads);
    }

    static Plan of(int rounds, boolean chat, Workload... workloads) {
        return new Plan(
                Set.of(workloads),
                rounds,
                1,
                4,
                64,
                100,
                List.of(1, 3),
                1,
                Duration.ZERO,
                Duration.ofSeconds(20),
                100,
                chat,
                7);
    }

    /** Hears nothing. */
    static Bench.Listener deaf() {
        return new Bench.Listener() {
            @Override
            public void at(int done, int total, String what) {}

            @Override
            public void round(Results results) {}
        };
    }
}

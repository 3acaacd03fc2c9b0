package omni.airgap;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * How long a link that somebody brings up in a gap is up.
 *
 * @param millis each time, sorted
 */
record ReUps(List<Double> millis) {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    ReUps {
        millis = List.copyOf(millis);
    }

    /** Brings all links of the box up, and waits for the gap's watch to take them down; so many times. */
    static ReUps corrected(Street street, int times) throws AirgapException {
        List<Double> millis = new ArrayList<>();
        try (Namespace namespace = Namespace.open(street.file());
                Links links = namespace.inside(Links::new)) {
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                links.send(Links.up(links.list().values()));
                while (!Links.namesUp(links.list().values()).isEmpty() && System.nanoTime() - start < PATIENCE_NANOS) {
                    Thread.onSpinWait();
                }
                millis.add((System.nanoTime() - start) / 1e6);
            }
        }
        Collections.sort(millis);
        return new ReUps(millis);
    }

    /** The time that this share of all is not above. */
    double percentile(double share) {
        return millis.get((int) Math.ceil(share * millis.size()) - 1);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d times up, corrected after: median %.2f ms, p99 %.2f ms, max %.2f ms",
                millis.size(),
                percentile(0.5),
                percentile(0.99),
                percentile(1));
    }
}

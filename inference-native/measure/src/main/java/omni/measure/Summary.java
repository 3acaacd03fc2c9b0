package omni.measure;

import java.util.Arrays;
import java.util.List;

/**
 * What a row of values comes to.
 *
 * @param count how many
 * @param median the middle one, or the mean of the middle two
 * @param least the smallest
 * @param lower a quarter of the way up (linear between neighbours, as R's type 7)
 * @param upper three quarters of the way up
 * @param most the largest
 */
record Summary(int count, double median, double least, double lower, double upper, double most) {
    /** Of at least one value. */
    static Summary of(List<Double> values) {
        var sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return new Summary(
                sorted.length,
                quantile(sorted, 0.5),
                sorted[0],
                quantile(sorted, 0.25),
                quantile(sorted, 0.75),
                sorted[sorted.length - 1]);
    }

    private static double quantile(double[] sorted, double part) {
        var at = part * (sorted.length - 1);
        var below = (int) at;
        var above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}

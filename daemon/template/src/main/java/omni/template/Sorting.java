package omni.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Python's stable sort. Java's own refuses orders that contradict themselves, as those with a NaN do, so this is a
 * merge sort that does not care.
 */
final class Sorting {
    private Sorting() {}

    private record Keyed(Value key, Value value) {}

    /** The values in the order of their keys; {@code reverse} keeps equal ones in place too. */
    static List<Value> sorted(List<Value> values, Function<Value, Value> key, boolean reverse, Budget budget) {
        budget.elements(values.size());
        List<Keyed> keyed = new ArrayList<>(values.size());
        for (Value value : values) {
            keyed.add(new Keyed(key.apply(value), value));
        }
        List<Value> sorted = new ArrayList<>(values.size());
        for (Keyed each : sort(keyed, reverse, budget)) {
            sorted.add(each.value());
        }
        return sorted;
    }

    private static List<Keyed> sort(List<Keyed> values, boolean reverse, Budget budget) {
        if (values.size() < 2) {
            return values;
        }
        int middle = values.size() / 2;
        List<Keyed> left = sort(values.subList(0, middle), reverse, budget);
        List<Keyed> right = sort(values.subList(middle, values.size()), reverse, budget);
        List<Keyed> merged = new ArrayList<>(values.size());
        int i = 0;
        int j = 0;
        while (i < left.size() && j < right.size()) {
            Value a = left.get(i).key();
            Value b = right.get(j).key();
            boolean rightFirst = reverse ? Compare.ordered("<", a, b, budget) : Compare.ordered("<", b, a, budget);
            merged.add(rightFirst ? right.get(j++) : left.get(i++));
        }
        merged.addAll(left.subList(i, left.size()));
        merged.addAll(right.subList(j, right.size()));
        return merged;
    }
}

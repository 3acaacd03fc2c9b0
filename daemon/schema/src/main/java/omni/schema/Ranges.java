package omni.schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Sets of Unicode scalar values: sorted ranges that neither touch nor overlap. */
final class Ranges {
    /** The last code point before the surrogates. */
    static final int BEFORE_SURROGATES = 0xD7FF;

    /** The first code point after the surrogates. */
    static final int AFTER_SURROGATES = 0xE000;

    /** Everything that a text can be made of. */
    static final List<Range> ALL =
            List.of(new Range(0, BEFORE_SURROGATES), new Range(AFTER_SURROGATES, Character.MAX_CODE_POINT));

    private Ranges() {}

    /** Code points from {@code low} to {@code high}, both included. */
    record Range(int low, int high) {}

    static Range one(int character) {
        return new Range(character, character);
    }

    /** The set of all that is in one of the ranges, in whatever order they come. */
    static List<Range> of(List<Range> ranges) {
        var sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingInt(Range::low));
        var set = new ArrayList<Range>();
        for (var range : sorted) {
            if (!set.isEmpty() && range.low() <= set.getLast().high() + 1) {
                var last = set.removeLast();
                set.add(new Range(last.low(), Math.max(last.high(), range.high())));
            } else {
                set.add(range);
            }
        }
        return set;
    }

    /** What is in both sets. */
    static List<Range> both(List<Range> a, List<Range> b) {
        var set = new ArrayList<Range>();
        for (int i = 0, j = 0; i < a.size() && j < b.size(); ) {
            var low = Math.max(a.get(i).low(), b.get(j).low());
            var high = Math.min(a.get(i).high(), b.get(j).high());
            if (low <= high) {
                set.add(new Range(low, high));
            }
            if (a.get(i).high() < b.get(j).high()) {
                i++;
            } else {
                j++;
            }
        }
        return set;
    }

    /** Everything that is not in the set. */
    static List<Range> not(List<Range> set) {
        var gaps = new ArrayList<Range>();
        var next = 0;
        for (var range : set) {
            if (range.low() > next) {
                gaps.add(new Range(next, range.low() - 1));
            }
            next = range.high() + 1;
        }
        if (next <= Character.MAX_CODE_POINT) {
            gaps.add(new Range(next, Character.MAX_CODE_POINT));
        }
        return both(gaps, ALL);
    }

    static boolean contains(List<Range> set, int character) {
        var from = 0;
        var to = set.size();
        while (from < to) {
            var middle = (from + to) >>> 1;
            if (character > set.get(middle).high()) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from < set.size() && set.get(from).low() <= character;
    }
}

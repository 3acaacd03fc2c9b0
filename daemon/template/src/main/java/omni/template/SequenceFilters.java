package omni.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Filters over sequences. */
final class SequenceFilters {
    private SequenceFilters() {}

    static void define(Map<String, Filters.Filter> filters) {
        filters.put("length", (target, arguments, rendering) -> length(target));
        filters.put("count", (target, arguments, rendering) -> length(target));
        filters.put(
                "list", (target, arguments, rendering) -> new Value.Items(Convert.list(target, rendering.budget())));
        filters.put("first", SequenceFilters::first);
        filters.put("last", SequenceFilters::last);
        filters.put("reverse", SequenceFilters::reverse);
        filters.put("join", SequenceFilters::join);
        filters.put("sort", SequenceFilters::sort);
        filters.put("dictsort", SequenceFilters::dictSort);
        filters.put("items", SequenceFilters::items);
        filters.put("unique", SequenceFilters::unique);
        filters.put("min", (target, arguments, rendering) -> extreme("<", target, arguments, rendering));
        filters.put("max", (target, arguments, rendering) -> extreme(">", target, arguments, rendering));
        filters.put("sum", SequenceFilters::sum);
        filters.put("batch", SequenceFilters::batch);
        filters.put("slice", SequenceFilters::slice);
        filters.put("groupby", SequenceFilters::groupBy);
    }

    private static Value length(Value target) {
        return Value.Int.of(Convert.length(target).orElseThrow(() -> Errors.type(target, "measured")));
    }

    private static Value first(Value target, Arguments arguments, Rendering rendering) {
        Iterator<Value> elements = Convert.iterate(target, rendering.budget());
        return elements.hasNext() ? elements.next() : new Value.Undefined("No first item, the sequence was empty");
    }

    private static Value last(Value target, Arguments arguments, Rendering rendering) {
        List<Value> values = reversible(target, rendering.budget());
        return values.isEmpty() ? new Value.Undefined("No last item, the sequence was empty") : values.getLast();
    }

    private static List<Value> reversible(Value target, Budget budget) {
        if (target instanceof Value.Stream || Convert.length(target).isEmpty()) {
            throw Errors.type(target, "gone through backwards");
        }
        return Convert.list(target, budget);
    }

    private static Value reverse(Value target, Arguments arguments, Rendering rendering) {
        if (target instanceof Value.Str s) {
            Value back = Value.Int.of(-1);
            return Access.slice(s, Value.None.NONE, Value.None.NONE, back, rendering.budget());
        }
        return new Value.Stream(
                Convert.list(target, rendering.budget()).reversed().iterator());
    }

    private static Value join(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("join", 0, "d", "attribute");
        String separator = bound.given(0).map(rendering::str).orElse("");
        Function<Value, Value> getter = getter(bound.some(1), rendering);
        StringBuilder out = new StringBuilder();
        Iterator<Value> elements = Convert.iterate(target, rendering.budget());
        boolean first = true;
        while (elements.hasNext()) {
            out.append(first ? "" : separator).append(rendering.str(getter.apply(elements.next())));
            first = false;
            if (out.length() > Limits.TEXT_CHARS_MAX) {
                rendering.budget().chars(out.length());
            }
        }
        return Value.Str.of(rendering.budget().made(out.toString()));
    }

    /** What takes an attribute out of an element: a path with dots, whose numbers are indexes. */
    static Function<Value, Value> getter(Optional<Value> attribute, Rendering rendering) {
        return getter(attribute, Optional.empty(), rendering);
    }

    /** The same, with a value for what is undefined on the way. */
    static Function<Value, Value> getter(Optional<Value> attribute, Optional<Value> otherwise, Rendering rendering) {
        if (attribute.isEmpty()) {
            return value -> value;
        }
        List<Value> parts = new ArrayList<>();
        if (attribute.get() instanceof Value.Str s) {
            for (String part : s.text().split("\\.", -1)) {
                boolean number =
                        !part.isEmpty() && part.length() < 10 && part.chars().allMatch(Character::isDigit);
                parts.add(number ? Value.Int.of(Long.parseLong(part)) : Value.Str.of(part));
            }
        } else {
            parts.add(attribute.get());
        }
        return element -> {
            Value value = element;
            for (Value part : parts) {
                Value object = value;
                value = Access.item(object, part, rendering.budget())
                        .or(() -> otherwise)
                        .orElseGet(() -> new Value.Undefined("A " + Errors.kind(object) + " has no such attribute"));
            }
            return value;
        };
    }

    private static Value folded(Value value, boolean caseSensitive) {
        return !caseSensitive && value instanceof Value.Str s ? Value.Str.of(StringMethods.lower(s.text())) : value;
    }

    private static Value sort(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
        boolean caseSensitive = bound.truth(1, false);
        List<Function<Value, Value>> getters = new ArrayList<>();
        if (bound.some(2).isPresent() && bound.value(2) instanceof Value.Str attributes) {
            for (String attribute : attributes.text().split(",", -1)) {
                getters.add(getter(Optional.of(Value.Str.of(attribute)), rendering));
            }
        } else {
            getters.add(getter(bound.some(2), rendering));
        }
        Function<Value, Value> key = value -> {
            List<Value> keys = new ArrayList<>();
            for (Function<Value, Value> getter : getters) {
                keys.add(folded(getter.apply(value), caseSensitive));
            }
            return Value.Group.of(keys);
        };
        List<Value> values = Convert.list(target, rendering.budget());
        return new Value.Items(Sorting.sorted(values, key, bound.truth(0, false), rendering.budget()));
    }

    private static Value dictSort(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
        String by = bound.text(1, "key");
        if (!(target instanceof Value.Pairs pairs)) {
            throw Errors.type(target, "sorted like a dict");
        }
        if (!by.equals("key") && !by.equals("value")) {
            throw Errors.arguments("dictsort");
        }
        int place = by.equals("key") ? 0 : 1;
        boolean caseSensitive = bound.truth(0, false);
        Function<Value, Value> key =
                item -> item instanceof Value.Group g ? folded(g.values().get(place), caseSensitive) : item;
        List<Value> items = Convert.view(pairs, Value.View.Part.ITEMS, rendering.budget());
        return new Value.Items(Sorting.sorted(items, key, bound.truth(2, false), rendering.budget()));
    }

    private static Value items(Value target, Arguments arguments, Rendering rendering) {
        if (target instanceof Value.Undefined) {
            return new Value.Stream(List.<Value>of().iterator());
        }
        if (target instanceof Value.Pairs pairs) {
            return new Value.Stream(Convert.view(pairs, Value.View.Part.ITEMS, rendering.budget())
                    .iterator());
        }
        return new Value.Stream(new Failing(() -> Errors.type(target, "gone through by key and value")));
    }

    private static Value unique(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
        Function<Value, Value> getter = getter(bound.some(1), rendering);
        boolean caseSensitive = bound.truth(0, false);
        Set<Object> seen = new HashSet<>();
        List<Value> unique = new ArrayList<>();
        for (Value value : Convert.list(target, rendering.budget())) {
            if (seen.add(Keys.of(folded(getter.apply(value), caseSensitive)))) {
                unique.add(value);
            }
        }
        return new Value.Stream(unique.iterator());
    }

    private static Value extreme(String better, Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("min or max", 0, "case_sensitive", "attribute");
        Function<Value, Value> getter = getter(bound.some(1), rendering);
        boolean caseSensitive = bound.truth(0, false);
        Iterator<Value> elements = Convert.iterate(target, rendering.budget());
        if (!elements.hasNext()) {
            return new Value.Undefined("No item to choose, the sequence was empty");
        }
        Value best = elements.next();
        Value bestKey = folded(getter.apply(best), caseSensitive);
        while (elements.hasNext()) {
            Value next = elements.next();
            Value key = folded(getter.apply(next), caseSensitive);
            if (Compare.ordered(better, key, bestKey, rendering.budget())) {
                best = next;
                bestKey = key;
            }
        }
        return best;
    }

    private static Value sum(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("sum", 0, "attribute", "start");
        Function<Value, Value> getter = getter(bound.some(0), rendering);
        Value sum = bound.given(1).orElse(Value.Int.of(0));
        if (sum instanceof Value.Str) {
            throw Errors.type(sum, "summed up");
        }
        Iterator<Value> elements = Convert.iterate(target, rendering.budget());
        while (elements.hasNext()) {
            sum = Arithmetic.apply("+", sum, getter.apply(elements.next()), rendering.budget());
        }
        return sum;
    }

    private static Value batch(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("batch", 1, "linecount", "fill_with");
        int size = Convert.index(bound.value(0));
        List<Value> batches = new ArrayList<>();
        List<Value> batch = new ArrayList<>();
        for (Value value : Convert.list(target, rendering.budget())) {
            if (batch.size() == size) {
                batches.add(new Value.Items(batch));
                batch.clear();
            }
            batch.add(value);
        }
        if (!batch.isEmpty()) {
            if (bound.some(1).isPresent() && batch.size() < size) {
                rendering.budget().elements((long) size - batch.size());
                while (batch.size() < size) {
                    batch.add(bound.value(1));
                }
            }
            batches.add(new Value.Items(batch));
        }
        return new Value.Stream(batches.iterator());
    }

    private static Value slice(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("slice", 1, "slices", "fill_with");
        int slices = Convert.index(bound.value(0));
        List<Value> values = Convert.list(target, rendering.budget());
        if (slices == 0) {
            throw Errors.arguments("slice");
        }
        rendering.budget().elements(Math.max(0, slices));
        List<Value> result = new ArrayList<>();
        int size = values.size() / slices;
        int longer = values.size() % slices;
        int at = 0;
        for (int i = 0; i < slices; i++) {
            int end = at + size + (i < longer ? 1 : 0);
            List<Value> part = new ArrayList<>(values.subList(at, end));
            if (bound.some(1).isPresent() && i >= longer) {
                part.add(bound.value(1));
            }
            result.add(new Value.Items(part));
            at = end;
        }
        return new Value.Stream(result.iterator());
    }

    private static Value groupBy(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("groupby", 1, "attribute", "default", "case_sensitive");
        boolean caseSensitive = bound.truth(2, false);
        Function<Value, Value> getter = getter(Optional.of(bound.value(0)), bound.some(1), rendering);
        Function<Value, Value> key = value -> folded(getter.apply(value), caseSensitive);
        List<Value> sorted = Sorting.sorted(Convert.list(target, rendering.budget()), key, false, rendering.budget());
        List<Value> groups = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= sorted.size(); i++) {
            boolean ends = i == sorted.size()
                    || !Compare.equal(key.apply(sorted.get(start)), key.apply(sorted.get(i)), rendering.budget());
            if (ends) {
                Value grouper = getter.apply(sorted.get(start));
                Value members = new Value.Items(sorted.subList(start, i));
                groups.add(new Value.Group(List.of(grouper, members), List.of("grouper", "list")));
                start = i;
            }
        }
        return new Value.Items(groups);
    }
}

package omni.template;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The methods of lists and tuples. Those that change a list are there too: templates in circulation use them. */
final class ListMethods {
    private ListMethods() {}

    static Optional<Value> find(Value.Group group, String name, Budget budget) {
        int named = group.names().indexOf(name);
        if (named >= 0) {
            return Optional.of(group.values().get(named));
        }
        return switch (name) {
            case "count" -> method(name, arguments -> count(group.values(), arguments, budget));
            case "index" -> method(name, arguments -> index(group.values(), arguments, budget));
            default -> Optional.empty();
        };
    }

    static Optional<Value> find(Value.Items list, String name, Budget budget) {
        List<Value> values = list.values();
        return switch (name) {
            case "count" -> method(name, arguments -> count(values, arguments, budget));
            case "index" -> method(name, arguments -> index(values, arguments, budget));
            case "copy" ->
                method(name, arguments -> {
                    budget.elements(values.size());
                    return new Value.Items(values);
                });
            case "append" ->
                changing(name, arguments -> {
                    budget.elements(1);
                    values.add(arguments.bind(name, 1, "object").value(0));
                });
            case "extend" ->
                changing(
                        name,
                        arguments -> values.addAll(
                                Convert.list(arguments.bind(name, 1, "iterable").value(0), budget)));
            case "insert" ->
                changing(name, arguments -> {
                    Arguments.Bound bound = arguments.bind(name, 2, "index", "object");
                    budget.elements(1);
                    budget.steps(values.size() >> 4);
                    values.add(place(bound.index(0, 0), values.size()), bound.value(1));
                });
            case "clear" -> changing(name, arguments -> values.clear());
            case "reverse" ->
                changing(name, arguments -> {
                    budget.steps(values.size());
                    Collections.reverse(values);
                });
            case "sort" -> changing(name, arguments -> sort(values, arguments, budget));
            case "remove" ->
                changing(name, arguments -> {
                    int at = find(values, arguments.bind(name, 1, "value").value(0), 0, values.size(), budget);
                    if (at < 0) {
                        throw Errors.runtime("A list does not have the element to remove. Correct the template.");
                    }
                    values.remove(at);
                });
            case "pop" -> method(name, arguments -> pop(values, arguments, budget));
            default -> Optional.empty();
        };
    }

    private static Optional<Value> method(String name, Value.Function.Body body) {
        return Optional.of(new Value.Function(name, body));
    }

    private interface Change {
        void apply(Arguments arguments);
    }

    private static Optional<Value> changing(String name, Change change) {
        return method(name, arguments -> {
            change.apply(arguments);
            return Value.None.NONE;
        });
    }

    private static int place(int index, int size) {
        return Math.clamp(index < 0 ? (long) index + size : index, 0, size);
    }

    private static Value pop(List<Value> values, Arguments arguments, Budget budget) {
        int index = arguments.bind("pop", 0, "index").index(0, -1);
        long place = index < 0 ? (long) index + values.size() : index;
        if (place < 0 || place >= values.size()) {
            throw Errors.runtime("A list has no element to pop. The model's template does not support these messages.");
        }
        budget.steps(values.size() >> 4);
        return values.remove((int) place);
    }

    private static void sort(List<Value> values, Arguments arguments, Budget budget) {
        if (!arguments.positional().isEmpty()) {
            throw Errors.arguments("sort");
        }
        boolean reverse = arguments.bind("sort", 0, "reverse").truth(0, false);
        List<Value> sorted = Sorting.sorted(values, value -> value, reverse, budget);
        values.clear();
        values.addAll(sorted);
    }

    private static int find(List<Value> values, Value value, int from, int to, Budget budget) {
        for (int i = from; i < to; i++) {
            if (Compare.equal(values.get(i), value, budget)) {
                return i;
            }
        }
        return -1;
    }

    private static Value index(List<Value> values, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bind("index", 1, "value", "start", "stop");
        int from = place(bound.index(1, 0), values.size());
        int to = place(bound.index(2, values.size()), values.size());
        int at = find(values, bound.value(0), from, to, budget);
        if (at < 0) {
            throw Errors.runtime("A list does not have the element to find. Correct the template.");
        }
        return Value.Int.of(at);
    }

    private static Value count(List<Value> values, Arguments arguments, Budget budget) {
        Value wanted = arguments.bind("count", 1, "value").value(0);
        int count = 0;
        for (Value value : values) {
            count += Compare.equal(value, wanted, budget) ? 1 : 0;
        }
        return Value.Int.of(count);
    }
}

package omni.template;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** Filters that change or choose elements one by one, only when the next one is asked for. */
final class SelectionFilters {
    private SelectionFilters() {}

    static void define(Map<String, Filters.Filter> filters) {
        filters.put("map", SelectionFilters::map);
        filters.put("select", (target, arguments, rendering) -> select(target, arguments, rendering, false, true));
        filters.put("reject", (target, arguments, rendering) -> select(target, arguments, rendering, false, false));
        filters.put("selectattr", (target, arguments, rendering) -> select(target, arguments, rendering, true, true));
        filters.put("rejectattr", (target, arguments, rendering) -> select(target, arguments, rendering, true, false));
    }

    private static Value map(Value target, Arguments arguments, Rendering rendering) {
        if (!Convert.truth(target)) {
            return new Value.Stream(List.<Value>of().iterator());
        }
        Function<Value, Value> change = change(arguments, rendering);
        Iterator<Value> elements = later(target, rendering);
        return new Value.Stream(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return elements.hasNext();
            }

            @Override
            public Value next() {
                return change.apply(elements.next());
            }
        });
    }

    /** The elements; where there can be none the error comes at their first use. */
    private static Iterator<Value> later(Value target, Rendering rendering) {
        return Convert.isIterable(target)
                ? Convert.iterate(target, rendering.budget())
                : new Failing(() -> Errors.type(target, "gone through"));
    }

    private static Function<Value, Value> change(Arguments arguments, Rendering rendering) {
        if (arguments.positional().isEmpty()) {
            Map<String, Value> named = new LinkedHashMap<>(arguments.named());
            Value attribute = named.remove("attribute");
            Optional<Value> otherwise = Optional.ofNullable(named.remove("default"));
            if (attribute == null || !named.isEmpty()) {
                throw Errors.arguments("map");
            }
            return SequenceFilters.getter(
                    Optional.of(attribute), otherwise.filter(v -> v != Value.None.NONE), rendering);
        }
        String name = Convert.text(arguments.positional().getFirst(), "a filter's name");
        Arguments rest = rest(arguments, 1);
        return element -> Filters.apply(name, element, rest, rendering);
    }

    private static Arguments rest(Arguments arguments, int from) {
        int start = Math.min(from, arguments.positional().size());
        return new Arguments(
                arguments.positional().subList(start, arguments.positional().size()), arguments.named());
    }

    private static Value select(
            Value target, Arguments arguments, Rendering rendering, boolean byAttribute, boolean wanted) {
        if (!Convert.truth(target)) {
            return new Value.Stream(List.<Value>of().iterator());
        }
        Predicate<Value> test = test(arguments, rendering, byAttribute);
        Iterator<Value> elements = later(target, rendering);
        return new Value.Stream(new Iterator<>() {
            private Optional<Value> next = Optional.empty();

            @Override
            public boolean hasNext() {
                while (next.isEmpty() && elements.hasNext()) {
                    Value candidate = elements.next();
                    if (test.test(candidate) == wanted) {
                        next = Optional.of(candidate);
                    }
                }
                return next.isPresent();
            }

            @Override
            public Value next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Value value = next.orElseThrow();
                next = Optional.empty();
                return value;
            }
        });
    }

    private static Predicate<Value> test(Arguments arguments, Rendering rendering, boolean byAttribute) {
        int place = byAttribute ? 1 : 0;
        List<Value> given = arguments.positional();
        if (given.size() < place) {
            throw Errors.arguments("selectattr");
        }
        Function<Value, Value> getter =
                SequenceFilters.getter(byAttribute ? Optional.of(given.getFirst()) : Optional.empty(), rendering);
        if (given.size() == place) {
            return element -> Convert.truth(getter.apply(element));
        }
        String name = Convert.text(given.get(place), "a test's name");
        Arguments rest = rest(arguments, place + 1);
        return element -> Tests.apply(name, getter.apply(element), rest, rendering);
    }
}

package omni.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The methods of dicts. */
final class DictMethods {
    private DictMethods() {}

    static Optional<Value> find(Value.Pairs pairs, String name, Budget budget) {
        return switch (name) {
            case "get" ->
                method(name, arguments -> {
                    Arguments.Bound bound = arguments.bind(name, 1, "key", "default");
                    return pairs.get(bound.value(0)).or(() -> bound.given(1)).orElse(Value.None.NONE);
                });
            case "items" -> view(name, pairs, Value.View.Part.ITEMS);
            case "keys" -> view(name, pairs, Value.View.Part.KEYS);
            case "values" -> view(name, pairs, Value.View.Part.VALUES);
            case "copy" ->
                method(name, arguments -> {
                    Value.Pairs copy = new Value.Pairs();
                    Globals.update(copy, pairs, budget);
                    return copy;
                });
            case "update" ->
                method(name, arguments -> {
                    if (arguments.positional().size() > 1) {
                        throw Errors.arguments(name);
                    }
                    arguments.positional().forEach(source -> Globals.update(pairs, source, budget));
                    budget.elements(arguments.named().size());
                    arguments.named().forEach(pairs::put);
                    return Value.None.NONE;
                });
            case "setdefault" ->
                method(name, arguments -> {
                    Arguments.Bound bound = arguments.bind(name, 1, "key", "default");
                    Optional<Value> old = pairs.get(bound.value(0));
                    if (old.isEmpty()) {
                        budget.elements(1);
                        pairs.put(bound.value(0), bound.given(1).orElse(Value.None.NONE));
                    }
                    return pairs.get(bound.value(0)).orElseThrow();
                });
            case "pop" ->
                method(name, arguments -> {
                    Arguments.Bound bound = arguments.bind(name, 1, "key", "default");
                    return pairs.remove(bound.value(0))
                            .or(() -> bound.given(1))
                            .orElseThrow(() -> Errors.runtime("A dict has no such key to pop. Correct the template."));
                });
            case "popitem" -> method(name, arguments -> popItem(pairs, budget));
            case "clear" ->
                method(name, arguments -> {
                    pairs.clear();
                    return Value.None.NONE;
                });
            default -> Optional.empty();
        };
    }

    private static Optional<Value> method(String name, Value.Function.Body body) {
        return Optional.of(new Value.Function(name, body));
    }

    private static Optional<Value> view(String name, Value.Pairs pairs, Value.View.Part part) {
        return method(name, arguments -> {
            arguments.bind(name, 0);
            return new Value.View(pairs, part);
        });
    }

    private static Value popItem(Value.Pairs pairs, Budget budget) {
        budget.steps(pairs.size());
        List<Map.Entry<Value, Value>> members = pairs.members();
        if (members.isEmpty()) {
            throw Errors.runtime("A dict has no member to pop. Correct the template.");
        }
        Map.Entry<Value, Value> last = members.getLast();
        pairs.remove(last.getKey());
        return Value.Group.of(last.getKey(), last.getValue());
    }
}

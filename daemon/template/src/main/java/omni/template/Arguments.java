package omni.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a call was given: values by place, then values by name in the order they stand. */
record Arguments(List<Value> positional, Map<String, Value> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(Value... values) {
        return new Arguments(List.of(values), Map.of());
    }

    /**
     * Gives each argument its parameter.
     *
     * @param function its name, for the error
     * @param required how many parameters, from the first, must be given
     * @param parameters their names in order
     */
    Bound bind(String function, int required, String... parameters) {
        if (positional.size() > parameters.length) {
            throw Errors.arguments(function);
        }
        int used = 0;
        List<Optional<Value>> values = new ArrayList<>(parameters.length);
        for (int i = 0; i < parameters.length; i++) {
            Optional<Value> byName = Optional.ofNullable(named.get(parameters[i]));
            used += byName.isPresent() ? 1 : 0;
            if (i < positional.size()) {
                if (byName.isPresent()) {
                    throw Errors.arguments(function);
                }
                values.add(Optional.of(positional.get(i)));
            } else if (byName.isEmpty() && i < required) {
                throw Errors.arguments(function);
            } else {
                values.add(byName);
            }
        }
        if (used != named.size()) {
            throw Errors.arguments(function);
        }
        return new Bound(values);
    }

    /** Arguments by the place of their parameter. */
    record Bound(List<Optional<Value>> values) {
        /** The argument, if it was given. */
        Optional<Value> given(int place) {
            return values.get(place);
        }

        /** The argument, if it was given and is not None. */
        Optional<Value> some(int place) {
            return given(place).filter(v -> v != Value.None.NONE);
        }

        /** The argument of a required parameter. */
        Value value(int place) {
            return values.get(place).orElseThrow();
        }

        String text(int place) {
            return Convert.text(value(place), "used as a text");
        }

        String text(int place, String otherwise) {
            return given(place).map(v -> Convert.text(v, "used as a text")).orElse(otherwise);
        }

        int index(int place, int otherwise) {
            return given(place).map(Convert::index).orElse(otherwise);
        }

        boolean truth(int place, boolean otherwise) {
            return given(place).map(Convert::truth).orElse(otherwise);
        }
    }
}

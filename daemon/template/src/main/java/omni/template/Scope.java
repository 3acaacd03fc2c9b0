package omni.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The variables of a template, a macro, a loop's turn or a block. What is assigned inside is not seen outside; what is
 * outside is seen inside as it is at that moment.
 */
final class Scope {
    private final Optional<Scope> outer;
    private final Map<String, Value> variables = new HashMap<>();

    Scope() {
        this.outer = Optional.empty();
    }

    Scope(Scope outer) {
        this.outer = Optional.of(outer);
    }

    Optional<Value> find(String name) {
        for (Optional<Scope> scope = Optional.of(this); scope.isPresent(); scope = scope.get().outer) {
            Value value = scope.get().variables.get(name);
            if (value != null) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    void set(String name, Value value) {
        variables.put(name, value);
    }
}

package omni.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.template.Statement.Macro;
import omni.template.Statement.Parameter;

/** A macro, together with the scope it was defined in. */
final class MacroValue implements Value.Member {
    private static final String CALLER = "caller";

    private final Macro macro;
    private final Scope closure;
    private final Rendering rendering;

    MacroValue(Macro macro, Scope closure, Rendering rendering) {
        this.macro = macro;
        this.closure = closure;
        this.rendering = rendering;
    }

    private Value call(Arguments arguments) {
        rendering.enterMacro();
        Scope scope = new Scope(closure);
        Map<String, Value> named = new LinkedHashMap<>(arguments.named());
        bind(arguments.positional(), named, scope);
        String text = rendering.interpreter().captured(macro.body(), scope);
        rendering.leaveMacro();
        return Value.Str.of(text);
    }

    private void bind(List<Value> positional, Map<String, Value> named, Scope scope) {
        List<Parameter> parameters = macro.parameters();
        List<Parameter> unset = new ArrayList<>();
        boolean ownCaller = false;
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            ownCaller |= parameter.name().equals(CALLER);
            Value value = i < positional.size() ? positional.get(i) : named.remove(parameter.name());
            if (value == null) {
                unset.add(parameter);
            } else {
                scope.set(parameter.name(), value);
            }
        }
        Set<String> uses = macro.uses();
        if (uses.contains(CALLER) && !ownCaller) {
            Optional<Value> caller = Optional.ofNullable(named.remove(CALLER));
            scope.set(CALLER, caller.orElseGet(() -> new Value.Undefined("No caller is defined")));
        }
        if (uses.contains("kwargs")) {
            Value.Pairs rest = new Value.Pairs();
            named.forEach(rest::put);
            scope.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw Errors.arguments("macro " + macro.name());
        }
        if (uses.contains("varargs")) {
            int from = Math.min(parameters.size(), positional.size());
            scope.set("varargs", Value.Group.of(positional.subList(from, positional.size())));
        } else if (positional.size() > parameters.size()) {
            throw Errors.arguments("macro " + macro.name());
        }
        for (Parameter parameter : unset) {
            scope.set(
                    parameter.name(),
                    parameter.defaultValue().isPresent()
                            ? rendering
                                    .evaluator()
                                    .evaluate(parameter.defaultValue().get(), scope)
                            : new Value.Undefined("Parameter '" + parameter.name() + "' was not provided"));
        }
    }

    @Override
    public Optional<Value> attribute(String name) {
        return switch (name) {
            case "name" -> Optional.of(Value.Str.of(macro.name()));
            case "arguments" ->
                Optional.of(Value.Group.of(macro.parameters().stream()
                        .map(p -> (Value) Value.Str.of(p.name()))
                        .toList()));
            case "catch_kwargs" -> Optional.of(Value.Bool.of(macro.uses().contains("kwargs")));
            case "catch_varargs" -> Optional.of(Value.Bool.of(macro.uses().contains("varargs")));
            case CALLER -> Optional.of(Value.Bool.of(macro.uses().contains(CALLER)));
            default -> Optional.empty();
        };
    }

    @Override
    public String representation() {
        return "<Macro '" + macro.name() + "'>";
    }

    @Override
    public Optional<Value.Function> function() {
        return Optional.of(new Value.Function(macro.name(), this::call));
    }
}

package omni.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Computes expressions. */
final class Evaluator {
    private final Rendering rendering;

    Evaluator(Rendering rendering) {
        this.rendering = rendering;
    }

    private Budget budget() {
        return rendering.budget();
    }

    Value evaluate(Expression expression, Scope scope) {
        budget().enter();
        Value value = switch (expression) {
            case Expression.Constant e -> e.value();
            case Expression.Name e -> name(e, scope);
            case Expression.Items e -> new Value.Items(all(e.items(), scope));
            case Expression.Group e -> Value.Group.of(all(e.items(), scope));
            case Expression.Pairs e -> pairs(e, scope);
            case Expression.Attribute e -> attribute(e, scope);
            case Expression.Item e -> item(e, scope);
            case Expression.Slice e -> slice(e, scope);
            case Expression.Call e -> call(e, scope, Optional.empty());
            case Expression.Filtered e -> filter(evaluate(e.target(), scope), e.filter(), scope);
            case Expression.Test e -> test(e, scope);
            case Expression.Not e -> Value.Bool.of(!truth(e.operand(), scope));
            case Expression.Sign e -> sign(e, scope);
            case Expression.Arithmetic e -> arithmetic(e, scope);
            case Expression.Concatenation e -> concatenation(e, scope);
            case Expression.And e -> and(e, scope);
            case Expression.Or e -> or(e, scope);
            case Expression.Comparison e -> comparison(e, scope);
            case Expression.Choice e -> choice(e, scope);
        };
        budget().leave();
        return value;
    }

    boolean truth(Expression expression, Scope scope) {
        return Convert.truth(evaluate(expression, scope));
    }

    private Value name(Expression.Name e, Scope scope) {
        rendering.at(e.line());
        return scope.find(e.name()).orElseGet(() -> new Value.Undefined("'" + e.name() + "' is undefined"));
    }

    private List<Value> all(List<Expression> expressions, Scope scope) {
        budget().elements(expressions.size());
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Value pairs(Expression.Pairs e, Scope scope) {
        budget().elements(e.pairs().size());
        Value.Pairs pairs = new Value.Pairs();
        for (Expression.Pair pair : e.pairs()) {
            Value key = evaluate(pair.key(), scope);
            Value value = evaluate(pair.value(), scope);
            rendering.at(e.line());
            pairs.put(key, value);
        }
        return pairs;
    }

    private Value attribute(Expression.Attribute e, Scope scope) {
        Value object = evaluate(e.object(), scope);
        rendering.at(e.line());
        return Access.attribute(object, e.name(), budget()).orElseGet(() -> missing(object, e.name()));
    }

    private static Value missing(Value object, String name) {
        return new Value.Undefined("A " + Errors.kind(object) + " has no attribute '" + name + "'");
    }

    private Value item(Expression.Item e, Scope scope) {
        Value object = evaluate(e.object(), scope);
        Value key = evaluate(e.key(), scope);
        rendering.at(e.line());
        return Access.item(object, key, budget())
                .orElseGet(() -> e.key() instanceof Expression.Constant && key instanceof Value.Str name
                        ? missing(object, name.text())
                        : new Value.Undefined("A " + Errors.kind(object) + " has no such element"));
    }

    private Value slice(Expression.Slice e, Scope scope) {
        Value object = evaluate(e.object(), scope);
        Value start = optional(e.start(), scope);
        Value stop = optional(e.stop(), scope);
        Value step = optional(e.step(), scope);
        rendering.at(e.line());
        return Access.slice(object, start, stop, step, budget());
    }

    private Value optional(Optional<Expression> expression, Scope scope) {
        return expression.isPresent() ? evaluate(expression.get(), scope) : Value.None.NONE;
    }

    /** Calls; a {@code call} block adds its body as the argument {@code caller}. */
    Value call(Expression.Call e, Scope scope, Optional<Value> caller) {
        Value callee = evaluate(e.callee(), scope);
        Arguments arguments = arguments(e.inputs(), scope, caller);
        rendering.at(e.line());
        return rendering.call(callee, arguments);
    }

    private Arguments arguments(Expression.Inputs inputs, Scope scope, Optional<Value> caller) {
        if (inputs.isEmpty() && caller.isEmpty()) {
            return Arguments.NONE;
        }
        List<Value> positional = new ArrayList<>(all(inputs.positional(), scope));
        Map<String, Value> named = new LinkedHashMap<>();
        for (Expression.Keyword keyword : inputs.named()) {
            name(named, keyword.name(), evaluate(keyword.value(), scope));
        }
        caller.ifPresent(value -> name(named, "caller", value));
        if (inputs.allPositional().isPresent()) {
            Iterator<Value> more =
                    Convert.iterate(evaluate(inputs.allPositional().get(), scope), budget());
            while (more.hasNext()) {
                budget().elements(1);
                positional.add(more.next());
            }
        }
        if (inputs.allNamed().isPresent()) {
            if (!(evaluate(inputs.allNamed().get(), scope) instanceof Value.Pairs pairs)) {
                throw Errors.arguments("a function with **");
            }
            for (Map.Entry<Value, Value> member : pairs.members()) {
                name(named, Convert.text(member.getKey(), "used as a name"), member.getValue());
            }
        }
        return new Arguments(positional, named);
    }

    private static void name(Map<String, Value> named, String name, Value value) {
        if (named.putIfAbsent(name, value) != null) {
            throw Errors.arguments("a function with a name twice");
        }
    }

    /** Applies a filter to a value. */
    Value filter(Value target, Expression.Filter filter, Scope scope) {
        Arguments arguments = arguments(filter.inputs(), scope, Optional.empty());
        rendering.at(filter.line());
        if (!Filters.exists(filter.name())) {
            throw Errors.runtime(
                    "There is no filter '" + filter.name() + "', which the template uses. Use another model.");
        }
        return Filters.apply(filter.name(), target, arguments, rendering);
    }

    private Value test(Expression.Test e, Scope scope) {
        Value target = evaluate(e.target(), scope);
        Arguments arguments = arguments(e.inputs(), scope, Optional.empty());
        rendering.at(e.line());
        if (!Tests.exists(e.name())) {
            throw Errors.runtime("There is no test '" + e.name() + "', which the template uses. Use another model.");
        }
        return Value.Bool.of(Tests.apply(e.name(), target, arguments, rendering));
    }

    private Value sign(Expression.Sign e, Scope scope) {
        Value operand = evaluate(e.operand(), scope);
        rendering.at(e.line());
        return Arithmetic.sign(e.negative(), operand);
    }

    private Value arithmetic(Expression.Arithmetic e, Scope scope) {
        Value left = evaluate(e.left(), scope);
        Value right = evaluate(e.right(), scope);
        rendering.at(e.line());
        return Arithmetic.apply(e.operator(), left, right, budget());
    }

    private Value concatenation(Expression.Concatenation e, Scope scope) {
        StringBuilder text = new StringBuilder();
        for (Expression part : e.parts()) {
            String next = rendering.str(evaluate(part, scope));
            if ((long) text.length() + next.length() > Limits.TEXT_CHARS_MAX) {
                budget().chars((long) text.length() + next.length());
            }
            text.append(next);
        }
        return Value.Str.of(budget().made(text.toString()));
    }

    private Value and(Expression.And e, Scope scope) {
        Value left = evaluate(e.left(), scope);
        return Convert.truth(left) ? evaluate(e.right(), scope) : left;
    }

    private Value or(Expression.Or e, Scope scope) {
        Value left = evaluate(e.left(), scope);
        return Convert.truth(left) ? left : evaluate(e.right(), scope);
    }

    private Value comparison(Expression.Comparison e, Scope scope) {
        Value left = evaluate(e.first(), scope);
        for (Expression.Operand operand : e.rest()) {
            Value right = evaluate(operand.expression(), scope);
            rendering.at(e.line());
            if (!holds(operand.operator(), left, right)) {
                return Value.Bool.FALSE;
            }
            left = right;
        }
        return Value.Bool.TRUE;
    }

    private boolean holds(String operator, Value left, Value right) {
        return switch (operator) {
            case "==" -> Compare.equal(left, right, budget());
            case "!=" -> !Compare.equal(left, right, budget());
            case "in" -> Compare.contains(right, left, budget());
            case "not in" -> !Compare.contains(right, left, budget());
            default -> Compare.ordered(operator, left, right, budget());
        };
    }

    private Value choice(Expression.Choice e, Scope scope) {
        if (truth(e.condition(), scope)) {
            return evaluate(e.then(), scope);
        }
        return e.otherwise().isPresent()
                ? evaluate(e.otherwise().get(), scope)
                : new Value.Undefined("An inline if without else did not hold");
    }
}

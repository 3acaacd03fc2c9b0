package omni.template;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import omni.template.Statement.Target;

/** Carries out statements. */
final class Interpreter {
    /** How a statement ended. */
    enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    private final Rendering rendering;

    Interpreter(Rendering rendering) {
        this.rendering = rendering;
    }

    private Budget budget() {
        return rendering.budget();
    }

    private Value evaluate(Expression expression, Scope scope) {
        return rendering.evaluator().evaluate(expression, scope);
    }

    /** Carries out statements in order, until one jumps; what they print goes to {@code out}. */
    Flow run(List<Statement> statements, Scope scope, StringBuilder out) {
        budget().enter();
        Flow flow = Flow.ON;
        for (Statement statement : statements) {
            flow = run(statement, scope, out);
            if (flow != Flow.ON) {
                break;
            }
        }
        budget().leave();
        return flow;
    }

    private Flow run(Statement statement, Scope scope, StringBuilder out) {
        switch (statement) {
            case Statement.Output s -> print(s.text(), out);
            case Statement.Print s -> print(rendering.str(evaluate(s.expression(), scope)), out);
            case Statement.If s -> {
                return choose(s, scope, out);
            }
            case Statement.For s -> loop(s, evaluate(s.items(), scope), scope, out, 0);
            case Statement.Assign s -> assign(s.target(), evaluate(s.value(), scope), scope);
            case Statement.Capture s -> assign(s.target(), filtered(s.filters(), s.body(), scope), scope);
            case Statement.Define s -> scope.set(s.macro().name(), new MacroValue(s.macro(), scope, rendering));
            case Statement.CallBlock s -> {
                Value caller = new MacroValue(s.caller(), scope, rendering);
                print(rendering.str(rendering.evaluator().call(s.call(), scope, Optional.of(caller))), out);
            }
            case Statement.FilterBlock s -> print(rendering.str(filtered(s.filters(), s.body(), scope)), out);
            case Statement.With s -> {
                Scope inner = new Scope(scope);
                for (int i = 0; i < s.targets().size(); i++) {
                    assign(s.targets().get(i), evaluate(s.values().get(i), scope), inner);
                }
                return run(s.body(), inner, out);
            }
            case Statement.Generation s -> {
                return run(s.body(), new Scope(scope), out);
            }
            case Statement.Jump s -> {
                return s.out() ? Flow.BREAK : Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private void print(String text, StringBuilder out) {
        budget().step();
        if ((long) out.length() + text.length() > Limits.TEXT_CHARS_MAX) {
            budget().chars((long) out.length() + text.length());
        }
        out.append(text);
    }

    private Flow choose(Statement.If s, Scope scope, StringBuilder out) {
        for (Statement.Branch branch : s.branches()) {
            if (rendering.evaluator().truth(branch.condition(), scope)) {
                return run(branch.body(), scope, out);
            }
        }
        return run(s.otherwise(), scope, out);
    }

    /** What statements print in a scope of their own. */
    String captured(List<Statement> body, Scope inner) {
        StringBuilder out = new StringBuilder();
        run(body, inner, out);
        return budget().made(out.toString());
    }

    private Value filtered(List<Expression.Filter> filters, List<Statement> body, Scope scope) {
        Value value = Value.Str.of(captured(body, new Scope(scope)));
        for (Expression.Filter filter : filters) {
            value = rendering.evaluator().filter(value, filter, scope);
        }
        return value;
    }

    /** Goes through a loop; {@code depth} is that of a recursive one, from 0. */
    private void loop(Statement.For s, Value items, Scope scope, StringBuilder out, int depth) {
        rendering.at(s.line());
        Iterator<Value> elements = Convert.iterate(items, budget());
        OptionalInt length = Convert.length(items);
        if (s.condition().isPresent()) {
            elements = new Selection(s, s.condition().get(), elements, scope);
            length = OptionalInt.empty();
        }
        Optional<Value.Function> recursion =
                s.recursive() ? Optional.of(new Value.Function("loop", deeper(s, scope, depth + 1))) : Optional.empty();
        Loop loop = new Loop(elements, length, depth, recursion, budget());
        boolean completed = false;
        while (loop.advance()) {
            Scope turn = new Scope(scope);
            turn.set("loop", loop);
            assign(s.target(), loop.current(), turn);
            Flow flow = run(s.body(), turn, out);
            completed |= flow == Flow.ON;
            if (flow == Flow.BREAK) {
                break;
            }
        }
        if (!completed) {
            run(s.otherwise(), new Scope(scope), out);
        }
    }

    private Value.Function.Body deeper(Statement.For s, Scope scope, int depth) {
        return arguments -> {
            Value items = arguments.bind("loop", 1, "iterable").value(0);
            rendering.enterMacro();
            StringBuilder out = new StringBuilder();
            loop(s, items, scope, out, depth);
            rendering.leaveMacro();
            return Value.Str.of(budget().made(out.toString()));
        };
    }

    /** Assigns a value, unpacking it where there are several targets. */
    void assign(Target target, Value value, Scope scope) {
        switch (target) {
            case Target.Variable t -> scope.set(t.name(), value);
            case Target.Member t -> {
                rendering.at(t.line());
                Optional<Value> object = scope.find(t.namespace());
                if (object.isEmpty() || !(object.get() instanceof Value.Namespace namespace)) {
                    throw Errors.runtime("Only a namespace's attributes can be assigned to. Correct the template.");
                }
                Globals.checkMemberName(t.name());
                namespace.members().put(t.name(), value);
            }
            case Target.Several t -> {
                rendering.at(t.line());
                List<Value> values = Convert.list(value, budget());
                if (values.size() != t.targets().size()) {
                    throw Errors.runtime("A value has more or fewer elements than it is unpacked to. The model's"
                            + " template does not support these messages.");
                }
                for (int i = 0; i < values.size(); i++) {
                    assign(t.targets().get(i), values.get(i), scope);
                }
            }
        }
    }

    /** The elements of a loop for which its condition holds. */
    private final class Selection implements Iterator<Value> {
        private final Statement.For statement;
        private final Expression condition;
        private final Iterator<Value> elements;
        private final Scope scope;
        private Optional<Value> next = Optional.empty();

        Selection(Statement.For statement, Expression condition, Iterator<Value> elements, Scope scope) {
            this.statement = statement;
            this.condition = condition;
            this.elements = elements;
            this.scope = scope;
        }

        @Override
        public boolean hasNext() {
            while (next.isEmpty() && elements.hasNext()) {
                Value candidate = elements.next();
                Scope inner = new Scope(scope);
                assign(statement.target(), candidate, inner);
                if (rendering.evaluator().truth(condition, inner)) {
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
    }
}

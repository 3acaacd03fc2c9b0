package omni.template;

import java.util.List;
import java.util.Optional;

/** What stands between {@code {{ }}} or behind a statement's keyword. {@code line} is counted from 1. */
sealed interface Expression {
    /** A literal. */
    record Constant(Value value) implements Expression {}

    /** A variable. */
    record Name(String name, int line) implements Expression {}

    /** {@code [a, b]}. */
    record Items(List<Expression> items) implements Expression {}

    /** {@code (a, b)}. */
    record Group(List<Expression> items) implements Expression {}

    /** {@code {a: b}}. */
    record Pairs(List<Pair> pairs, int line) implements Expression {}

    /** One member of {@link Pairs}. */
    record Pair(Expression key, Expression value) {}

    /** {@code a.b}. */
    record Attribute(Expression object, String name, int line) implements Expression {}

    /** {@code a[b]}. */
    record Item(Expression object, Expression key, int line) implements Expression {}

    /** {@code a[b:c:d]}. */
    record Slice(
            Expression object,
            Optional<Expression> start,
            Optional<Expression> stop,
            Optional<Expression> step,
            int line)
            implements Expression {}

    /** {@code a(b)}. */
    record Call(Expression callee, Inputs inputs, int line) implements Expression {}

    /** {@code a | b(c)}. */
    record Filtered(Expression target, Filter filter) implements Expression {}

    /** {@code a is b(c)}. */
    record Test(Expression target, String name, Inputs inputs, int line) implements Expression {}

    /** {@code not a}. */
    record Not(Expression operand) implements Expression {}

    /** {@code -a} and {@code +a}. */
    record Sign(boolean negative, Expression operand, int line) implements Expression {}

    /** {@code a + b} and the other arithmetic operators. */
    record Arithmetic(String operator, Expression left, Expression right, int line) implements Expression {}

    /** {@code a ~ b ~ c}. */
    record Concatenation(List<Expression> parts) implements Expression {}

    /** {@code a and b}. */
    record And(Expression left, Expression right) implements Expression {}

    /** {@code a or b}. */
    record Or(Expression left, Expression right) implements Expression {}

    /** {@code a < b <= c}, {@code a in b}. */
    record Comparison(Expression first, List<Operand> rest, int line) implements Expression {}

    /** One operator of a {@link Comparison} and what is right of it. */
    record Operand(String operator, Expression expression) {}

    /** {@code a if b else c}. */
    record Choice(Expression condition, Expression then, Optional<Expression> otherwise) implements Expression {}

    /** A filter's name and what it is called with. */
    record Filter(String name, Inputs inputs, int line) {}

    /** What a call is given. */
    record Inputs(
            List<Expression> positional,
            List<Keyword> named,
            Optional<Expression> allPositional,
            Optional<Expression> allNamed) {
        static final Inputs NONE = new Inputs(List.of(), List.of(), Optional.empty(), Optional.empty());

        boolean isEmpty() {
            return positional.isEmpty() && named.isEmpty() && allPositional.isEmpty() && allNamed.isEmpty();
        }
    }

    /** {@code name=value} in a call. */
    record Keyword(String name, Expression value) {}
}

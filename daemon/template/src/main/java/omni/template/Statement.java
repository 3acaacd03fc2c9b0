package omni.template;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a template does, in order. */
sealed interface Statement {
    /** Text as it stands. */
    record Output(String text) implements Statement {}

    /** {@code {{ expression }}}. */
    record Print(Expression expression) implements Statement {}

    /** {@code if}, its {@code elif}s, and {@code else}. */
    record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

    /** One condition of an {@link If} and what it leads to. */
    record Branch(Expression condition, List<Statement> body) {}

    /** {@code for target in items if condition}. */
    record For(
            Target target,
            Expression items,
            Optional<Expression> condition,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise,
            int line)
            implements Statement {}

    /** {@code set target = value}. */
    record Assign(Target target, Expression value) implements Statement {}

    /** {@code set target | filter} ... {@code endset}. */
    record Capture(Target target, List<Expression.Filter> filters, List<Statement> body) implements Statement {}

    /** {@code macro name(parameters)}. */
    record Define(Macro macro) implements Statement {}

    /** {@code call(parameters) callee(inputs)}. */
    record CallBlock(Macro caller, Expression.Call call) implements Statement {}

    /** {@code filter name}. */
    record FilterBlock(List<Expression.Filter> filters, List<Statement> body) implements Statement {}

    /** {@code with a = b}. */
    record With(List<Target> targets, List<Expression> values, List<Statement> body) implements Statement {}

    /** {@code generation}: what the model itself wrote. Renders as its body. */
    record Generation(List<Statement> body) implements Statement {}

    /** {@code break} or {@code continue}. */
    record Jump(boolean out) implements Statement {}

    /**
     * A macro, or what a {@code call} block gives to one.
     *
     * @param uses which of {@code varargs}, {@code kwargs} and {@code caller} the body reads
     */
    record Macro(String name, List<Parameter> parameters, List<Statement> body, Set<String> uses) {}

    /** A parameter of a macro. */
    record Parameter(String name, Optional<Expression> defaultValue) {}

    /** What a value is assigned to. */
    sealed interface Target {
        /** A variable. */
        record Variable(String name) implements Target {}

        /** An attribute of a namespace. */
        record Member(String namespace, String name, int line) implements Target {}

        /** Several, for unpacking. */
        record Several(List<Target> targets, int line) implements Target {}
    }
}

package omni.template;

import java.time.Clock;
import java.util.Optional;

/** One rendering of a template: what all its parts share. Used by one thread. */
final class Rendering {
    private final Budget budget = new Budget();
    private final Clock clock;
    private final Evaluator evaluator = new Evaluator(this);
    private final Interpreter interpreter = new Interpreter(this);
    private int line;
    private int macroDepth;

    Rendering(Clock clock) {
        this.clock = clock;
    }

    Budget budget() {
        return budget;
    }

    Clock clock() {
        return clock;
    }

    Evaluator evaluator() {
        return evaluator;
    }

    Interpreter interpreter() {
        return interpreter;
    }

    /** Line of the source that was evaluated last. */
    int line() {
        return line;
    }

    void at(int newLine) {
        line = newLine;
    }

    void enterMacro() {
        if (++macroDepth > Limits.MACRO_DEPTH_MAX) {
            throw Budget.limit("The template's macros call each other too deeply. Send flatter messages and tools.");
        }
    }

    void leaveMacro() {
        macroDepth--;
    }

    /** What a value prints. */
    String str(Value value) {
        return Representation.str(value, budget);
    }

    /** Calls a value. */
    Value call(Value callee, Arguments arguments) {
        Optional<Value.Function> function = switch (callee) {
            case Value.Function f -> Optional.of(f);
            case Value.Member m -> m.function();
            default -> Optional.empty();
        };
        return function.orElseThrow(() -> Errors.type(callee, "called")).body().call(arguments);
    }
}

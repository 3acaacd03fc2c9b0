package omni.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The variable {@code loop}: where a loop is. It looks ahead only when it is asked to, as Jinja's does. */
final class Loop implements Value.Member {
    private final OptionalInt knownLength;
    private final int depth;
    private final Optional<Value.Function> recursion;
    private final Budget budget;
    private Iterator<Value> elements;
    private OptionalInt length = OptionalInt.empty();
    private int index = -1;
    private Optional<Value> after = Optional.empty();
    private Optional<Value> before = Optional.empty();
    private Optional<Value> current = Optional.empty();
    private Optional<Value> lastChanged = Optional.empty();

    /**
     * @param knownLength how many elements there are, or empty where they must be counted
     * @param depth of a recursive loop, from 0
     * @param recursion what a call of the loop does; empty if the loop is not recursive
     */
    Loop(
            Iterator<Value> elements,
            OptionalInt knownLength,
            int depth,
            Optional<Value.Function> recursion,
            Budget budget) {
        this.elements = elements;
        this.knownLength = knownLength;
        this.depth = depth;
        this.recursion = recursion;
        this.budget = budget;
    }

    /** Goes to the next element; false at the end. */
    boolean advance() {
        if (peek().isEmpty()) {
            return false;
        }
        index++;
        before = current;
        current = after;
        after = Optional.empty();
        return true;
    }

    Value current() {
        return current.orElseThrow();
    }

    private Optional<Value> peek() {
        if (after.isEmpty() && elements.hasNext()) {
            after = Optional.of(elements.next());
        }
        return after;
    }

    /** The elements that are still to come. */
    Iterator<Value> rest() {
        List<Value> rest = new ArrayList<>();
        while (peek().isPresent()) {
            rest.add(after.orElseThrow());
            after = Optional.empty();
        }
        return rest.iterator();
    }

    /** How many elements there are; where that is unknown all are fetched now. */
    int length() {
        if (length.isEmpty()) {
            length = knownLength.isPresent() ? knownLength : OptionalInt.of(count());
        }
        return length.getAsInt();
    }

    private int count() {
        List<Value> rest = new ArrayList<>();
        while (elements.hasNext()) {
            budget.elements(1);
            rest.add(elements.next());
        }
        elements = rest.iterator();
        return rest.size() + index + 1 + (after.isPresent() ? 1 : 0);
    }

    @Override
    public Optional<Value> attribute(String name) {
        return switch (name) {
            case "index" -> number(index + 1);
            case "index0" -> number(index);
            case "revindex" -> number(length() - index);
            case "revindex0" -> number(length() - index - 1);
            case "length" -> number(length());
            case "depth" -> number(depth + 1);
            case "depth0" -> number(depth);
            case "first" -> Optional.of(Value.Bool.of(index == 0));
            case "last" -> Optional.of(Value.Bool.of(peek().isEmpty()));
            case "previtem" ->
                Optional.of(before.orElseGet(() -> new Value.Undefined("There is no previous item in the loop")));
            case "nextitem" ->
                Optional.of(peek().orElseGet(() -> new Value.Undefined("There is no next item in the loop")));
            case "cycle" -> Optional.of(new Value.Function(name, this::cycle));
            case "changed" -> Optional.of(new Value.Function(name, this::changed));
            default -> Optional.empty();
        };
    }

    private static Optional<Value> number(int value) {
        return Optional.of(Value.Int.of(value));
    }

    private Value cycle(Arguments arguments) {
        List<Value> values = arguments.positional();
        if (values.isEmpty()) {
            throw Errors.arguments("loop.cycle");
        }
        return values.get(index % values.size());
    }

    private Value changed(Arguments arguments) {
        Value value = Value.Group.of(arguments.positional());
        if (lastChanged.isPresent() && Compare.equal(lastChanged.get(), value, budget)) {
            return Value.Bool.FALSE;
        }
        lastChanged = Optional.of(value);
        return Value.Bool.TRUE;
    }

    @Override
    public String representation() {
        return "<LoopContext " + (index + 1) + "/" + length() + ">";
    }

    @Override
    public Optional<Value.Function> function() {
        return recursion;
    }
}

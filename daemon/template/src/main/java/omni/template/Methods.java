package omni.template;

import java.util.Optional;

/** The methods and attributes that values have. There are no others: nothing of Java is reachable. */
final class Methods {
    private Methods() {}

    /** The method or attribute of a value, if it has one with that name. */
    static Optional<Value> find(Value value, String name, Budget budget) {
        return switch (value) {
            case Value.Str s -> {
                budget.look(s.text());
                yield StringMethods.find(s, name, budget);
            }
            case Value.Items i -> ListMethods.find(i, name, budget);
            case Value.Group g -> ListMethods.find(g, name, budget);
            case Value.Pairs p -> DictMethods.find(p, name, budget);
            case Value.Range r -> range(r, name);
            case Value.Namespace n -> n.members().get(name);
            case Value.Member m -> m.attribute(name);
            case Value.Bool b -> number(b, name);
            case Value.Int i -> number(i, name);
            case Value.Real r -> number(r, name);
            case Value.None n -> Optional.empty();
            case Value.View v -> Optional.empty();
            case Value.Stream s -> Optional.empty();
            case Value.Undefined u -> Optional.empty();
            case Value.Function f -> Optional.empty();
        };
    }

    private static Optional<Value> range(Value.Range range, String name) {
        return switch (name) {
            case "start" -> Optional.of(Value.Int.of(range.start()));
            case "stop" -> Optional.of(Value.Int.of(range.start() + range.step() * range.length()));
            case "step" -> Optional.of(Value.Int.of(range.step()));
            default -> Optional.empty();
        };
    }

    private static Optional<Value> number(Value number, String name) {
        boolean real = number instanceof Value.Real;
        return switch (name) {
            case "real" -> Optional.of(Arithmetic.sign(false, number));
            case "imag" -> Optional.of(real ? new Value.Real(0) : Value.Int.of(0));
            case "numerator" -> real ? Optional.empty() : Optional.of(Arithmetic.sign(false, number));
            case "denominator" -> real ? Optional.empty() : Optional.of(Value.Int.of(1));
            case "is_integer" ->
                real
                        ? Optional.of(new Value.Function(
                                name,
                                arguments -> Value.Bool.of(Convert.real(number) == Math.rint(Convert.real(number)))))
                        : Optional.empty();
            case "bit_length" ->
                real
                        ? Optional.empty()
                        : Optional.of(new Value.Function(
                                name,
                                arguments -> Value.Int.of(
                                        Convert.integer(number).abs().bitLength())));
            default -> Optional.empty();
        };
    }
}

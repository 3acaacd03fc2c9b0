package omni.template;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/**
 * The tests, which are all of Jinja's.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-tests">Jinja, tests</a>
 */
final class Tests {
    private interface Test {
        boolean holds(Value target, Arguments arguments, Rendering rendering);
    }

    private interface Simple {
        boolean holds(Value target);
    }

    private static final Map<String, Test> TESTS = new HashMap<>();

    static {
        simple("defined", v -> !(v instanceof Value.Undefined));
        simple("undefined", v -> v instanceof Value.Undefined);
        simple("none", v -> v == Value.None.NONE);
        simple("boolean", v -> v instanceof Value.Bool);
        simple("true", v -> v == Value.Bool.TRUE);
        simple("false", v -> v == Value.Bool.FALSE);
        simple("integer", v -> v instanceof Value.Int);
        simple("float", v -> v instanceof Value.Real);
        simple("number", Convert::isNumber);
        simple("string", v -> v instanceof Value.Str);
        simple("mapping", v -> v instanceof Value.Pairs);
        simple("sequence", Tests::isSequence);
        simple("iterable", Convert::isIterable);
        simple("callable", Tests::isCallable);
        simple("escaped", v -> v instanceof Value.Str s && s.safe());
        simple("odd", v -> remainder(v, Value.Int.of(2)).equals(BigInteger.ONE));
        simple("even", v -> remainder(v, Value.Int.of(2)).signum() == 0);
        TESTS.put("lower", (v, arguments, rendering) -> StringMethods.isLower(rendering.str(v)));
        TESTS.put("upper", (v, arguments, rendering) -> StringMethods.isUpper(rendering.str(v)));
        TESTS.put(
                "divisibleby",
                (v, arguments, rendering) ->
                        remainder(v, other("divisibleby", arguments)).signum() == 0);
        TESTS.put("sameas", (v, arguments, rendering) -> isSame(v, other("sameas", arguments)));
        TESTS.put("in", (v, arguments, rendering) -> Compare.contains(other("in", arguments), v, rendering.budget()));
        TESTS.put("filter", (v, arguments, rendering) -> v instanceof Value.Str s && Filters.exists(s.text()));
        TESTS.put("test", (v, arguments, rendering) -> v instanceof Value.Str s && exists(s.text()));
        for (String name : new String[] {"==", "eq", "equalto"}) {
            TESTS.put(name, (v, arguments, rendering) -> Compare.equal(v, other(name, arguments), rendering.budget()));
        }
        for (String name : new String[] {"!=", "ne"}) {
            TESTS.put(name, (v, arguments, rendering) -> !Compare.equal(v, other(name, arguments), rendering.budget()));
        }
        ordered("<", "<", "lt", "lessthan");
        ordered("<=", "<=", "le");
        ordered(">", ">", "gt", "greaterthan");
        ordered(">=", ">=", "ge");
    }

    private Tests() {}

    static boolean exists(String name) {
        return TESTS.containsKey(name);
    }

    static boolean apply(String name, Value target, Arguments arguments, Rendering rendering) {
        Test test = TESTS.get(name);
        if (test == null) {
            throw Errors.runtime("The template uses a test that does not exist. Use another model.");
        }
        if (target instanceof Value.Str s) {
            rendering.budget().look(s.text());
        }
        return test.holds(target, arguments, rendering);
    }

    private static void simple(String name, Simple test) {
        TESTS.put(name, (target, arguments, rendering) -> {
            arguments.bind(name, 0);
            return test.holds(target);
        });
    }

    private static void ordered(String operator, String... names) {
        for (String name : names) {
            TESTS.put(
                    name,
                    (v, arguments, rendering) ->
                            Compare.ordered(operator, v, other(name, arguments), rendering.budget()));
        }
    }

    private static Value other(String name, Arguments arguments) {
        return arguments.bind(name, 1, "other").value(0);
    }

    private static BigInteger remainder(Value value, Value divisor) {
        if (value instanceof Value.Real r) {
            double remainder = r.value() % Convert.real(divisor);
            return remainder == 0 ? BigInteger.ZERO : remainder == 1 ? BigInteger.ONE : BigInteger.TWO;
        }
        BigInteger by = Convert.integer(divisor);
        if (by.signum() == 0) {
            throw Errors.runtime("The template divides by zero. Correct it.");
        }
        return Convert.integer(value).mod(by.abs());
    }

    private static boolean isSequence(Value value) {
        return Convert.length(value).isPresent() && !(value instanceof Value.View) && !(value instanceof Value.Member);
    }

    private static boolean isCallable(Value value) {
        return switch (value) {
            case Value.Function f -> true;
            case Value.Undefined u -> true;
            case Value.Member m -> m.function().isPresent();
            default -> false;
        };
    }

    /** Python's {@code is}: the same object. Values that Python keeps once are the same if they are equal. */
    private static boolean isSame(Value a, Value b) {
        return switch (a) {
            case Value.None n -> b instanceof Value.None;
            case Value.Bool bool -> bool.equals(b);
            case Value.Int i -> i.value().bitLength() < 9 && i.equals(b);
            case Value.Str s -> s.equals(b);
            case Value.Items i -> i.equals(b);
            case Value.Pairs p -> p.equals(b);
            case Value.Namespace n -> n.equals(b);
            case Value.Undefined u -> false;
            case Value.Real r -> false;
            case Value.Group g -> false;
            case Value.View v -> false;
            case Value.Range r -> false;
            case Value.Stream s -> s.equals(b);
            case Value.Function f -> f.equals(b);
            case Value.Member m -> m.equals(b);
        };
    }
}

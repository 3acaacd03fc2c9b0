package omni.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What a value is as a truth, a number, a length, or a sequence: Python's {@code bool()}, {@code len()}, {@code iter()}. */
final class Convert {
    private Convert() {}

    static boolean truth(Value value) {
        return switch (value) {
            case Value.None n -> false;
            case Value.Bool b -> b == Value.Bool.TRUE;
            case Value.Int i -> i.value().signum() != 0;
            case Value.Real r -> r.value() != 0;
            case Value.Str s -> !s.text().isEmpty();
            case Value.Items i -> !i.values().isEmpty();
            case Value.Group g -> !g.values().isEmpty();
            case Value.Pairs p -> p.size() > 0;
            case Value.View v -> v.pairs().size() > 0;
            case Value.Range r -> r.length() > 0;
            case Value.Undefined u -> false;
            case Value.Stream s -> true;
            case Value.Namespace n -> true;
            case Value.Function f -> true;
            case Value.Member m -> true;
        };
    }

    /** The number of elements, or empty where Python's {@code len} fails. */
    static OptionalInt length(Value value) {
        return switch (value) {
            case Value.Str s -> OptionalInt.of(Text.length(s.text()));
            case Value.Items i -> OptionalInt.of(i.values().size());
            case Value.Group g -> OptionalInt.of(g.values().size());
            case Value.Pairs p -> OptionalInt.of(p.size());
            case Value.View v -> OptionalInt.of(v.pairs().size());
            case Value.Range r -> OptionalInt.of(r.length());
            case Value.Undefined u -> OptionalInt.of(0);
            case Loop l -> OptionalInt.of(l.length());
            case Value.None n -> OptionalInt.empty();
            case Value.Bool b -> OptionalInt.empty();
            case Value.Int i -> OptionalInt.empty();
            case Value.Real r -> OptionalInt.empty();
            case Value.Stream s -> OptionalInt.empty();
            case Value.Namespace n -> OptionalInt.empty();
            case Value.Function f -> OptionalInt.empty();
            case Value.Member m -> OptionalInt.empty();
        };
    }

    static boolean isIterable(Value value) {
        return switch (value) {
            case Value.Str s -> true;
            case Value.Items i -> true;
            case Value.Group g -> true;
            case Value.Pairs p -> true;
            case Value.View v -> true;
            case Value.Range r -> true;
            case Value.Stream s -> true;
            case Value.Undefined u -> true;
            case Value.Member m -> m instanceof Loop;
            case Value.None n -> false;
            case Value.Bool b -> false;
            case Value.Int i -> false;
            case Value.Real r -> false;
            case Value.Namespace n -> false;
            case Value.Function f -> false;
        };
    }

    /** The elements, each costing a step; throws where there are none to go through. A list may grow meanwhile. */
    static Iterator<Value> iterate(Value value, Budget budget) {
        Iterator<Value> elements = switch (value) {
            case Value.Str s -> codePoints(s);
            case Value.Items i -> growing(i.values());
            case Value.Group g -> g.values().iterator();
            case Value.Pairs p -> view(p, Value.View.Part.KEYS, budget).iterator();
            case Value.View v -> view(v.pairs(), v.part(), budget).iterator();
            case Value.Range r -> range(r);
            case Value.Stream s -> s.iterator();
            case Value.Undefined u -> Collections.emptyIterator();
            case Loop l -> l.rest();
            case Value.None n -> throw Errors.type(value, "gone through");
            case Value.Bool b -> throw Errors.type(value, "gone through");
            case Value.Int i -> throw Errors.type(value, "gone through");
            case Value.Real r -> throw Errors.type(value, "gone through");
            case Value.Namespace n -> throw Errors.type(value, "gone through");
            case Value.Function f -> throw Errors.type(value, "gone through");
            case Value.Member m -> throw Errors.type(value, "gone through");
        };
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return elements.hasNext();
            }

            @Override
            public Value next() {
                budget.step();
                return elements.next();
            }
        };
    }

    /** The elements as a new list. */
    static List<Value> list(Value value, Budget budget) {
        List<Value> list = new ArrayList<>();
        Iterator<Value> elements = iterate(value, budget);
        while (elements.hasNext()) {
            budget.elements(1);
            list.add(elements.next());
        }
        return list;
    }

    /** What is seen through a view, as it is now. */
    static List<Value> view(Value.Pairs pairs, Value.View.Part part, Budget budget) {
        budget.steps(pairs.size());
        List<Value> seen = new ArrayList<>(pairs.size());
        for (Map.Entry<Value, Value> member : pairs.members()) {
            seen.add(
                    switch (part) {
                        case KEYS -> member.getKey();
                        case VALUES -> member.getValue();
                        case ITEMS -> Value.Group.of(member.getKey(), member.getValue());
                    });
        }
        return seen;
    }

    private static Iterator<Value> codePoints(Value.Str s) {
        return new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < s.text().length();
            }

            @Override
            public Value next() {
                int end = at + Character.charCount(s.text().codePointAt(at));
                Value next = new Value.Str(s.text().substring(at, end), s.safe());
                at = end;
                return next;
            }
        };
    }

    private static Iterator<Value> growing(List<Value> values) {
        return new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < values.size();
            }

            @Override
            public Value next() {
                return values.get(at++);
            }
        };
    }

    private static Iterator<Value> range(Value.Range range) {
        return new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < range.length();
            }

            @Override
            public Value next() {
                return range.at(at++);
            }
        };
    }

    static boolean isNumber(Value value) {
        return value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool;
    }

    static boolean isInteger(Value value) {
        return value instanceof Value.Int || value instanceof Value.Bool;
    }

    /** The integer a value is or, for a bool, counts as. */
    static BigInteger integer(Value value) {
        return switch (value) {
            case Value.Int i -> i.value();
            case Value.Bool b -> b == Value.Bool.TRUE ? BigInteger.ONE : BigInteger.ZERO;
            default -> throw Errors.type(value, "used as a whole number");
        };
    }

    /** The same, cut to what a Java {@code int} holds: enough for indexes, widths and counts. */
    static int index(Value value) {
        BigInteger exact = integer(value);
        if (exact.bitLength() > 31) {
            return exact.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
        }
        return exact.intValueExact();
    }

    /** The floating-point number a value is or stands for. */
    static double real(Value value) {
        if (value instanceof Value.Real r) {
            return r.value();
        }
        double result = integer(value).doubleValue();
        if (Double.isInfinite(result)) {
            throw Errors.runtime("A whole number is too large for a fraction. Correct the template.");
        }
        return result;
    }

    /** The number a value is, exactly; it must be finite. */
    static BigDecimal exact(Value value) {
        return value instanceof Value.Real r ? new BigDecimal(r.value()) : new BigDecimal(integer(value));
    }

    /** The text of a text; throws for anything else. */
    static String text(Value value, String operation) {
        if (value instanceof Value.Str s) {
            return s.text();
        }
        throw Errors.type(value, operation);
    }
}

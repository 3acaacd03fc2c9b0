package omni.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import omni.template.TemplateException.Kind;

/** What makes two keys of a dict the same: as in Python, {@code 1}, {@code 1.0} and {@code True} are one key. */
final class Keys {
    private Keys() {}

    /** An object that is equal to that of another value if and only if both are the same key. Throws for a list. */
    static Object of(Value value) {
        return of(value, 0);
    }

    private static Object of(Value value, int depth) {
        Budget.nesting(depth);
        return switch (value) {
            case Value.Str s -> s.text();
            case Value.None n -> n;
            case Value.Bool b -> b == Value.Bool.TRUE ? BigInteger.ONE : BigInteger.ZERO;
            case Value.Int i -> i.value();
            case Value.Real r -> real(r.value());
            case Value.Group g -> {
                List<Object> keys = new ArrayList<>(g.values().size());
                for (Value item : g.values()) {
                    keys.add(of(item, depth + 1));
                }
                yield keys;
            }
            case Value.Undefined u -> Value.Undefined.class;
            case Value.Range r -> r;
            case Value.Function f -> f;
            case Value.Member m -> m;
            case Value.Stream s -> s;
            case Value.Namespace n -> n;
            case Value.Items i -> throw unhashable();
            case Value.Pairs p -> throw unhashable();
            case Value.View v -> throw unhashable();
        };
    }

    private static Object real(double value) {
        if (value == Math.rint(value) && !Double.isInfinite(value)) {
            return new BigDecimal(value).toBigInteger();
        }
        return value;
    }

    private static TemplateException unhashable() {
        return new TemplateException(Kind.RUNTIME, "A list or object cannot be a key. Correct the template.", 0);
    }
}

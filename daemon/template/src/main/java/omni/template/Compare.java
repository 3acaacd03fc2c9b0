package omni.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Python's {@code ==}, {@code <} and {@code in}. */
final class Compare {
    private Compare() {}

    /** Python's {@code left == right}. */
    static boolean equal(Value left, Value right, Budget budget) {
        return equal(left, right, budget, 0);
    }

    private static boolean equal(Value left, Value right, Budget budget, int depth) {
        Budget.nesting(depth);
        budget.step();
        if (Convert.isNumber(left) && Convert.isNumber(right)) {
            return number(left, right) == 0;
        }
        if (left instanceof Value.Str a && right instanceof Value.Str b) {
            budget.look(a.text());
            return a.text().equals(b.text());
        }
        if (left instanceof Value.Items a && right instanceof Value.Items b) {
            return equalLists(a.values(), b.values(), budget, depth);
        }
        if (left instanceof Value.Group a && right instanceof Value.Group b) {
            return equalLists(a.values(), b.values(), budget, depth);
        }
        if (left instanceof Value.Pairs a && right instanceof Value.Pairs b) {
            return equalPairs(a, b, budget, depth);
        }
        if (left instanceof Value.Undefined && right instanceof Value.Undefined) {
            return true;
        }
        return left.equals(right);
    }

    private static boolean equalLists(List<Value> left, List<Value> right, Budget budget, int depth) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i), budget, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalPairs(Value.Pairs left, Value.Pairs right, Budget budget, int depth) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Map.Entry<Value, Value> member : left.members()) {
            Optional<Value> other = right.get(member.getKey());
            if (other.isEmpty() || !equal(member.getValue(), other.get(), budget, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /** Less than, equal, or greater: -1, 0, 1; or 2 where a number is none. */
    private static int number(Value left, Value right) {
        boolean real = left instanceof Value.Real || right instanceof Value.Real;
        if (!real) {
            return Convert.integer(left).compareTo(Convert.integer(right));
        }
        double a = approximate(left);
        double b = approximate(right);
        if (Double.isNaN(a) || Double.isNaN(b)) {
            return 2;
        }
        if (Double.isInfinite(a) || Double.isInfinite(b)) {
            return Double.compare(a, b);
        }
        return Convert.exact(left).compareTo(Convert.exact(right));
    }

    private static double approximate(Value value) {
        return value instanceof Value.Real r ? r.value() : 0;
    }

    /** Whether {@code left operator right} holds, for the four that order. */
    static boolean ordered(String operator, Value left, Value right, Budget budget) {
        int order = order(left, right, budget, 0);
        return order != 2
                && switch (operator) {
                    case "<" -> order < 0;
                    case "<=" -> order <= 0;
                    case ">" -> order > 0;
                    default -> order >= 0;
                };
    }

    /** Which of two values comes first: negative, 0, positive; throws where Python cannot order them. */
    static int order(Value left, Value right, Budget budget) {
        return order(left, right, budget, 0);
    }

    private static int order(Value left, Value right, Budget budget, int depth) {
        Budget.nesting(depth);
        budget.step();
        if (Convert.isNumber(left) && Convert.isNumber(right)) {
            return number(left, right);
        }
        if (left instanceof Value.Str a && right instanceof Value.Str b) {
            budget.look(a.text());
            return codePoints(a.text(), b.text());
        }
        if (left instanceof Value.Items a && right instanceof Value.Items b) {
            return orderLists(a.values(), b.values(), budget, depth);
        }
        if (left instanceof Value.Group a && right instanceof Value.Group b) {
            return orderLists(a.values(), b.values(), budget, depth);
        }
        throw Errors.type(left instanceof Value.Undefined ? left : right, "ordered with the other kind");
    }

    private static int orderLists(List<Value> left, List<Value> right, Budget budget, int depth) {
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            if (!equal(left.get(i), right.get(i), budget, depth + 1)) {
                return order(left.get(i), right.get(i), budget, depth + 1);
            }
        }
        return Integer.compare(left.size(), right.size());
    }

    /** Order by code point, where Java's own is by UTF-16 unit. */
    private static int codePoints(String left, String right) {
        int i = 0;
        while (i < left.length() && i < right.length()) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean surrogates = Character.isSurrogate(a) != Character.isSurrogate(b);
                return surrogates ? (Character.isSurrogate(a) ? 1 : -1) : Character.compare(a, b);
            }
            i++;
        }
        return Integer.compare(left.length(), right.length());
    }

    /** Python's {@code item in container}. */
    static boolean contains(Value container, Value item, Budget budget) {
        if (container instanceof Value.Str s) {
            String needle = Convert.text(item, "looked for in a text");
            budget.search(s.text(), needle);
            return s.text().contains(needle);
        }
        if (container instanceof Value.Pairs p) {
            return p.get(item).isPresent();
        }
        if (container instanceof Value.View v && v.part() == Value.View.Part.KEYS) {
            return v.pairs().get(item).isPresent();
        }
        Iterator<Value> elements = Convert.iterate(container, budget);
        while (elements.hasNext()) {
            if (equal(elements.next(), item, budget)) {
                return true;
            }
        }
        return false;
    }
}

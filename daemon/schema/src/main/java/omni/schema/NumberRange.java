package omni.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import omni.schema.Shape.Bound;
import omni.schema.Shape.Numbers;
import org.jspecify.annotations.Nullable;

/** Numbers between two bounds, digit by digit, as JSON writes them without an exponent. */
final class NumberRange {
    private static final Bound FAR = new Bound(BigDecimal.TEN.pow(Limits.DIGITS), true);
    private static final Bound ZERO = new Bound(BigDecimal.ZERO, false);

    private NumberRange() {}

    /** What is written of the numbers; null for nothing, be it that only numbers of more digits lie between the bounds. */
    static @Nullable Expr of(Numbers numbers) {
        if (!numbers.whole()) {
            return real(numbers.least(), numbers.most());
        }
        var least = Alternatives.least(numbers);
        var most = Alternatives.most(numbers);
        return least.compareTo(most) > 0 ? null : whole(least.toBigIntegerExact(), most.toBigIntegerExact());
    }

    // Whole numbers.

    private static Expr whole(BigInteger least, BigInteger most) {
        var choices = new ArrayList<Expr>();
        if (least.signum() < 0) {
            var from = most.signum() < 0 ? most.negate() : BigInteger.ONE;
            choices.add(Expr.seq(new Expr.Text("-"), natural(from, least.negate())));
        }
        if (most.signum() >= 0) {
            choices.add(natural(least.max(BigInteger.ZERO), most));
        }
        return Expr.alt(choices);
    }

    private static Expr natural(BigInteger least, BigInteger most) {
        var choices = new ArrayList<Expr>();
        var first = least.toString().length();
        var last = most.toString().length();
        // How many lengths in a row have all their numbers in the range.
        var full = 0;
        for (var length = first; length <= last; length++) {
            var from = length == 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
            var to = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
            var whole = length > 1 && least.compareTo(from) <= 0 && to.compareTo(most) <= 0;
            full = whole ? full + 1 : 0;
            if (whole) {
                if (full > 1) {
                    choices.removeLast();
                }
                choices.add(Expr.seq(Expr.chars('1', '9'), digits(length - full, length - 1)));
            } else {
                choices.add(ofLength(least.max(from).toString(), most.min(to).toString()));
            }
        }
        return Expr.alt(choices);
    }

    private static Expr digits(int min, int max) {
        return Expr.repeat(Expr.chars('0', '9'), min, max);
    }

    /** From one row of digits to another of the same length. */
    private static Expr ofLength(String from, String to) {
        var same = 0;
        while (same < from.length() && from.charAt(same) == to.charAt(same)) {
            same++;
        }
        var prefix = same == 0 ? Expr.EMPTY : new Expr.Text(from.substring(0, same));
        if (same == from.length()) {
            return prefix;
        }
        var left = from.length() - same - 1;
        var low = from.charAt(same);
        var high = to.charAt(same);
        var choices = new ArrayList<Expr>();
        var behindLow = from.substring(same + 1);
        if (!behindLow.equals("0".repeat(left))) {
            choices.add(Expr.seq(digit(low), ofLength(behindLow, "9".repeat(left))));
            low++;
        }
        var behindHigh = to.substring(same + 1);
        var cut = !behindHigh.equals("9".repeat(left));
        if (cut) {
            high--;
        }
        if (low <= high) {
            choices.add(Expr.seq(low == high ? digit(low) : Expr.chars(low, high), digits(left, left)));
        }
        if (cut) {
            choices.add(Expr.seq(digit((char) (high + 1)), ofLength("0".repeat(left), behindHigh)));
        }
        return Expr.seq(prefix, Expr.alt(choices));
    }

    private static Expr digit(char digit) {
        return new Expr.Text(Character.toString(digit));
    }

    // Numbers with a fraction.

    private static @Nullable Expr real(@Nullable Bound least, @Nullable Bound most) {
        if (least != null && most != null && least.value().compareTo(most.value()) > 0) {
            return null;
        }
        var choices = new ArrayList<Expr>();
        if (least == null || least.value().signum() < 0) {
            var from = most == null || most.value().signum() > 0
                    ? ZERO
                    : new Bound(most.value().negate(), most.open());
            var to = least == null ? FAR : new Bound(least.value().negate(), least.open());
            choices.addAll(positive(new Expr.Text("-"), from, to));
        }
        if (most == null || most.value().signum() >= 0) {
            var from = least == null || least.value().signum() < 0 ? ZERO : least;
            choices.addAll(positive(Expr.EMPTY, from, most == null ? FAR : most));
        }
        return choices.isEmpty() ? null : Expr.alt(choices);
    }

    private static List<Expr> positive(Expr sign, Bound least, Bound most) {
        var low = least.value().toBigInteger();
        var high = most.value().toBigInteger();
        var scale = Math.max(0, Math.max(least.value().scale(), most.value().scale()));
        var length = scale;
        var precise = Limits.PRECISE_DIGITS;
        for (var bound : List.of(least, most)) {
            // What is nearer to a bound than a reader's numbers are would be read as the bound.
            if (bound.open() && bound.value().signum() > 0 && !bound.equals(FAR)) {
                precise = Math.min(
                        precise,
                        Limits.PRECISE_DIGITS
                                - bound.value().toBigInteger().toString().length());
            }
        }
        length = Math.max(length, precise);
        var from = fraction(least.value(), low, length);
        var to = fraction(most.value(), high, length);
        var choices = new ArrayList<Expr>();
        if (low.equals(high)) {
            add(choices, sign, number(low), new Fraction(from, least.open(), to, most.open(), length).optional());
            return choices;
        }
        add(choices, sign, number(low), new Fraction(from, least.open(), null, false, length).optional());
        if (high.subtract(low).compareTo(BigInteger.ONE) > 0) {
            add(
                    choices,
                    sign,
                    natural(low.add(BigInteger.ONE), high.subtract(BigInteger.ONE)),
                    new Fraction(null, false, null, false, length).optional());
        }
        add(choices, sign, number(high), new Fraction(null, false, to, most.open(), length).optional());
        return choices;
    }

    private static void add(List<Expr> choices, Expr sign, Expr whole, @Nullable Expr fraction) {
        if (fraction != null) {
            choices.add(Expr.seq(sign, whole, fraction));
        }
    }

    private static Expr number(BigInteger whole) {
        return new Expr.Text(whole.toString());
    }

    private static String fraction(BigDecimal value, BigInteger whole, int length) {
        var digits = value.subtract(new BigDecimal(whole))
                .movePointRight(length)
                .toBigIntegerExact()
                .toString();
        return length == 0 ? "" : "0".repeat(length - digits.length()) + digits;
    }

    /** The digits behind the point between two rows of digits of the same length; null where there is no bound. */
    private record Fraction(
            @Nullable String from,
            boolean fromOpen,
            @Nullable String to,
            boolean toOpen,
            int length) {
        private static final Expr ZERO_DIGIT = Expr.chars('0', '0');

        /** The point and the digits, or nothing where that is in the range too; null where nothing is. */
        @Nullable
        Expr optional() {
            var low = from != null && !isFree(0, true);
            var digits = length == 0 ? null : digits(0, low, to != null);
            var with = digits == null ? null : Expr.seq(new Expr.Text("."), digits);
            if (!mayEnd(0, low, to != null)) {
                return with;
            }
            return with == null ? Expr.EMPTY : Expr.optional(with);
        }

        private boolean isFree(int at, boolean low) {
            return !low || (from != null && !fromOpen && zeros(from, at));
        }

        private static boolean zeros(String digits, int at) {
            return digits.substring(at).chars().allMatch(c -> c == '0');
        }

        private boolean mayEnd(int at, boolean low, boolean high) {
            return isFree(at, low) && !(high && to != null && toOpen && zeros(to, at));
        }

        /** What may stand from this place on, where the digits before are those of the bounds; null for nothing. */
        private @Nullable Expr rest(int at, boolean low, boolean high) {
            var bound = low && !isFree(at, true);
            var digits = at == length ? null : digits(at, bound, high);
            if (!mayEnd(at, bound, high)) {
                return digits;
            }
            return digits == null
                    ? Expr.EMPTY
                    : digits instanceof Expr.Repeat r && !bound && !high
                            ? Expr.repeat(r.part(), 0, r.max())
                            : Expr.optional(digits);
        }

        /** One digit at least. */
        private @Nullable Expr digits(int at, boolean low, boolean high) {
            if (!low && !high) {
                return new Expr.Repeat(Expr.chars('0', '9'), 1, length - at);
            }
            if (!low && to != null && zeros(to, at)) {
                return toOpen ? null : new Expr.Repeat(ZERO_DIGIT, 1, length - at);
            }
            var least = low && from != null ? from.charAt(at) : '0';
            var most = high && to != null ? to.charAt(at) : '9';
            var choices = new ArrayList<Expr>();
            if (least == most) {
                add(choices, Expr.EMPTY, digit(least), rest(at + 1, low, high));
            } else if (least < most) {
                if (low) {
                    add(choices, Expr.EMPTY, digit(least), rest(at + 1, true, false));
                    least++;
                }
                if (high) {
                    add(choices, Expr.EMPTY, digit(most), rest(at + 1, false, true));
                    most--;
                }
                if (least <= most) {
                    add(choices, Expr.EMPTY, Expr.chars(least, most), rest(at + 1, false, false));
                }
            }
            return choices.isEmpty() ? null : Expr.alt(choices);
        }
    }
}

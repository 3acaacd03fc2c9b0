package omni.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Python's {@code int()}, {@code float()} and {@code round()}. */
final class Numbers {
    private static final Pattern INTEGER = Pattern.compile("[+-]?\\d+(?:_\\d+)*+");
    private static final Pattern REAL =
            Pattern.compile("[+-]?(?:\\d[\\d_]*+(?:\\.[\\d_]*+)?|\\.\\d[\\d_]*+)(?:[eE][+-]?\\d[\\d_]*+)?");

    private Numbers() {}

    /** The whole part of a number. */
    static Value.Int truncated(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw Errors.runtime("A number has no whole part. Correct the template.");
        }
        return Arithmetic.bounded(new BigDecimal(value).toBigInteger());
    }

    /** The integer a text writes, in a radix; 0 means that a prefix tells. */
    static Optional<BigInteger> integer(String written, int radix) {
        String text = Text.stripEnd(Text.stripStart(written));
        if (text.length() > Limits.INTEGER_DIGITS_MAX) {
            return Optional.empty();
        }
        if (radix == 10) {
            return INTEGER.matcher(text).matches()
                    ? Optional.of(new BigInteger(text.replace("_", "")))
                    : Optional.empty();
        }
        boolean negative = text.startsWith("-");
        String digits = text.startsWith("+") || negative ? text.substring(1) : text;
        String prefix = digits.length() > 1 ? digits.substring(0, 2).toLowerCase(Locale.ROOT) : "";
        int implied = switch (prefix) {
            case "0x" -> 16;
            case "0o" -> 8;
            case "0b" -> 2;
            default -> 10;
        };
        int actual = radix == 0 ? implied : radix;
        if (actual < 2 || actual > 36) {
            throw Errors.arguments("int");
        }
        String body = (implied == actual && implied != 10 ? digits.substring(2) : digits).replace("_", "");
        boolean valid = !body.isEmpty() && body.chars().allMatch(c -> Character.digit(c, actual) >= 0);
        return valid
                ? Optional.of(Arithmetic.bounded(new BigInteger((negative ? "-" : "") + body, actual))
                        .value())
                : Optional.empty();
    }

    /** The floating-point number a text writes. */
    static Optional<Double> real(String written) {
        String text = Text.stripEnd(Text.stripStart(written));
        String word = text.toLowerCase(Locale.ROOT);
        String unsigned = word.startsWith("+") || word.startsWith("-") ? word.substring(1) : word;
        double sign = word.startsWith("-") ? -1 : 1;
        return switch (unsigned) {
            case "inf", "infinity" -> Optional.of(sign * Double.POSITIVE_INFINITY);
            case "nan" -> Optional.of(Double.NaN);
            default ->
                REAL.matcher(text).matches()
                        ? Optional.of(Double.parseDouble(text.replace("_", "")))
                        : Optional.empty();
        };
    }

    /** Python's {@code round(value, places)}: to even, from the exact value; a whole number stays one. */
    static Value round(Value value, int places) {
        if (value instanceof Value.Real r) {
            if (Double.isNaN(r.value()) || Double.isInfinite(r.value()) || places > 330) {
                return r;
            }
            if (places < -330) {
                return new Value.Real(Math.copySign(0.0, r.value()));
            }
            BigDecimal exact = new BigDecimal(r.value());
            double rounded = exact.setScale(places, RoundingMode.HALF_EVEN).doubleValue();
            return new Value.Real(rounded == 0 ? Math.copySign(0.0, r.value()) : rounded);
        }
        BigInteger integer = Convert.integer(value);
        if (places >= 0) {
            return new Value.Int(integer);
        }
        if (places < -Limits.INTEGER_DIGITS_MAX) {
            return Value.Int.of(0);
        }
        return new Value.Int(
                new BigDecimal(integer).setScale(places, RoundingMode.HALF_EVEN).toBigInteger());
    }
}

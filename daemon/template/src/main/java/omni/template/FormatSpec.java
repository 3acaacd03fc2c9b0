package omni.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How one value is laid out: Python's format specification, {@code [[fill]align][sign][z][#][0][width][,][.n][type]}.
 *
 * @see <a href="https://docs.python.org/3/library/string.html#format-specification-mini-language">Python, format
 *     specification</a>
 */
record FormatSpec(
        String fill, char align, char sign, boolean alternate, int width, char grouping, int precision, char type) {
    private static final Pattern SYNTAX = Pattern.compile(
            "(?:(.)?([<>=^]))?([ +-])?z?(#)?(0)?(\\d{1,9})?([,_])?(?:\\.(\\d{1,9}))?([a-zA-Z%])?", Pattern.DOTALL);

    static FormatSpec parse(String text) {
        Matcher m = SYNTAX.matcher(text);
        if (!m.matches()) {
            throw Errors.runtime("A format has a specification that does not exist. Correct the template.");
        }
        boolean zero = m.group(5) != null;
        char align = m.group(2) == null ? (zero ? '=' : ' ') : m.group(2).charAt(0);
        String fill = m.group(1) == null ? (zero ? "0" : " ") : m.group(1);
        return new FormatSpec(
                fill,
                align,
                m.group(3) == null ? '-' : m.group(3).charAt(0),
                m.group(4) != null,
                number(m, 6, 0),
                letter(m, 7),
                number(m, 8, -1),
                letter(m, 9));
    }

    private static char letter(Matcher m, int group) {
        return m.group(group) == null ? ' ' : m.group(group).charAt(0);
    }

    private static int number(Matcher m, int group, int otherwise) {
        return m.group(group) == null ? otherwise : Integer.parseInt(m.group(group));
    }

    /** The value laid out. */
    String format(Value value, Budget budget) {
        boolean forReals = "eEfFgG%".indexOf(type) >= 0;
        if (value instanceof Value.Real r) {
            return number(realDigits(r.value(), budget), r.value() < 0 || 1 / r.value() < 0, budget);
        }
        if (Convert.isInteger(value)) {
            if (forReals) {
                double real = Convert.real(value);
                return number(realDigits(real, budget), real < 0, budget);
            }
            BigInteger integer = Convert.integer(value);
            return number(integerDigits(integer.abs()), integer.signum() < 0, budget);
        }
        if (type != ' ' && type != 's') {
            throw Errors.type(value, "formatted like a number");
        }
        String text = Representation.str(value, budget);
        if (precision >= 0 && precision < Text.length(text)) {
            text = text.substring(0, Text.offset(text, precision));
        }
        return padded("", text, align == ' ' ? '<' : align, budget);
    }

    private String integerDigits(BigInteger value) {
        return switch (type) {
            case ' ', 'd', 'n' -> grouped(value.toString(), 3);
            case 'x' -> (alternate ? "0x" : "") + grouped(value.toString(16), 4);
            case 'X' -> (alternate ? "0X" : "") + grouped(value.toString(16).toUpperCase(Locale.ROOT), 4);
            case 'o' -> (alternate ? "0o" : "") + grouped(value.toString(8), 4);
            case 'b' -> (alternate ? "0b" : "") + grouped(value.toString(2), 4);
            case 'c' -> Character.toString(value.intValueExact());
            default -> throw Errors.runtime("A format has a type that does not exist. Correct the template.");
        };
    }

    private String realDigits(double value, Budget budget) {
        budget.chars(Math.max(precision, 0) + 400L);
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : "inf";
        }
        double magnitude = Math.abs(value);
        return switch (type) {
            case 'f', 'F' -> grouped(fixed(magnitude, precision < 0 ? 6 : precision), 3);
            case '%' -> grouped(fixed(magnitude * 100, precision < 0 ? 6 : precision), 3) + "%";
            case 'e', 'E' -> upper(exponential(magnitude, precision < 0 ? 6 : precision));
            case 'g', 'G', 'n' -> grouped(upper(general(magnitude, precision < 0 ? 6 : precision, false)), 3);
            case ' ' ->
                grouped(precision < 0 ? Representation.real(magnitude) : general(magnitude, precision, true), 3);
            default -> throw Errors.runtime("A format has a type that does not exist. Correct the template.");
        };
    }

    private String upper(String digits) {
        return Character.isUpperCase(type) ? digits.toUpperCase(Locale.ROOT) : digits;
    }

    /** Digits with a number of them behind the point, rounded to even from the exact value. */
    static String fixed(double magnitude, int places) {
        return new BigDecimal(magnitude)
                .setScale(places, RoundingMode.HALF_EVEN)
                .toPlainString();
    }

    static String exponential(double magnitude, int places) {
        BigDecimal exact = new BigDecimal(magnitude);
        int exponent = 0;
        BigDecimal rounded = exact;
        if (exact.signum() != 0) {
            rounded = exact.round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
            exponent = rounded.precision() - rounded.scale() - 1;
        }
        String mantissa = rounded.scaleByPowerOfTen(-exponent)
                .setScale(places, RoundingMode.HALF_EVEN)
                .toPlainString();
        int size = Math.abs(exponent);
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + size;
    }

    /** The shorter of both forms with a number of significant digits; {@code point} keeps one digit behind the point. */
    static String general(double magnitude, int significant, boolean point) {
        int digits = Math.max(1, significant);
        String exponential = exponential(magnitude, digits - 1);
        int exponent = Integer.parseInt(exponential.substring(exponential.indexOf('e') + 1));
        if (exponent < -4 || exponent >= digits) {
            int e = exponential.indexOf('e');
            return trimmed(exponential.substring(0, e)) + exponential.substring(e);
        }
        String fixed = trimmed(fixed(magnitude, digits - 1 - exponent));
        return point && fixed.indexOf('.') < 0 ? fixed + ".0" : fixed;
    }

    private static String trimmed(String digits) {
        if (digits.indexOf('.') < 0) {
            return digits;
        }
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
    }

    private String grouped(String digits, int size) {
        if (grouping == ' ') {
            return digits;
        }
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0 && digits.charAt(end) != 'e') {
            end++;
        }
        StringBuilder out = new StringBuilder(digits);
        for (int i = end - size; i > 0; i -= size) {
            out.insert(i, grouping);
        }
        return out.toString();
    }

    private String number(String digits, boolean negative, Budget budget) {
        String prefix = negative ? "-" : sign == '+' || sign == ' ' ? String.valueOf(sign) : "";
        return padded(prefix, digits, align == ' ' ? '>' : align, budget);
    }

    private String padded(String prefix, String text, char side, Budget budget) {
        int missing = width - prefix.length() - Text.length(text);
        if (missing <= 0) {
            return budget.made(prefix + text);
        }
        budget.chars((long) missing * fill.length());
        String result = switch (side) {
            case '<' -> prefix + text + fill.repeat(missing);
            case '^' -> fill.repeat(missing / 2) + prefix + text + fill.repeat(missing - missing / 2);
            case '=' -> prefix + fill.repeat(missing) + text;
            default -> fill.repeat(missing) + prefix + text;
        };
        return budget.made(result);
    }
}

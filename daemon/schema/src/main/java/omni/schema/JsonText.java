package omni.schema;

import java.math.BigDecimal;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;

/** Values as JSON (RFC 8259), without white space and each character in its shortest form. */
final class JsonText {
    private static final String SHORT = "\b\t\n\f\r\"\\";
    private static final String SHORT_NAMES = "btnfr\"\\";

    /** Characters that are compared or written in a step. */
    static final int CHARACTERS_A_STEP = 32;

    private JsonText() {}

    static String of(JsonNode value) {
        var text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private static void write(JsonNode value, StringBuilder text) {
        if (value.isObject()) {
            text.append('{');
            var first = true;
            for (var property : value.properties()) {
                text.append(first ? "" : ",").append(quoted(property.getKey())).append(':');
                write(property.getValue(), text);
                first = false;
            }
            text.append('}');
        } else if (value.isArray()) {
            text.append('[');
            var first = true;
            for (var item : value.values()) {
                text.append(first ? "" : ",");
                write(item, text);
                first = false;
            }
            text.append(']');
        } else if (value.isString()) {
            text.append(quoted(value.stringValue()));
        } else {
            text.append(value);
        }
    }

    static String quoted(String value) {
        var text = new StringBuilder("\"");
        value.chars().forEach(c -> {
            if (c < ' ' || c == '"' || c == '\\') {
                text.append(character(c));
            } else {
                text.append((char) c);
            }
        });
        return text.append('"').toString();
    }

    /** One character within quotes. */
    static String character(int c) {
        var shortForm = SHORT.indexOf(c);
        if (shortForm >= 0) {
            return "\\" + SHORT_NAMES.charAt(shortForm);
        }
        return c < ' ' ? "\\u" + HexFormat.of().toHexDigits((char) c) : Character.toString(c);
    }

    /** Equality as JSON Schema has it: numbers by their value. */
    static boolean same(JsonNode a, JsonNode b, Budget budget) {
        budget.spend(1);
        if (a.isNumber() && b.isNumber()) {
            return isFinite(a) && isFinite(b) && plain(a).compareTo(plain(b)) == 0;
        }
        if (a.isArray() && b.isArray()) {
            return a.size() == b.size()
                    && java.util.stream.IntStream.range(0, a.size()).allMatch(i -> same(a.get(i), b.get(i), budget));
        }
        if (a.isObject() && b.isObject()) {
            return a.size() == b.size()
                    && a.properties().stream()
                            .allMatch(p -> b.has(p.getKey()) && same(p.getValue(), b.path(p.getKey()), budget));
        }
        if (a.isString() && b.isString()) {
            budget.spend(Math.min(a.stringValue().length(), b.stringValue().length()) / CHARACTERS_A_STEP);
        }
        return a.equals(b);
    }

    static boolean isFinite(JsonNode number) {
        return !number.isFloatingPointNumber() || number.isBigDecimal() || Double.isFinite(number.doubleValue());
    }

    /** A number without zeros at its end. */
    static BigDecimal plain(JsonNode number) {
        var value = number.decimalValue().stripTrailingZeros();
        return value.scale() < 0 && value.precision() - (long) value.scale() <= 2 * Limits.DIGITS
                ? value.setScale(0)
                : value;
    }

    static boolean wellFormed(JsonNode value) {
        if (value.isString()) {
            return wellFormed(value.stringValue());
        }
        for (var property : value.properties()) {
            if (!wellFormed(property.getKey())) {
                return false;
            }
        }
        return !value.isContainer() || value.values().stream().allMatch(JsonText::wellFormed);
    }

    static boolean wellFormed(String text) {
        return text.codePoints().allMatch(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE);
    }
}

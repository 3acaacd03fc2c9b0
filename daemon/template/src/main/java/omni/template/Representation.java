package omni.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How values print: Python's {@code str()} and {@code repr()}. */
final class Representation {
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private Representation(Budget budget) {
        this.budget = budget;
    }

    /** What {@code {{ value }}} prints. */
    static String str(Value value, Budget budget) {
        return switch (value) {
            case Value.Str s -> s.text();
            case Value.Undefined u -> "";
            default -> repr(value, budget);
        };
    }

    /** Python's {@code repr(value)}. */
    static String repr(Value value, Budget budget) {
        Representation representation = new Representation(budget);
        representation.append(value, 0);
        return budget.made(representation.out.toString());
    }

    private void append(Value value, int depth) {
        Budget.nesting(depth);
        budget.step();
        if (out.length() > Limits.TEXT_CHARS_MAX) {
            budget.chars(out.length());
        }
        switch (value) {
            case Value.None n -> out.append("None");
            case Value.Bool b -> out.append(b == Value.Bool.TRUE ? "True" : "False");
            case Value.Int i -> out.append(i.value());
            case Value.Real r -> out.append(real(r.value()));
            case Value.Str s -> {
                budget.look(s.text());
                quote(s.text());
            }
            case Value.Items i -> list("[", i.values(), "]", depth);
            case Value.Group g -> list("(", g.values(), g.values().size() == 1 ? ",)" : ")", depth);
            case Value.Pairs p -> pairs(p, depth);
            case Value.View v -> {
                out.append("dict_").append(v.part().name().toLowerCase(Locale.ROOT));
                list("([", Convert.view(v.pairs(), v.part(), budget), "])", depth);
            }
            case Value.Range r -> range(r);
            case Value.Stream s -> out.append("<generator object>");
            case Value.Undefined u -> out.append("Undefined");
            case Value.Namespace n -> {
                out.append("<Namespace ");
                pairs(n.members(), depth + 1);
                out.append('>');
            }
            case Value.Function f -> out.append("<function ").append(f.name()).append('>');
            case Value.Member m -> out.append(m.representation());
        }
    }

    private void list(String open, List<Value> values, String close, int depth) {
        out.append(open);
        Iterator<Value> each = values.iterator();
        while (each.hasNext()) {
            append(each.next(), depth + 1);
            if (each.hasNext()) {
                out.append(", ");
            }
        }
        out.append(close);
    }

    private void pairs(Value.Pairs pairs, int depth) {
        out.append('{');
        String separator = "";
        for (Map.Entry<Value, Value> member : pairs.members()) {
            out.append(separator);
            append(member.getKey(), depth + 1);
            out.append(": ");
            append(member.getValue(), depth + 1);
            separator = ", ";
        }
        out.append('}');
    }

    private void range(Value.Range r) {
        out.append("range(").append(r.start()).append(", ").append(r.start() + r.step() * r.length());
        if (r.step() != 1) {
            out.append(", ").append(r.step());
        }
        out.append(')');
    }

    private void quote(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(String.format(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        });
        out.append(quote);
    }

    /** Whether Python's {@code str.isprintable} holds for a character. */
    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** Python's {@code repr} of a float: the fewest digits that give the number back, and an exponent where long. */
    static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal decimal = shortest(Math.abs(value));
        String digits = decimal.unscaledValue().toString();
        int exponent = digits.length() - decimal.scale() - 1;
        String sign = value < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            String e = (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
            return sign + digits.charAt(0) + fraction + "e" + e;
        }
        String plain = decimal.toPlainString();
        return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
    }

    /** The fewest digits; Java itself never gives fewer than two. */
    private static BigDecimal shortest(double value) {
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        BigDecimal one = decimal.round(new MathContext(1));
        return decimal.precision() == 2 && one.doubleValue() == value ? one : decimal;
    }
}

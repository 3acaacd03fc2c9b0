package omni.template;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Python's {@code format % values}.
 *
 * @see <a href="https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting">Python, printf-style
 *     formatting</a>
 */
final class PercentFormat {
    private static final Pattern FIELD =
            Pattern.compile("%(?:\\(([^)]*)\\))?([-+ #0]*+)(\\*|\\d{1,9})?(?:\\.(\\*|\\d{1,9})?)?[hlL]?([a-zA-Z%])");

    private final Value values;
    private final List<Value> list;
    private final Budget budget;
    private int used;

    private PercentFormat(Value values, Budget budget) {
        this.values = values;
        this.list = values instanceof Value.Group g ? g.values() : List.of(values);
        this.budget = budget;
    }

    static String format(String format, Value values, Budget budget) {
        return budget.made(new PercentFormat(values, budget).format(format));
    }

    private String format(String format) {
        StringBuilder out = new StringBuilder();
        Matcher m = FIELD.matcher(format);
        int at = 0;
        for (int next = format.indexOf('%'); next >= 0; next = format.indexOf('%', at)) {
            budget.step();
            out.append(format, at, next);
            if (!m.region(next, format.length()).lookingAt()) {
                throw bad();
            }
            out.append(field(m));
            at = m.end();
            if (out.length() > Limits.TEXT_CHARS_MAX) {
                budget.chars(out.length());
            }
        }
        out.append(format, at, format.length());
        if (used < list.size() && !(values instanceof Value.Pairs) && !(used == 0 && values instanceof Value.Items)) {
            throw bad();
        }
        return out.toString();
    }

    private Value next() {
        if (used >= list.size()) {
            throw bad();
        }
        return list.get(used++);
    }

    private String field(Matcher m) {
        String flags = m.group(2);
        int width = size(m.group(3), 0);
        boolean hasPrecision = m.end(2) < m.end() && m.group().indexOf('.', m.end(2) - m.start()) >= 0;
        int precision = hasPrecision ? size(m.group(4), 0) : -1;
        char type = m.group(5).charAt(0);
        if (type == '%') {
            return "%";
        }
        Value value = m.group(1) == null ? next() : named(m.group(1));
        boolean left = flags.indexOf('-') >= 0 || width < 0;
        boolean zero = flags.indexOf('0') >= 0 && !left && "srac".indexOf(type) < 0;
        char sign = flags.indexOf('+') >= 0 ? '+' : flags.indexOf(' ') >= 0 ? ' ' : '-';
        FormatSpec spec = new FormatSpec(
                zero ? "0" : " ",
                left ? '<' : zero ? '=' : '>',
                sign,
                flags.indexOf('#') >= 0,
                Math.abs(width),
                ' ',
                "diuxXo".indexOf(type) >= 0 ? -1 : precision,
                "iu".indexOf(type) >= 0 ? 'd' : "srac".indexOf(type) >= 0 ? ' ' : type);
        return spec.format(converted(value, type), budget);
    }

    private int size(String text, int otherwise) {
        if (text == null) {
            return otherwise;
        }
        return text.equals("*") ? Convert.index(next()) : Integer.parseInt(text);
    }

    private Value named(String name) {
        if (!(values instanceof Value.Pairs pairs)) {
            throw bad();
        }
        return pairs.get(name).orElseThrow(PercentFormat::bad);
    }

    private Value converted(Value value, char type) {
        return switch (type) {
            case 's' -> Value.Str.of(Representation.str(value, budget));
            case 'r' -> Value.Str.of(Representation.repr(value, budget));
            case 'a' -> Value.Str.of(Json.ascii(Representation.repr(value, budget)));
            case 'c' ->
                value instanceof Value.Str ? value : Value.Str.of(Character.toString(Convert.index(value) & 0x1FFFFF));
            case 'd', 'i', 'u' -> value instanceof Value.Real r ? Numbers.truncated(r.value()) : whole(value);
            case 'x', 'X', 'o' -> whole(value);
            case 'e', 'E', 'f', 'F', 'g', 'G' -> new Value.Real(Convert.real(value));
            default -> throw bad();
        };
    }

    private static Value whole(Value value) {
        return new Value.Int(Convert.integer(value));
    }

    private static TemplateException bad() {
        return Errors.runtime("A format does not fit its values. Correct the template.");
    }
}

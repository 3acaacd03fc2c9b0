package omni.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Python's {@code str.format}: replacement fields in braces. Attributes in a field go the same guarded way as those in
 * an expression.
 *
 * @see <a href="https://docs.python.org/3/library/string.html#format-string-syntax">Python, format strings</a>
 */
final class BraceFormat {
    private final Arguments arguments;
    private final Budget budget;
    private final boolean escape;
    private int automatic;
    private boolean numbered;

    private BraceFormat(Arguments arguments, Budget budget, boolean escape) {
        this.arguments = arguments;
        this.budget = budget;
        this.escape = escape;
    }

    static String format(Value.Str format, Arguments arguments, Budget budget) {
        return budget.made(new BraceFormat(arguments, budget, format.safe()).fill(format.text(), 2));
    }

    /** The same with the fields' values from a dict. */
    static String format(Value.Str format, Value.Pairs values, Budget budget) {
        Map<String, Value> named = new LinkedHashMap<>();
        for (Map.Entry<Value, Value> member : values.members()) {
            if (member.getKey() instanceof Value.Str key) {
                named.put(key.text(), member.getValue());
            }
        }
        return format(format, new Arguments(List.of(), named), budget);
    }

    private String fill(String format, int levels) {
        if (levels == 0) {
            throw bad();
        }
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < format.length()) {
            budget.step();
            char c = format.charAt(at);
            if (c != '{' && c != '}') {
                out.append(c);
                at++;
            } else if (at + 1 < format.length() && format.charAt(at + 1) == c) {
                out.append(c);
                at += 2;
            } else if (c == '}') {
                throw bad();
            } else {
                int end = end(format, at);
                out.append(field(format.substring(at + 1, end), levels));
                at = end + 1;
            }
            if (out.length() > Limits.TEXT_CHARS_MAX) {
                budget.chars(out.length());
            }
        }
        return out.toString();
    }

    private static int end(String format, int open) {
        int depth = 0;
        for (int i = open; i < format.length(); i++) {
            depth += format.charAt(i) == '{' ? 1 : format.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw bad();
    }

    private String field(String field, int levels) {
        int bracket = field.indexOf('[');
        int colon = field.indexOf(':');
        if (bracket >= 0 && bracket < colon) {
            colon = field.indexOf(':', Math.max(bracket, field.indexOf(']')));
        }
        String name = colon < 0 ? field : field.substring(0, colon);
        char conversion = ' ';
        int mark = name.indexOf('!');
        if (mark >= 0) {
            if (mark + 2 != name.length()) {
                throw bad();
            }
            conversion = name.charAt(mark + 1);
            name = name.substring(0, mark);
        }
        Value value = converted(value(name), conversion);
        String spec = colon < 0 ? "" : fill(field.substring(colon + 1), levels - 1);
        String text = spec.isEmpty()
                ? Representation.str(value, budget)
                : FormatSpec.parse(spec).format(value, budget);
        return escape && !(value instanceof Value.Str s && s.safe()) ? Escape.html(text, budget) : text;
    }

    private Value converted(Value value, char conversion) {
        return switch (conversion) {
            case ' ' -> value;
            case 's' -> Value.Str.of(Representation.str(value, budget));
            case 'r' -> Value.Str.of(Representation.repr(value, budget));
            case 'a' -> Value.Str.of(Json.ascii(Representation.repr(value, budget)));
            default -> throw bad();
        };
    }

    private Value value(String name) {
        int end = 0;
        while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
            end++;
        }
        Value value = first(name.substring(0, end));
        int at = end;
        while (at < name.length()) {
            boolean item = name.charAt(at) == '[';
            int stop = at + 1;
            while (stop < name.length() && (item ? name.charAt(stop) != ']' : ".[".indexOf(name.charAt(stop)) < 0)) {
                stop++;
            }
            if (stop == at + 1 || (item && stop == name.length())) {
                throw bad();
            }
            value = step(value, name.substring(at + 1, stop), item);
            at = item ? stop + 1 : stop;
        }
        return value;
    }

    private Value step(Value value, String key, boolean item) {
        Optional<Value> found;
        if (item) {
            boolean number = key.length() < 10 && key.chars().allMatch(c -> c >= '0' && c <= '9');
            found = Access.item(value, number ? Value.Int.of(Long.parseLong(key)) : Value.Str.of(key), budget);
        } else {
            found = Access.attribute(value, key, budget);
        }
        return found.orElseGet(() -> new Value.Undefined("A format's field is undefined"));
    }

    private Value first(String name) {
        boolean number = name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() < 10;
        if (!number) {
            Value value = arguments.named().get(name);
            if (value == null) {
                throw bad();
            }
            return value;
        }
        if (name.isEmpty() ? numbered : automatic > 0) {
            throw bad();
        }
        numbered |= !name.isEmpty();
        int index = name.isEmpty() ? automatic++ : Integer.parseInt(name);
        if (index >= arguments.positional().size()) {
            throw bad();
        }
        return arguments.positional().get(index);
    }

    private static TemplateException bad() {
        return Errors.runtime("A format does not fit its arguments. Correct the template.");
    }
}

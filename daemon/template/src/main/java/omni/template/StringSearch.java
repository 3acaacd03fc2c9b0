package omni.template;

import java.util.Optional;

/** The methods of texts that look for something: {@code find}, {@code replace}, {@code startswith} and the like. */
final class StringSearch {
    private StringSearch() {}

    static Optional<Value> find(Value.Str s, String name, Budget budget) {
        return switch (name) {
            case "find" -> position(s, name, budget, false, false);
            case "rfind" -> position(s, name, budget, true, false);
            case "index" -> position(s, name, budget, false, true);
            case "rindex" -> position(s, name, budget, true, true);
            case "count" -> StringMethods.method(name, arguments -> count(s.text(), arguments, budget));
            case "replace" -> StringMethods.method(name, arguments -> replace(s, arguments, budget));
            case "startswith" -> affix(s, name, budget, true);
            case "endswith" -> affix(s, name, budget, false);
            case "removeprefix" ->
                StringMethods.method(name, arguments -> {
                    String prefix = arguments.bind(name, 1, "prefix").text(0);
                    String text = s.text().startsWith(prefix) ? s.text().substring(prefix.length()) : s.text();
                    return new Value.Str(budget.made(text), s.safe());
                });
            case "removesuffix" ->
                StringMethods.method(name, arguments -> {
                    String suffix = arguments.bind(name, 1, "suffix").text(0);
                    String text = s.text().endsWith(suffix)
                            ? s.text().substring(0, s.text().length() - suffix.length())
                            : s.text();
                    return new Value.Str(budget.made(text), s.safe());
                });
            default -> Optional.empty();
        };
    }

    /** A part of a text, by code points as a Python slice. */
    private static String part(String text, Arguments.Bound bound, int startAt, Budget budget) {
        Value start = bound.given(startAt).orElse(Value.None.NONE);
        Value stop = bound.given(startAt + 1).orElse(Value.None.NONE);
        if (start == Value.None.NONE && stop == Value.None.NONE) {
            return text;
        }
        return Convert.text(Access.slice(Value.Str.of(text), start, stop, Value.None.NONE, budget), "sliced");
    }

    private static Optional<Value> position(Value.Str s, String name, Budget budget, boolean last, boolean must) {
        return StringMethods.method(name, arguments -> {
            Arguments.Bound bound = arguments.bind(name, 1, "sub", "start", "end");
            String text = part(s.text(), bound, 1, budget);
            String wanted = bound.text(0);
            budget.search(text, wanted);
            int length = Text.length(s.text());
            int from = bound.some(1).map(Convert::index).orElse(0);
            int start = Math.clamp(from < 0 ? (long) from + length : from, 0, Integer.MAX_VALUE);
            int at = start > length ? -1 : last ? text.lastIndexOf(wanted) : text.indexOf(wanted);
            if (at < 0 && must) {
                throw Errors.runtime("A text does not hold what is looked for. Correct the template.");
            }
            return Value.Int.of(at < 0 ? -1 : start + text.codePointCount(0, at));
        });
    }

    private static Value count(String whole, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bind("count", 1, "sub", "start", "end");
        String text = part(whole, bound, 1, budget);
        String wanted = bound.text(0);
        budget.search(text, wanted);
        if (wanted.isEmpty()) {
            return Value.Int.of(Text.length(text) + 1L);
        }
        int count = 0;
        for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length())) {
            count++;
        }
        return Value.Int.of(count);
    }

    private static Value replace(Value.Str s, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
        String to = s.safe() && bound.value(1) instanceof Value.Str with && !with.safe()
                ? Escape.html(with.text(), budget)
                : bound.text(1);
        return new Value.Str(replace(s.text(), bound.text(0), to, bound.index(2, -1), budget), s.safe());
    }

    /** The text with one text for another; at most {@code count} times unless that is negative. */
    static String replace(String text, String from, String to, int count, Budget budget) {
        budget.search(text, from);
        StringBuilder out = new StringBuilder();
        int left = count < 0 ? Integer.MAX_VALUE : count;
        int at = 0;
        while (left > 0) {
            int next = from.isEmpty() ? at : text.indexOf(from, at);
            if (next < 0) {
                break;
            }
            out.append(text, at, next).append(to);
            if ((long) out.length() > Limits.TEXT_CHARS_MAX) {
                budget.chars(out.length());
            }
            left--;
            at = next + from.length();
            if (from.isEmpty()) {
                if (at >= text.length()) {
                    return budget.made(out.toString());
                }
                int c = text.codePointAt(at);
                out.appendCodePoint(c);
                at += Character.charCount(c);
            }
        }
        return budget.made(out.append(text, at, text.length()).toString());
    }

    private static Optional<Value> affix(Value.Str s, String name, Budget budget, boolean start) {
        return StringMethods.method(name, arguments -> {
            Arguments.Bound bound = arguments.bind(name, 1, "affix", "start", "end");
            String text = part(s.text(), bound, 1, budget);
            if (bound.value(0) instanceof Value.Group several) {
                for (Value one : several.values()) {
                    if (has(text, Convert.text(one, "used as a text"), start)) {
                        return Value.Bool.TRUE;
                    }
                }
                return Value.Bool.FALSE;
            }
            return Value.Bool.of(has(text, bound.text(0), start));
        });
    }

    private static boolean has(String text, String affix, boolean start) {
        return start ? text.startsWith(affix) : text.endsWith(affix);
    }
}

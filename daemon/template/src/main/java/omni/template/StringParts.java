package omni.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The methods of texts that cut, join, pad and fill in. */
final class StringParts {
    private StringParts() {}

    static Optional<Value> find(Value.Str s, String name, Budget budget) {
        return switch (name) {
            case "split" -> StringMethods.method(name, arguments -> split(s, name, arguments, budget, false));
            case "rsplit" -> StringMethods.method(name, arguments -> split(s, name, arguments, budget, true));
            case "splitlines" ->
                StringMethods.method(name, arguments -> {
                    boolean keep = arguments.bind(name, 0, "keepends").truth(0, false);
                    return new Value.Items(strings(lines(s.text(), keep, budget), s.safe()));
                });
            case "partition" -> StringMethods.method(name, arguments -> partition(s, name, arguments, budget, false));
            case "rpartition" -> StringMethods.method(name, arguments -> partition(s, name, arguments, budget, true));
            case "join" -> StringMethods.method(name, arguments -> join(s, arguments, budget));
            case "center" -> padded(s, name, budget, Padding.BOTH);
            case "ljust" -> padded(s, name, budget, Padding.END);
            case "rjust" -> padded(s, name, budget, Padding.START);
            case "zfill" ->
                StringMethods.method(name, arguments -> {
                    int width = arguments.bind(name, 1, "width").index(0, 0);
                    boolean sign = s.text().startsWith("-") || s.text().startsWith("+");
                    String digits = s.text().substring(sign ? 1 : 0);
                    String padding = pad("0", width - Text.length(s.text()), budget);
                    return new Value.Str(s.text().substring(0, sign ? 1 : 0) + padding + digits, s.safe());
                });
            case "expandtabs" ->
                StringMethods.method(
                        name,
                        arguments -> new Value.Str(
                                expandTabs(
                                        s.text(),
                                        arguments.bind(name, 0, "tabsize").index(0, 8),
                                        budget),
                                s.safe()));
            case "format" ->
                StringMethods.method(name, arguments -> {
                    return new Value.Str(BraceFormat.format(s, arguments, budget), s.safe());
                });
            case "format_map" ->
                StringMethods.method(name, arguments -> {
                    if (!(arguments.bind(name, 1, "mapping").value(0) instanceof Value.Pairs pairs)) {
                        throw Errors.arguments(name);
                    }
                    return new Value.Str(BraceFormat.format(s, pairs, budget), s.safe());
                });
            default -> Optional.empty();
        };
    }

    static List<Value> strings(List<String> texts, boolean safe) {
        List<Value> values = new ArrayList<>(texts.size());
        for (String text : texts) {
            values.add(new Value.Str(text, safe));
        }
        return values;
    }

    private static Value split(Value.Str s, String name, Arguments arguments, Budget budget, boolean right) {
        Arguments.Bound bound = arguments.bind(name, 0, "sep", "maxsplit");
        int most = bound.index(1, -1);
        most = most < 0 ? Integer.MAX_VALUE : most;
        Optional<Value> separator = bound.some(0);
        budget.chars(s.text().length());
        if (separator.isEmpty()) {
            budget.look(s.text());
            return new Value.Items(
                    strings(right ? rightWords(s.text(), most, budget) : words(s.text(), most, budget), s.safe()));
        }
        String by = Convert.text(separator.get(), "used to split");
        if (by.isEmpty()) {
            throw Errors.runtime("A text cannot be split at nothing. Correct the template.");
        }
        budget.search(s.text(), by);
        return new Value.Items(
                strings(right ? rightSplit(s.text(), by, most, budget) : split(s.text(), by, most, budget), s.safe()));
    }

    private static List<String> split(String text, String by, int most, Budget budget) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        for (int next = text.indexOf(by); next >= 0 && parts.size() < most; next = text.indexOf(by, at)) {
            budget.elements(1);
            parts.add(text.substring(at, next));
            at = next + by.length();
        }
        parts.add(text.substring(at));
        return parts;
    }

    private static List<String> rightSplit(String text, String by, int most, Budget budget) {
        List<String> parts = new ArrayList<>();
        int end = text.length();
        int next = text.lastIndexOf(by);
        while (next >= 0 && parts.size() < most) {
            budget.elements(1);
            parts.add(text.substring(next + by.length(), end));
            end = next;
            next = end < by.length() ? -1 : text.lastIndexOf(by, end - by.length());
        }
        parts.add(text.substring(0, end));
        Collections.reverse(parts);
        return parts;
    }

    private static List<String> words(String text, int most, Budget budget) {
        List<String> parts = new ArrayList<>();
        int at = skip(text, 0, true);
        while (at < text.length()) {
            budget.elements(1);
            if (parts.size() == most) {
                parts.add(text.substring(at));
                return parts;
            }
            int end = skip(text, at, false);
            parts.add(text.substring(at, end));
            at = skip(text, end, true);
        }
        return parts;
    }

    private static int skip(String text, int from, boolean space) {
        int at = from;
        while (at < text.length() && Text.isSpace(text.charAt(at)) == space) {
            at++;
        }
        return at;
    }

    private static List<String> rightWords(String text, int most, Budget budget) {
        List<String> parts = new ArrayList<>();
        String rest = Text.stripEnd(text);
        int end = rest.length();
        while (end > 0) {
            budget.elements(1);
            if (parts.size() == most) {
                parts.add(rest.substring(0, end));
                break;
            }
            int start = end;
            while (start > 0 && !Text.isSpace(rest.charAt(start - 1))) {
                start--;
            }
            parts.add(rest.substring(start, end));
            end = start;
            while (end > 0 && Text.isSpace(rest.charAt(end - 1))) {
                end--;
            }
        }
        Collections.reverse(parts);
        return parts;
    }

    /** Python's {@code splitlines}. */
    static List<String> lines(String text, boolean keepEnds, Budget budget) {
        budget.look(text);
        budget.chars(text.length());
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            if (!Text.isLineEnd(text.charAt(i))) {
                continue;
            }
            boolean pair = text.charAt(i) == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n';
            int next = pair ? i + 2 : i + 1;
            budget.elements(1);
            lines.add(text.substring(start, keepEnds ? next : i));
            start = next;
            i = next - 1;
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    private static Value partition(Value.Str s, String name, Arguments arguments, Budget budget, boolean right) {
        String by = arguments.bind(name, 1, "sep").text(0);
        if (by.isEmpty()) {
            throw Errors.runtime("A text cannot be split at nothing. Correct the template.");
        }
        budget.search(s.text(), by);
        budget.chars(s.text().length());
        int at = right ? s.text().lastIndexOf(by) : s.text().indexOf(by);
        List<String> parts;
        if (at < 0) {
            parts = right ? List.of("", "", s.text()) : List.of(s.text(), "", "");
        } else {
            parts = List.of(s.text().substring(0, at), by, s.text().substring(at + by.length()));
        }
        return Value.Group.of(strings(parts, s.safe()));
    }

    private static Value join(Value.Str separator, Arguments arguments, Budget budget) {
        Iterator<Value> elements =
                Convert.iterate(arguments.bind("join", 1, "iterable").value(0), budget);
        StringBuilder out = new StringBuilder();
        boolean first = true;
        while (elements.hasNext()) {
            Value element = elements.next();
            String text = Convert.text(element, "joined");
            if (separator.safe() && element instanceof Value.Str s && !s.safe()) {
                text = Escape.html(text, budget);
            }
            out.append(first ? "" : separator.text()).append(text);
            first = false;
            if (out.length() > Limits.TEXT_CHARS_MAX) {
                budget.chars(out.length());
            }
        }
        return new Value.Str(budget.made(out.toString()), separator.safe());
    }

    /** On which side a text is filled up. */
    enum Padding {
        START,
        END,
        BOTH
    }

    private static Optional<Value> padded(Value.Str s, String name, Budget budget, Padding padding) {
        return StringMethods.method(name, arguments -> {
            Arguments.Bound bound = arguments.bind(name, 1, "width", "fillchar");
            String fill = bound.text(1, " ");
            if (Text.length(fill) != 1) {
                throw Errors.arguments(name);
            }
            return new Value.Str(pad(s.text(), bound.index(0, 0), fill, padding, budget), s.safe());
        });
    }

    /** The text filled up to a width. */
    static String pad(String text, int width, String fill, Padding padding, Budget budget) {
        int missing = width - Text.length(text);
        if (missing <= 0) {
            return text;
        }
        int before = switch (padding) {
            case START -> missing;
            case END -> 0;
            case BOTH -> missing / 2 + (missing & width & 1);
        };
        return budget.made(pad(fill, before, budget) + text + pad(fill, missing - before, budget));
    }

    private static String pad(String fill, int count, Budget budget) {
        budget.chars((long) fill.length() * Math.max(0, count));
        return fill.repeat(Math.max(0, count));
    }

    private static String expandTabs(String text, int size, Budget budget) {
        StringBuilder out = new StringBuilder();
        int column = 0;
        for (int c : text.codePoints().toArray()) {
            if (c == '\t') {
                int spaces = size <= 0 ? 0 : size - column % size;
                budget.chars(spaces);
                out.repeat(' ', spaces);
                column += spaces;
            } else {
                out.appendCodePoint(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        return budget.made(out.toString());
    }
}

package omni.template;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Filters that give a text. Where they need one they take any value as it prints. */
final class TextFilters {
    private static final String[] SIZES = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    private static final String[] BINARY_SIZES = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
    private static final String UNQUOTED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";

    private TextFilters() {}

    static void define(Map<String, Filters.Filter> filters) {
        filters.put("string", (target, arguments, rendering) -> text(target, rendering));
        filters.put("upper", (target, arguments, rendering) -> method("upper", target, arguments, rendering));
        filters.put("lower", (target, arguments, rendering) -> method("lower", target, arguments, rendering));
        filters.put("capitalize", (target, arguments, rendering) -> method("capitalize", target, arguments, rendering));
        filters.put("trim", (target, arguments, rendering) -> method("strip", target, arguments, rendering));
        filters.put("title", TextFilters::title);
        filters.put("center", TextFilters::center);
        filters.put("replace", TextFilters::replace);
        filters.put("indent", TextFilters::indent);
        filters.put("truncate", TextFilters::truncate);
        filters.put("format", TextFilters::format);
        filters.put(
                "wordcount",
                (target, arguments, rendering) ->
                        wordCount(text(target, rendering).text()));
        filters.put("urlencode", TextFilters::urlEncode);
        filters.put("filesizeformat", TextFilters::fileSize);
        filters.put("safe", (target, arguments, rendering) -> new Value.Str(rendering.str(target), true));
        filters.put("escape", (target, arguments, rendering) -> escape(target, false, rendering));
        filters.put("e", (target, arguments, rendering) -> escape(target, false, rendering));
        filters.put("forceescape", (target, arguments, rendering) -> escape(target, true, rendering));
        filters.put("striptags", TextFilters::stripTags);
        filters.put("xmlattr", TextFilters::xmlAttributes);
    }

    private static Value.Str text(Value target, Rendering rendering) {
        return target instanceof Value.Str s ? s : Value.Str.of(rendering.str(target));
    }

    private static Value method(String name, Value target, Arguments arguments, Rendering rendering) {
        Optional<Value> method = StringMethods.find(text(target, rendering), name, rendering.budget());
        return rendering.call(method.orElseThrow(), arguments);
    }

    private static Value title(Value target, Arguments arguments, Rendering rendering) {
        String text = text(target, rendering).text();
        rendering.budget().look(text);
        StringBuilder out = new StringBuilder(text.length());
        boolean start = true;
        for (int c : text.codePoints().toArray()) {
            boolean separator = Text.isSpace(c) || "-({[<".indexOf(c) >= 0;
            String letter = Character.toString(c);
            out.append(start ? letter.toUpperCase(Locale.ROOT) : letter.toLowerCase(Locale.ROOT));
            start = separator;
        }
        return Value.Str.of(rendering.budget().made(out.toString()));
    }

    private static Value center(Value target, Arguments arguments, Rendering rendering) {
        int width = arguments.bind("center", 0, "width").index(0, 80);
        Value.Str s = text(target, rendering);
        String centered = StringParts.pad(s.text(), width, " ", StringParts.Padding.BOTH, rendering.budget());
        return new Value.Str(centered, s.safe());
    }

    private static Value replace(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
        int count = bound.some(2).map(Convert::index).orElse(-1);
        String old = rendering.str(bound.value(0));
        String with = rendering.str(bound.value(1));
        return Value.Str.of(StringSearch.replace(rendering.str(target), old, with, count, rendering.budget()));
    }

    private static Value indent(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("indent", 0, "width", "first", "blank");
        Budget budget = rendering.budget();
        String indentation = bound.given(0).map(v -> indentation(v, budget)).orElse("    ");
        Value.Str s = target instanceof Value.Str given ? given : Value.Str.of(Convert.text(target, "indented"));
        List<String> lines = StringParts.lines(s.text() + "\n", false, budget);
        boolean blank = bound.truth(2, false);
        StringBuilder out = new StringBuilder(bound.truth(1, false) ? indentation : "");
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            out.append(i == 0 ? "" : "\n")
                    .append(i > 0 && (blank || !line.isEmpty()) ? indentation : "")
                    .append(line);
            if (out.length() > Limits.TEXT_CHARS_MAX) {
                budget.chars(out.length());
            }
        }
        return new Value.Str(budget.made(out.toString()), s.safe());
    }

    private static String indentation(Value width, Budget budget) {
        if (width instanceof Value.Str s) {
            return s.text();
        }
        int count = Math.max(0, Convert.index(width));
        budget.chars(count);
        return " ".repeat(count);
    }

    private static Value truncate(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
        int length = bound.index(0, 255);
        String end = bound.text(2, "...");
        int leeway = bound.some(3).map(Convert::index).orElse(5);
        String text = Convert.text(target, "truncated");
        if (length < Text.length(end) || leeway < 0) {
            throw Errors.arguments("truncate");
        }
        rendering.budget().look(text);
        if (Text.length(text) <= (long) length + leeway) {
            return target;
        }
        String kept = text.substring(0, Text.offset(text, length - Text.length(end)));
        int space = bound.truth(1, false) ? -1 : kept.lastIndexOf(' ');
        return Value.Str.of(rendering.budget().made((space < 0 ? kept : kept.substring(0, space)) + end));
    }

    private static Value format(Value target, Arguments arguments, Rendering rendering) {
        if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
            throw Errors.arguments("format");
        }
        Value values = Value.Group.of(arguments.positional());
        if (!arguments.named().isEmpty()) {
            Value.Pairs pairs = new Value.Pairs();
            arguments.named().forEach(pairs::put);
            values = pairs;
        }
        Value.Str s = text(target, rendering);
        return new Value.Str(PercentFormat.format(s.text(), values, rendering.budget()), s.safe());
    }

    private static Value wordCount(String text) {
        int words = 0;
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            boolean part = Character.isLetterOrDigit(c) || c == '_';
            words += part && !inWord ? 1 : 0;
            inWord = part;
        }
        return Value.Int.of(words);
    }

    private static Value urlEncode(Value target, Arguments arguments, Rendering rendering) {
        if (target instanceof Value.Str || !Convert.isIterable(target)) {
            return Value.Str.of(quoted(rendering.str(target), "/", rendering.budget()));
        }
        Value items = target instanceof Value.Pairs p ? new Value.View(p, Value.View.Part.ITEMS) : target;
        List<String> parts = new ArrayList<>();
        for (Value item : Convert.list(items, rendering.budget())) {
            List<Value> pair = Convert.list(item, rendering.budget());
            if (pair.size() != 2) {
                throw Errors.arguments("urlencode");
            }
            String key = quoted(rendering.str(pair.get(0)), "", rendering.budget());
            parts.add((key + "=" + quoted(rendering.str(pair.get(1)), "", rendering.budget())).replace("%20", "+"));
        }
        return Value.Str.of(rendering.budget().made(String.join("&", parts)));
    }

    private static String quoted(String text, String allowed, Budget budget) {
        byte[] bytes = text.getBytes(UTF_8);
        budget.chars(bytes.length * 3L);
        StringBuilder out = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            if (UNQUOTED.indexOf(b) >= 0 || allowed.indexOf(b) >= 0) {
                out.append((char) b);
            } else {
                out.append(String.format("%%%02X", b));
            }
        }
        return out.toString();
    }

    private static Value fileSize(Value target, Arguments arguments, Rendering rendering) {
        boolean binary = arguments.bind("filesizeformat", 0, "binary").truth(0, false);
        double bytes = target instanceof Value.Str s
                ? Numbers.real(s.text()).orElseThrow(() -> Errors.arguments("filesizeformat"))
                : Convert.real(target);
        double base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return Value.Str.of("1 Byte");
        }
        if (bytes < base) {
            return Value.Str.of(Numbers.truncated(bytes).value() + " Bytes");
        }
        int unit = 0;
        while (unit < SIZES.length - 1 && bytes >= Math.pow(base, unit + 2)) {
            unit++;
        }
        double size = base * bytes / Math.pow(base, unit + 2);
        return Value.Str.of(FormatSpec.fixed(size, 1) + " " + (binary ? BINARY_SIZES : SIZES)[unit]);
    }

    private static Value escape(Value target, boolean force, Rendering rendering) {
        Value.Str s = text(target, rendering);
        return s.safe() && !force ? s : new Value.Str(Escape.html(s.text(), rendering.budget()), true);
    }

    private static Value stripTags(Value target, Arguments arguments, Rendering rendering) {
        String text = text(target, rendering).text();
        rendering.budget().look(text);
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        for (int open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
            boolean comment = text.startsWith("<!--", open);
            int close = comment ? text.indexOf("-->", open) : text.indexOf('>', open);
            if (close < 0) {
                break;
            }
            out.append(text, at, open);
            at = close + (comment ? 3 : 1);
        }
        out.append(text, at, text.length());
        String spaced = String.join(" ", out.toString().split("[\\s\\u00A0]+")).strip();
        return Value.Str.of(rendering.budget().made(spaced));
    }

    private static Value xmlAttributes(Value target, Arguments arguments, Rendering rendering) {
        boolean space = arguments.bind("xmlattr", 0, "autospace").truth(0, true);
        if (!(target instanceof Value.Pairs pairs)) {
            throw Errors.type(target, "written as attributes");
        }
        StringBuilder out = new StringBuilder();
        for (Map.Entry<Value, Value> member : pairs.members()) {
            if (member.getValue() == Value.None.NONE || member.getValue() instanceof Value.Undefined) {
                continue;
            }
            String key = Convert.text(member.getKey(), "an attribute's name");
            if (key.chars().anyMatch(c -> "/>= \t\n\r\f\u000B".indexOf(c) >= 0)) {
                throw Errors.arguments("xmlattr");
            }
            out.append(out.isEmpty() && !space ? "" : " ").append(Escape.html(key, rendering.budget()));
            String value = Convert.text(escape(member.getValue(), false, rendering), "an attribute's value");
            out.append("=\"").append(value).append('"');
        }
        return Value.Str.of(rendering.budget().made(out.toString()));
    }
}

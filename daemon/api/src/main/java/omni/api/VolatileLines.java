package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lines of instructions that say what time it is. Programs that drive a house write the clock first and then a thousand tokens that never
 * change: with such a line behind them, all but the end of the prompt is the same as the last time, and need not be computed again.
 *
 * <p>A line is one where it holds a time of day (12:30, 12:30:59, 9:05 pm) or a whole date (2026-11-30, 30.11.2026, 11/30/26, November 30,
 * 2026, 30 November 2026). Lines are moved within their message alone, to its end, in their order; only the first messages, of the system or
 * the developer, are looked at.
 */
final class VolatileLines {
    private static final String MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\\.?";

    private static final Pattern CLOCK = Pattern.compile(
            "(?<![\\d:.])\\d{1,2}:\\d{2}(?::\\d{2})?(?![\\d:])"
                    + "|(?<!\\d)\\d{4}-\\d{2}-\\d{2}(?!\\d)"
                    + "|(?<![\\d./])(?:0?[1-9]|[12]\\d|3[01])([./])(?:0?[1-9]|[12]\\d|3[01])\\1(?:(?:19|20)\\d{2}|\\d{2}(?<=/\\d{2}))(?!\\d|[./]\\d)"
                    + "|\\b" + MONTH + " \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}\\b"
                    + "|\\b\\d{1,2}(?:st|nd|rd|th)?\\.? " + MONTH + ",? \\d{4}\\b",
            Pattern.CASE_INSENSITIVE);

    /** A line that is longer is text, whatever it mentions. */
    private static final int LINE_CHARACTERS_MAX = 500;

    private VolatileLines() {}

    /** The messages with such lines behind the others of each message; those that are given stay as they are. */
    static ArrayNode last(ArrayNode messages) {
        var all = JsonNodeFactory.instance.arrayNode();
        var instructions = true;
        for (var message : messages.values()) {
            var role = message.path("role").asString("");
            instructions &= role.equals("system") || role.equals("developer");
            all.add(
                    instructions
                                    && message instanceof ObjectNode object
                                    && object.path("content").isString()
                            ? object.deepCopy()
                                    .put("content", last(object.path("content").stringValue()))
                            : message);
        }
        return all;
    }

    /** The text with such lines behind the others. */
    static String last(String text) {
        var still = new ArrayList<String>();
        var moving = new ArrayList<String>();
        var end = text.endsWith("\n") ? "\n" : "";
        for (var line : List.of(text.substring(0, text.length() - end.length()).split("\n", -1))) {
            (isVolatile(line) ? moving : still).add(line);
        }
        if (moving.isEmpty() || still.isEmpty()) {
            return text;
        }
        still.addAll(moving);
        return String.join("\n", still) + end;
    }

    private static boolean isVolatile(String line) {
        return line.length() <= LINE_CHARACTERS_MAX && CLOCK.matcher(line).find();
    }
}

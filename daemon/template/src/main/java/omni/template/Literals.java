package omni.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.template.TemplateException.Kind;

/** How strings and numbers are written in a template: as in Python. */
final class Literals {
    private static final Pattern FLOAT = Pattern.compile(
            "(?:\\d+_)*+\\d++(?:(?:\\.(?:\\d+_)*+\\d++)?[eE][+-]?(?:\\d+_)*+\\d++|\\.(?:\\d+_)*+\\d++)");
    private static final Pattern INTEGER = Pattern.compile(
            "0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[0-9a-fA-F])++|[1-9](?:_?\\d)*+|0(?:_?0)*+");

    private Literals() {}

    /** Where the floating-point number that begins at a place ends, or -1 if none begins there. */
    static int floatEnd(String source, int at) {
        Matcher m = FLOAT.matcher(source).region(at, source.length());
        return m.lookingAt() ? m.end() : -1;
    }

    /** Where the integer that begins at a place ends; a digit must be there. */
    static int integerEnd(String source, int at) {
        Matcher m = INTEGER.matcher(source).region(at, source.length());
        return m.lookingAt() ? m.end() : at + 1;
    }

    /** What the inside of a quoted string stands for. Unknown escapes stay as they are written. */
    static String unescape(String text, int line) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '\\' || i == text.length()) {
                out.append(c);
                continue;
            }
            char escape = text.charAt(i++);
            switch (escape) {
                case '\n' -> {}
                case '\\', '\'', '"' -> out.append(escape);
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'v' -> out.append('\u000B');
                case 'x' -> i = hex(text, i, 2, out, line);
                case 'u' -> i = hex(text, i, 4, out, line);
                case 'U' -> i = hex(text, i, 8, out, line);
                case 'N' -> i = named(text, i, out, line);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> i = octal(text, i - 1, out);
                default -> out.append('\\').append(escape);
            }
        }
        return out.toString();
    }

    private static int hex(String text, int at, int digits, StringBuilder out, int line) {
        int end = at + digits;
        if (end > text.length()) {
            throw bad(line);
        }
        int code = 0;
        for (int i = at; i < end; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0 || text.charAt(i) > 'f' || code > 0x10FFFF) {
                throw bad(line);
            }
            code = code * 16 + digit;
        }
        if (code < 0 || code > 0x10FFFF) {
            throw bad(line);
        }
        out.appendCodePoint(code);
        return end;
    }

    private static int octal(String text, int at, StringBuilder out) {
        int end = at;
        int code = 0;
        while (end < text.length() && end < at + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
            code = code * 8 + (text.charAt(end++) - '0');
        }
        out.append((char) code);
        return end;
    }

    private static int named(String text, int at, StringBuilder out, int line) {
        int end = text.indexOf('}', at);
        if (end < 0 || at >= text.length() || text.charAt(at) != '{') {
            throw bad(line);
        }
        try {
            out.appendCodePoint(Character.codePointOf(text.substring(at + 1, end)));
        } catch (IllegalArgumentException e) {
            throw bad(line);
        }
        return end + 1;
    }

    private static TemplateException bad(int line) {
        return new TemplateException(Kind.SYNTAX, "A string has a broken escape. Correct the template.", line);
    }
}

package omni.measure;

import java.net.URI;
import java.util.Locale;

/** Texts of strangers, and numbers, as reports show them. */
final class Texts {
    private Texts() {}

    /** One line without control characters, of so many characters at most. */
    static String shortened(String text, int most) {
        var line = text.codePoints()
                .limit(most + 1L)
                .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return line.codePointCount(0, line.length()) > most
                ? line.substring(0, line.offsetByCodePoints(0, most)) + "…"
                : line;
    }

    /** An address without what could be a password. */
    static String safe(URI url) {
        return shortened(url.toString().replaceFirst("//[^/@]*@", "//…@").replaceFirst("[?#].*", ""), 200);
    }

    /** A number with about three digits that say something. */
    static String number(double value) {
        var size = Math.abs(value);
        var digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /** For the text and the quoted attributes of HTML and SVG. */
    static String html(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /** For a cell of a table in Markdown (GFM): nothing of it marks anything up. */
    static String markdown(String text) {
        return html(text).replaceAll("([\\\\`*_\\[\\]|~])", "\\\\$1");
    }
}

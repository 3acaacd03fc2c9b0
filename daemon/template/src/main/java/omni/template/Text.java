package omni.template;

/** Characters as Python sees them: white space, line ends, and counting by code point. */
final class Text {
    private Text() {}

    /** Whether Python's {@code str.isspace} and {@code \s} hold; all such characters are in the basic plane. */
    static boolean isSpace(int c) {
        return switch (c) {
            case ' ', '\t', '\n', '\r', 0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0, 0x1680 -> true;
            case 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
            default -> c >= 0x2000 && c <= 0x200A;
        };
    }

    /** Whether a text has nothing but white space; an empty one counts. */
    static boolean isBlank(String text) {
        return text.chars().allMatch(Text::isSpace);
    }

    static String stripStart(String text) {
        int i = 0;
        while (i < text.length() && isSpace(text.charAt(i))) {
            i++;
        }
        return text.substring(i);
    }

    static String stripEnd(String text) {
        int i = text.length();
        while (i > 0 && isSpace(text.charAt(i - 1))) {
            i--;
        }
        return text.substring(0, i);
    }

    /** Length in code points, which is what Python counts. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Index of the code point with a number, in UTF-16 units; the number is between 0 and the length. */
    static int offset(String text, int codePoint) {
        return text.offsetByCodePoints(0, codePoint);
    }

    /** Whether a character ends a line for {@code str.splitlines}. */
    static boolean isLineEnd(char c) {
        return switch (c) {
            case '\n', '\r', 0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029 -> true;
            default -> false;
        };
    }
}

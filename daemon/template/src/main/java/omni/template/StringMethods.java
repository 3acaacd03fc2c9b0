package omni.template;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** The methods of texts: Python's {@code str}. Indexes and lengths count code points. */
final class StringMethods {
    private StringMethods() {}

    static Optional<Value> find(Value.Str s, String name, Budget budget) {
        String text = s.text();
        return switch (name) {
            case "upper" -> changed(s, name, budget, t -> t.toUpperCase(Locale.ROOT));
            case "lower" -> changed(s, name, budget, StringMethods::lower);
            case "casefold" -> changed(s, name, budget, t -> lower(t.toUpperCase(Locale.ROOT)));
            case "title" -> changed(s, name, budget, StringMethods::title);
            case "capitalize" -> changed(s, name, budget, StringMethods::capitalize);
            case "swapcase" -> changed(s, name, budget, StringMethods::swapCase);
            case "strip" -> stripping(s, name, budget, true, true);
            case "lstrip" -> stripping(s, name, budget, true, false);
            case "rstrip" -> stripping(s, name, budget, false, true);
            case "isalpha" -> all(name, text, Character::isLetter);
            case "isdigit" -> all(name, text, c -> Character.isDigit(c) || isSuperscript(c));
            case "isdecimal" -> all(name, text, Character::isDigit);
            case "isnumeric" -> all(name, text, StringMethods::isNumeric);
            case "isalnum" -> all(name, text, c -> Character.isLetter(c) || isNumeric(c));
            case "isspace" -> all(name, text, Text::isSpace);
            case "isascii" -> predicate(name, text.chars().allMatch(c -> c < 128));
            case "isprintable" -> predicate(name, text.codePoints().allMatch(Representation::isPrintable));
            case "isidentifier" -> predicate(name, isIdentifier(text));
            case "islower" -> predicate(name, isLower(text));
            case "isupper" -> predicate(name, isUpper(text));
            case "istitle" -> predicate(name, isTitle(text));
            default -> StringSearch.find(s, name, budget).or(() -> StringParts.find(s, name, budget));
        };
    }

    static Optional<Value> method(String name, Value.Function.Body body) {
        return Optional.of(new Value.Function(name, body));
    }

    private static Optional<Value> predicate(String name, boolean holds) {
        return method(name, arguments -> Value.Bool.of(holds));
    }

    private static Optional<Value> all(String name, String text, IntPredicate predicate) {
        return predicate(name, !text.isEmpty() && text.codePoints().allMatch(predicate));
    }

    private static Optional<Value> changed(Value.Str s, String name, Budget budget, Function<String, String> change) {
        return method(name, arguments -> {
            arguments.bind(name, 0);
            return new Value.Str(budget.made(change.apply(s.text())), s.safe());
        });
    }

    private static Optional<Value> stripping(Value.Str s, String name, Budget budget, boolean start, boolean end) {
        return method(name, arguments -> {
            Optional<String> chars =
                    arguments.bind(name, 0, "chars").some(0).map(v -> Convert.text(v, "used as a text"));
            return new Value.Str(budget.made(strip(s.text(), chars, start, end, budget)), s.safe());
        });
    }

    /** The text without white space, or without certain characters, at one or both ends. */
    static String strip(String text, Optional<String> chars, boolean start, boolean end, Budget budget) {
        if (chars.isEmpty()) {
            budget.look(text);
            String stripped = start ? Text.stripStart(text) : text;
            return end ? Text.stripEnd(stripped) : stripped;
        }
        String set = chars.get();
        int from = 0;
        int to = text.length();
        while (start && from < to && set.indexOf(text.codePointAt(from)) >= 0) {
            budget.steps(1 + (set.length() >> 4));
            from += Character.charCount(text.codePointAt(from));
        }
        while (end && to > from && set.indexOf(text.codePointBefore(to)) >= 0) {
            budget.steps(1 + (set.length() >> 4));
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** Python's title case: a letter after anything but a letter is large, all others are small. */
    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            String letter = Character.toString(c);
            if (isCased(c)) {
                out.append(inWord ? lower(letter) : titled(c));
            } else {
                out.append(letter);
            }
            inWord = isCased(c);
        }
        return out.toString();
    }

    /** One letter in title case. */
    private static String titled(int c) {
        int title = Character.toTitleCase(c);
        if (title != c || Character.isUpperCase(c) || Character.isTitleCase(c)) {
            return Character.toString(title);
        }
        String upper = Character.toString(c).toUpperCase(Locale.ROOT);
        int first = upper.offsetByCodePoints(0, 1);
        return upper.substring(0, first) + lower(upper.substring(first));
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return titled(text.codePointAt(0)) + lower(text.substring(first));
    }

    private static String swapCase(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int c : text.codePoints().toArray()) {
            String letter = Character.toString(c);
            out.append(Character.isUpperCase(c) ? lower(letter) : letter.toUpperCase(Locale.ROOT));
        }
        return out.toString();
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** Whether a character is a digit for Python without being decimal: superscripts, subscripts, digits in circles. */
    private static boolean isSuperscript(int c) {
        return c == 0xB2
                || c == 0xB3
                || c == 0xB9
                || (c >= 0x2070 && c <= 0x2089 && Character.getType(c) == Character.OTHER_NUMBER)
                || (c >= 0x2460 && c <= 0x2468);
    }

    private static boolean isNumeric(int c) {
        int type = Character.getType(c);
        return type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    private static boolean isIdentifier(String text) {
        if (text.isEmpty()) {
            return false;
        }
        int first = text.codePointAt(0);
        return (first == '_' || Character.isUnicodeIdentifierStart(first))
                && text.codePoints().allMatch(c -> c == '_' || Character.isUnicodeIdentifierPart(c));
    }

    /** Whether there is a small letter and no large one. */
    static boolean isLower(String text) {
        return text.codePoints().anyMatch(Character::isLowerCase)
                && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    /** Whether there is a large letter and no small one. */
    static boolean isUpper(String text) {
        return text.codePoints().anyMatch(Character::isUpperCase)
                && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    private static boolean isTitle(String text) {
        boolean inWord = false;
        boolean any = false;
        for (int c : text.codePoints().toArray()) {
            boolean large = Character.isUpperCase(c) || Character.isTitleCase(c);
            if (large == inWord && isCased(c)) {
                return false;
            }
            inWord = isCased(c);
            any |= large;
        }
        return any;
    }
}

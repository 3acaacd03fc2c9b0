package omni.schema;

import java.util.ArrayList;
import java.util.List;
import omni.schema.Ranges.Range;
import org.jspecify.annotations.Nullable;

/**
 * A reader of regular expressions as ECMA-262 writes them (with its flag u), as far as they are regular: characters,
 * classes, groups, choices, repetitions, and anchors at the ends of the outermost choices.
 *
 * <p>Not here, and refused by name: back references, looking ahead and behind, word borders, named Unicode properties,
 * anchors elsewhere.
 */
final class Regex {
    private static final List<Range> DIGITS = List.of(new Range('0', '9'));
    private static final List<Range> WORD =
            Ranges.of(List.of(new Range('0', '9'), new Range('A', 'Z'), Ranges.one('_'), new Range('a', 'z')));
    private static final List<Range> SPACE = Ranges.of(List.of(
            new Range('\t', '\r'),
            Ranges.one(' '),
            Ranges.one(0xA0),
            Ranges.one(0x1680),
            new Range(0x2000, 0x200A),
            new Range(0x2028, 0x2029),
            Ranges.one(0x202F),
            Ranges.one(0x205F),
            Ranges.one(0x3000),
            Ranges.one(0xFEFF)));
    private static final List<Range> NO_LINE_END =
            Ranges.not(Ranges.of(List.of(Ranges.one('\n'), Ranges.one('\r'), new Range(0x2028, 0x2029))));
    private static final String SYNTAX = "^$\\.*+?()[]{}|/";

    private final String text;
    private int at;

    private Regex(String text) {
        this.text = text;
    }

    /** A pattern that cannot be read: what is wrong with it. */
    static final class Invalid extends Exception {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        Invalid(String what) {
            super(what);
        }
    }

    /**
     * Reads a pattern.
     *
     * @return what whole texts it is for: where the pattern has no anchor, anything may stand before or behind
     */
    static Node read(String pattern) throws Invalid {
        if (pattern.length() > Limits.PATTERN) {
            throw new Invalid("it has more than " + Limits.PATTERN + " characters");
        }
        return new Regex(pattern).outermost();
    }

    /** Part of a pattern. */
    sealed interface Node {
        /** One character of the set, perhaps of none. */
        record One(List<Range> set) implements Node {}

        record All(List<Node> parts) implements Node {}

        record Any(List<Node> parts) implements Node {}

        record Times(Node part, int min, int max) implements Node {}
    }

    private static final Node ANYTHING = new Node.Times(new Node.One(Ranges.ALL), 0, Shape.NO_END);

    private Node outermost() throws Invalid {
        var choices = new ArrayList<Node>();
        do {
            var sequence = new ArrayList<Node>();
            if (!take('^')) {
                sequence.add(ANYTHING);
            }
            sequence.addAll(sequence(0));
            if (!take('$')) {
                sequence.add(ANYTHING);
            }
            choices.add(new Node.All(sequence));
        } while (take('|'));
        if (at < text.length()) {
            throw text.charAt(at) == ')' ? new Invalid("a parenthesis is closed that is not open") : anchor();
        }
        return new Node.Any(choices);
    }

    private static Invalid anchor() {
        return new Invalid("^ and $ may stand only at the ends of the pattern or of its outermost choices");
    }

    private boolean take(char c) {
        if (now() != c) {
            return false;
        }
        at++;
        return true;
    }

    private int now() {
        return at < text.length() ? text.charAt(at) : -1;
    }

    private int next() throws Invalid {
        if (at >= text.length()) {
            throw new Invalid("it ends too early");
        }
        var c = text.codePointAt(at);
        at += Character.charCount(c);
        return c;
    }

    private List<Node> sequence(int depth) throws Invalid {
        var sequence = new ArrayList<Node>();
        for (var c = now(); c != -1 && c != '|' && c != ')' && c != '^' && c != '$'; c = now()) {
            sequence.add(repeated(atom(depth)));
        }
        return sequence;
    }

    private Node atom(int depth) throws Invalid {
        var c = next();
        return switch (c) {
            case '(' -> group(depth + 1);
            case '[' -> new Node.One(set());
            case '.' -> new Node.One(NO_LINE_END);
            case '\\' -> new Node.One(escape(false));
            case '*', '+', '?', '{' -> throw new Invalid("there is nothing to repeat");
            case ']', '}' -> throw new Invalid("a bracket is closed that is not open");
            default -> new Node.One(List.of(Ranges.one(c)));
        };
    }

    private Node group(int depth) throws Invalid {
        if (depth > Limits.PATTERN_DEPTH) {
            throw new Invalid("it has more than " + Limits.PATTERN_DEPTH + " parentheses within one another");
        }
        if (take('?') && !take(':')) {
            if (!take('<') || now() == '=' || now() == '!') {
                throw new Invalid("looking ahead or behind, and flags, cannot be honoured");
            }
            while (next() != '>') {
                // The name, to which nothing can refer.
            }
        }
        var choices = new ArrayList<Node>();
        do {
            choices.add(new Node.All(sequence(depth)));
        } while (take('|'));
        if (!take(')')) {
            throw now() == -1 ? new Invalid("a parenthesis is not closed") : anchor();
        }
        return new Node.Any(choices);
    }

    private Node repeated(Node part) throws Invalid {
        var min = 0;
        var max = Shape.NO_END;
        switch (now()) {
            case '*' -> at++;
            case '+' -> {
                at++;
                min = 1;
            }
            case '?' -> {
                at++;
                max = 1;
            }
            case '{' -> {
                at++;
                min = number();
                max = min;
                if (take(',')) {
                    max = now() == '}' ? Shape.NO_END : number();
                }
                if (!take('}')) {
                    throw new Invalid("a repetition is not closed");
                }
                if (max < min) {
                    throw new Invalid("a repetition has fewer at most than at least");
                }
            }
            default -> {
                return part;
            }
        }
        // Lazy or not, the texts are the same.
        take('?');
        return new Node.Times(part, min, max);
    }

    private int number() throws Invalid {
        var number = 0;
        var from = at;
        for (; now() >= '0' && now() <= '9'; at++) {
            number = number * 10 + now() - '0';
            if (number > Limits.PATTERN_REPETITIONS) {
                throw new Invalid("it repeats something more than " + Limits.PATTERN_REPETITIONS + " times");
            }
        }
        if (at == from) {
            throw new Invalid("a repetition has no number");
        }
        return number;
    }

    private List<Range> set() throws Invalid {
        var not = take('^');
        var ranges = new ArrayList<Range>();
        while (!take(']')) {
            var low = member();
            if (now() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                var high = member();
                if (low.size() != 1 || high.size() != 1 || !single(low) || !single(high)) {
                    throw new Invalid("a class goes from or to more than one character");
                }
                if (high.getFirst().low() < low.getFirst().low()) {
                    throw new Invalid("a class goes backwards");
                }
                ranges.add(new Range(low.getFirst().low(), high.getFirst().low()));
            } else {
                ranges.addAll(low);
            }
        }
        var set = Ranges.both(Ranges.of(ranges), Ranges.ALL);
        return not ? Ranges.not(set) : set;
    }

    private static boolean single(List<Range> set) {
        return set.getFirst().low() == set.getFirst().high();
    }

    private List<Range> member() throws Invalid {
        var c = next();
        return c == '\\' ? escape(true) : List.of(Ranges.one(c));
    }

    private List<Range> escape(boolean inClass) throws Invalid {
        var c = next();
        var set = classOf(c);
        if (set != null) {
            return set;
        }
        var character = switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'f' -> '\f';
            case 'v' -> 0x0B;
            case 'x' -> hex(2);
            case 'u' -> unicode();
            default -> {
                if (SYNTAX.indexOf(c) >= 0 || (inClass && c == '-')) {
                    yield c;
                }
                if (inClass && c == 'b') {
                    yield '\b';
                }
                throw new Invalid("the escape \\" + Character.toString(c) + " cannot be honoured");
            }
        };
        return List.of(Ranges.one(character));
    }

    private static @Nullable List<Range> classOf(int c) {
        return switch (c) {
            case 'd' -> DIGITS;
            case 'D' -> Ranges.not(DIGITS);
            case 'w' -> WORD;
            case 'W' -> Ranges.not(WORD);
            case 's' -> SPACE;
            case 'S' -> Ranges.not(SPACE);
            default -> null;
        };
    }

    private int unicode() throws Invalid {
        if (take('{')) {
            var value = 0;
            var from = at;
            for (; now() != '}'; at++) {
                value = value * 16 + digit(now());
                if (value > Character.MAX_CODE_POINT) {
                    throw new Invalid("an escape is no character");
                }
            }
            if (at == from) {
                throw new Invalid("an escape is no character");
            }
            at++;
            return scalar(value);
        }
        var high = hex(4);
        if (high >= Character.MIN_HIGH_SURROGATE
                && high <= Character.MAX_HIGH_SURROGATE
                && text.startsWith("\\u", at)) {
            at += 2;
            var low = hex(4);
            if (low >= Character.MIN_LOW_SURROGATE && low <= Character.MAX_LOW_SURROGATE) {
                return Character.toCodePoint((char) high, (char) low);
            }
        }
        return scalar(high);
    }

    private static int scalar(int value) throws Invalid {
        if (!Ranges.contains(Ranges.ALL, value)) {
            throw new Invalid("an escape is half a character");
        }
        return value;
    }

    private int hex(int digits) throws Invalid {
        var value = 0;
        for (var i = 0; i < digits; i++) {
            value = value * 16 + digit(next());
        }
        return value;
    }

    private static int digit(int c) throws Invalid {
        var digit = c < 0 || c > 'f' ? -1 : Character.digit(c, 16);
        if (digit < 0) {
            throw new Invalid("an escape is no character");
        }
        return digit;
    }
}

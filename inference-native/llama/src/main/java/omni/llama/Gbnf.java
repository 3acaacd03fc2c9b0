package omni.llama;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A reader of llama.cpp's grammars (GBNF) that accepts only what llama.cpp's own parser survives.
 *
 * <p>That parser prints a bad grammar to standard error, and some texts end or stop the process: deep nesting overflows its
 * stack, {@code {5,3}} counts down from zero, rules that begin with one another can be walked in more ways than there is
 * time, a rule that reaches itself through an empty one grows for ever, and a named token in the middle of a literal leaves
 * the grammar with nothing. So the text is read here first. Syntax: {@code grammars/README.md} of the release.
 */
final class Gbnf {
    /** A longer grammar is refused, in UTF-16 units. */
    static final int TEXT_MAX = 256 * 1024;

    /** Deeper parentheses are refused. */
    static final int NESTING_MAX = 64;

    /** More repetitions of one part are refused, as llama.cpp does. */
    static final int REPETITIONS_MAX = 2000;

    /** A grammar that repetitions blow up to more elements is refused. */
    static final int ELEMENTS_MAX = 1_000_000;

    /** A longer chain of rules that begin with one another is refused. */
    static final int CHAIN_MAX = 512;

    /** A grammar with more ways to begin its rules is refused. */
    static final int BEGINNINGS_MAX = 200_000;

    private final String text;
    private final Map<String, Integer> names = new HashMap<>();
    private final List<Rule> rules = new ArrayList<>();
    private int at;
    private int generated;
    private long elements;

    private Gbnf(String text) {
        this.text = text;
    }

    /** One part of an alternative: a rule, or something that takes characters; perhaps empty, perhaps repeated. */
    private record Part(int rule, boolean takes, boolean optional) {}

    /** A rule: its alternatives, and what is known of how it begins. */
    private static final class Rule {
        final String name;
        List<List<Part>> alternatives = List.of();
        boolean defined;
        boolean mayBeEmpty;
        boolean open;
        int depth;
        long beginnings;

        Rule(String name) {
            this.name = name;
        }
    }

    /**
     * Reads a grammar.
     *
     * @param text the grammar
     * @param root the rule to start with
     * @throws LlamaException if it is not one, or one that llama.cpp would not survive
     */
    static void check(String text, String root) {
        LlamaException.within("grammar length", text.length(), 1, TEXT_MAX + 1);
        var grammar = new Gbnf(text);
        grammar.rules();
        var start = grammar.names.get(root);
        if (start == null) {
            throw invalid("there is no rule of the name to start with");
        }
        for (var rule : grammar.rules) {
            if (!rule.defined) {
                throw invalid("a rule is used but not defined");
            }
        }
        grammar.findEmpty();
        var beginnings = 0L;
        for (var i = 0; i < grammar.rules.size(); i++) {
            grammar.follow(i, 0);
            beginnings += grammar.rules.get(i).beginnings;
        }
        if (beginnings > BEGINNINGS_MAX) {
            throw invalid("its rules can begin in too many ways");
        }
    }

    private static LlamaException invalid(String what) {
        return new LlamaException(
                "the grammar cannot be used", what, "It must be GBNF, as llama.cpp's grammars/README.md describes it.");
    }

    private LlamaException wrong(String what) {
        var line = 1;
        var column = 1;
        for (var i = 0; i < at && i < text.length(); i++) {
            column++;
            if (text.charAt(i) == '\n') {
                line++;
                column = 1;
            }
        }
        return invalid("line " + line + ", column " + column + ": " + what);
    }

    // Reading.

    private char now() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private char after() {
        return at + 1 < text.length() ? text.charAt(at + 1) : 0;
    }

    private void rules() {
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            var paired = Character.isHighSurrogate(c)
                    ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                    : !Character.isLowSurrogate(c) || (i > 0 && Character.isHighSurrogate(text.charAt(i - 1)));
            if (c == 0 || !paired) {
                at = i;
                throw wrong("a character that is none");
            }
        }
        space(true);
        while (at < text.length()) {
            var rule = rules.get(symbol(name()));
            space(false);
            if (!text.startsWith("::=", at)) {
                throw wrong("expected ::=");
            }
            if (rule.defined) {
                throw wrong("the rule is defined twice");
            }
            at += 3;
            rule.defined = true;
            space(true);
            rule.alternatives = alternatives(0);
            if (at < text.length() && now() != '\n' && now() != '\r') {
                throw wrong("expected the end of the rule");
            }
            space(true);
        }
    }

    private void space(boolean newlines) {
        while (at < text.length()) {
            var c = now();
            if (c == '#') {
                while (at < text.length() && now() != '\n' && now() != '\r') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || (newlines && (c == '\n' || c == '\r'))) {
                at++;
            } else {
                return;
            }
        }
    }

    private static boolean isWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    }

    private String name() {
        var from = at;
        while (isWord(now())) {
            at++;
        }
        if (at == from) {
            throw wrong("expected a rule's name");
        }
        return text.substring(from, at);
    }

    private int symbol(String name) {
        return names.computeIfAbsent(name, n -> {
            rules.add(new Rule(n));
            return rules.size() - 1;
        });
    }

    private int symbols() {
        return names.size() + generated;
    }

    private List<List<Part>> alternatives(int depth) {
        if (depth > NESTING_MAX) {
            throw wrong("more than " + NESTING_MAX + " parentheses in one another");
        }
        var all = new ArrayList<List<Part>>();
        all.add(sequence(depth));
        while (now() == '|') {
            at++;
            space(true);
            all.add(sequence(depth));
        }
        return all;
    }

    private List<Part> sequence(int depth) {
        var parts = new ArrayList<Part>();
        while (at < text.length()) {
            var before = symbols();
            var size = 1L;
            Part part;
            var c = now();
            if (c == '"') {
                size = literal();
                part = new Part(-1, size > 0, size == 0);
            } else if (c == '[') {
                size = range();
                part = new Part(-1, true, false);
            } else if (c == '.') {
                at++;
                part = new Part(-1, true, false);
            } else if (c == '(') {
                part = group(depth);
            } else if (isWord(c)) {
                part = new Part(symbol(name()), false, false);
                before = symbols() - 1;
            } else if (c == '<' || c == '!') {
                throw wrong("named tokens cannot be used");
            } else {
                break;
            }
            space(depth > 0);
            elements += size;
            parts.add(repeated(part, size, Math.max(1, symbols() - before), depth));
        }
        if (elements > ELEMENTS_MAX) {
            throw wrong("it grows to more than " + ELEMENTS_MAX + " elements");
        }
        return parts;
    }

    private Part group(int depth) {
        at++;
        space(true);
        var rule = new Rule("");
        generated++;
        rule.defined = true;
        rule.alternatives = alternatives(depth + 1);
        if (now() != ')') {
            throw wrong("expected )");
        }
        at++;
        rules.add(rule);
        return new Part(rules.size() - 1, false, false);
    }

    /** The part with the repetitions that stand behind it. */
    private Part repeated(Part part, long size, long symbolsOfPart, int depth) {
        var result = part;
        var factor = symbolsOfPart;
        for (var c = now(); c == '*' || c == '+' || c == '?' || c == '{'; c = now()) {
            if (part.rule() < 0 && !part.takes()) {
                throw wrong("nothing to repeat");
            }
            at++;
            var min = c == '+' ? 1 : 0;
            var max = c == '?' ? 1 : Integer.MAX_VALUE;
            if (c == '{') {
                space(depth > 0);
                min = number();
                max = min;
                space(depth > 0);
                if (now() == ',') {
                    at++;
                    space(depth > 0);
                    max = now() == '}' ? Integer.MAX_VALUE : number();
                    space(depth > 0);
                }
                if (now() != '}') {
                    throw wrong("expected }");
                }
                at++;
            }
            space(depth > 0);
            if (max < Math.max(1, min)) {
                throw wrong("fewer repetitions at most than at least");
            }
            var times = max == Integer.MAX_VALUE ? Math.max(1, min) : max;
            factor *= times;
            if (factor > REPETITIONS_MAX) {
                throw wrong("more than " + REPETITIONS_MAX + " repetitions");
            }
            elements += 2 * (size + 3) * times;
            generated += max == Integer.MAX_VALUE ? 1 : max - min;
            result = again(result, min, max);
        }
        return result;
    }

    // As a rule of its own, so that what it repeats can be looked at once all rules are known to be empty or not.
    private Part again(Part part, int min, int max) {
        var rule = new Rule(max > 1 ? "*" : "");
        rule.defined = true;
        rule.alternatives = min == 0 ? List.of(List.of(part), List.of()) : List.of(List.of(part));
        rules.add(rule);
        return new Part(rules.size() - 1, false, false);
    }

    private int number() {
        var from = at;
        while (now() >= '0' && now() <= '9') {
            at++;
        }
        if (at == from) {
            throw wrong("expected a number");
        }
        if (at - from > 4 || Integer.parseInt(text.substring(from, at)) > REPETITIONS_MAX) {
            throw wrong("more than " + REPETITIONS_MAX + " repetitions");
        }
        return Integer.parseInt(text.substring(from, at));
    }

    private long literal() {
        at++;
        var count = 0L;
        while (now() != '"') {
            character();
            count++;
        }
        at++;
        return count;
    }

    private long range() {
        at++;
        if (now() == '^') {
            at++;
        }
        var count = 0L;
        while (now() != ']') {
            character();
            count++;
            if (now() == '-' && after() != ']') {
                at++;
                character();
                count++;
            }
        }
        at++;
        if (count == 0) {
            throw wrong("an empty set of characters");
        }
        return count;
    }

    private void character() {
        if (at >= text.length()) {
            throw wrong("unexpected end");
        }
        if (now() != '\\') {
            at += Character.charCount(text.codePointAt(at));
            return;
        }
        at += 2;
        switch (at <= text.length() ? text.charAt(at - 1) : 0) {
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case 't', 'r', 'n', '\\', '"', '[', ']', '-' -> {}
            default -> throw wrong("an unknown escape");
        }
    }

    private void hex(int digits) {
        var value = 0L;
        for (var i = 0; i < digits; i++) {
            var digit = Character.digit(now(), 16);
            if (digit < 0 || now() > 'f') {
                throw wrong("expected " + digits + " hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        if (value == 0 || value > Character.MAX_CODE_POINT) {
            throw wrong("an escape that is no character");
        }
    }

    // Looking through.

    private void findEmpty() {
        var passes = 0;
        for (var changed = true; changed; ) {
            changed = false;
            if (passes++ > CHAIN_MAX) {
                throw chain();
            }
            for (var rule : rules) {
                if (!rule.mayBeEmpty && rule.alternatives.stream().anyMatch(this::mayBeEmpty)) {
                    rule.mayBeEmpty = true;
                    changed = true;
                }
            }
        }
        for (var rule : rules) {
            if (rule.name.equals("*")
                    && mayBeEmpty(List.of(rule.alternatives.getFirst().getFirst()))) {
                throw invalid("it repeats something that may be empty");
            }
        }
    }

    private boolean mayBeEmpty(List<Part> parts) {
        return parts.stream().allMatch(p -> p.rule() < 0 ? p.optional() : rules.get(p.rule()).mayBeEmpty);
    }

    /** Walks what a rule can begin with; refuses a rule that begins with itself. */
    private void follow(int index, int level) {
        var rule = rules.get(index);
        if (rule.open) {
            throw invalid("a rule begins with itself (left recursion)");
        }
        if (rule.beginnings > 0) {
            return;
        }
        if (level > CHAIN_MAX) {
            throw chain();
        }
        rule.open = true;
        var beginnings = 1L;
        var depth = 0;
        for (var alternative : rule.alternatives) {
            for (var part : alternative) {
                if (part.rule() < 0) {
                    beginnings++;
                    if (!part.optional()) {
                        break;
                    }
                    continue;
                }
                follow(part.rule(), level + 1);
                var next = rules.get(part.rule());
                beginnings += next.beginnings;
                depth = Math.max(depth, next.depth);
                if (!next.mayBeEmpty) {
                    break;
                }
            }
            if (beginnings > BEGINNINGS_MAX) {
                throw invalid("its rules can begin in too many ways");
            }
        }
        rule.open = false;
        rule.depth = depth + 1;
        if (rule.depth > CHAIN_MAX) {
            throw chain();
        }
        rule.beginnings = beginnings;
    }

    private static LlamaException chain() {
        return invalid("a chain of more than " + CHAIN_MAX + " rules that begin with one another");
    }
}

package omni.schema;

import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import omni.schema.Ranges.Range;

/**
 * Named rules, printed as GBNF, llama.cpp's form of grammars ({@code grammars/README.md} of its source), of which only
 * what its parser survives is used: no rule begins with itself, nothing that may be empty is repeated.
 */
final class Grammar {
    /** The rule to start with. */
    static final String ROOT = "root";

    private static final int NAME_MAX = 40;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final Budget budget;
    private final LinkedHashMap<String, Expr> rules = new LinkedHashMap<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Expr.Ref> shared = new HashMap<>();
    private final Map<String, Integer> sizes = new HashMap<>();
    private long characters;

    Grammar(Budget budget) {
        this.budget = budget;
    }

    /** How a rule or a part of one begins. */
    private record Start(boolean mayBeEmpty, long ways, int chain) {}

    /** Makes room for a rule, with a name like the wished one that no other has. */
    String reserve(String wish) {
        var base = wish.replaceAll("[^A-Za-z0-9-]+", "-").replaceAll("^-+|-+$", "");
        base = base.substring(0, Math.min(base.length(), NAME_MAX));
        base = base.isEmpty() ? "rule" : base;
        var name = base;
        while (rules.containsKey(name)) {
            name = base + "-" + (1 + numbers.merge(base, 1, Integer::sum));
        }
        if (rules.size() >= Limits.RULES) {
            throw new SchemaException(
                    "#", "", "The schema's grammar has more than " + Limits.RULES + " rules. Make the schema smaller.");
        }
        rules.put(name, Expr.EMPTY);
        return name;
    }

    /** Says what the rule of that name is. */
    void define(String name, Expr what) {
        rules.put(name, what);
        var parts = parts(what);
        sizes.put(name, parts);
        budget.spend(parts);
        // Before there are too many of them to hold.
        characters += characters(what);
        if (characters > Limits.GRAMMAR) {
            throw tooLarge();
        }
    }

    private static SchemaException tooLarge() {
        return new SchemaException(
                "#",
                "",
                "The schema is too large: its grammar has more than " + Limits.GRAMMAR
                        + " characters or repeats too much. Make it smaller.");
    }

    private static int parts(Expr expr) {
        return switch (expr) {
            case Expr.Text _, Expr.Chars _, Expr.Ref _ -> 1;
            case Expr.Repeat repeat -> 1 + parts(repeat.part());
            case Expr.Seq seq ->
                1 + seq.parts().stream().mapToInt(Grammar::parts).sum();
            case Expr.Alt alt ->
                1 + alt.parts().stream().mapToInt(Grammar::parts).sum();
        };
    }

    /** No more than are printed. */
    private static long characters(Expr expr) {
        return switch (expr) {
            case Expr.Text text -> text.text().length();
            case Expr.Chars chars -> chars.set().size();
            case Expr.Ref ref -> ref.name().length();
            case Expr.Repeat repeat -> characters(repeat.part());
            case Expr.Seq seq ->
                seq.parts().stream().mapToLong(Grammar::characters).sum();
            case Expr.Alt alt ->
                alt.parts().stream().mapToLong(Grammar::characters).sum();
        };
    }

    /** The rule of that name that all schemas have in common; written when it is first asked for. */
    Expr.Ref shared(String name, Supplier<Expr> body) {
        var known = shared.get(name);
        if (known == null) {
            var reserved = reserve(name);
            known = new Expr.Ref(reserved);
            shared.put(name, known);
            define(reserved, body.get());
        }
        return known;
    }

    /** A new rule. */
    Expr.Ref rule(String wish, Expr what) {
        var name = reserve(wish);
        define(name, what);
        return new Expr.Ref(name);
    }

    /**
     * The grammar as text.
     *
     * @throws SchemaException if it is larger than the engine takes, never ends, or begins with itself
     */
    String print() {
        checkEnds();
        checkStarts();
        var text = new StringBuilder();
        var elements = 0L;
        for (var rule : rules.entrySet()) {
            text.append(rule.getKey()).append(" ::= ");
            print(rule.getValue(), false, text);
            text.append('\n');
            elements += elements(rule.getValue());
            if (text.length() > Limits.GRAMMAR || elements > Limits.ELEMENTS) {
                throw tooLarge();
            }
        }
        return text.toString();
    }

    // Ends.

    private void checkEnds() {
        var ending = new HashSet<String>();
        for (var grown = true; grown; ) {
            grown = false;
            // From the last: rules mostly lead to later ones.
            for (var rule : rules.sequencedEntrySet().reversed()) {
                budget.spend(sizes.getOrDefault(rule.getKey(), 1));
                if (!ending.contains(rule.getKey()) && ends(rule.getValue(), ending)) {
                    grown = ending.add(rule.getKey());
                }
            }
        }
        if (ending.size() < rules.size()) {
            throw new SchemaException(
                    "#",
                    "$ref",
                    "A schema demands itself within itself, for ever. Let it be left out, or be something else, at some"
                            + " place.");
        }
    }

    private static boolean ends(Expr expr, Set<String> ending) {
        return switch (expr) {
            case Expr.Text _, Expr.Chars _ -> true;
            case Expr.Seq seq -> seq.parts().stream().allMatch(part -> ends(part, ending));
            case Expr.Alt alt -> alt.parts().stream().anyMatch(part -> ends(part, ending));
            case Expr.Repeat repeat -> repeat.min() == 0 || ends(repeat.part(), ending);
            case Expr.Ref ref -> ending.contains(ref.name());
        };
    }

    // Starts: as the engine's own reader of grammars counts them.

    private void checkStarts() {
        var known = new HashMap<String, Start>();
        var empty = mayBeEmpty();
        var ways = 0L;
        for (var name : rules.keySet()) {
            ways += start(name, known, new HashSet<>(), empty).ways();
            if (ways > Limits.BEGINNINGS) {
                throw tooManyWays();
            }
        }
    }

    private Set<String> mayBeEmpty() {
        var empty = new HashSet<String>();
        for (var grown = true; grown; ) {
            grown = false;
            for (var rule : rules.entrySet()) {
                budget.spend(sizes.getOrDefault(rule.getKey(), 1));
                if (!empty.contains(rule.getKey()) && mayBeEmpty(rule.getValue(), empty)) {
                    grown = empty.add(rule.getKey());
                }
            }
        }
        return empty;
    }

    private static boolean mayBeEmpty(Expr expr, Set<String> empty) {
        return switch (expr) {
            case Expr.Text text -> text.text().isEmpty();
            case Expr.Chars _ -> false;
            case Expr.Seq seq -> seq.parts().stream().allMatch(part -> mayBeEmpty(part, empty));
            case Expr.Alt alt -> alt.parts().stream().anyMatch(part -> mayBeEmpty(part, empty));
            case Expr.Repeat repeat -> repeat.min() == 0;
            case Expr.Ref ref -> empty.contains(ref.name());
        };
    }

    private Start start(String name, Map<String, Start> known, Set<String> open, Set<String> empty) {
        var start = known.get(name);
        if (start != null) {
            return start;
        }
        if (!open.add(name) || open.size() > Limits.CHAIN) {
            throw new SchemaException(
                    "#",
                    "",
                    "The schema's choices begin with one another too deeply. Nest anyOf, oneOf and $ref less.");
        }
        var inner = new Start(false, 0, 0);
        var body = rules.getOrDefault(name, Expr.EMPTY);
        for (var part : body instanceof Expr.Alt alt ? alt.parts() : List.of(body)) {
            var one = start(part, known, open, empty);
            inner = new Start(false, inner.ways() + one.ways(), Math.max(inner.chain(), one.chain()));
        }
        start = new Start(empty.contains(name), inner.ways() + 1, inner.chain() + 1);
        if (start.ways() > Limits.BEGINNINGS) {
            throw tooManyWays();
        }
        if (start.chain() > Limits.CHAIN) {
            throw new SchemaException(
                    "#", "", "The schema's choices begin with one another too deeply. Use fewer optional properties.");
        }
        open.remove(name);
        known.put(name, start);
        return start;
    }

    private Start start(Expr expr, Map<String, Start> known, Set<String> open, Set<String> empty) {
        return switch (expr) {
            case Expr.Text text -> new Start(text.text().isEmpty(), 1, 0);
            case Expr.Chars _ -> new Start(false, 1, 0);
            case Expr.Ref ref -> start(ref.name(), known, open, empty);
            case Expr.Repeat repeat -> {
                var part = start(repeat.part(), known, open, empty);
                yield new Start(repeat.min() == 0, part.ways() + 1, part.chain() + 1);
            }
            case Expr.Seq seq -> {
                var ways = 0L;
                var chain = 0;
                var allEmpty = true;
                for (var part : seq.parts()) {
                    var start = start(part, known, open, empty);
                    ways += start.ways();
                    chain = Math.max(chain, start.chain());
                    if (!start.mayBeEmpty()) {
                        allEmpty = false;
                        break;
                    }
                }
                yield new Start(allEmpty, ways, chain);
            }
            case Expr.Alt alt -> {
                var ways = 1L;
                var chain = 0;
                var anyEmpty = false;
                for (var part : alt.parts()) {
                    var start = start(part, known, open, empty);
                    ways += start.ways();
                    chain = Math.max(chain, start.chain());
                    anyEmpty |= start.mayBeEmpty();
                }
                yield new Start(anyEmpty, ways, chain + 1);
            }
        };
    }

    private static SchemaException tooManyWays() {
        return new SchemaException(
                "#", "", "The schema can begin in too many ways. Use fewer choices and fewer optional properties.");
    }

    private static long elements(Expr expr) {
        return switch (expr) {
            case Expr.Text text -> text.text().codePointCount(0, text.text().length());
            case Expr.Chars chars -> 2L * chars.set().size();
            case Expr.Ref _ -> 1;
            case Expr.Repeat repeat ->
                elements(repeat.part())
                        + 2
                                * (elements(repeat.part()) + 3)
                                * (repeat.max() == Shape.NO_END ? Math.max(1, repeat.min()) : repeat.max());
            case Expr.Seq seq ->
                seq.parts().stream().mapToLong(Grammar::elements).sum();
            case Expr.Alt alt ->
                alt.parts().stream().mapToLong(Grammar::elements).sum();
        };
    }

    // Printing.

    private static void print(Expr expr, boolean within, StringBuilder text) {
        switch (expr) {
            case Expr.Text literal -> literal(literal.text(), text);
            case Expr.Chars chars -> set(chars.set(), text);
            case Expr.Ref ref -> text.append(ref.name());
            case Expr.Repeat repeat -> {
                print(repeat.part(), true, text);
                text.append(quantity(repeat.min(), repeat.max()));
            }
            case Expr.Seq seq when seq.parts().isEmpty() -> text.append("\"\"");
            case Expr.Seq seq -> grouped(seq.parts(), " ", within && seq.parts().size() > 1, text);
            case Expr.Alt alt -> grouped(alt.parts(), " | ", within, text);
        }
    }

    private static void grouped(List<Expr> parts, String between, boolean parentheses, StringBuilder text) {
        text.append(parentheses ? "( " : "");
        for (var i = 0; i < parts.size(); i++) {
            text.append(i == 0 ? "" : between);
            // A choice needs parentheses within a sequence, a sequence none within a choice.
            print(parts.get(i), between.equals(" ") || parts.get(i) instanceof Expr.Alt, text);
        }
        text.append(parentheses ? " )" : "");
    }

    private static String quantity(int min, int max) {
        if (max == Shape.NO_END) {
            return min == 0 ? "*" : min == 1 ? "+" : "{" + min + ",}";
        }
        if (min == 0 && max == 1) {
            return "?";
        }
        return min == max ? "{" + min + "}" : "{" + min + "," + max + "}";
    }

    private static void literal(String literal, StringBuilder text) {
        text.append('"');
        literal.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                text.append('\\').appendCodePoint(c);
            } else {
                character(c, text);
            }
        });
        text.append('"');
    }

    private static void set(List<Range> set, StringBuilder text) {
        text.append('[');
        for (var range : set) {
            inSet(range.low(), text);
            if (range.high() > range.low()) {
                text.append(range.high() > range.low() + 1 ? "-" : "");
                inSet(range.high(), text);
            }
        }
        text.append(']');
    }

    private static void inSet(int c, StringBuilder text) {
        switch (c) {
            case '\\', ']', '[', '-' -> text.append('\\').appendCodePoint(c);
            // At the beginning it would turn the set round.
            case '^' -> text.append("\\x5E");
            default -> character(c, text);
        }
    }

    private static void character(int c, StringBuilder text) {
        if (c == '\n') {
            text.append("\\n");
        } else if (c == '\t') {
            text.append("\\t");
        } else if (c == '\r') {
            text.append("\\r");
        } else if (c < ' ' || c == 0x7F) {
            text.append("\\x" + HEX.toHexDigits((byte) c));
        } else if (c < 0x7F) {
            text.append((char) c);
        } else if (c <= Character.MAX_VALUE) {
            text.append("\\u" + HEX.toHexDigits((char) c));
        } else {
            text.append("\\U" + HEX.toHexDigits(c));
        }
    }
}

package omni.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import omni.schema.Ranges.Range;
import omni.schema.Shape.AnyType;
import omni.schema.Shape.Arrays;
import omni.schema.Shape.Kinds;
import omni.schema.Shape.Numbers;
import omni.schema.Shape.Objects;
import omni.schema.Shape.Ref;
import omni.schema.Shape.Strings;
import org.jspecify.annotations.Nullable;

/**
 * Writes the grammar of a schema. For one thread, once.
 *
 * <p>The rules are such that what was written so far leaves few ways to go on: properties that may be left out are a chain
 * of rules and not all their combinations, patterns are deterministic.
 */
final class GbnfWriter {
    private static final List<Range> DIRECT =
            Ranges.not(Ranges.of(List.of(new Range(0, 0x1F), Ranges.one('"'), Ranges.one('\\'))));
    private static final List<Range> CONTROLS = List.of(new Range(0, 0x1F));
    private static final Expr HEX =
            new Expr.Chars(List.of(new Range('0', '9'), new Range('A', 'F'), new Range('a', 'f')));
    private static final Expr DIGIT = Expr.chars('0', '9');
    private static final int INDENTATION = 20;

    /** Repetitions of one character that are written as such; longer ones are built of blocks. */
    private static final int BLOCK = 500;

    private final SchemaReader reader;
    private final Alternatives alternatives;
    private final Budget budget;
    private final Grammar grammar;
    private final Map<Shape, Expr.Ref> written = new HashMap<>();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    /** Writes into that grammar, in which others may have written. */
    GbnfWriter(SchemaReader reader, Alternatives alternatives, Budget budget, Grammar grammar) {
        this.reader = reader;
        this.alternatives = alternatives;
        this.budget = budget;
        this.grammar = grammar;
    }

    /** Defines the rule of that name, which is reserved, and all that it needs. */
    void write(String root) {
        var shape = resolved(reader.root());
        if (!alternatives.isPossible(shape)) {
            throw nothing(shape);
        }
        var simple = simple(shape);
        if (simple != null) {
            grammar.define(root, simple);
        } else {
            written.put(shape, new Expr.Ref(root));
            grammar.define(root, body(shape, root));
        }
        // One after the other and not within one another: schemas may lead to one another for long.
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
    }

    private static SchemaException nothing(Shape shape) {
        return new SchemaException(shape.at(), "", "No value can fulfil this schema.");
    }

    private Shape resolved(Shape shape) {
        var target = shape;
        while (target instanceof Ref ref) {
            // Refuses references that go round.
            alternatives.of(ref);
            target = reader.target(ref.target());
        }
        return target;
    }

    /** What stands for a value of the shape, which some value fulfils. */
    private Expr of(Shape given) {
        var shape = resolved(given);
        var simple = simple(shape);
        if (simple != null) {
            return simple;
        }
        var known = written.get(shape);
        if (known != null) {
            return known;
        }
        var name = grammar.reserve(wish(shape.at()));
        var rule = new Expr.Ref(name);
        written.put(shape, rule);
        waiting.add(() -> grammar.define(name, body(shape, name)));
        return rule;
    }

    /** The last two steps of a pointer that are not a keyword. */
    private static String wish(String pointer) {
        var steps = new ArrayList<String>();
        for (var step : pointer.split("/", -1)) {
            if (!List.of("#", "properties", "$defs", "definitions").contains(step)) {
                steps.add(step);
            }
        }
        return String.join("-", steps.subList(Math.max(0, steps.size() - 2), steps.size()));
    }

    private Expr body(Shape shape, String name) {
        var choices = new LinkedHashSet<Expr>();
        for (var kinds : alternatives.possible(shape)) {
            kinds(kinds, name, choices);
        }
        if (choices.isEmpty()) {
            throw nothing(shape);
        }
        return Expr.alt(List.copyOf(choices));
    }

    private void kinds(Kinds kinds, String name, Set<Expr> choices) {
        if (kinds.values() != null) {
            for (var value : alternatives.values(kinds)) {
                var text = JsonText.of(value);
                budget.spend(1L + text.length() / JsonText.CHARACTERS_A_STEP);
                choices.add(new Expr.Text(text));
            }
            return;
        }
        if (kinds.objects() != null && alternatives.isPossible(kinds.objects())) {
            choices.add(object(kinds.objects(), kinds.at(), name));
        }
        if (kinds.arrays() != null && alternatives.isPossible(kinds.arrays())) {
            choices.add(array(kinds.arrays(), name));
        }
        if (kinds.strings() != null && alternatives.isPossible(kinds.strings())) {
            choices.add(string(kinds.strings(), name));
        }
        var number = kinds.numbers() == null ? null : number(kinds.numbers());
        if (number != null) {
            choices.add(number);
        }
        if (kinds.booleans()) {
            choices.add(bool());
        }
        if (kinds.nulls()) {
            choices.add(new Expr.Text("null"));
        }
    }

    /** What needs no rule of its own; null for the rest. */
    private @Nullable Expr simple(Shape shape) {
        if (Shape.isAny(shape)) {
            return value();
        }
        if (!(shape instanceof Kinds kinds) || kinds.values() != null || !kinds.typed()) {
            return null;
        }
        var only = new ArrayList<Expr>();
        var said = new Object[] {kinds.objects(), kinds.arrays(), kinds.strings(), kinds.numbers()};
        var count = (kinds.booleans() ? 1 : 0) + (kinds.nulls() ? 1 : 0);
        for (var one : said) {
            count += one == null ? 0 : 1;
        }
        if (count != 1) {
            return null;
        }
        if (kinds.booleans()) {
            only.add(bool());
        } else if (kinds.nulls()) {
            only.add(new Expr.Text("null"));
        } else if (Strings.ANY.equals(kinds.strings())) {
            only.add(string());
        } else if (kinds.numbers() != null
                && kinds.numbers().least() == null
                && kinds.numbers().most() == null) {
            only.add(number(kinds.numbers().whole()));
        } else if (Objects.ANY.equals(kinds.objects())) {
            only.add(object());
        } else if (Arrays.ANY.equals(kinds.arrays())) {
            only.add(array());
        }
        return only.isEmpty() ? null : only.getFirst();
    }

    // Rules that are the same in all grammars.

    private Expr space() {
        return grammar.shared(
                "ws",
                () -> Expr.alt(List.of(
                        Expr.EMPTY,
                        new Expr.Text(" "),
                        Expr.seq(
                                new Expr.Text("\n"),
                                new Expr.Repeat(
                                        new Expr.Chars(List.of(Ranges.one('\t'), Ranges.one(' '))), 0, INDENTATION)))));
    }

    private Expr comma() {
        return Expr.seq(new Expr.Text(","), space());
    }

    private Expr bool() {
        return grammar.shared("boolean", () -> Expr.alt(List.of(new Expr.Text("true"), new Expr.Text("false"))));
    }

    private Expr value() {
        return grammar.shared(
                "value",
                () -> Expr.alt(List.of(object(), array(), string(), number(false), bool(), new Expr.Text("null"))));
    }

    private Expr object() {
        return grammar.shared("object", () -> {
            var member = grammar.shared("member", () -> Expr.seq(string(), new Expr.Text(":"), space(), value()));
            var more = grammar.shared("more-members", () -> Expr.seq(comma(), member));
            return braces(Expr.seq(member, new Expr.Repeat(more, 0, Shape.NO_END)), true);
        });
    }

    private Expr array() {
        return grammar.shared("array", () -> {
            var more = grammar.shared("more-values", () -> Expr.seq(comma(), value()));
            return brackets(Expr.seq(value(), new Expr.Repeat(more, 0, Shape.NO_END)), true);
        });
    }

    private Expr braces(@Nullable Expr inner, boolean optional) {
        return enclosed("{", inner, optional, "}");
    }

    private Expr brackets(@Nullable Expr inner, boolean optional) {
        return enclosed("[", inner, optional, "]");
    }

    private Expr enclosed(String begin, @Nullable Expr inner, boolean optional, String end) {
        var within = inner == null ? Expr.EMPTY : Expr.seq(inner, space());
        return Expr.seq(new Expr.Text(begin), space(), optional ? Expr.optional(within) : within, new Expr.Text(end));
    }

    /** What is written of the numbers; null for nothing. */
    private @Nullable Expr number(Numbers numbers) {
        return numbers.least() != null || numbers.most() != null ? NumberRange.of(numbers) : number(numbers.whole());
    }

    private Expr number(boolean integer) {
        var whole = Expr.alt(List.of(
                new Expr.Text("0"), Expr.seq(Expr.chars('1', '9'), new Expr.Repeat(DIGIT, 0, Limits.DIGITS - 1))));
        var minus = Expr.optional(new Expr.Text("-"));
        if (integer) {
            return grammar.shared(
                    "integer",
                    () -> Expr.alt(List.of(
                            new Expr.Text("0"),
                            Expr.seq(minus, Expr.chars('1', '9'), new Expr.Repeat(DIGIT, 0, Limits.DIGITS - 1)))));
        }
        return grammar.shared(
                "number",
                () -> Expr.seq(
                        minus,
                        whole,
                        Expr.optional(Expr.seq(new Expr.Text("."), new Expr.Repeat(DIGIT, 1, Limits.PRECISE_DIGITS))),
                        Expr.optional(Expr.seq(
                                new Expr.Chars(List.of(Ranges.one('E'), Ranges.one('e'))),
                                Expr.optional(new Expr.Chars(List.of(Ranges.one('+'), Ranges.one('-')))),
                                new Expr.Repeat(DIGIT, 1, 2)))));
    }

    // Texts.

    private Expr string() {
        return grammar.shared("string", () -> quoted(new Expr.Repeat(character(), 0, Shape.NO_END)));
    }

    private static Expr quoted(Expr inner) {
        return Expr.seq(new Expr.Text("\""), inner, new Expr.Text("\""));
    }

    /** One character, however it is written: a pair of escaped surrogates is one too, half of one is none. */
    private Expr character() {
        return grammar.shared("char", () -> {
            var dD = new Expr.Chars(List.of(Ranges.one('D'), Ranges.one('d')));
            var low = Expr.seq(
                    new Expr.Chars(List.of(new Range('8', '9'), new Range('A', 'B'), new Range('a', 'b'))),
                    new Expr.Repeat(HEX, 2, 2),
                    new Expr.Text("\\u"),
                    dD,
                    new Expr.Chars(List.of(new Range('C', 'F'), new Range('c', 'f'))),
                    new Expr.Repeat(HEX, 2, 2));
            var unit = Expr.alt(List.of(
                    Expr.seq(
                            new Expr.Chars(List.of(
                                    new Range('0', '9'),
                                    new Range('A', 'C'),
                                    new Range('E', 'F'),
                                    new Range('a', 'c'),
                                    new Range('e', 'f'))),
                            new Expr.Repeat(HEX, 3, 3)),
                    Expr.seq(dD, Expr.alt(List.of(Expr.seq(Expr.chars('0', '7'), new Expr.Repeat(HEX, 2, 2)), low)))));
            var named = new Expr.Chars(
                    Ranges.of("\"\\/bfnrt".chars().mapToObj(Ranges::one).toList()));
            return Expr.alt(List.of(
                    new Expr.Chars(DIRECT),
                    Expr.seq(new Expr.Text("\\"), Expr.alt(List.of(named, Expr.seq(new Expr.Text("u"), unit))))));
        });
    }

    private Expr string(Strings strings, String name) {
        if (strings.equals(Strings.ANY)) {
            return string();
        }
        if (strings.rules().isEmpty()) {
            return quoted(characters(strings.min(), strings.max()));
        }
        return Expr.seq(new Expr.Text("\""), states(alternatives.automaton(strings), name));
    }

    private Expr characters(int min, int max) {
        if (max == 0) {
            return Expr.EMPTY;
        }
        if (max <= BLOCK || (max == Shape.NO_END && min <= BLOCK)) {
            return Expr.repeat(character(), min, max);
        }
        var blocks = min / BLOCK;
        var least = Expr.seq(
                blocks == 0 ? Expr.EMPTY : Expr.repeat(block(), blocks, blocks),
                Expr.repeat(character(), min % BLOCK, min % BLOCK));
        return Expr.seq(least, max == Shape.NO_END ? new Expr.Repeat(character(), 0, Shape.NO_END) : upTo(max - min));
    }

    private Expr block() {
        return grammar.shared("block", () -> new Expr.Repeat(character(), BLOCK, BLOCK));
    }

    private Expr upTo(int count) {
        if (count < BLOCK) {
            return Expr.repeat(character(), 0, count);
        }
        return grammar.shared(
                "upto-" + count,
                () -> Expr.alt(
                        List.of(Expr.seq(block(), upTo(count - BLOCK)), new Expr.Repeat(character(), 0, BLOCK - 1))));
    }

    /** What an automaton accepts, with the quotation mark behind it: a rule a state, but rows of states in one. */
    private Expr states(Automaton automaton, String name) {
        var ways = new int[automaton.size()];
        ways[0]++;
        for (var state = 0; state < ways.length; state++) {
            automaton.edges(state).forEach(edge -> ways[edge.target()]++);
        }
        var rules = new HashMap<Integer, Expr.Ref>();
        var open = new ArrayDeque<Integer>();
        var first = follow(automaton, 0, ways, name, rules, open);
        while (!open.isEmpty()) {
            var state = open.remove();
            var choices = new ArrayList<Expr>();
            for (var edge : automaton.edges(state)) {
                choices.add(
                        Expr.seq(characters(edge.set()), follow(automaton, edge.target(), ways, name, rules, open)));
            }
            if (automaton.accepts(state)) {
                choices.add(new Expr.Text("\""));
            }
            var rule = rules.get(state);
            if (rule != null) {
                grammar.define(rule.name(), Expr.alt(choices));
            }
        }
        return first;
    }

    private Expr follow(
            Automaton automaton,
            int from,
            int[] ways,
            String name,
            Map<Integer, Expr.Ref> rules,
            ArrayDeque<Integer> open) {
        var row = new ArrayList<Expr>();
        var state = from;
        while (ways[state] == 1 && automaton.edges(state).size() == 1 && !automaton.accepts(state)) {
            var edge = automaton.edges(state).getFirst();
            row.add(characters(edge.set()));
            state = edge.target();
        }
        if (automaton.edges(state).isEmpty()) {
            row.add(new Expr.Text("\""));
        } else {
            row.add(rules.computeIfAbsent(state, s -> {
                open.add(s);
                return new Expr.Ref(grammar.reserve(name + "-s" + s));
            }));
        }
        return Expr.seq(row.toArray(Expr[]::new));
    }

    /** One character of the set as it stands in a text of JSON. */
    private Expr characters(List<Range> set) {
        var choices = new ArrayList<Expr>();
        var direct = Ranges.both(set, DIRECT);
        if (direct.size() == 1 && direct.getFirst().low() == direct.getFirst().high()) {
            choices.add(new Expr.Text(Character.toString(direct.getFirst().low())));
        } else if (!direct.isEmpty()) {
            choices.add(new Expr.Chars(direct));
        }
        for (var c : new int[] {'"', '\\'}) {
            if (Ranges.contains(set, c)) {
                choices.add(new Expr.Text(JsonText.character(c)));
            }
        }
        var controls = Ranges.both(set, CONTROLS);
        if (controls.equals(CONTROLS)) {
            choices.add(grammar.shared(
                    "control",
                    () -> Expr.seq(
                            new Expr.Text("\\"),
                            Expr.alt(List.of(
                                    new Expr.Chars(Ranges.of("bfnrt"
                                            .chars()
                                            .mapToObj(Ranges::one)
                                            .toList())),
                                    Expr.seq(new Expr.Text("u00"), Expr.chars('0', '1'), HEX))))));
        } else {
            for (var range : controls) {
                for (var c = range.low(); c <= range.high(); c++) {
                    choices.add(control(c));
                }
            }
        }
        return Expr.alt(choices);
    }

    private static Expr control(int c) {
        var text = JsonText.character(c);
        var last = text.charAt(text.length() - 1);
        if (text.length() == 2 || last <= '9') {
            return new Expr.Text(text);
        }
        return Expr.seq(
                new Expr.Text(text.substring(0, text.length() - 1)),
                new Expr.Chars(List.of(Ranges.one(Character.toUpperCase(last)), Ranges.one(last))));
    }

    // Arrays.

    private Expr array(Arrays arrays, String name) {
        var max = alternatives.lengthMax(arrays);
        if (max == 0) {
            return brackets(null, false);
        }
        var fixed = Math.min(max, arrays.prefix().size());
        var behind = Expr.EMPTY;
        var from = Math.max(1, fixed);
        if (max > from) {
            var more = grammar.rule(name + "-more", Expr.seq(comma(), of(arrays.rest())));
            behind = Expr.repeat(
                    more, Math.max(0, arrays.min() - from), max == Shape.NO_END ? Shape.NO_END : max - from);
        }
        for (var i = fixed - 1; i > 0; i--) {
            var item = Expr.seq(comma(), of(arrays.prefix().get(i)), behind);
            behind = i < arrays.min() ? item : grammar.rule(name + "-rest", Expr.optional(item));
        }
        return brackets(Expr.seq(of(Alternatives.item(arrays, 0)), behind), arrays.min() == 0);
    }

    // Objects.

    private Expr object(Objects objects, String at, String name) {
        if (objects.equals(Objects.ANY)) {
            return object();
        }
        var names = new LinkedHashSet<>(objects.properties().keySet());
        names.addAll(objects.required());
        var listed = names.stream()
                .filter(one -> alternatives.isPossible(Alternatives.property(objects, one)))
                .toList();
        if (listed.size() - objects.required().size() > Limits.OPTIONAL_PROPERTIES) {
            throw new SchemaException(
                    at,
                    "properties",
                    "At most " + Limits.OPTIONAL_PROPERTIES + " properties of one object may be left out.");
        }
        var extra = extra(objects, names, at, name);
        // What may stand behind a property, and what at the place of one; from the last to the first.
        var behind = extra == null ? Expr.EMPTY : new Expr.Repeat(more(extra, name), 0, Shape.NO_END);
        var next = extra == null ? null : Expr.seq(extra, behind);
        var mayEnd = true;
        for (var i = listed.size() - 1; i >= 0; i--) {
            var required = objects.required().contains(listed.get(i));
            var here = Expr.seq(
                    new Expr.Text(JsonText.quoted(listed.get(i)) + ":"),
                    space(),
                    of(Alternatives.property(objects, listed.get(i))),
                    behind);
            next = required || next == null ? here : Expr.alt(List.of(here, next));
            mayEnd &= !required;
            if (i > 0) {
                if (!objects.required().contains(listed.get(i - 1))) {
                    next = grammar.rule(name + "-" + listed.get(i), next);
                }
                var with = Expr.seq(comma(), next);
                behind = mayEnd ? Expr.optional(with) : with;
            }
        }
        return braces(next, mayEnd);
    }

    /** A property that is not listed; null where there may be none. */
    private @Nullable Expr extra(Objects objects, Set<String> names, String at, String name) {
        var extras = objects.extras();
        if (extras == null) {
            if (!objects.properties().isEmpty()) {
                return null;
            }
            extras = new AnyType();
        }
        if (!alternatives.isPossible(extras)) {
            return null;
        }
        var key = names.isEmpty() ? string() : key(names, at, name);
        return grammar.rule(name + "-extra", Expr.seq(key, new Expr.Text(":"), space(), of(extras)));
    }

    /** Any name but these. */
    private Expr key(Set<String> names, String at, String name) {
        try {
            return Expr.seq(new Expr.Text("\""), states(Automaton.except(names, budget), name + "-key"));
        } catch (Automaton.TooLarge e) {
            var exception = new SchemaException(
                    at,
                    "additionalProperties",
                    "To tell other properties from these takes too much. Shorten the names, or set it to false.");
            exception.initCause(e);
            throw exception;
        }
    }

    private Expr more(Expr extra, String name) {
        return grammar.rule(name + "-more", Expr.seq(comma(), extra));
    }
}

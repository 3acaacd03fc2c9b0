package omni.schema;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A reader of GBNF that knows nothing of how it was written: tells whether a text is of the grammar, and draws such texts
 * by chance. Follows {@code grammars/README.md} of llama.cpp.
 */
final class Gbnf {
    private sealed interface Part {
        record Literal(List<Integer> characters) implements Part {}

        record Set(List<int[]> ranges, boolean not) implements Part {
            boolean has(int c) {
                return ranges.stream().anyMatch(r -> r[0] <= c && c <= r[1]) != not;
            }
        }

        record Rule(String name) implements Part {}

        record Row(List<Part> parts) implements Part {}

        record Choice(List<Part> parts) implements Part {}

        record Times(Part part, int min, int max) implements Part {}
    }

    private static final int FAR = 1_000_000;

    private final Map<String, Part> rules = new LinkedHashMap<>();
    private final Map<String, Integer> heights = new HashMap<>();
    private final String text;
    private int at;

    private Gbnf(String text) {
        this.text = text;
    }

    static Gbnf read(String text) {
        var grammar = new Gbnf(text);
        for (var line : text.lines().toList()) {
            var sides = line.split(" ::= ", 2);
            var rule = new Gbnf(sides[1]);
            if (grammar.rules.put(sides[0], rule.choice()) != null) {
                throw new IllegalArgumentException("twice: " + sides[0]);
            }
            if (rule.at < sides[1].length()) {
                throw new IllegalArgumentException("left over: " + line);
            }
        }
        grammar.measure();
        return grammar;
    }

    Set<String> names() {
        return rules.keySet();
    }

    // Reading.

    private char now() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void space() {
        while (now() == ' ') {
            at++;
        }
    }

    private Part choice() {
        var parts = new ArrayList<Part>();
        parts.add(row());
        while (now() == '|') {
            at++;
            space();
            parts.add(row());
        }
        return parts.size() == 1 ? parts.getFirst() : new Part.Choice(parts);
    }

    private Part row() {
        var parts = new ArrayList<Part>();
        while (now() != 0 && now() != '|' && now() != ')') {
            parts.add(repeated(part()));
            space();
        }
        return new Part.Row(parts);
    }

    private Part part() {
        if (now() == '"') {
            at++;
            var characters = new ArrayList<Integer>();
            while (now() != '"') {
                characters.add(character());
            }
            at++;
            return new Part.Literal(characters);
        }
        if (now() == '[') {
            at++;
            var not = now() == '^';
            at += not ? 1 : 0;
            var ranges = new ArrayList<int[]>();
            while (now() != ']') {
                var low = character();
                var high = low;
                if (now() == '-' && text.charAt(at + 1) != ']') {
                    at++;
                    high = character();
                }
                ranges.add(new int[] {low, high});
            }
            at++;
            return new Part.Set(ranges, not);
        }
        if (now() == '(') {
            at++;
            space();
            var inner = choice();
            if (now() != ')') {
                throw new IllegalArgumentException("expected ) in " + text);
            }
            at++;
            return inner;
        }
        var from = at;
        while (String.valueOf(now()).matches("[A-Za-z0-9-]")) {
            at++;
        }
        if (at == from) {
            throw new IllegalArgumentException("unexpected " + now() + " in " + text);
        }
        return new Part.Rule(text.substring(from, at));
    }

    private int character() {
        if (now() != '\\') {
            var c = text.codePointAt(at);
            at += Character.charCount(c);
            return c;
        }
        at += 2;
        var c = text.charAt(at - 1);
        var digits = switch (c) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
        };
        if (digits > 0) {
            at += digits;
            return Integer.parseInt(text.substring(at - digits, at), 16);
        }
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case '"', '\\', '[', ']', '-' -> c;
            default -> throw new IllegalArgumentException("escape " + c);
        };
    }

    private Part repeated(Part part) {
        return switch (now()) {
            case '*' -> times(part, 0, FAR);
            case '+' -> times(part, 1, FAR);
            case '?' -> times(part, 0, 1);
            case '{' -> {
                var end = text.indexOf('}', at);
                var numbers = text.substring(at + 1, end).split(",", -1);
                at = end;
                var min = Integer.parseInt(numbers[0]);
                yield times(
                        part,
                        min,
                        numbers.length == 1 ? min : numbers[1].isEmpty() ? FAR : Integer.parseInt(numbers[1]));
            }
            default -> part;
        };
    }

    private Part times(Part part, int min, int max) {
        at++;
        return new Part.Times(part, min, max);
    }

    private Part rule(String name) {
        var rule = rules.get(name);
        if (rule == null) {
            throw new IllegalArgumentException("no rule " + name);
        }
        return rule;
    }

    // Matching.

    boolean accepts(String input) {
        var characters = input.codePoints().toArray();
        return new Match(characters).ends(new Part.Rule("root"), 0).get(characters.length);
    }

    /** Where a part can end that begins at a place. */
    private final class Match {
        private final int[] input;
        private final Map<String, BitSet> known = new HashMap<>();

        Match(int[] input) {
            this.input = input;
        }

        BitSet ends(Part part, int from) {
            var ends = new BitSet();
            switch (part) {
                case Part.Literal literal -> {
                    var length = literal.characters().size();
                    if (from + length <= input.length
                            && IntStream.range(0, length)
                                    .allMatch(i -> input[from + i]
                                            == literal.characters().get(i))) {
                        ends.set(from + length);
                    }
                }
                case Part.Set set -> {
                    if (from < input.length && set.has(input[from])) {
                        ends.set(from + 1);
                    }
                }
                case Part.Rule rule -> {
                    var key = rule.name() + "@" + from;
                    var before = known.get(key);
                    if (before == null) {
                        before = ends(rule(rule.name()), from);
                        known.put(key, before);
                    }
                    return before;
                }
                case Part.Row row -> {
                    ends.set(from);
                    for (var one : row.parts()) {
                        ends = each(one, ends);
                    }
                }
                case Part.Choice choice -> {
                    for (var one : choice.parts()) {
                        ends.or(ends(one, from));
                    }
                }
                case Part.Times times -> {
                    var reached = new BitSet();
                    reached.set(from);
                    for (var i = 0; i <= times.max() && !reached.isEmpty(); i++) {
                        if (i >= times.min()) {
                            var before = ends.cardinality();
                            ends.or(reached);
                            if (times.max() == FAR && ends.cardinality() == before) {
                                break;
                            }
                        }
                        reached = each(times.part(), reached);
                    }
                }
            }
            return ends;
        }

        private BitSet each(Part part, BitSet froms) {
            var ends = new BitSet();
            froms.stream().forEach(from -> ends.or(ends(part, from)));
            return ends;
        }
    }

    // Drawing.

    private void measure() {
        for (var changed = true; changed; ) {
            changed = false;
            for (var rule : rules.entrySet()) {
                var height = 1 + height(rule.getValue());
                if (height < heights.getOrDefault(rule.getKey(), FAR)) {
                    heights.put(rule.getKey(), height);
                    changed = true;
                }
            }
        }
    }

    private int height(Part part) {
        return switch (part) {
            case Part.Literal _, Part.Set _ -> 0;
            case Part.Rule rule -> heights.getOrDefault(rule.name(), FAR);
            case Part.Row row ->
                row.parts().stream().mapToInt(this::height).max().orElse(0);
            case Part.Choice choice ->
                choice.parts().stream().mapToInt(this::height).min().orElse(0);
            case Part.Times times -> times.min() == 0 ? 0 : height(times.part());
        };
    }

    /** A text of the grammar; the more steps it may take, the larger. */
    String draw(SplittableRandom random, int steps) {
        var drawn = new StringBuilder();
        draw(new Part.Rule("root"), random, new int[] {steps}, drawn);
        return drawn.toString();
    }

    private void draw(Part part, SplittableRandom random, int[] steps, StringBuilder drawn) {
        steps[0]--;
        switch (part) {
            case Part.Literal literal -> {
                for (var c : literal.characters()) {
                    drawn.appendCodePoint(c);
                }
            }
            case Part.Set set -> drawn.appendCodePoint(draw(set, random));
            case Part.Rule rule -> draw(rule(rule.name()), random, steps, drawn);
            case Part.Row row -> row.parts().forEach(one -> draw(one, random, steps, drawn));
            case Part.Choice choice -> {
                var choices = choice.parts();
                if (steps[0] < 0) {
                    var least = height(choice);
                    choices =
                            choices.stream().filter(one -> height(one) == least).toList();
                }
                draw(choices.get(random.nextInt(choices.size())), random, steps, drawn);
            }
            case Part.Times times -> {
                var most = Math.min(times.max(), times.min() + (times.max() > 100 ? 6 : times.max()));
                var count = steps[0] < 0 ? times.min() : random.nextInt(times.min(), most + 1);
                for (var i = 0; i < count; i++) {
                    draw(times.part(), random, steps, drawn);
                }
            }
        }
    }

    private static int draw(Part.Set set, SplittableRandom random) {
        if (set.not()) {
            throw new IllegalArgumentException("not drawn from sets turned round");
        }
        for (var tries = 0; tries < 20; tries++) {
            var c = random.nextInt(' ', 0x7F);
            if (set.has(c)) {
                return c;
            }
        }
        var range = set.ranges().get(random.nextInt(set.ranges().size()));
        return random.nextInt(range[0], range[1] + 1);
    }

    /** The names of rules that can be reached from the first. */
    Set<String> reached() {
        var reached = new HashSet<String>();
        var open = new ArrayList<String>(List.of("root"));
        while (!open.isEmpty()) {
            var name = open.removeLast();
            if (reached.add(name)) {
                collect(rule(name), open);
            }
        }
        return reached;
    }

    private static void collect(Part part, List<String> names) {
        switch (part) {
            case Part.Literal _, Part.Set _ -> {}
            case Part.Rule rule -> names.add(rule.name());
            case Part.Row row -> row.parts().forEach(one -> collect(one, names));
            case Part.Choice choice -> choice.parts().forEach(one -> collect(one, names));
            case Part.Times times -> collect(times.part(), names);
        }
    }
}

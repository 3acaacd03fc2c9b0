package omni.schema;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import omni.schema.Shape.AllOf;
import omni.schema.Shape.AnyOf;
import omni.schema.Shape.AnyType;
import omni.schema.Shape.Arrays;
import omni.schema.Shape.Bound;
import omni.schema.Shape.Kinds;
import omni.schema.Shape.Numbers;
import omni.schema.Shape.Objects;
import omni.schema.Shape.OneOf;
import omni.schema.Shape.Others;
import omni.schema.Shape.Ref;
import omni.schema.Shape.Rule;
import omni.schema.Shape.Strings;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Puts shapes together: any shape is a choice of {@link Kinds}, each of which some value fulfils. For one thread.
 *
 * <p>What lies within arrays and objects is put together when it is asked for, so that recursive schemas come to an end.
 */
final class Alternatives {
    private static final int NO_ASSUMPTION = Integer.MAX_VALUE;

    /** What it costs to see whether a number lies between two bounds. */
    private static final int NUMBER_STEPS = 500;

    /** What it costs to put two choices together. */
    private static final int MEETING_STEPS = 20;

    /** What it costs to put together what is said of one item or property. */
    private static final int PART_STEPS = 10;

    private final SchemaReader reader;
    private final Map<Shape, List<Kinds>> known = new HashMap<>();
    private final Map<Shape, Boolean> possible = new HashMap<>();

    /** Shapes that are taken to be possible, as long as the one at that depth is; itself not answered yet. */
    private final LinkedHashMap<Shape, Integer> assumed = new LinkedHashMap<>();

    private int assumption = NO_ASSUMPTION;
    private final Apart apart;
    private final Map<Kinds, List<JsonNode>> values = new HashMap<>();
    private final Set<Shape> open = new HashSet<>();
    private final Map<List<Object>, Automaton> automata = new HashMap<>();
    private final Budget budget;
    private int depth;

    Alternatives(SchemaReader reader, Budget budget) {
        this.reader = reader;
        this.budget = budget;
        this.apart = new Apart(this, budget);
    }

    /** The choices that a shape comes to; none where no value can fulfil it. */
    List<Kinds> of(Shape shape) {
        var choices = known.get(shape);
        if (choices == null) {
            if (!open.add(shape)) {
                throw new SchemaException(
                        shape.at(), "$ref", "This schema is defined by itself. Let it lead elsewhere.");
            }
            if (open.size() > Limits.LEADS) {
                throw tooDeep(shape);
            }
            choices = resolved(shape);
            open.remove(shape);
            if (choices.size() > Limits.ALTERNATIVES) {
                throw tooMany(shape);
            }
            known.put(shape, choices);
        }
        return choices;
    }

    private static SchemaException tooMany(Shape shape) {
        return new SchemaException(
                shape.at(),
                "anyOf",
                "The choices come to more than " + Limits.ALTERNATIVES + ". Nest or combine fewer.");
    }

    private List<Kinds> together(List<Kinds> choices, Shape part) {
        var more = of(part);
        if ((long) choices.size() * more.size() > Limits.ALTERNATIVES) {
            throw tooMany(part);
        }
        var met = new ArrayList<Kinds>();
        for (var first : choices) {
            for (var second : more) {
                met.add(meet(first, second));
            }
        }
        return met;
    }

    private List<Kinds> resolved(Shape shape) {
        return switch (shape) {
            case AnyType any -> List.of(Kinds.any(any.at()));
            case Kinds kinds -> List.of(kinds);
            case Ref ref -> of(reader.target(ref.target()));
            case AllOf all -> {
                var choices = List.of(Kinds.any(all.at()));
                for (var part : all.shapes()) {
                    choices = together(choices, part);
                }
                yield choices;
            }
            case AnyOf any -> {
                var choices = new LinkedHashSet<Kinds>();
                any.shapes().forEach(part -> choices.addAll(of(part)));
                yield List.copyOf(choices);
            }
            case OneOf one -> {
                // Whether they exclude one another is judged when all that stands beside them is known.
                var choices = new ArrayList<Kinds>();
                for (var i = 0; i < one.shapes().size(); i++) {
                    var but = Kinds.any(one.at()).but(Set.of(new Others(one, i)));
                    for (var kinds : of(one.shapes().get(i))) {
                        choices.add(meet(kinds, but));
                    }
                }
                yield choices;
            }
        };
    }

    private static SchemaException tooDeep(Shape shape) {
        return new SchemaException(
                shape.at(), "", "Schemas lead to one another through more than " + Limits.LEADS + " places.");
    }

    /** The choices that are written, each of which some value fulfils. */
    List<Kinds> possible(Shape shape) {
        var choices =
                of(shape).stream().filter(kinds -> isPossible(narrowed(kinds))).toList();
        for (var kinds : choices) {
            kinds.but().forEach(others -> apart.check(kinds, others));
        }
        return choices.stream().map(Alternatives::narrowed).toList();
    }

    /** Whether some value is written for the shape; one that would have to hold itself for ever counts. */
    boolean isPossible(Shape shape) {
        budget.spend(1);
        var known = possible.get(shape);
        if (known != null) {
            return known;
        }
        var basis = assumed.get(shape);
        if (basis != null) {
            assumption = Math.min(assumption, basis);
            return true;
        }
        if (depth > Limits.LEADS) {
            throw tooDeep(shape);
        }
        var outer = assumption;
        assumption = NO_ASSUMPTION;
        var here = ++depth;
        var before = assumed.size();
        assumed.put(shape, here);
        var answer = of(shape).stream().map(Alternatives::narrowed).anyMatch(this::isPossible);
        depth--;
        budget.spend(assumed.size());
        var since = List.copyOf(assumed.keySet()).subList(before, assumed.size());
        if (answer && assumption < here) {
            // They stand and fall with another.
            for (var one : since) {
                assumed.put(one, assumption);
            }
        } else {
            // What was taken to be so since is so, or has to be looked at again.
            for (var one : since) {
                assumed.remove(one);
                if (answer) {
                    possible.put(one, true);
                }
            }
            possible.put(shape, answer);
            assumption = NO_ASSUMPTION;
        }
        assumption = Math.min(assumption, outer);
        return answer;
    }

    /** A schema that names no type and speaks of one alone means that one. */
    static Kinds narrowed(Kinds kinds) {
        if (kinds.typed() || kinds.values() != null) {
            return kinds;
        }
        var numbers = !Numbers.ANY.equals(kinds.numbers());
        var strings = !Strings.ANY.equals(kinds.strings());
        var arrays = !Arrays.ANY.equals(kinds.arrays());
        var objects = !Objects.ANY.equals(kinds.objects());
        if (Stream.of(numbers, strings, arrays, objects).filter(said -> said).count() != 1) {
            return kinds;
        }
        return new Kinds(
                kinds.at(),
                true,
                false,
                false,
                numbers ? kinds.numbers() : null,
                strings ? kinds.strings() : null,
                arrays ? kinds.arrays() : null,
                objects ? kinds.objects() : null,
                null,
                kinds.but());
    }

    private boolean isPossible(Kinds kinds) {
        if (kinds.values() != null) {
            return !values(kinds).isEmpty();
        }
        return kinds.nulls()
                || kinds.booleans()
                || isPossible(kinds.numbers())
                || isPossible(kinds.strings())
                || isPossible(kinds.arrays())
                || isPossible(kinds.objects());
    }

    private boolean isPossible(@Nullable Numbers numbers) {
        if (numbers == null) {
            return false;
        }
        if (numbers.least() == null && numbers.most() == null) {
            return true;
        }
        budget.spend(NUMBER_STEPS);
        return NumberRange.of(numbers) != null;
    }

    boolean isPossible(@Nullable Strings strings) {
        return strings != null
                && strings.min() <= strings.max()
                && (strings.rules().isEmpty() || !automaton(strings).isEmpty());
    }

    boolean isPossible(@Nullable Arrays arrays) {
        return arrays != null && arrays.min() <= lengthMax(arrays);
    }

    boolean isPossible(@Nullable Objects objects) {
        return objects != null && objects.required().stream().allMatch(name -> isPossible(property(objects, name)));
    }

    /** The longest array there can be: up to the first item that nothing can be. */
    int lengthMax(Arrays arrays) {
        for (var i = 0; i < arrays.prefix().size(); i++) {
            if (!isPossible(arrays.prefix().get(i))) {
                return Math.min(arrays.max(), i);
            }
        }
        return isPossible(arrays.rest())
                ? arrays.max()
                : Math.min(arrays.max(), arrays.prefix().size());
    }

    /** What a property must be. */
    static Shape property(Objects objects, String name) {
        var said = objects.properties().get(name);
        if (said != null) {
            return said;
        }
        return objects.extras() == null ? new AnyType() : objects.extras();
    }

    // Numbers.

    /** The least whole number. */
    static BigDecimal least(Numbers numbers) {
        var bound = numbers.least();
        if (bound == null) {
            return BigDecimal.ONE.subtract(BigDecimal.TEN.pow(Limits.DIGITS));
        }
        var up = bound.value().setScale(0, RoundingMode.CEILING);
        return bound.open() && up.compareTo(bound.value()) == 0 ? up.add(BigDecimal.ONE) : up;
    }

    /** The greatest whole number. */
    static BigDecimal most(Numbers numbers) {
        var bound = numbers.most();
        if (bound == null) {
            return BigDecimal.TEN.pow(Limits.DIGITS).subtract(BigDecimal.ONE);
        }
        var down = bound.value().setScale(0, RoundingMode.FLOOR);
        return bound.open() && down.compareTo(bound.value()) == 0 ? down.subtract(BigDecimal.ONE) : down;
    }

    private static boolean within(Numbers numbers, BigDecimal value) {
        return (!numbers.whole() || value.stripTrailingZeros().scale() <= 0)
                && above(numbers.least(), value, 1)
                && above(numbers.most(), value, -1);
    }

    private static boolean above(@Nullable Bound bound, BigDecimal value, int sign) {
        if (bound == null) {
            return true;
        }
        var order = value.compareTo(bound.value()) * sign;
        return order > 0 || (order == 0 && !bound.open());
    }

    // Texts.

    /** All that is said of a text. */
    Automaton automaton(Strings strings) {
        var key = List.<Object>of(strings);
        var automaton = automata.get(key);
        if (automaton == null) {
            automaton = built(strings);
            automata.put(key, automaton);
        }
        return automaton;
    }

    private Automaton built(Strings strings) {
        @Nullable Automaton all = null;
        for (var rule : strings.rules()) {
            try {
                var one = built(rule);
                all = all == null ? one : all.and(one, budget);
            } catch (Automaton.TooLarge e) {
                throw tooLarge(rule, e);
            }
        }
        try {
            if (all != null && strings.min() == 0 && strings.max() == Shape.NO_END) {
                return all;
            }
            var lengths = Automaton.ofLength(strings.min(), strings.max(), budget);
            return all == null ? lengths : all.and(lengths, budget);
        } catch (Automaton.TooLarge e) {
            throw tooLarge(strings.rules().getFirst(), e);
        }
    }

    private Automaton built(Rule rule) throws Automaton.TooLarge {
        var pattern = rule.keyword().equals("format") ? "^" + Formats.PATTERNS.get(rule.text()) + "$" : rule.text();
        // A format is a choice of its own, so that its anchors are for all of it.
        var whole =
                rule.keyword().equals("format") ? "^(?:" + pattern.substring(1, pattern.length() - 1) + ")$" : pattern;
        try {
            return Automaton.of(Regex.read(whole), budget);
        } catch (Regex.Invalid e) {
            throw withCause(
                    new SchemaException(
                            rule.at(), rule.keyword(), "The pattern cannot be used: " + e.getMessage() + "."),
                    e);
        }
    }

    private static SchemaException tooLarge(Rule rule, Automaton.TooLarge cause) {
        return withCause(
                new SchemaException(
                        rule.at(),
                        rule.keyword(),
                        "All that is said of this text needs more than " + Limits.STATES
                                + " states. Use fewer repetitions and shorter lengths."),
                cause);
    }

    private static SchemaException withCause(SchemaException exception, Exception cause) {
        exception.initCause(cause);
        return exception;
    }

    boolean matches(Strings strings, String text) {
        var length = text.codePointCount(0, text.length());
        return strings.min() <= length
                && length <= strings.max()
                && strings.rules().stream()
                        .allMatch(rule -> automaton(new Strings(0, Shape.NO_END, List.of(rule)))
                                .accepts(text, budget));
    }

    // Values.

    /** The listed values that fulfil the rest. */
    List<JsonNode> values(Kinds kinds) {
        var listed = kinds.values();
        if (listed == null) {
            return List.of();
        }
        var known = values.get(kinds);
        if (known == null) {
            budget.spend(listed.size());
            known = listed.stream().filter(value -> fulfils(kinds, value)).toList();
            values.put(kinds, known);
        }
        return known;
    }

    boolean fulfils(Kinds kinds, JsonNode value) {
        if (value.isNull()) {
            return kinds.nulls();
        }
        if (value.isBoolean()) {
            return kinds.booleans();
        }
        if (value.isNumber()) {
            return kinds.numbers() != null
                    && JsonText.isFinite(value)
                    && within(kinds.numbers(), JsonText.plain(value));
        }
        if (value.isString()) {
            return kinds.strings() != null && matches(kinds.strings(), value.stringValue());
        }
        if (value.isArray()) {
            return fulfils(kinds, kinds.arrays(), Arrays.ANY);
        }
        return fulfils(kinds, kinds.objects(), Objects.ANY);
    }

    private static boolean fulfils(Kinds kinds, @Nullable Record said, Record nothingSaid) {
        if (said != null && !said.equals(nothingSaid)) {
            throw new SchemaException(
                    kinds.at(),
                    "enum",
                    "Arrays and objects cannot be listed beside other rules for them. List them alone.");
        }
        return said != null;
    }

    // Together.

    private Kinds meet(Kinds a, Kinds b) {
        budget.spend(MEETING_STEPS);
        if (a.isAny()) {
            return b;
        }
        if (b.isAny()) {
            return a;
        }
        return new Kinds(
                a.at(),
                a.typed() || b.typed(),
                a.nulls() && b.nulls(),
                a.booleans() && b.booleans(),
                meet(a.numbers(), b.numbers()),
                meet(a.strings(), b.strings()),
                meet(a.arrays(), b.arrays()),
                meet(a.objects(), b.objects()),
                meet(a.values(), b.values()),
                but(a.but(), b.but()));
    }

    private static Set<Others> but(Set<Others> a, Set<Others> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.isEmpty() ? b : a;
        }
        var but = new LinkedHashSet<>(a);
        but.addAll(b);
        return but;
    }

    private @Nullable List<JsonNode> meet(@Nullable List<JsonNode> a, @Nullable List<JsonNode> b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.stream()
                .filter(value -> b.stream().anyMatch(other -> JsonText.same(value, other, budget)))
                .toList();
    }

    private Shape both(Shape a, Shape b) {
        var shape = Shape.both(a, b);
        budget.spend(PART_STEPS + (shape instanceof AllOf all ? all.shapes().size() : 1L));
        return shape;
    }

    static @Nullable Numbers meet(@Nullable Numbers a, @Nullable Numbers b) {
        return a == null || b == null
                ? null
                : new Numbers(
                        a.whole() || b.whole(),
                        SchemaReader.narrower(a.least(), b.least(), 1),
                        SchemaReader.narrower(a.most(), b.most(), -1));
    }

    static @Nullable Strings meet(@Nullable Strings a, @Nullable Strings b) {
        if (a == null || b == null) {
            return null;
        }
        var rules = new LinkedHashSet<>(a.rules());
        rules.addAll(b.rules());
        var least = Math.max(a.min(), b.min());
        var most = Math.min(a.max(), b.max());
        return new Strings(least, most, List.copyOf(rules));
    }

    private @Nullable Arrays meet(@Nullable Arrays a, @Nullable Arrays b) {
        if (a == null || b == null) {
            return null;
        }
        var prefix = new ArrayList<Shape>();
        for (var i = 0; i < Math.max(a.prefix().size(), b.prefix().size()); i++) {
            prefix.add(both(item(a, i), item(b, i)));
        }
        var least = Math.max(a.min(), b.min());
        var most = Math.min(a.max(), b.max());
        return new Arrays(least, most, List.copyOf(prefix), both(a.rest(), b.rest()));
    }

    static Shape item(Arrays arrays, int index) {
        return index < arrays.prefix().size() ? arrays.prefix().get(index) : arrays.rest();
    }

    private @Nullable Objects meet(@Nullable Objects a, @Nullable Objects b) {
        if (a == null || b == null) {
            return null;
        }
        var properties = new LinkedHashMap<String, Shape>();
        for (var names : List.of(a.properties().keySet(), b.properties().keySet())) {
            for (var name : names) {
                properties.put(name, both(property(a, name), property(b, name)));
            }
        }
        var required = new LinkedHashSet<>(a.required());
        required.addAll(b.required());
        budget.spend(required.size());
        var extras = a.extras() == null || b.extras() == null
                ? (a.extras() == null ? b.extras() : a.extras())
                : both(a.extras(), b.extras());
        return new Objects(properties, required, extras);
    }
}

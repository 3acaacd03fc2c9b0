package omni.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import omni.schema.Shape.Arrays;
import omni.schema.Shape.Kinds;
import omni.schema.Shape.Numbers;
import omni.schema.Shape.Objects;
import omni.schema.Shape.Others;
import omni.schema.Shape.Strings;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Tells choices apart, as a oneOf demands. For one thread. */
final class Apart {
    /** How deep two choices are looked into. */
    private static final int DEPTH = 6;

    /** What it costs to look at two. */
    private static final int PAIR_STEPS = 20;

    private final Alternatives alternatives;
    private final Budget budget;
    private final Map<Pair, Boolean> known = new HashMap<>();

    Apart(Alternatives alternatives, Budget budget) {
        this.alternatives = alternatives;
        this.budget = budget;
    }

    /**
     * Refuses a choice unless it is plain that what is written for it fulfils none of the others.
     *
     * @throws SchemaException naming their oneOf
     */
    void check(Kinds kinds, Others others) {
        for (var i = 0; i < others.of().shapes().size(); i++) {
            if (i != others.index()
                    && !alternatives.of(others.of().shapes().get(i)).stream()
                            .allMatch(other -> apart(kinds, other, 0))) {
                throw new SchemaException(
                        others.of().at(),
                        "oneOf",
                        "It is not plain that no value fulfils two of these schemas. Use anyOf, or let them differ in"
                                + " type, or in the const of a required property.");
            }
        }
    }

    private record Pair(Kinds written, Kinds other, int level) {}

    /**
     * Whether it is plain that no value that is written for the first fulfils the second. What is written may be less than
     * what fulfils a schema (formats, types that are not named, properties that are not listed, digits); of the second,
     * nothing is taken from that.
     */
    private boolean apart(Kinds written, Kinds other, int level) {
        var pair = new Pair(written, other, level);
        var answer = known.get(pair);
        if (answer == null) {
            budget.spend(PAIR_STEPS);
            answer = level <= DEPTH && differ(Alternatives.narrowed(written), other, level);
            known.put(pair, answer);
        }
        return answer;
    }

    private boolean differ(Kinds written, Kinds other, int level) {
        if (written.values() != null) {
            return alternatives.values(written).stream().noneMatch(value -> mayFulfil(other, value));
        }
        if (other.values() != null) {
            return other.values().stream().noneMatch(value -> mayFulfil(other, value) && mayFulfil(written, value));
        }
        return !(written.nulls() && other.nulls())
                && !(written.booleans() && other.booleans())
                && !overlap(Alternatives.meet(written.numbers(), other.numbers()))
                && !alternatives.isPossible(formless(Alternatives.meet(written.strings(), other.strings())))
                && apart(written.arrays(), other.arrays(), level)
                && apart(written.objects(), other.objects(), level);
    }

    private static boolean overlap(@Nullable Numbers numbers) {
        if (numbers == null) {
            return false;
        }
        if (numbers.least() == null || numbers.most() == null) {
            return true;
        }
        var least = numbers.least();
        var most = numbers.most();
        if (numbers.whole()) {
            return Alternatives.least(numbers).compareTo(Alternatives.most(numbers)) <= 0;
        }
        var order = least.value().compareTo(most.value());
        return order < 0 || (order == 0 && !least.open() && !most.open());
    }

    /** Without formats, of which fewer texts are written than there are. */
    private static @Nullable Strings formless(@Nullable Strings strings) {
        return strings == null
                ? null
                : new Strings(
                        strings.min(),
                        strings.max(),
                        strings.rules().stream()
                                .filter(rule -> !rule.keyword().equals("format"))
                                .toList());
    }

    private boolean mayFulfil(Kinds kinds, JsonNode value) {
        budget.spend(1);
        if (kinds.values() != null && kinds.values().stream().noneMatch(v -> JsonText.same(v, value, budget))) {
            return false;
        }
        if (value.isContainer()) {
            return value.isArray() ? kinds.arrays() != null : kinds.objects() != null;
        }
        if (value.isString()) {
            var strings = formless(kinds.strings());
            return strings != null && alternatives.matches(strings, value.stringValue());
        }
        return alternatives.fulfils(kinds, value);
    }

    private boolean apart(Shape written, Shape other, int level) {
        return alternatives.of(written).stream()
                .allMatch(x -> alternatives.of(other).stream().allMatch(y -> apart(x, y, level)));
    }

    private boolean apart(@Nullable Arrays written, @Nullable Arrays other, int level) {
        if (written == null
                || other == null
                || written.min() > other.max()
                || other.min() > alternatives.lengthMax(written)) {
            return true;
        }
        for (var i = 0; i < Math.max(written.min(), other.min()); i++) {
            budget.spend(1);
            if (apart(Alternatives.item(written, i), Alternatives.item(other, i), level + 1)) {
                return true;
            }
        }
        return false;
    }

    private boolean apart(@Nullable Objects written, @Nullable Objects other, int level) {
        if (written == null || other == null) {
            return true;
        }
        for (var names : List.of(written.required(), other.required())) {
            for (var name : names) {
                budget.spend(1);
                if (apart(Alternatives.property(written, name), Alternatives.property(other, name), level + 1)) {
                    return true;
                }
            }
        }
        // Where a schema lists properties and is silent about others, none is written.
        return other.required().stream()
                .anyMatch(name -> !written.properties().containsKey(name)
                        && !written.required().contains(name)
                        && written.extras() == null
                        && !written.properties().isEmpty());
    }
}

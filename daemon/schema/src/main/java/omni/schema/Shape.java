package omni.schema;

import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a schema demands, read and checked but not yet put together. Immutable.
 *
 * <p>Each place is read once. What is read is equal to itself alone, so that nobody goes through all of a schema to look it
 * up; what is made of it, {@link AllOf}, is equal where it is made of the same.
 */
sealed interface Shape {
    /** Where the schema stands, as {@link SchemaException#pointer()}. */
    String at();

    /** What another place of the schema says. */
    record Ref(String at, String target) implements Shape {}

    /** What several schemas say together, none of which says it already in another's words; see {@link #both}. */
    record AllOf(String at, List<Shape> shapes) implements Shape {}

    /** One at least; none at all where the list is empty. */
    record AnyOf(String at, List<Shape> shapes) implements Shape {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** Exactly one. */
    record OneOf(String at, List<Shape> shapes) implements Shape {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /**
     * What is demanded of a value of each type; null where the type is not allowed.
     *
     * @param typed whether the schema says which types it is for
     * @param values the only values; null where they are not listed
     * @param but what a value of it must not fulfil besides
     */
    record Kinds(
            String at,
            boolean typed,
            boolean nulls,
            boolean booleans,
            @Nullable Numbers numbers,
            @Nullable Strings strings,
            @Nullable Arrays arrays,
            @Nullable Objects objects,
            @Nullable List<JsonNode> values,
            Set<Others> but)
            implements Shape {
        /** Any value. */
        static Kinds any(String at) {
            return new Kinds(at, false, true, true, Numbers.ANY, Strings.ANY, Arrays.ANY, Objects.ANY, null, Set.of());
        }

        Kinds but(Set<Others> others) {
            return new Kinds(at, typed, nulls, booleans, numbers, strings, arrays, objects, values, others);
        }

        boolean isAny() {
            return !typed
                    && values == null
                    && but.isEmpty()
                    && Numbers.ANY.equals(numbers)
                    && Strings.ANY.equals(strings)
                    && Arrays.ANY.equals(arrays)
                    && Objects.ANY.equals(objects);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** All schemas of a oneOf but the one at the index. */
    record Others(OneOf of, int index) {}

    /** A bound, itself allowed or not. */
    record Bound(BigDecimal value, boolean open) {}

    record Numbers(
            boolean whole, @Nullable Bound least, @Nullable Bound most) {
        static final Numbers ANY = new Numbers(false, null, null);
    }

    /** Lengths count Unicode characters; {@link #NO_END} is no bound. */
    record Strings(int min, int max, List<Rule> rules) {
        static final Strings ANY = new Strings(0, NO_END, List.of());
    }

    /** A pattern or a format. */
    record Rule(String at, String keyword, String text) {}

    record Arrays(int min, int max, List<Shape> prefix, Shape rest) {
        static final Arrays ANY = new Arrays(0, NO_END, List.of(), new AnyType());
    }

    /**
     * Demands on an object.
     *
     * @param properties in the order in which they are written
     * @param extras what every other property must be; null where the schema does not say
     */
    record Objects(
            Map<String, Shape> properties,
            Set<String> required,
            @Nullable Shape extras) {
        static final Objects ANY = new Objects(Map.of(), Set.of(), null);
    }

    /** Any value, where no schema stands. */
    record AnyType() implements Shape {
        @Override
        public String at() {
            return "#";
        }
    }

    /** No upper bound. */
    int NO_END = Integer.MAX_VALUE;

    /**
     * What two shapes say together. Flat and without repetition, so that of finitely many schemas there are finitely many
     * such shapes, however they lead to one another.
     */
    static Shape both(Shape first, Shape second) {
        var parts = new LinkedHashSet<Shape>();
        for (var shape : List.of(first, second)) {
            if (shape instanceof AllOf all) {
                parts.addAll(all.shapes());
            } else if (!isAny(shape)) {
                parts.add(shape);
            }
        }
        if (parts.isEmpty()) {
            return first;
        }
        if (parts.size() > Limits.ALTERNATIVES) {
            throw new SchemaException(first.at(), "allOf", "Too many schemas are put together here. Combine fewer.");
        }
        return parts.size() == 1 ? parts.getFirst() : new AllOf(first.at(), List.copyOf(parts));
    }

    /** Whether every value is one of this shape. */
    static boolean isAny(Shape shape) {
        return shape instanceof AnyType || (shape instanceof Kinds kinds && kinds.isAny());
    }
}

package omni.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A value a template works with. The kinds and their behaviour are Python's, because templates are written against
 * Python; nothing of Java can be reached through them.
 */
sealed interface Value {
    /** Python's {@code None}. */
    enum None implements Value {
        NONE
    }

    /** Python's {@code bool}, which counts as 0 or 1 where a number is needed. */
    enum Bool implements Value {
        FALSE,
        TRUE;

        static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }
    }

    /** Python's {@code int}, of at most {@link Limits#INTEGER_BITS_MAX} bits. */
    record Int(BigInteger value) implements Value {
        static Int of(long value) {
            return new Int(BigInteger.valueOf(value));
        }
    }

    /** Python's {@code float}. */
    record Real(double value) implements Value {}

    /** Python's {@code str}; {@code safe} marks what the filter {@code safe} or {@code escape} has passed. */
    record Str(String text, boolean safe) implements Value {
        static final Str EMPTY = of("");

        static Str of(String text) {
            return new Str(text, false);
        }
    }

    /** Python's {@code list}; changes in place. */
    final class Items implements Value {
        private final List<Value> values;

        Items(List<Value> values) {
            this.values = new ArrayList<>(values);
        }

        List<Value> values() {
            return values;
        }
    }

    /** Python's {@code tuple}; {@code names} are those of a named tuple, or empty. */
    record Group(List<Value> values, List<String> names) implements Value {
        static Group of(Value... values) {
            return new Group(List.of(values), List.of());
        }

        static Group of(List<Value> values) {
            return new Group(List.copyOf(values), List.of());
        }
    }

    /** Python's {@code dict}; changes in place and keeps the order of its keys. See {@link Keys}. */
    final class Pairs implements Value {
        private final Map<Object, Map.Entry<Value, Value>> entries = new LinkedHashMap<>();

        Optional<Value> get(Value key) {
            return Optional.ofNullable(entries.get(Keys.of(key))).map(Map.Entry::getValue);
        }

        Optional<Value> get(String key) {
            return Optional.ofNullable(entries.get(key)).map(Map.Entry::getValue);
        }

        void put(Value key, Value value) {
            Object normal = Keys.of(key);
            Map.Entry<Value, Value> old = entries.get(normal);
            entries.put(normal, Map.entry(old == null ? key : old.getKey(), value));
        }

        void put(String key, Value value) {
            put(Str.of(key), value);
        }

        Optional<Value> remove(Value key) {
            return Optional.ofNullable(entries.remove(Keys.of(key))).map(Map.Entry::getValue);
        }

        void clear() {
            entries.clear();
        }

        int size() {
            return entries.size();
        }

        /** The members as they are now, in order. */
        List<Map.Entry<Value, Value>> members() {
            return List.copyOf(entries.values());
        }
    }

    /** What {@code dict.keys()}, {@code values()} and {@code items()} give. */
    record View(Pairs pairs, Part part) implements Value {
        /** Which part of each member is seen. */
        enum Part {
            KEYS,
            VALUES,
            ITEMS
        }
    }

    /** Python's {@code range}. */
    record Range(long start, long step, int length) implements Value {
        Int at(int index) {
            return Int.of(start + step * index);
        }
    }

    /** A sequence that can be gone through once, such as the filter {@code map} gives. */
    record Stream(Iterator<Value> iterator) implements Value {}

    /**
     * What a missing variable, attribute or element is. It prints as nothing, is false and empty; all else fails.
     *
     * @param message why it is undefined; names from the template's source only
     */
    record Undefined(String message) implements Value {}

    /** What {@code namespace()} gives: variables that a loop can change. */
    record Namespace(Pairs members) implements Value {}

    /** Something to call. */
    record Function(String name, Body body) implements Value {
        /** What a function does. */
        interface Body {
            Value call(Arguments arguments);
        }
    }

    /** An object with attributes and perhaps a call: a macro, a loop, a cycler. */
    non-sealed interface Member extends Value {
        /** The attribute with a name, if there is one. */
        Optional<Value> attribute(String name);

        /** What Python prints for it. */
        String representation();

        /** What a call of it does, if it can be called. */
        Optional<Function> function();
    }
}

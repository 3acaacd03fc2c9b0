package omni.bus;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Between JSON and Java values, for generated code.
 *
 * <p>Readers refuse a missing or ill-typed value; fields that nobody declared are ignored. A server answers such a
 * refusal with org.varlink.service.InvalidParameter.
 */
public final class Wire {
    private Wire() {}

    /** Reads one value; {@code at} is its path in the message, for the error. */
    @FunctionalInterface
    public interface Reader<T> {
        /** The value. */
        T read(JsonNode json, String at);
    }

    /** The fields of a JSON object. */
    public static In in(JsonNode json, String at) {
        if (json instanceof ObjectNode object) {
            return new In(object, at);
        }
        throw new Misfit(at.isEmpty() ? "parameters" : at);
    }

    /** A new JSON object. */
    public static Out out() {
        return new Out();
    }

    /** A JSON object being read. */
    public static final class In {
        private final ObjectNode object;
        private final String at;

        private In(ObjectNode object, String at) {
            this.object = object;
            this.at = at;
        }

        /** The value of a field that must be there. */
        public <T> T required(String field, Reader<T> reader) {
            JsonNode value = object.get(field);
            String path = path(field);
            if (value == null || value.isNull()) {
                throw new Misfit(path);
            }
            return reader.read(value, path);
        }

        /** The value of a field that may be absent or null. */
        public <T> @Nullable T optional(String field, Reader<T> reader) {
            JsonNode value = object.get(field);
            return value == null || value.isNull() ? null : reader.read(value, path(field));
        }

        private String path(String field) {
            return at.isEmpty() ? field : at + "." + field;
        }
    }

    /** A JSON object being written. */
    public static final class Out {
        private final ObjectNode object = JsonNodeFactory.instance.objectNode();

        private Out() {}

        /** Sets a field; null leaves it out. */
        public <T> Out put(String field, @Nullable T value, Function<T, JsonNode> writer) {
            if (value != null) {
                object.set(field, writer.apply(value));
            }
            return this;
        }

        /** The object. */
        public JsonNode toJson() {
            return object;
        }
    }

    /** Reads bool. */
    public static boolean readBool(JsonNode json, String at) {
        if (!json.isBoolean()) {
            throw new Misfit(at);
        }
        return json.booleanValue();
    }

    /** Reads int, 64 bits with sign. */
    public static long readInt(JsonNode json, String at) {
        if (!json.isIntegralNumber() || !json.canConvertToLong()) {
            throw new Misfit(at);
        }
        return json.longValue();
    }

    /** Reads float; integers count, what a double cannot hold does not. */
    public static double readFloat(JsonNode json, String at) {
        if (!json.isNumber()) {
            throw new Misfit(at);
        }
        double value = json.asDouble(Double.NaN);
        if (!Double.isFinite(value)) {
            throw new Misfit(at);
        }
        return value;
    }

    /** Reads string. */
    public static String readString(JsonNode json, String at) {
        if (!json.isString()) {
            throw new Misfit(at);
        }
        return json.stringValue();
    }

    /** Reads object: any JSON value. */
    public static JsonNode readObject(JsonNode json, String at) {
        return json;
    }

    /** Reads an array. */
    public static <T> Reader<List<T>> readList(Reader<T> element) {
        return (json, at) -> {
            if (!(json instanceof ArrayNode array)) {
                throw new Misfit(at);
            }
            var values = new ArrayList<T>(array.size());
            for (JsonNode value : array) {
                values.add(element.read(value, at));
            }
            return Collections.unmodifiableList(values);
        };
    }

    /** Reads a dictionary. */
    public static <T> Reader<Map<String, T>> readMap(Reader<T> element) {
        return (json, at) -> {
            if (!(json instanceof ObjectNode object)) {
                throw new Misfit(at);
            }
            var values = new LinkedHashMap<String, T>();
            for (Map.Entry<String, JsonNode> property : object.properties()) {
                values.put(property.getKey(), element.read(property.getValue(), at));
            }
            return Collections.unmodifiableMap(values);
        };
    }

    /** Writes bool. */
    public static JsonNode writeBool(boolean value) {
        return JsonNodeFactory.instance.booleanNode(value);
    }

    /** Writes int. */
    public static JsonNode writeInt(long value) {
        return JsonNodeFactory.instance.numberNode(value);
    }

    /** Writes float; JSON knows neither infinities nor NaN, so these are refused. */
    public static JsonNode writeFloat(double value) {
        if (!Double.isFinite(value)) {
            throw new BusException("JSON holds no infinity and no NaN: send a finite number or leave the field out");
        }
        return JsonNodeFactory.instance.numberNode(value);
    }

    /** Writes string. */
    public static JsonNode writeString(String value) {
        return JsonNodeFactory.instance.stringNode(value);
    }

    /** Writes object. */
    public static JsonNode writeObject(JsonNode value) {
        return value;
    }

    /** Writes an array. */
    public static <T> Function<List<T>, JsonNode> writeList(Function<T, JsonNode> element) {
        return values -> {
            ArrayNode array = JsonNodeFactory.instance.arrayNode(values.size());
            for (T value : values) {
                array.add(element.apply(value));
            }
            return array;
        };
    }

    /** Writes a dictionary. */
    public static <T> Function<Map<String, T>, JsonNode> writeMap(Function<T, JsonNode> element) {
        return values -> {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            values.forEach((key, value) -> object.set(key, element.apply(value)));
            return object;
        };
    }

    /** Says that the word at this place is none of an enumeration's. */
    public static BusException misfit(String at) {
        return new Misfit(at);
    }

    /** An unmodifiable copy that keeps the order. */
    public static <T> Map<String, T> copy(Map<String, T> values) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
}

package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/**
 * Typed access to the fields of a JSON object from a client. A field that is absent or null is empty; one of the wrong
 * type or out of bounds is an {@link ApiError} that names its path.
 */
record Fields(JsonNode node, String path) {
    /** The fields of a request's body. */
    static Fields of(JsonNode body) {
        return new Fields(body, "");
    }

    /** Path of a field, as OpenAI writes it in {@code param}. */
    String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    Optional<JsonNode> get(String name) {
        var value = node.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    /** The fields of an object in this one. */
    Optional<Fields> object(String name) {
        return get(name).map(value -> object(value, at(name)));
    }

    Fields requiredObject(String name) {
        return object(name).orElseThrow(() -> missing(at(name)));
    }

    Optional<String> text(String name) {
        return get(name).map(value -> text(value, at(name)));
    }

    String requiredText(String name) {
        return text(name).orElseThrow(() -> missing(at(name)));
    }

    boolean flag(String name) {
        return get(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw type(at(name), "true or false");
                    }
                    return value.booleanValue();
                })
                .orElse(false);
    }

    OptionalInt integer(String name, int min, int max) {
        var value = wide(name, min, max);
        return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of((int) value.getAsLong());
    }

    OptionalLong wide(String name, long min, long max) {
        var value = get(name);
        if (value.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!value.get().isIntegralNumber()) {
            throw type(at(name), "an integer");
        }
        if (!value.get().canConvertToLong()
                || value.get().longValue() < min
                || value.get().longValue() > max) {
            throw bounds(at(name), Long.toString(min), Long.toString(max));
        }
        return OptionalLong.of(value.get().longValue());
    }

    OptionalDouble number(String name, double min, double max) {
        var value = get(name);
        if (value.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (!value.get().isNumber()) {
            throw type(at(name), "a number");
        }
        var number = value.get().doubleValue();
        if (!(number >= min && number <= max)) {
            throw bounds(at(name), plain(min), plain(max));
        }
        return OptionalDouble.of(number);
    }

    /** A text, or an array of at most so many: both as a list, none of them empty. */
    List<String> texts(String name, int countMax) {
        var value = get(name);
        if (value.isEmpty()) {
            return List.of();
        }
        if (value.get().isString()) {
            return List.of(nonEmpty(value.get().stringValue(), at(name)));
        }
        if (!value.get().isArray()) {
            throw type(at(name), "a string or an array of strings");
        }
        if (value.get().size() > countMax) {
            throw ApiError.at(at(name), ErrorCode.INVALID_VALUE, "At most " + countMax + " strings may be given here.");
        }
        var texts = new ArrayList<String>();
        for (var i = 0; i < value.get().size(); i++) {
            var path = at(name) + "[" + i + "]";
            texts.add(nonEmpty(text(value.get().get(i), path), path));
        }
        return texts;
    }

    /** The fields of a node, which must be an object. */
    static Fields object(JsonNode node, String path) {
        if (!node.isObject()) {
            throw type(path, "an object");
        }
        return new Fields(node, path);
    }

    /** The text of a node, which must be one. */
    static String text(JsonNode node, String path) {
        if (!node.isString()) {
            throw type(path, "a string");
        }
        return node.stringValue();
    }

    static ApiError missing(String path) {
        return ApiError.at(path, ErrorCode.MISSING_PARAMETER, path + " is missing. Add it and send again.");
    }

    static ApiError type(String path, String expected) {
        return ApiError.at(path, ErrorCode.INVALID_TYPE, path + " must be " + expected + ".");
    }

    private static ApiError bounds(String path, String min, String max) {
        return ApiError.at(path, ErrorCode.INVALID_VALUE, path + " must be between " + min + " and " + max + ".");
    }

    private static String nonEmpty(String text, String path) {
        if (text.isEmpty()) {
            throw ApiError.at(path, ErrorCode.INVALID_VALUE, "This text is empty. Leave it out or fill it.");
        }
        return text;
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
}

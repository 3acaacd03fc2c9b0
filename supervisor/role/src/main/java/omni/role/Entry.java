package omni.role;

import java.lang.reflect.RecordComponent;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** One key of a table: its name, type and bounds, and how its value is read from the file's tree. */
record Entry(String table, String name, Class<?> rawType, Key key) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int TEXT_CHARACTERS_MAX = 4096;
    private static final int LIST_ELEMENTS_MAX = 1000;

    static Entry of(String table, RecordComponent component) {
        Key key = component.getAnnotation(Key.class);
        if (key == null) {
            throw new IllegalArgumentException(component.getDeclaringRecord() + "." + component.getName()
                    + " has no @Key: document it and give its default");
        }
        Class<?> type = component.getType();
        boolean known =
                List.of(String.class, int.class, long.class, double.class, boolean.class, Duration.class, Path.class)
                                .contains(type)
                        || type.isEnum()
                        || component.getGenericType().getTypeName().equals("java.util.List<java.lang.String>");
        if (!known) {
            throw new IllegalArgumentException(component.getDeclaringRecord() + "." + component.getName()
                    + " has a type that omni.toml cannot hold: " + component.getGenericType());
        }
        return new Entry(table, snakeCase(component.getName()), type, key);
    }

    /** {@code table.name}: how messages name it. */
    String path() {
        return table + "." + name;
    }

    /** What may be written, for people: {@code "integer"}, {@code "duration"}, {@code "one of a, b"}. */
    String typeName() {
        if (rawType.isEnum()) {
            return "one of " + String.join(", ", constants());
        } else if (rawType == int.class || rawType == long.class) {
            return "integer";
        } else if (rawType == double.class) {
            return "number";
        } else if (rawType == boolean.class) {
            return "true or false";
        } else if (rawType == Duration.class) {
            return "duration";
        } else if (rawType == Path.class) {
            return "path";
        } else if (rawType == List.class) {
            return "list of strings";
        } else {
            return "string";
        }
    }

    /** The default as the file's tree would hold it. */
    JsonNode defaultNode() {
        String text = key.def();
        if (rawType == int.class || rawType == long.class) {
            return NODES.numberNode(Long.parseLong(text));
        } else if (rawType == double.class) {
            return NODES.numberNode(Double.parseDouble(text));
        } else if (rawType == boolean.class) {
            return NODES.booleanNode(Boolean.parseBoolean(text));
        } else if (rawType == List.class) {
            var array = NODES.arrayNode();
            Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(s -> !s.isEmpty())
                    .forEach(array::add);
            return array;
        } else {
            return NODES.stringNode(text);
        }
    }

    /** The value in the component's type; or nothing, and then the problem has been told. */
    Optional<Object> read(JsonNode node, Consumer<String> problem) {
        Optional<Object> value = convert(node);
        if (value.isEmpty()) {
            problem.accept(path() + " takes " + article(typeName()) + hint() + ", not "
                    + Text.shorten(node.toString(), 80) + ".");
            return value;
        }
        return within(value.get(), problem) ? value : Optional.empty();
    }

    private Optional<Object> convert(JsonNode node) {
        if (rawType == int.class) {
            return node.isIntegralNumber() && node.canConvertToInt() ? Optional.of(node.intValue()) : Optional.empty();
        } else if (rawType == long.class) {
            return node.isIntegralNumber() && node.canConvertToLong()
                    ? Optional.of(node.longValue())
                    : Optional.empty();
        } else if (rawType == double.class) {
            return node.isNumber() && Double.isFinite(node.doubleValue())
                    ? Optional.of(node.doubleValue())
                    : Optional.empty();
        } else if (rawType == boolean.class) {
            return node.isBoolean() ? Optional.of(node.booleanValue()) : Optional.empty();
        } else if (rawType == List.class) {
            return strings(node);
        } else if (!node.isString()) {
            return Optional.empty();
        }
        String text = node.stringValue();
        if (rawType == Duration.class) {
            return Durations.parse(text).map(d -> d);
        } else if (rawType == Path.class) {
            return path(text);
        } else if (rawType.isEnum()) {
            return Arrays.stream(rawType.getEnumConstants())
                    .filter(constant -> wireName(constant).equals(text))
                    .map(Object.class::cast)
                    .findFirst();
        }
        return Optional.of(text);
    }

    private static Optional<Object> strings(JsonNode node) {
        if (!node.isArray()) {
            return Optional.empty();
        }
        List<String> list = new ArrayList<>();
        for (JsonNode element : node) {
            if (!element.isString()) {
                return Optional.empty();
            }
            list.add(element.stringValue());
        }
        return Optional.of(List.copyOf(list));
    }

    private static Optional<Object> path(String text) {
        boolean ofHome = text.equals("~") || text.startsWith("~/");
        try {
            return Optional.of(Path.of(ofHome ? System.getProperty("user.home") + text.substring(1) : text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private boolean within(Object value, Consumer<String> problem) {
        return switch (value) {
            case Number number ->
                check(
                        key.min().isEmpty() || number.doubleValue() >= Double.parseDouble(key.min()),
                        key.max().isEmpty() || number.doubleValue() <= Double.parseDouble(key.max()),
                        number.toString(),
                        unit(),
                        problem);
            case Duration duration ->
                check(
                        key.min().isEmpty() || duration.compareTo(Durations.of(key.min())) >= 0,
                        key.max().isEmpty() || duration.compareTo(Durations.of(key.max())) <= 0,
                        Durations.text(duration),
                        "",
                        problem);
            case List<?> list -> count(list.size(), LIST_ELEMENTS_MAX, " elements", problem);
            case String text -> count(text.length(), TEXT_CHARACTERS_MAX, " characters", problem);
            case Path file -> count(file.toString().length(), TEXT_CHARACTERS_MAX, " characters", problem);
            default -> true;
        };
    }

    private boolean count(int count, int most, String unit, Consumer<String> problem) {
        int max = key.max().isEmpty() ? most : Integer.parseInt(key.max());
        int min = key.min().isEmpty() ? 0 : Integer.parseInt(key.min());
        if (count < min) {
            problem.accept(path() + " needs at least " + min + unit + ", and has " + count + ".");
        } else if (count > max) {
            problem.accept(path() + " takes at most " + max + unit + ", and has " + count + ".");
        }
        return count >= min && count <= max;
    }

    private boolean check(boolean notLess, boolean notMore, String value, String unit, Consumer<String> problem) {
        if (!notLess) {
            problem.accept(path() + " is at least " + key.min() + unit + "; the file says " + value + unit + ".");
        } else if (!notMore) {
            problem.accept(path() + " is at most " + key.max() + unit + "; the file says " + value + unit + ".");
        }
        return notLess && notMore;
    }

    private String unit() {
        return key.unit().isEmpty() ? "" : " " + key.unit();
    }

    private String hint() {
        if (rawType == Duration.class) {
            return " such as \"1500ms\", \"30s\", \"5m\" or \"2h\"";
        }
        return rawType == int.class || rawType == long.class ? unit().isEmpty() ? "" : " (" + key.unit() + ")" : "";
    }

    private List<String> constants() {
        return Arrays.stream(rawType.getEnumConstants()).map(Entry::wireName).toList();
    }

    private static String wireName(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
    }

    private static String article(String noun) {
        boolean none = noun.startsWith("one of") || noun.startsWith("true");
        return none ? noun : (noun.startsWith("integer") ? "an " : "a ") + noun;
    }

    /** {@code queueBytesMax} becomes {@code queue_bytes_max}. */
    static String snakeCase(String name) {
        var text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isUpperCase(c)) {
                text.append('_').append(Character.toLowerCase(c));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}

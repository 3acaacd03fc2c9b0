package omni.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Schemas by chance, of all keywords that are honoured; each says of which type it is and what else an object may hold. */
final class RandomSchemas {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> NAMES =
            List.of("a", "ab", "abc", "name", "age", "émile", "x y", "q\"t", "b\\s", "line\nbreak", "😀");
    private static final List<String> PATTERNS = List.of(
            "^[a-z]{2,5}$",
            "^[A-Z][a-z]*$",
            "^\\d{3}-\\d{4}$",
            "^(foo|bar)+$",
            "ab",
            "^x",
            "y$",
            "^[^\"\\\\a]{1,4}$",
            "^a?b+c{0,2}$",
            "[0-9]{2,}",
            "^(?:a|b)*c$|^d$",
            "^\\u00e9+[\\w-]$");
    private static final List<String> FORMATS = List.of("date", "time", "date-time", "uuid", "ipv4");

    private final SplittableRandom random;

    RandomSchemas(SplittableRandom random) {
        this.random = random;
    }

    ObjectNode next() {
        var schema = schema(3);
        if (random.nextInt(4) == 0) {
            var definitions = NODES.objectNode();
            definitions.set("chain", chain());
            definitions.set("some/one~", schema(1));
            var properties = NODES.objectNode();
            properties.set("first", NODES.objectNode().put("$ref", "#/$defs/chain"));
            properties.set(
                    "second",
                    NODES.objectNode().put("$ref", "#/$defs/some~1one~0").put("title", "it"));
            properties.set("third", schema);
            var outer = NODES.objectNode().put("type", "object");
            outer.set("$defs", definitions);
            outer.set("properties", properties);
            outer.set("required", NODES.arrayNode().add("third").add("first"));
            return outer.put("additionalProperties", false);
        }
        return schema;
    }

    private ObjectNode chain() {
        var end = NODES.objectNode().put("type", "null");
        var again = NODES.objectNode().put("$ref", "#/$defs/chain");
        var next = NODES.objectNode();
        next.set("anyOf", NODES.arrayNode().add(again).add(end));
        var properties = NODES.objectNode();
        properties.set("next", next);
        properties.set("value", NODES.objectNode().put("type", "integer"));
        var chain = NODES.objectNode().put("type", "object");
        chain.set("properties", properties);
        chain.set("required", NODES.arrayNode().add("next"));
        return chain.put("additionalProperties", false);
    }

    private ObjectNode schema(int depth) {
        return switch (random.nextInt(depth > 0 ? 17 : 9)) {
            case 0 -> text();
            case 1 -> pattern();
            case 2 -> typed("string").put("format", any(FORMATS));
            case 3, 4 -> number("integer");
            case 5 -> number("number");
            case 6 -> typed(random.nextBoolean() ? "boolean" : "null");
            case 7 -> listed();
            case 8 -> several();
            case 9 -> choice(depth, "anyOf");
            case 10 -> discriminated(depth);
            case 11 -> together();
            case 12 -> tuple(depth);
            case 13, 14 -> array(depth);
            default -> object(depth);
        };
    }

    private static ObjectNode typed(String type) {
        return NODES.objectNode().put("type", type);
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private ObjectNode text() {
        var schema = typed("string");
        var min = random.nextInt(4);
        if (random.nextBoolean()) {
            schema.put("minLength", min);
        }
        if (random.nextBoolean()) {
            schema.put("maxLength", min + random.nextInt(5));
        }
        return schema;
    }

    private ObjectNode pattern() {
        var schema = typed("string").put("pattern", any(PATTERNS));
        if (random.nextInt(3) == 0) {
            schema.put("maxLength", 8 + random.nextInt(4));
        }
        return schema;
    }

    private ObjectNode number(String type) {
        var schema = typed(type);
        var scale = type.equals("integer") ? 1 : 8;
        var low = random.nextInt(-2000, 2000) / (double) scale;
        if (random.nextInt(3) > 0) {
            put(schema, random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
        }
        if (random.nextInt(3) > 0) {
            put(
                    schema,
                    random.nextBoolean() ? "maximum" : "exclusiveMaximum",
                    low + 2 + random.nextInt(3000) / (double) scale);
        }
        return schema;
    }

    private static void put(ObjectNode schema, String keyword, double value) {
        if (value == Math.rint(value)) {
            schema.put(keyword, (long) value);
        } else {
            schema.put(keyword, value);
        }
    }

    private ObjectNode listed() {
        if (random.nextInt(4) == 0) {
            var schema = NODES.objectNode();
            schema.set("const", NODES.objectNode().put("k", random.nextInt(5)));
            return schema;
        }
        var values = NODES.arrayNode();
        for (var i = random.nextInt(4); i >= 0; i--) {
            values.add(any(NAMES) + i).add(random.nextInt(-50, 50));
        }
        var schema = NODES.objectNode();
        schema.set("enum", values.add(random.nextBoolean()).addNull());
        if (random.nextBoolean()) {
            schema.set("type", NODES.arrayNode().add("string").add("integer"));
        }
        return schema;
    }

    private ObjectNode several() {
        var types = new ArrayList<>(List.of("string", "integer", "boolean", "null"));
        types.remove(random.nextInt(types.size()));
        var names = NODES.arrayNode();
        types.forEach(names::add);
        var schema = NODES.objectNode().put("minLength", 2).put("maximum", 77);
        schema.set("type", names);
        return schema;
    }

    private ObjectNode choice(int depth, String keyword) {
        var choices = NODES.arrayNode();
        for (var i = random.nextInt(3); i >= 0; i--) {
            choices.add(schema(depth - 1));
        }
        var schema = NODES.objectNode();
        schema.set(keyword, choices);
        return schema;
    }

    private ObjectNode discriminated(int depth) {
        var choices = NODES.arrayNode();
        for (var i = 0; i < 2; i++) {
            var object = object(depth - 1);
            var properties = NODES.objectNode();
            properties.set("kind", NODES.objectNode().put("const", "k" + i));
            object.path("properties").properties().forEach(p -> properties.set(p.getKey(), p.getValue()));
            object.set("properties", properties);
            ((ArrayNode) object.get("required")).add("kind");
            choices.add(object);
        }
        choices.add(number("integer"));
        var schema = NODES.objectNode();
        schema.set("oneOf", choices);
        return schema;
    }

    private ObjectNode together() {
        var parts = NODES.arrayNode();
        for (var i = 0; i < 2; i++) {
            var part = typed("object");
            var properties = NODES.objectNode();
            properties.set(
                    "shared",
                    typed("number").put("maximum", 500 - i).put(i == 0 ? "minimum" : "exclusiveMinimum", -5 + i));
            properties.set("own" + i, text());
            part.set("properties", properties);
            part.set("required", NODES.arrayNode().add(random.nextBoolean() ? "shared" : "own" + i));
            parts.add(part);
        }
        var schema = typed("object");
        schema.set("allOf", parts);
        schema.set("additionalProperties", typed("string"));
        var properties = NODES.objectNode();
        properties.set("shared", NODES.objectNode());
        properties.set("own0", NODES.booleanNode(true));
        properties.set("own1", NODES.objectNode().put("description", "any"));
        schema.set("properties", properties);
        return schema;
    }

    /** A oneOf whose schemas differ by what the whole one demands besides. */
    ObjectNode oneOfBeside() {
        var choices = NODES.arrayNode();
        for (var i = 0; i < 3; i++) {
            var properties = NODES.objectNode();
            properties.set("kind", NODES.objectNode().put("const", "k" + i));
            properties.set("own", i == 0 ? text() : number("integer"));
            var choice = NODES.objectNode();
            choice.set("properties", properties);
            if (random.nextBoolean()) {
                choice.set("required", NODES.arrayNode().add("own"));
            }
            choices.add(choice);
        }
        var properties = NODES.objectNode();
        properties.set("kind", typed("string"));
        properties.set("own", NODES.booleanNode(true));
        properties.set("shared", schema(1));
        var schema = typed("object");
        schema.set("properties", properties);
        schema.set("required", NODES.arrayNode().add("kind"));
        schema.set("oneOf", choices);
        return schema.put("additionalProperties", false);
    }

    private ObjectNode tuple(int depth) {
        var schema = typed("array");
        var prefix = NODES.arrayNode();
        for (var i = random.nextInt(3); i >= 0; i--) {
            prefix.add(schema(depth - 1));
        }
        schema.set("prefixItems", prefix);
        if (random.nextBoolean()) {
            schema.put("items", false);
        } else {
            schema.set("items", schema(depth - 1));
        }
        var min = random.nextInt(prefix.size() + 1);
        schema.put("minItems", min);
        if (random.nextBoolean()) {
            schema.put("maxItems", min + random.nextInt(3));
        }
        return schema;
    }

    private ObjectNode array(int depth) {
        var schema = typed("array");
        schema.set("items", schema(depth - 1));
        var min = random.nextInt(3);
        if (random.nextBoolean()) {
            schema.put("minItems", min);
        }
        if (random.nextBoolean()) {
            schema.put("maxItems", min + random.nextInt(4));
        }
        return schema;
    }

    private ObjectNode object(int depth) {
        var schema = typed("object");
        var properties = NODES.objectNode();
        var required = NODES.arrayNode();
        for (var i = random.nextInt(5); i > 0; i--) {
            var name = any(NAMES);
            if (!properties.has(name)) {
                properties.set(name, schema(Math.max(0, depth - 1)));
                if (random.nextBoolean()) {
                    required.add(name);
                }
            }
        }
        schema.set("properties", properties);
        schema.set("required", required);
        switch (random.nextInt(3)) {
            case 0 -> schema.put("additionalProperties", true);
            case 1 -> schema.set("additionalProperties", schema(0));
            default -> schema.put("additionalProperties", false);
        }
        return schema;
    }
}

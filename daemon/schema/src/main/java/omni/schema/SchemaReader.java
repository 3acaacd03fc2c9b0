package omni.schema;

import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import omni.schema.Shape.AnyOf;
import omni.schema.Shape.Arrays;
import omni.schema.Shape.Bound;
import omni.schema.Shape.Kinds;
import omni.schema.Shape.Numbers;
import omni.schema.Shape.Objects;
import omni.schema.Shape.OneOf;
import omni.schema.Shape.Ref;
import omni.schema.Shape.Rule;
import omni.schema.Shape.Strings;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads a JSON Schema of draft 2020-12 into shapes; refuses each keyword that cannot be honoured. For one thread.
 *
 * <p>What a {@code $ref} leads to is read when it is asked for.
 */
final class SchemaReader {
    /** Keywords that demand nothing. */
    private static final Set<String> ANNOTATIONS = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$comment",
            // OpenAPI's: it says by which property the schemas of a oneOf differ.
            "discriminator");

    /** Keywords that are. */
    static final Set<String> HONOURED = Set.of(
            "$schema",
            "$id",
            "$ref",
            "$defs",
            "definitions",
            "type",
            "enum",
            "const",
            "anyOf",
            "oneOf",
            "allOf",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "properties",
            "required",
            "additionalProperties");

    private static final String DRAFT = "https://json-schema.org/draft/2020-12/schema";

    /** Older drafts, and the keyword that each means something else by; the rest that is honoured here they mean so too. */
    private static final Map<String, List<String>> OLDER_DRAFTS = Map.of(
            "https://json-schema.org/draft/2019-09/schema",
            List.of("prefixItems"),
            "http://json-schema.org/draft-07/schema",
            List.of("prefixItems", "$ref"),
            "http://json-schema.org/draft-06/schema",
            List.of("prefixItems", "$ref"));

    /** What may stand beside a $ref where that makes all else void. */
    private static final Set<String> BESIDE_REFERENCES = Set.of("$schema", "$id", "$defs", "definitions");

    /** What it takes to read a schema. */
    private static final int SCHEMA_STEPS = 20;

    private static final Set<String> TYPES =
            Set.of("null", "boolean", "integer", "number", "string", "array", "object");

    private final JsonNode root;
    private final Budget budget;
    private final Map<String, Shape> read = new HashMap<>();
    private int schemas;
    private int names;
    private int places;

    SchemaReader(JsonNode root, Budget budget) {
        this.root = root;
        this.budget = budget;
    }

    /** The whole schema. */
    Shape root() {
        return target("#");
    }

    /** What stands at a place that {@link #reference} has given. */
    Shape target(String pointer) {
        var known = read.get(pointer);
        return known == null ? read(find(pointer), pointer, 0) : known;
    }

    /** Each place once, whichever way leads there. */
    private Shape read(JsonNode node, String at, int depth) {
        var known = read.get(at);
        if (known == null) {
            known = readNew(node, at, depth);
            read.put(at, known);
        }
        return known;
    }

    private Shape readNew(JsonNode node, String at, int depth) {
        budget.spend(SCHEMA_STEPS);
        if (++schemas > Limits.SCHEMAS) {
            throw new SchemaException(at, "", "There are more than " + Limits.SCHEMAS + " schemas in one.");
        }
        places += at.length();
        if (places > Limits.PLACES) {
            throw new SchemaException(
                    "#", "", "Schemas are nested too deeply within properties of long names. Shorten the names.");
        }
        if (depth > Limits.DEPTH) {
            throw new SchemaException(at, "", "Schemas are nested deeper than " + Limits.DEPTH + " levels.");
        }
        if (node.isBoolean()) {
            return node.booleanValue() ? Kinds.any(at) : new AnyOf(at, List.of());
        }
        if (!node.isObject()) {
            throw new SchemaException(at, "", "A schema must be an object, true or false.");
        }
        for (var name : node.propertyNames()) {
            if (!HONOURED.contains(name) && !ANNOTATIONS.contains(name)) {
                throw new SchemaException(at, name, "This keyword is not supported. Leave it out.");
            }
        }
        declarations(node, at);
        Shape shape = kinds(node, at, depth);
        var ref = text(node, at, "$ref");
        if (ref != null) {
            shape = Shape.both(shape, new Ref(at, reference(ref, at)));
        }
        for (var part : schemas(node, at, "allOf", depth)) {
            shape = Shape.both(shape, part);
        }
        if (node.has("anyOf")) {
            shape = Shape.both(shape, new AnyOf(at, schemas(node, at, "anyOf", depth)));
        }
        if (node.has("oneOf")) {
            shape = Shape.both(shape, new OneOf(at, schemas(node, at, "oneOf", depth)));
        }
        return shape;
    }

    private void declarations(JsonNode node, String at) {
        var all = draft(root, "#");
        if (!draft(node, at).equals(all) && node.has("$schema")) {
            throw new SchemaException(at, "$schema", "This is another draft than the whole schema's. Use 2020-12.");
        }
        var differing = OLDER_DRAFTS.getOrDefault(all, List.of());
        if (differing.contains("prefixItems") && node.has("prefixItems")) {
            throw new SchemaException(
                    at, "prefixItems", "The draft that $schema names does not know this keyword. Use 2020-12.");
        }
        if (differing.contains("$ref")
                && node.has("$ref")
                && node.propertyNames().stream()
                        .anyMatch(name -> !name.equals("$ref")
                                && !ANNOTATIONS.contains(name)
                                && !BESIDE_REFERENCES.contains(name))) {
            throw new SchemaException(
                    at,
                    "$ref",
                    "In the draft that $schema names, what stands beside $ref is void. Use 2020-12, or allOf.");
        }
        if (text(node, at, "$id") != null && !at.equals("#")) {
            throw new SchemaException(at, "$id", "Only the whole schema may have an address. Leave it out.");
        }
        for (var keyword : List.of("$defs", "definitions")) {
            var definitions = node.get(keyword);
            if (definitions != null && !definitions.isObject()) {
                throw new SchemaException(at, keyword, "This must be an object of schemas.");
            }
        }
    }

    private static String draft(JsonNode node, String at) {
        var named = node.isObject() ? text(node, at, "$schema") : null;
        var draft = named == null ? DRAFT : named.replaceFirst("#$", "");
        if (!draft.equals(DRAFT) && !OLDER_DRAFTS.containsKey(draft)) {
            throw new SchemaException(at, "$schema", "This draft is not supported. Use 2020-12.");
        }
        return draft;
    }

    // References.

    private String reference(String ref, String at) {
        if (ref.length() > Limits.REFERENCE) {
            throw new SchemaException(at, "$ref", "At most " + Limits.REFERENCE + " characters may stand here.");
        }
        if (!ref.startsWith("#")) {
            throw new SchemaException(at, "$ref", "Only places in this schema can be referred to. Begin with #.");
        }
        if (ref.length() > 1 && ref.charAt(1) != '/') {
            throw new SchemaException(
                    at, "$ref", "Anchors are not supported. Refer by a JSON pointer, as #/$defs/name.");
        }
        String pointer;
        try {
            pointer = "#" + URLDecoder.decode(ref.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new SchemaException(at, "$ref", "This is not an address: a % begins no hexadecimal number.");
        }
        var target = find(pointer);
        if (target.isMissingNode()) {
            throw new SchemaException(at, "$ref", "There is nothing at this place of the schema.");
        }
        return pointer;
    }

    private JsonNode find(String pointer) {
        var node = root;
        for (var step : pointer.length() == 1
                ? List.<String>of()
                : List.of(pointer.substring(2).split("/", -1))) {
            budget.spend(1);
            var name = step.replace("~1", "/").replace("~0", "~");
            node = node.isArray() && name.matches("0|[1-9][0-9]{0,8}")
                    ? node.path(Integer.parseInt(name))
                    : node.isObject() ? node.path(name) : node.path(-1);
        }
        return node;
    }

    private static String under(String at, String... steps) {
        var pointer = new StringBuilder(at);
        for (var step : steps) {
            pointer.append('/').append(step.replace("~", "~0").replace("/", "~1"));
        }
        return pointer.toString();
    }

    private List<Shape> schemas(JsonNode node, String at, String keyword, int depth) {
        var given = node.get(keyword);
        if (given == null) {
            return List.of();
        }
        if (!given.isArray() || given.isEmpty()) {
            throw new SchemaException(at, keyword, "This must be an array of schemas, and not empty.");
        }
        if (given.size() > Limits.ALTERNATIVES) {
            throw new SchemaException(at, keyword, "At most " + Limits.ALTERNATIVES + " schemas may stand here.");
        }
        var shapes = new ArrayList<Shape>();
        for (var i = 0; i < given.size(); i++) {
            shapes.add(read(given.get(i), under(at, keyword, Integer.toString(i)), depth + 1));
        }
        return List.copyOf(shapes);
    }

    // What is said of each type.

    private Kinds kinds(JsonNode node, String at, int depth) {
        var types = types(node, at);
        var numbers = numbers(node, at, types.contains("integer") && !types.contains("number"));
        var strings = strings(node, at);
        var arrays = arrays(node, at, depth);
        var objects = objects(node, at, depth);
        var typed = !types.isEmpty();
        return new Kinds(
                at,
                typed,
                !typed || types.contains("null"),
                !typed || types.contains("boolean"),
                !typed || types.contains("number") || types.contains("integer") ? numbers : null,
                !typed || types.contains("string") ? strings : null,
                !typed || types.contains("array") ? arrays : null,
                !typed || types.contains("object") ? objects : null,
                values(node, at),
                Set.of());
    }

    private static Set<String> types(JsonNode node, String at) {
        var given = node.get("type");
        if (given == null) {
            return Set.of();
        }
        var types = new TreeSet<String>();
        for (var type : given.isArray() ? given.values() : List.of(given)) {
            if (!type.isString() || !TYPES.contains(type.stringValue())) {
                throw new SchemaException(
                        at, "type", "There is no such type. These are: " + new TreeSet<>(TYPES) + ".");
            }
            types.add(type.stringValue());
        }
        if (types.isEmpty()) {
            throw new SchemaException(at, "type", "This must name a type at least.");
        }
        return types;
    }

    private @Nullable List<JsonNode> values(JsonNode node, String at) {
        var listed = node.get("enum");
        var only = node.get("const");
        if (listed == null && only == null) {
            return null;
        }
        if (listed != null && (!listed.isArray() || listed.isEmpty())) {
            throw new SchemaException(at, "enum", "This must be an array of values, and not empty.");
        }
        if (listed != null && listed.size() > Limits.VALUES) {
            throw new SchemaException(at, "enum", "At most " + Limits.VALUES + " values may be listed.");
        }
        var values = new ArrayList<JsonNode>();
        for (var value : listed == null ? List.of(only) : listed.values()) {
            if ((only == null || JsonText.same(only, value, budget))
                    && values.stream().noneMatch(v -> JsonText.same(v, value, budget))) {
                values.add(value);
            }
        }
        for (var value : values) {
            if (!JsonText.wellFormed(value)) {
                throw new SchemaException(
                        at,
                        listed == null ? "const" : "enum",
                        "A text holds half a surrogate pair. Write whole characters.");
            }
        }
        return List.copyOf(values);
    }

    private static Numbers numbers(JsonNode node, String at, boolean whole) {
        var least = narrower(bound(node, at, "minimum", false), bound(node, at, "exclusiveMinimum", true), 1);
        var most = narrower(bound(node, at, "maximum", false), bound(node, at, "exclusiveMaximum", true), -1);
        return new Numbers(whole, least, most);
    }

    /** Of two bounds the one that allows less. */
    static @Nullable Bound narrower(@Nullable Bound a, @Nullable Bound b, int sign) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        var order = a.value().compareTo(b.value()) * sign;
        return order > 0 || (order == 0 && a.open()) ? a : b;
    }

    private static @Nullable Bound bound(JsonNode node, String at, String keyword, boolean open) {
        var given = node.get(keyword);
        if (given == null) {
            return null;
        }
        if (!given.isNumber()) {
            throw new SchemaException(at, keyword, "This must be a number.");
        }
        if (!JsonText.isFinite(given)) {
            throw new SchemaException(at, keyword, "This must be a number that is not infinite.");
        }
        var value = JsonText.plain(given);
        if (value.precision() - (long) value.scale() > Limits.DIGITS) {
            throw new SchemaException(
                    at, keyword, "A bound has at most " + Limits.DIGITS + " digits before the point. Leave it out.");
        }
        if (value.scale() > Limits.PRECISE_DIGITS) {
            throw new SchemaException(
                    at,
                    keyword,
                    "A bound has at most " + Limits.PRECISE_DIGITS + " digits behind the point. Round it.");
        }
        return new Bound(value, open);
    }

    private static Strings strings(JsonNode node, String at) {
        var rules = new ArrayList<Rule>();
        var pattern = text(node, at, "pattern");
        if (pattern != null) {
            rules.add(new Rule(at, "pattern", pattern));
        }
        var format = text(node, at, "format");
        if (format != null) {
            if (!Formats.PATTERNS.containsKey(format)) {
                throw new SchemaException(
                        at, "format", "This format is not supported. These are: " + Formats.PATTERNS.keySet() + ".");
            }
            rules.add(new Rule(at, "format", format));
        }
        return new Strings(
                count(node, at, "minLength", Limits.LENGTH, 0),
                count(node, at, "maxLength", Limits.LENGTH, Shape.NO_END),
                List.copyOf(rules));
    }

    private Arrays arrays(JsonNode node, String at, int depth) {
        var items = node.get("items");
        if (items != null && items.isArray()) {
            throw new SchemaException(at, "items", "A list of schemas is an older draft's. Call it prefixItems.");
        }
        var unique = node.get("uniqueItems");
        if (unique != null && !(unique.isBoolean() && !unique.booleanValue())) {
            throw new SchemaException(at, "uniqueItems", "This keyword is not supported. Leave it out.");
        }
        return new Arrays(
                count(node, at, "minItems", Limits.ITEMS, 0),
                count(node, at, "maxItems", Limits.ITEMS, Shape.NO_END),
                schemas(node, at, "prefixItems", depth),
                items == null ? new Shape.AnyType() : read(items, under(at, "items"), depth + 1));
    }

    private Objects objects(JsonNode node, String at, int depth) {
        var properties = new LinkedHashMap<String, Shape>();
        var given = node.get("properties");
        if (given != null) {
            if (!given.isObject()) {
                throw new SchemaException(at, "properties", "This must be an object of schemas.");
            }
            if (given.size() > Limits.PROPERTIES) {
                throw new SchemaException(at, "properties", "At most " + Limits.PROPERTIES + " may stand here.");
            }
            for (var property : given.properties()) {
                name(property.getKey(), at, "properties");
                properties.put(
                        property.getKey(),
                        read(property.getValue(), under(at, "properties", property.getKey()), depth + 1));
            }
        }
        var extras = node.get("additionalProperties");
        return new Objects(
                properties,
                required(node, at),
                extras == null ? null : read(extras, under(at, "additionalProperties"), depth + 1));
    }

    private void name(String name, String at, String keyword) {
        if (name.length() > Limits.NAME) {
            throw new SchemaException(at, keyword, "A name has at most " + Limits.NAME + " characters. Shorten it.");
        }
        if (!JsonText.wellFormed(name)) {
            throw new SchemaException(at, keyword, "A name holds half a surrogate pair.");
        }
        names += name.length();
        if (names > Limits.NAMES) {
            throw new SchemaException(
                    at,
                    keyword,
                    "All names of properties together have at most " + Limits.NAMES + " characters. Shorten them.");
        }
    }

    private Set<String> required(JsonNode node, String at) {
        var required = new LinkedHashSet<String>();
        var given = node.get("required");
        if (given == null) {
            return required;
        }
        if (!given.isArray() || given.size() > Limits.PROPERTIES) {
            throw new SchemaException(
                    at, "required", "This must be an array of names, at most " + Limits.PROPERTIES + " of them.");
        }
        for (var name : given.values()) {
            if (!name.isString()) {
                throw new SchemaException(at, "required", "This must be an array of names.");
            }
            name(name.stringValue(), at, "required");
            required.add(name.stringValue());
        }
        return required;
    }

    private static int count(JsonNode node, String at, String keyword, int most, int otherwise) {
        var given = node.get(keyword);
        if (given == null) {
            return otherwise;
        }
        var value = given.isNumber() && JsonText.isFinite(given) ? JsonText.plain(given) : BigDecimal.ONE.negate();
        if (value.signum() < 0 || value.scale() > 0) {
            throw new SchemaException(at, keyword, "This must be a whole number, 0 at least.");
        }
        if (value.compareTo(BigDecimal.valueOf(most)) > 0) {
            throw new SchemaException(at, keyword, "This may be " + most + " at most.");
        }
        return value.intValueExact();
    }

    private static @Nullable String text(JsonNode node, String at, String keyword) {
        var given = node.get(keyword);
        if (given == null) {
            return null;
        }
        if (!given.isString() || !JsonText.wellFormed(given)) {
            throw new SchemaException(at, keyword, "This must be a text.");
        }
        return given.stringValue();
    }
}

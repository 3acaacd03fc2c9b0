package omni.schema;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Changes one place of a value, and writes it the way the grammars know. */
final class Mutants {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int SCALE = 6;
    private static final BigDecimal FAR = BigDecimal.TEN.pow(Limits.DIGITS);

    private final SplittableRandom random;

    Mutants(SplittableRandom random) {
        this.random = random;
    }

    private record Place(JsonNode value, Consumer<JsonNode> set) {}

    /** The value with one place changed, as text. */
    String of(JsonNode value) {
        var box = NODES.arrayNode().add(value.deepCopy());
        var places = new ArrayList<Place>();
        collect(box, places);
        var place = places.get(random.nextInt(places.size()));
        place.set().accept(changed(place.value()));
        return JsonText.of(usual(box.get(0)));
    }

    private static void collect(JsonNode node, List<Place> places) {
        if (node instanceof ArrayNode array) {
            for (var i = 0; i < array.size(); i++) {
                var index = i;
                places.add(new Place(array.get(i), changed -> array.set(index, changed)));
                collect(array.get(i), places);
            }
        } else if (node instanceof ObjectNode object) {
            for (var property : object.properties()) {
                places.add(new Place(property.getValue(), property::setValue));
                collect(property.getValue(), places);
            }
        }
    }

    private JsonNode changed(JsonNode value) {
        if (random.nextInt(12) == 0) {
            return List.of(
                            NODES.nullNode(),
                            NODES.booleanNode(true),
                            NODES.numberNode(7),
                            NODES.stringNode("text"),
                            NODES.arrayNode(),
                            NODES.objectNode())
                    .get(random.nextInt(6));
        }
        return switch (value) {
            case ArrayNode array -> array(array);
            case ObjectNode object -> object(object);
            case JsonNode number when number.isNumber() -> number(number);
            case JsonNode text when text.isString() -> NODES.stringNode(text(text.stringValue()));
            case JsonNode flag when flag.isBoolean() -> NODES.booleanNode(!flag.booleanValue());
            default -> NODES.numberNode(random.nextInt(3));
        };
    }

    private JsonNode array(ArrayNode array) {
        if (!array.isEmpty() && random.nextBoolean()) {
            array.remove(random.nextInt(array.size()));
        } else {
            array.add(
                    array.isEmpty()
                            ? NODES.numberNode(1)
                            : array.get(random.nextInt(array.size())).deepCopy());
        }
        return array;
    }

    private JsonNode object(ObjectNode object) {
        var names = List.copyOf(object.propertyNames());
        if (!names.isEmpty() && random.nextBoolean()) {
            object.remove(names.get(random.nextInt(names.size())));
        } else if (!names.isEmpty() && random.nextBoolean()) {
            object.set("zz", object.get(names.get(random.nextInt(names.size()))).deepCopy());
        } else {
            object.put("zz" + names.size(), "new");
        }
        return object;
    }

    private JsonNode number(JsonNode number) {
        var value = number.decimalValue();
        var changed = switch (random.nextInt(7)) {
            case 0 -> value.add(BigDecimal.ONE);
            case 1 -> value.subtract(BigDecimal.ONE);
            case 2 -> value.multiply(BigDecimal.TEN);
            case 3 -> value.negate();
            case 4 -> value.add(new BigDecimal("0.125"));
            case 5 -> BigDecimal.ZERO;
            default -> value.divideToIntegralValue(BigDecimal.TEN);
        };
        return NODES.numberNode(changed);
    }

    private String text(String text) {
        var characters = new ArrayList<>(text.codePoints().boxed().toList());
        var with = "abcxyz019-\"\\é\n😀".codePoints().toArray();
        var c = with[random.nextInt(with.length)];
        var at = characters.isEmpty() ? 0 : random.nextInt(characters.size());
        var rest = characters.subList(at, characters.size());
        switch (random.nextInt(4)) {
            case 0 -> characters.add(c);
            case 1 -> characters.add(0, c);
            case 2 -> {
                if (!rest.isEmpty()) {
                    rest.removeFirst();
                }
            }
            default -> {
                if (!rest.isEmpty()) {
                    rest.set(0, c);
                }
            }
        }
        return characters.stream().map(Character::toString).reduce("", String::concat);
    }

    /** Numbers without exponents, with few digits. */
    private static JsonNode usual(JsonNode value) {
        return switch (value) {
            case ArrayNode array -> {
                var items = NODES.arrayNode();
                array.values().forEach(item -> items.add(usual(item)));
                yield items;
            }
            case ObjectNode object -> {
                var properties = NODES.objectNode();
                object.properties().forEach(p -> properties.set(p.getKey(), usual(p.getValue())));
                yield properties;
            }
            case JsonNode number
            when number.isNumber() -> {
                var rounded = number.decimalValue().remainder(FAR).setScale(SCALE, RoundingMode.DOWN);
                var plain = rounded.stripTrailingZeros();
                yield NODES.numberNode(plain.scale() < 0 ? plain.setScale(0) : plain);
            }
            default -> value;
        };
    }
}

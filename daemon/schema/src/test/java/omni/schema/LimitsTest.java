package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each bound, and one past it. */
class LimitsTest {
    private static String grammar(String schema) {
        return SchemaGrammar.of(Oracle.json(schema));
    }

    private static void refused(String schema, String pointer, String keyword) {
        var e = assertThrows(SchemaException.class, () -> grammar(schema));
        assertEquals(pointer + " " + keyword, e.pointer() + " " + e.keyword(), String.valueOf(e.getMessage()));
    }

    private static String each(int count, java.util.function.IntFunction<String> one) {
        return IntStream.range(0, count).mapToObj(one).collect(Collectors.joining(","));
    }

    private static String nested(int levels) {
        return "{\"type\":\"array\",\"items\":".repeat(levels) + "{\"type\":\"null\"}" + "}".repeat(levels);
    }

    @Test
    void depth() {
        grammar(nested(Limits.DEPTH));
        refused(nested(Limits.DEPTH + 1), "#" + "/items".repeat(Limits.DEPTH + 1), "");
    }

    @Test
    void schemas() {
        // The whole one, one for the items of each, and those below them.
        var groups = Limits.SCHEMAS / 100;
        var schema = "{\"$defs\":{},\"prefixItems\":["
                + each(groups, _ -> "{\"enum\":[1],\"prefixItems\":[" + each(99, _ -> "true") + "]}") + "%s]}";
        refused(schema.formatted(""), "#/prefixItems/39/prefixItems/98", "");
        refused("{\"type\":\"null\",\"prefixItems\":[" + each(150, _ -> "true") + "],\"enum\":[1]}", "#", "");
    }

    @Test
    void properties() {
        var many = each(Limits.PROPERTIES, i -> "\"p" + i + "\":{\"type\":\"null\"}");
        var names = each(Limits.PROPERTIES, i -> "\"p" + i + "\"");
        grammar("{\"type\":\"object\",\"properties\":{" + many + "},\"required\":[" + names + "]}");
        refused("{\"properties\":{" + many + ",\"q\":{}}}", "#", "properties");
        refused("{\"required\":[" + names + ",\"q\"]}", "#", "required");
    }

    @Test
    void optionalProperties() {
        var many = each(Limits.OPTIONAL_PROPERTIES, i -> "\"p" + i + "\":{\"type\":\"null\"}");
        assertTrue(Gbnf.read(grammar("{\"type\":\"object\",\"properties\":{" + many + "}}"))
                .accepts("{\"p7\":null,\"p199\":null}"));
        refused("{\"type\":\"object\",\"properties\":{" + many + ",\"q\":{}}}", "#", "properties");
    }

    @Test
    void values() {
        var many = each(Limits.VALUES, Integer::toString);
        grammar("{\"enum\":[" + many + "]}");
        refused("{\"enum\":[" + many + ",-1]}", "#", "enum");
    }

    @Test
    void alternatives() {
        var many = each(Limits.ALTERNATIVES, i -> "{\"const\":" + i + "}");
        grammar("{\"anyOf\":[" + many + "]}");
        refused("{\"anyOf\":[" + many + ",{\"const\":-1}]}", "#", "anyOf");
        refused("{\"prefixItems\":[" + many + ",{\"const\":-1}]}", "#", "prefixItems");
        // Two that are allowed each come to more together.
        var some = each(20, i -> "{\"minimum\":" + i + "}");
        refused("{\"allOf\":[{\"anyOf\":[" + some + "]},{\"anyOf\":[" + some + "]}]}", "#/allOf/1", "anyOf");
    }

    @Test
    void meetings() {
        var parts = each(150, i -> "{\"anyOf\":[" + each(150, j -> "{\"minimum\":" + (i + j) + "}") + "]}");
        var e = assertThrows(
                SchemaException.class,
                () -> grammar("{\"prefixItems\":[" + each(3, _ -> "{\"allOf\":[" + parts + "]}") + "]}"));
        assertTrue(
                e.keyword().equals("anyOf")
                        || e.keyword().equals("allOf")
                        || e.keyword().isEmpty(),
                e.keyword());
    }

    @Test
    void items() {
        grammar("{\"items\":{\"type\":\"null\"},\"minItems\":1000,\"maxItems\":1000}");
        for (var keyword : new String[] {"minItems", "maxItems"}) {
            refused("{\"" + keyword + "\":1001}", "#", keyword);
        }
    }

    @Test
    void length() {
        var grammar = Gbnf.read(grammar("{\"type\":\"string\",\"minLength\":1200,\"maxLength\":10000}"));
        for (var length : new int[] {1200, 1700, 1999, 2345, 9999, 10000}) {
            assertTrue(grammar.accepts("\"" + "x".repeat(length) + "\""), "" + length);
        }
        for (var length : new int[] {0, 1199, 10001}) {
            assertTrue(!grammar.accepts("\"" + "x".repeat(length) + "\""), "" + length);
        }
        for (var keyword : new String[] {"minLength", "maxLength"}) {
            refused("{\"" + keyword + "\":10001}", "#", keyword);
        }
    }

    @Test
    void states() {
        refused("{\"type\":\"string\",\"pattern\":\"^(?:a{999}b{999}c){2}$\"}", "#", "pattern");
        refused(
                "{\"type\":\"string\",\"allOf\":[{\"pattern\":\"^(?:a{31})*$\"},{\"pattern\":\"^(?:a{37})*$\"},{\"pattern\":\"^(?:a{41})*$\"}]}",
                "#/allOf/2",
                "pattern");
    }

    @Test
    void references() {
        // Each leads to the next; the last is nothing in particular.
        for (var count : new int[] {Limits.LEADS - 2, 2 * Limits.LEADS}) {
            var chain = each(count, i -> "\"d" + i + "\":{\"$ref\":\"#/$defs/d" + (i + 1) + "\"}");
            var schema = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + chain + ",\"d" + count + "\":{\"type\":\"null\"}}}";
            if (count < Limits.LEADS) {
                grammar(schema);
            } else {
                assertEquals(
                        "",
                        assertThrows(SchemaException.class, () -> grammar(schema))
                                .keyword());
            }
        }
        // Through properties there may be more, but not more that must be there.
        var long1 = each(
                1000,
                i -> "\"d" + i + "\":{\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":\"#/$defs/d" + (i + 1)
                        + "\"}}}");
        grammar("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + long1 + ",\"d1000\":{\"type\":\"null\"}}}");
        var must = long1.replace("\"type\":\"object\"", "\"type\":\"object\",\"required\":[\"n\"]");
        refused(
                "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + must + ",\"d1000\":{\"type\":\"null\"}}}",
                "#/$defs/d100/properties/n",
                "");
    }

    @Test
    void schemasThatAreCombinedWithOneAnotherForEver() {
        // Each property is all that was said so far, and one more thing.
        var names = List.of("a", "b", "c", "d");
        var definitions = names.stream()
                .map(name -> "\"" + name + "\":{\"type\":\"object\",\"properties\":{\"x\":{\"allOf\":["
                        + names.stream()
                                .map(other -> "{\"$ref\":\"#/$defs/" + other + "\"}")
                                .collect(Collectors.joining(","))
                        + "]}}}")
                .collect(Collectors.joining(","));
        var gbnf = grammar(
                "{\"allOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/b\"}],\"$defs\":{" + definitions + "}}");
        assertTrue(Gbnf.read(gbnf).accepts("{\"x\":{\"x\":{}}}"));
    }

    @Test
    void aSmallStackIsEnough() throws InterruptedException {
        var chain = each(
                Limits.LEADS - 2,
                i -> "\"d" + i + "\":{\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":\"#/$defs/d" + (i + 1)
                        + "\"}},\"required\":[\"n\"]}");
        var schemas = List.of(
                nested(Limits.DEPTH),
                "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + chain + ",\"d" + (Limits.LEADS - 2)
                        + "\":{\"type\":\"null\"}}}",
                "{\"type\":\"object\",\"properties\":{"
                        + each(Limits.OPTIONAL_PROPERTIES, i -> "\"p" + i + "\":{\"type\":\"null\"}") + "}}");
        var failed = new AtomicReference<Throwable>();
        // Half of what the daemon's threads have.
        var small = new Thread(null, () -> schemas.forEach(LimitsTest::grammar), "small", 256 * 1024);
        small.setUncaughtExceptionHandler((_, e) -> failed.set(e));
        small.start();
        small.join();
        assertNull(failed.get());
    }

    @Test
    void waysToBegin() {
        // Each begins with all of the next, twice.
        var chain = each(
                20,
                i -> "\"d" + i + "\":{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/d"
                        + (i + 1)
                        + "\"}},\"required\":[\"a\"]},{\"type\":\"array\",\"prefixItems\":[{\"$ref\":\"#/$defs/d"
                        + (i + 1)
                        + "\"}]}]}");
        grammar("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + chain + ",\"d20\":{\"type\":\"null\"}}}");
        var doubled = each(
                20,
                i -> "\"d" + i + "\":{\"anyOf\":[{\"$ref\":\"#/$defs/d" + (i + 1) + "\"},{\"$ref\":\"#/$defs/d"
                        + (i + 1) + "\"}]}");
        grammar("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + doubled + ",\"d20\":{\"type\":\"null\"}}}");
    }

    @Test
    void sizeOfTheGrammar() {
        var text = "x".repeat(1000);
        var some = each(200, i -> "\"" + i + text + "\"");
        grammar("{\"enum\":[" + some + "]}");
        var more = each(270, i -> "\"" + i + text + "\"");
        refused("{\"enum\":[" + more + "]}", "#", "");
    }

    @Test
    void repetitionsTogether() {
        var arrays = each(70, i -> "\"p" + i + "\":{\"type\":\"string\",\"maxLength\":" + (400 + i) + "}");
        grammar("{\"type\":\"object\",\"properties\":{" + arrays + "}}");
        var more = each(200, i -> "\"p" + i + "\":{\"type\":\"string\",\"maxLength\":" + (300 + i) + "}");
        refused("{\"type\":\"object\",\"properties\":{" + more + "}}", "#", "");
    }
}

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
        // One less.
        var group = "{\"enum\":[1],\"prefixItems\":[" + each(99, _ -> "true") + "]}";
        var last = "{\"enum\":[1],\"prefixItems\":[" + each(98, _ -> "true") + "]}";
        grammar("{\"prefixItems\":[" + each(groups - 1, _ -> group) + "," + last + "]}");
    }

    @Test
    void names() {
        var name = "n".repeat(Limits.NAME);
        grammar("{\"type\":\"object\",\"required\":[\"" + name + "\"]}");
        refused("{\"type\":\"object\",\"required\":[\"" + name + "n\"]}", "#", "required");
        refused("{\"type\":\"object\",\"properties\":{\"" + name + "n\":{}}}", "#", "properties");
        var object = "{\"type\":\"object\",\"properties\":{"
                + each(128, i -> "\"" + (1000 + i) + "n".repeat(Limits.NAME - 4) + "\":{\"type\":\"null\"}") + "}}";
        grammar("{\"prefixItems\":[" + object + "," + object + "]}");
        refused(
                "{\"prefixItems\":[" + object + "," + object + ",{\"properties\":{\"q\":true}}]}",
                "#/prefixItems/2",
                "properties");
        // Names that are told from all others character by character.
        var some = each(50, i -> "\"" + (100 + i) + "n".repeat(200) + "\"");
        refused("{\"type\":\"object\",\"required\":[" + some + "]}", "#", "additionalProperties");
    }

    @Test
    void lengthOfReferences() {
        var name = "n".repeat(Limits.REFERENCE - "#/$defs/".length());
        for (var longer : List.of("", "n")) {
            var schema = "{\"$ref\":\"#/$defs/" + name + longer + "\",\"$defs\":{\"" + name + longer
                    + "\":{\"type\":\"null\"}}}";
            if (longer.isEmpty()) {
                grammar(schema);
            } else {
                refused(schema, "#", "$ref");
            }
        }
        refused("{\"$ref\":\"#" + "/a".repeat(100_000) + "\"}", "#", "$ref");
    }

    @Test
    void lengthOfPlaces() {
        var name = "n".repeat(4_000);
        var array = "{\"type\":\"array\",\"prefixItems\":[" + each(200, _ -> "true") + "]}";
        for (var count : new int[] {1, 2}) {
            var schema = "{\"type\":\"object\",\"properties\":{"
                    + each(count, i -> "\"p" + i + "\":{\"$ref\":\"#/$defs/" + i + name + "\"}") + "},\"$defs\":{"
                    + each(count, i -> "\"" + i + name + "\":" + array) + "}}";
            if (count == 1) {
                grammar(schema);
            } else {
                refused(schema, "#", "");
            }
        }
    }

    private static long steps(String schema) {
        var budget = new Budget(Long.MAX_VALUE);
        SchemaGrammar.of(Oracle.json(schema), budget);
        return budget.spent();
    }

    private static void tooComplex(String schema, long steps) {
        var json = Oracle.json(schema);
        var e = assertThrows(SchemaException.class, () -> SchemaGrammar.of(json, new Budget(steps)));
        assertTrue(String.valueOf(e.getMessage()).startsWith("The schema is too complex"), e.getMessage());
    }

    @Test
    void steps() {
        for (var schema : List.of(
                "{\"type\":\"string\",\"pattern\":\"^(?:[a-f]{2}|[c-z]{3}){4}$\",\"minLength\":9}",
                "{\"oneOf\":[{\"const\":1},{\"const\":2}]}", "{\"type\":\"object\",\"required\":[\"abc\",\"abd\"]}")) {
            var steps = steps(schema);
            SchemaGrammar.of(Oracle.json(schema), new Budget(steps));
            tooComplex(schema, steps - 1);
        }
        // Every pair of values is compared.
        var choices = each(200, i -> "{\"enum\":[" + each(50, j -> "" + (50 * i + j)) + "]}");
        tooComplex("{\"oneOf\":[" + choices + "]}", Limits.STEPS);
    }

    @Test
    void howManyPairsAreToldApart() {
        var definitions = each(
                7,
                i -> "\"d" + i + "\":{\"type\":\"object\",\"properties\":{"
                        + each(20, j -> "\"p" + j + "\":{\"$ref\":\"#/$defs/d" + (i + 1) + "\"}") + "},\"required\":["
                        + each(20, j -> "\"p" + j + "\"") + "]}");
        var schema = Oracle.json("{\"oneOf\":[{\"$ref\":\"#/$defs/d0\"},{\"$ref\":\"#/$defs/d0\"}],\"$defs\":{"
                + definitions + ",\"d7\":{\"type\":\"null\"}}}");
        var budget = new Budget(Limits.STEPS);
        var e = assertThrows(SchemaException.class, () -> SchemaGrammar.of(schema, budget));
        assertEquals("oneOf", e.keyword());
        assertTrue(budget.spent() < 20_000, "steps: " + budget.spent());
    }

    @Test
    void rules() {
        var grammar = new Grammar(new Budget(Limits.STEPS));
        for (var i = 0; i < Limits.RULES; i++) {
            grammar.reserve("same");
        }
        assertThrows(SchemaException.class, () -> grammar.reserve("same"));
    }

    private static Expr texts(int count) {
        return Expr.alt(IntStream.range(0, count)
                .<Expr>mapToObj(_ -> new Expr.Text("a"))
                .toList());
    }

    @Test
    void beginnings() {
        for (var more : new int[] {998, 999}) {
            var grammar = new Grammar(new Budget(Limits.STEPS));
            // 2 ways, 999, 98 times 1000, and 999 or 1000.
            grammar.rule("root", new Expr.Text("a"));
            var many = grammar.rule("many", texts(998));
            for (var i = 0; i < 98; i++) {
                grammar.rule("again", many);
            }
            grammar.rule("more", texts(more));
            if (more == 998) {
                grammar.print();
            } else {
                assertThrows(SchemaException.class, grammar::print);
            }
        }
    }

    @Test
    void chain() {
        for (var count : new int[] {Limits.CHAIN, Limits.CHAIN + 1}) {
            var grammar = new Grammar(new Budget(Limits.STEPS));
            var rule = grammar.rule("r", new Expr.Text("a"));
            for (var i = 1; i < count; i++) {
                rule = grammar.rule("r", rule);
            }
            if (count == Limits.CHAIN) {
                grammar.print();
            } else {
                assertThrows(SchemaException.class, grammar::print);
            }
        }
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

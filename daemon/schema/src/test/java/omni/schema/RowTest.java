package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import omni.schema.SchemaGrammar.Framed;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Values of several schemas, each with what stands around it. */
class RowTest {
    private static final String CITY =
            "{'type':'object','properties':{'city':{'$ref':'#/$defs/name'}},'required':['city'],'$defs':{'name':{'type':'string'}}}";
    private static final String COUNT =
            "{'type':'object','properties':{'n':{'$ref':'#/$defs/name'}},'required':['n'],'$defs':{'name':{'enum':[1,2]}}}";
    private static final String ODD = "{'type':'object','minProperties':1}";

    private static JsonNode json(String text) {
        return Oracle.MAPPER.readTree(text.replace('\'', '"'));
    }

    private static Framed form(String name, String schema, boolean strict) {
        return new Framed("<" + name + ":", json(schema), ">", strict);
    }

    private static Gbnf row(List<Framed> forms, Optional<String> between) {
        return Gbnf.read(SchemaGrammar.row(forms, "=", between));
    }

    @Test
    void holdsEachValueToItsOwnSchema() {
        var grammar = row(List.of(form("f", CITY, true), form("g", COUNT, true)), Optional.of(";"));
        assertTrue(grammar.accepts("=<f:{\"city\":\"Oslo\"}>"));
        assertTrue(grammar.accepts("=<g:{\"n\":2}>;<f:{\"city\": \"\"}>;<g:{\"n\":1}>"));
        for (var no :
                List.of("", "=", "=<f:{\"n\":2}>", "=<g:{\"n\":3}>", "=<h:{}>", "=<g:{\"n\":1}>;", "<g:{\"n\":1}>")) {
            assertFalse(grammar.accepts(no), no);
        }
    }

    @Test
    void oneMayBeAll() {
        var grammar = row(List.of(form("g", COUNT, true)), Optional.empty());
        assertTrue(grammar.accepts("=<g:{\"n\":2}>"));
        assertFalse(grammar.accepts("=<g:{\"n\":2}>;<g:{\"n\":2}>"));
    }

    @Test
    void aStrictSchemaThatCannotBeHonouredIsRefusedByItsPlace() {
        var forms = List.of(form("f", CITY, true), form("g", ODD, true));
        var refused = assertThrows(SchemaException.class, () -> row(forms, Optional.empty()));
        assertEquals(OptionalInt.of(1), refused.index());
        assertEquals("minProperties", refused.keyword());
    }

    @Test
    void anotherBecomesAnyObject() {
        var grammar = row(List.of(form("f", ODD, false), form("g", COUNT, false)), Optional.empty());
        assertTrue(grammar.accepts("=<f:{}>"));
        assertTrue(grammar.accepts("=<f:{\"a\":[1]}>"));
        assertFalse(grammar.accepts("=<f:1>"));
        assertFalse(grammar.accepts("=<g:{}>"), "the others are held to theirs");
    }

    /** As many as a request may have, each too much by itself: what is left is enough for any objects. */
    @Test
    void thereIsAlwaysEnoughForAnyObjects() {
        var huge = "{'type':'object','properties':{'a':{'type':'string','pattern':'^(?:(?:a{0,1000}){0,1000})$'}}}";
        var forms = IntStream.range(0, 128)
                .mapToObj(i -> form("f" + i, huge, false))
                .toList();
        assertTrue(row(forms, Optional.of(";")).accepts("=<f127:{\"b\":1}>;<f0:{}>"));
    }

    /** One hundred that are each well within the bounds are not together. */
    @Test
    void tooMuchTogetherIsRefusedOrAnyObject() {
        var large = "{'type':'object','properties':{'a':{'type':'string','pattern':'^[a-y]{900}$'}}}";
        for (var strict : List.of(true, false)) {
            var forms = IntStream.range(0, 100)
                    .mapToObj(i -> form("f" + i, large, strict))
                    .toList();
            if (strict) {
                assertThrows(SchemaException.class, () -> row(forms, Optional.empty()));
            } else {
                assertTrue(row(forms, Optional.empty()).accepts("=<f7:{\"b\":1}>"));
            }
        }
        assertFalse(row(List.of(form("f", large, true)), Optional.empty()).accepts("=<f:{\"b\":1}>"));
    }
}

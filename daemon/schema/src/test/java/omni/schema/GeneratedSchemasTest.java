package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneratedSchemasTest {
    private static final int SCHEMAS = 500;

    @Test
    void whatTheGrammarAllowsFulfilsTheSchemaAndTheOtherWayRound() {
        var random = new SplittableRandom(8);
        var schemas = new RandomSchemas(random.split());
        var trial = new Trial(random.split());
        for (var i = 0; i < SCHEMAS; i++) {
            var schema = schemas.next();
            var gbnf = SchemaGrammar.of(schema);
            var number = i;
            assertEquals(
                    List.of(), trial.findings(schema, gbnf), () -> "schema " + number + ": " + schema + "\n" + gbnf);
            assertEquals(Gbnf.read(gbnf).names(), Gbnf.read(gbnf).reached(), "rules without use");
        }
        assertTrue(trial.valid() > 2000, "changed and valid: " + trial.valid());
        assertTrue(trial.invalid() > 2000, "changed and invalid: " + trial.invalid());
    }

    @Test
    void oneOfBesideOthers() {
        var random = new SplittableRandom(9);
        var schemas = new RandomSchemas(random.split());
        var trial = new Trial(random.split());
        for (var i = 0; i < SCHEMAS / 5; i++) {
            var schema = schemas.oneOfBeside();
            var gbnf = SchemaGrammar.of(schema);
            assertEquals(List.of(), trial.findings(schema, gbnf), () -> schema + "\n" + gbnf);
        }
        assertTrue(trial.valid() > 200 && trial.invalid() > 200, trial.valid() + " " + trial.invalid());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{\"type\":\"integer\",\"minimum\":3,\"maximum\":40}~[1-3]~[1-9]",
                "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}~{2,3}~{1,3}",
                "{\"type\":\"string\",\"maxLength\":3}~{0,3}~{0,2}",
                "{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"minItems\":2}~root-more+~root-more*",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"a\"],\"additionalProperties\":false}~ws \"\\\"a\\\":\" ws \"null\" ws~ws ( \"\\\"a\\\":\" ws \"null\" ws | \"\" )",
                "{\"enum\":[\"a\",\"b\"]}~\\\"b\\\"~\\\"c\\\"",
                "{\"type\":\"boolean\"}~\"false\"~\"null\"",
            })
    void aLoosenedRuleIsFound(String schema, String rule, String loosened) {
        var node = Oracle.json(schema);
        var gbnf = SchemaGrammar.of(node);
        var changed = gbnf.replace(rule, loosened);
        assertNotEquals(gbnf, changed, () -> "no such rule in\n" + gbnf);
        assertEquals(List.of(), new Trial(new SplittableRandom(1)).findings(node, gbnf));
        assertFalse(new Trial(new SplittableRandom(1)).findings(node, changed).isEmpty(), changed);
    }
}

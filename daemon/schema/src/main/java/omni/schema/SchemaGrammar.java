package omni.schema;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The grammar of what a JSON Schema (draft 2020-12) allows, as GBNF whose first rule is {@code root}.
 *
 * <p>Whatever the grammar allows is JSON and fulfils the schema. The other way round, a value that fulfils the schema is
 * allowed when it is written as models write: properties in the schema's order, others behind them, at most a space or a
 * line break with 20 spaces between two parts, and with these bounds: 18 digits before the point, 15 behind it, no exponent
 * where a number has bounds. A schema that lists properties and does not speak of others allows no others; one that names
 * no type and speaks of one alone means that one.
 */
public final class SchemaGrammar {
    private static final String ANY_OBJECT =
            of(JsonNodeFactory.instance.objectNode().put("type", "object"));

    private SchemaGrammar() {}

    /**
     * The grammar of a schema.
     *
     * @param schema an object, or {@code true}
     * @return GBNF, at most 256 Ki characters
     * @throws SchemaException if it cannot be honoured whole, naming keyword and place
     */
    public static String of(JsonNode schema) {
        return of(schema, new Budget(Limits.STEPS));
    }

    static String of(JsonNode schema, Budget budget) {
        var reader = new SchemaReader(schema, budget);
        return new GbnfWriter(reader, new Alternatives(reader, budget), budget).write();
    }

    /** The grammar of all JSON objects. */
    public static String anyObject() {
        return ANY_OBJECT;
    }
}

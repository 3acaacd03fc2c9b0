package omni.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private static final JsonNode OBJECT = JsonNodeFactory.instance.objectNode().put("type", "object");
    private static final String ANY_OBJECT = of(OBJECT);

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
        var grammar = new Grammar(budget);
        write(schema, budget, grammar, grammar.reserve(Grammar.ROOT));
        return grammar.print();
    }

    private static void write(JsonNode schema, Budget budget, Grammar grammar, String rule) {
        var reader = new SchemaReader(schema, budget);
        new GbnfWriter(reader, new Alternatives(reader, budget), budget, grammar).write(rule);
    }

    /**
     * A value with what stands before and behind it, such as the call of a function with its arguments.
     *
     * @param strict whether the schema has to be honoured; where it has not and cannot be, the value is any object
     */
    public record Framed(String before, JsonNode schema, String after, boolean strict) {}

    /**
     * The grammar of a row of such values, each of any of these forms. All of them together may cost no more than one schema by
     * itself: each is tried, and then they are written.
     *
     * @param opening what stands before the first
     * @param between what stands between two; where there is none, there is one value only
     * @return GBNF, at most 256 Ki characters
     * @throws SchemaException if a strict schema cannot be honoured whole, naming it; or all of them together cannot
     */
    public static String row(List<Framed> forms, String opening, Optional<String> between) {
        var budget = new Budget(Limits.STEPS - Limits.LOOSE_STEPS);
        var honoured = new ArrayList<Framed>();
        for (var i = 0; i < forms.size(); i++) {
            honoured.add(honoured(forms.get(i), i, budget));
        }
        try {
            return row(honoured, opening, between, budget);
        } catch (SchemaException e) {
            if (forms.stream().anyMatch(Framed::strict)) {
                throw e;
            }
            return row(
                    forms.stream().map(SchemaGrammar::loose).toList(),
                    opening,
                    between,
                    new Budget(Limits.LOOSE_STEPS));
        }
    }

    private static Framed honoured(Framed form, int index, Budget budget) {
        try {
            of(form.schema(), budget);
            return form;
        } catch (SchemaException e) {
            if (form.strict()) {
                throw e.of(index);
            }
            return loose(form);
        }
    }

    private static Framed loose(Framed form) {
        return new Framed(form.before(), OBJECT, form.after(), false);
    }

    private static String row(List<Framed> forms, String opening, Optional<String> between, Budget budget) {
        var grammar = new Grammar(budget);
        var root = grammar.reserve(Grammar.ROOT);
        var choices = new ArrayList<Expr>();
        for (var form : forms) {
            var value = grammar.reserve("value");
            write(form.schema(), budget, grammar, value);
            choices.add(Expr.seq(new Expr.Text(form.before()), new Expr.Ref(value), new Expr.Text(form.after())));
        }
        var one = grammar.rule("framed", Expr.alt(choices));
        var more = between.map(text -> (Expr) new Expr.Repeat(
                        grammar.rule("more-framed", Expr.seq(new Expr.Text(text), one)), 0, Shape.NO_END))
                .orElse(Expr.EMPTY);
        grammar.define(root, Expr.seq(new Expr.Text(opening), one, more));
        return grammar.print();
    }

    /** The grammar of all JSON objects. */
    public static String anyObject() {
        return ANY_OBJECT;
    }
}

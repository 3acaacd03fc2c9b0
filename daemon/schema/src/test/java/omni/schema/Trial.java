package omni.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Holds a grammar against its schema, by another's validator and by chance. */
final class Trial {
    private static final int DRAWN = 8;
    private static final int MUTANTS = 4;
    private static final int STEPS = 120;

    private final SplittableRandom random;
    private int valid;
    private int invalid;

    Trial(SplittableRandom random) {
        this.random = random;
    }

    /** How many changed values fulfilled their schema. */
    int valid() {
        return valid;
    }

    /** How many did not. */
    int invalid() {
        return invalid;
    }

    /** Where they differ: texts drawn from the grammar that do not fulfil it, changed ones on which they disagree. */
    List<String> findings(JsonNode schema, String gbnf) {
        var oracle = new Oracle(schema);
        var grammar = Gbnf.read(gbnf);
        var findings = new ArrayList<String>();
        for (var i = 0; i < DRAWN; i++) {
            var text = grammar.draw(random, random.nextInt(STEPS));
            JsonNode value;
            try {
                value = Oracle.json(text);
            } catch (JacksonException e) {
                findings.add("no JSON: " + text);
                continue;
            }
            if (!oracle.fulfils(text)) {
                findings.add("drawn, but does not fulfil the schema: " + text);
                continue;
            }
            if (!grammar.accepts(text)) {
                findings.add("drawn, but not accepted: " + text);
            }
            var mutants = new Mutants(random);
            for (var j = 0; j < MUTANTS; j++) {
                var mutant = mutants.of(value);
                var fulfils = oracle.fulfils(mutant);
                valid += fulfils ? 1 : 0;
                invalid += fulfils ? 0 : 1;
                if (fulfils != grammar.accepts(mutant)) {
                    findings.add((fulfils ? "fulfils the schema, but is not accepted: " : "accepted, but does not: ")
                            + mutant);
                }
            }
        }
        return findings;
    }
}

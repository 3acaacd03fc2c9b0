package omni.llama;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import omni.schema.SchemaGrammar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The grammars that {@code omni.schema} writes are taken, up to its bounds, and hold a model to their schemas. */
class SchemaGrammarTest {
    private static final int[] SEEDS = {1, 2, 3};

    private static String grammar(String schema) {
        return SchemaGrammar.of(JsonMapper.shared().readTree(schema.replace('\'', '"')));
    }

    private static String each(int count, IntFunction<String> one) {
        return IntStream.range(0, count).mapToObj(one).collect(Collectors.joining(","));
    }

    static List<String> largest() {
        return List.of(
                "true",
                "{'properties':{" + each(200, i -> "'p" + i + "':{'type':'null'}") + "}}",
                "{'properties':{" + each(1000, i -> "'p" + i + "':true") + "},'required':["
                        + each(1000, i -> "'p" + i + "'") + "]}",
                "{'properties':{" + each(200, i -> "'p" + i + "':{'type':'integer','minimum':" + i + "}")
                        + "},'additionalProperties':{'type':'string'}}",
                "{'anyOf':[" + each(200, i -> "{'type':'object','properties':{'a':{'const':" + i + "}}}") + "]}",
                "{'enum':[" + each(1000, Integer::toString) + "]}",
                "{'type':'string','minLength':700,'maxLength':10000}",
                "{'type':'array','items':{'type':'number'},'minItems':1000,'maxItems':1000}",
                "{'type':'array','prefixItems':[" + each(200, _ -> "{'type':'null'}") + "]}",
                "{'type':'string','pattern':'^(?:[a-z]{3}-){1,300}$'}",
                "{'properties':{"
                        + each(
                                10,
                                i -> "'f" + i + "':{'type':'string','format':'"
                                        + List.of(
                                                        "date",
                                                        "time",
                                                        "date-time",
                                                        "duration",
                                                        "uuid",
                                                        "email",
                                                        "hostname",
                                                        "ipv4",
                                                        "ipv6",
                                                        "uri")
                                                .get(i)
                                        + "'}")
                        + "}}");
    }

    @ParameterizedTest
    @MethodSource("largest")
    void isTaken(String schema) {
        var gbnf = grammar(schema);
        assertDoesNotThrow(() -> Gbnf.check(gbnf, "root"));
        try (var sampler =
                Sampler.chain(Seed.MODEL).grammar(gbnf, "root").greedy().build()) {
            sampler.reset();
        }
    }

    @Test
    void holdsAModelToItsSchema() {
        var gbnf = grammar("{'type':'object','properties':{'kind':{'enum':['cat','dog']},'age':{'type':'integer',"
                + "'minimum':3,'maximum':17},'tags':{'type':'array','items':{'type':'string','pattern':'^[a-c]{1,3}$'},"
                + "'maxItems':2}},'required':['kind','age','tags'],'additionalProperties':false}");
        for (var seed : SEEDS) {
            try (var sampler = Sampler.chain(Seed.MODEL)
                    .grammar(gbnf, "root")
                    .temperature(2)
                    .dist(seed)
                    .build()) {
                var text = GrammarTest.write(sampler, 200);
                var value = JsonMapper.shared().readTree(text);
                assertEquals(List.of("kind", "age", "tags"), List.copyOf(value.propertyNames()), text);
                assertTrue(value.get("kind").stringValue().matches("cat|dog"), text);
                assertTrue(value.get("age").intValue() >= 3 && value.get("age").intValue() <= 17, text);
                assertTrue(
                        value.get("tags").values().stream()
                                .allMatch(tag -> tag.stringValue().matches("[a-c]{1,3}")),
                        text);
            }
        }
    }
}

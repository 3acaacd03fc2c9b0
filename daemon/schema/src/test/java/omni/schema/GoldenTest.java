package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The grammar of each keyword, to the letter; the file is for reading, too. */
class GoldenTest {
    private static final String FILE = "grammars.json";

    private static JsonNode file() {
        try (var in = GoldenTest.class.getResourceAsStream(FILE)) {
            return Oracle.MAPPER.readTree(in);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static Iterable<JsonNode> cases() {
        return file().values();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isWrittenLikeThis(JsonNode golden) {
        var lines = golden.get("grammar").values().stream()
                .map(JsonNode::stringValue)
                .collect(Collectors.joining("\n", "", "\n"));
        assertEquals(lines, SchemaGrammar.of(golden.get("schema")));
    }

    @Test
    void everyKeywordIsThere() {
        var keywords = new HashSet<String>();
        cases().forEach(golden -> collect(golden.get("schema"), keywords));
        assertEquals(Set.of(), missing(keywords), "keywords without a grammar in " + FILE);
        assertTrue(missing(Set.of()).contains("type"));
    }

    private static Set<String> missing(Set<String> keywords) {
        var missing = new HashSet<>(SchemaReader.HONOURED);
        missing.removeAll(keywords);
        return missing;
    }

    private static void collect(JsonNode node, Set<String> keywords) {
        keywords.addAll(node.propertyNames());
        node.values().forEach(value -> collect(value, keywords));
    }
}

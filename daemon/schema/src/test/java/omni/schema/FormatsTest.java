package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.JsonNodeFactory;

class FormatsTest {
    private record Format(List<String> right, List<String> wrong) {}

    private static final Map<String, Format> EXAMPLES = Map.of(
            "date",
            new Format(
                    List.of("2024-02-29", "2000-02-29", "0001-01-31", "1999-12-31"),
                    List.of("2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-1-01", "2024-00-10")),
            "time",
            new Format(
                    List.of("00:00:00Z", "23:59:59.123+01:00"),
                    List.of("24:00:00Z", "12:60:00Z", "12:00:00", "12:00Z", "12:00:00+24:00")),
            "date-time",
            new Format(
                    List.of("2024-02-29T12:00:00Z", "2024-11-30T23:59:59.5-08:00"),
                    List.of("2023-02-29T12:00:00Z", "2024-02-29 12:00:00Z", "2024-02-29T12:00:00")),
            "duration",
            new Format(
                    List.of("P1Y2M3DT4H5M6S", "PT36H", "P2W", "P0D", "P1YT5S"),
                    List.of("P", "PT", "P1D2Y", "1D", "P1YT", "P1W2D")),
            "uuid",
            new Format(
                    List.of("2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"),
                    List.of("2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "")),
            "email",
            new Format(
                    List.of("joe.bloggs@example.com", "a+b@x.org"),
                    List.of("2962", "joe@", "@example.com", "a b@c.de")),
            "hostname",
            new Format(
                    List.of("www.example.com", "a-b.c.example"), List.of("-a.com", "a-.com", "a..com", "", "a_b.com")),
            "ipv4",
            new Format(List.of("192.168.0.1", "0.0.0.0", "255.255.255.255"), List.of("256.1.1.1", "1.1.1", "01.1.1.1")),
            "ipv6",
            new Format(
                    List.of("::1", "::", "12:34:56:78:9a:bc:de:f0", "fe80::1", "1:2:3:4:5:6:7::"),
                    List.of("1:2:3:4:5:6:7", "::1::2", "12345::", "1:2:3:4:5:6:7:8:9", "g::1")),
            "uri",
            new Format(
                    List.of("https://example.com", "http://a.b.example:8080/x/y%20z?q=1#top"),
                    List.of("example.com", "https://", "https://exa mple.com", "http://a.example/%zz")));

    static Iterable<String> names() {
        return Formats.PATTERNS.keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void hasItsForm(String name) {
        var schema = JsonNodeFactory.instance.objectNode().put("type", "string").put("format", name);
        var grammar = Gbnf.read(SchemaGrammar.of(schema));
        var oracle = new Oracle(schema);
        var examples = Objects.requireNonNull(EXAMPLES.get(name));
        for (var right : examples.right()) {
            assertTrue(grammar.accepts("\"" + right + "\""), right);
        }
        for (var wrong : examples.wrong()) {
            assertTrue(!grammar.accepts("\"" + wrong + "\""), wrong);
        }
        var random = new SplittableRandom(4);
        for (var i = 0; i < 300; i++) {
            var drawn = grammar.draw(random, random.nextInt(80));
            // The validator knows which top-level domains there are, for addresses.
            var text = name.equals("email") ? drawn.replaceFirst("\\.[A-Za-z]+\"$", ".com\"") : drawn;
            assertTrue(oracle.fulfils(text), name + ": " + text);
        }
    }

    @Test
    void eachHasExamples() {
        assertEquals(Formats.PATTERNS.keySet(), EXAMPLES.keySet());
    }
}

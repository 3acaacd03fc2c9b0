package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NumberRangeTest {
    private static Gbnf grammar(String schema) {
        return Gbnf.read(SchemaGrammar.of(Oracle.json(schema)));
    }

    @Test
    void wholeNumbersAreThoseInTheRangeAndNoOthers() {
        for (var low = -23; low <= 23; low += 3) {
            for (var high = low; high <= 123; high += 7) {
                var grammar = grammar("{\"type\":\"integer\",\"minimum\":" + low + ",\"maximum\":" + high + "}");
                for (var i = -130; i <= 130; i++) {
                    assertEquals(
                            low <= i && i <= high, grammar.accepts(Integer.toString(i)), low + "…" + high + ": " + i);
                }
                assertFalse(grammar.accepts("-0") || grammar.accepts("01") || grammar.accepts("1.0"));
            }
        }
    }

    @Test
    void largeWholeNumbers() {
        var random = new SplittableRandom(3);
        for (var i = 0; i < 300; i++) {
            var a = random.nextLong(-999_999_999_999_999_999L, 999_999_999_999_999_999L) >> random.nextInt(60);
            var b = random.nextLong(-999_999_999_999_999_999L, 999_999_999_999_999_999L) >> random.nextInt(60);
            var low = Math.min(a, b);
            var high = Math.max(a, b);
            var grammar = grammar("{\"type\":\"integer\",\"minimum\":" + low + ",\"maximum\":" + high + "}");
            for (var value : List.of(low - 1, low, low + 1, low / 2 + high / 2, high - 1, high, high + 1, 0L)) {
                assertEquals(low <= value && value <= high, grammar.accepts(Long.toString(value)), low + "…" + high);
            }
        }
    }

    @Test
    void fractionsAreThoseInTheRangeAndNoOthers() {
        var bounds =
                List.of("-12.5", "-2", "-1.25", "-0.5", "0", "0.05", "0.5", "0.75", "1", "1.2", "3.14", "10", "99.99");
        var values = new ArrayList<BigDecimal>();
        for (var i = -1300; i <= 1300; i++) {
            values.add(BigDecimal.valueOf(i, 2));
        }
        List.of("-12.501", "-0.0001", "0.049", "0.7500001", "3.1399", "3.1401", "99.98", "99.99", "99.991", "100")
                .forEach(value -> values.add(new BigDecimal(value)));
        for (var low : bounds) {
            for (var high : bounds) {
                for (var open = 0; open < 4; open++) {
                    var least = new BigDecimal(low);
                    var most = new BigDecimal(high);
                    var order = least.compareTo(most);
                    if (order > 0 || (order == 0 && open > 0)) {
                        continue;
                    }
                    var from = (open & 1) == 0 ? "minimum" : "exclusiveMinimum";
                    var to = (open & 2) == 0 ? "maximum" : "exclusiveMaximum";
                    var schema = "{\"type\":\"number\",\"" + from + "\":" + low + ",\"" + to + "\":" + high + "}";
                    var grammar = grammar(schema);
                    for (var value : values) {
                        var above = value.compareTo(least) > 0 || ((open & 1) == 0 && value.compareTo(least) == 0);
                        var below = value.compareTo(most) < 0 || ((open & 2) == 0 && value.compareTo(most) == 0);
                        var text = value.toPlainString();
                        assertEquals(above && below, grammar.accepts(text), schema + ": " + text);
                    }
                }
            }
        }
    }

    @Test
    void oneBoundAlone() {
        var above = grammar("{\"type\":\"number\",\"exclusiveMinimum\":9.5}");
        assertTrue(above.accepts("9.50001") && above.accepts("10") && above.accepts("123456789012345678.5"));
        assertFalse(above.accepts("9.5") || above.accepts("-10") || above.accepts("9.4999"));
        var below = grammar("{\"type\":\"integer\",\"maximum\":-10}");
        assertTrue(below.accepts("-10") && below.accepts("-999999999999999999"));
        assertFalse(below.accepts("-9") || below.accepts("10") || below.accepts("0"));
    }

    @Test
    void noNumberIsReadAsABoundThatIsNotAllowed() {
        var grammar = grammar("{\"type\":\"number\",\"exclusiveMaximum\":10}");
        assertTrue(grammar.accepts("9.9999999999999"));
        assertTrue(Double.parseDouble("9.9999999999999") < 10);
        assertFalse(grammar.accepts("9.9999999999999999"));
        assertEquals(10.0, Double.parseDouble("9.9999999999999999"));
    }
}

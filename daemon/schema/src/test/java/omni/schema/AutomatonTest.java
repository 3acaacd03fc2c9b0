package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AutomatonTest {
    private static Automaton of(String pattern) throws Exception {
        return Automaton.of(Regex.read(pattern), new Budget(Limits.STEPS));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "^a",
                "b$",
                "^ab$",
                "^(a|b)*c$",
                "^a{2,3}b{0,1}c{2}$",
                "a{2,}",
                "^[a-c]+$|^d",
                "^[^a]$",
                "^.b",
                "^\\w\\W\\d?$",
                "^(?:ab?)+?$",
                "^(?<x>a)b*?$",
                "^()$",
                "^(a*)*b$",
                "^[\\d-]+$",
                "^a\\.b\\\\$",
                "^[\\]\\-^]+$",
                "^\\x61\\u0062\\u{63}$",
                "^(a|ab)(c|bcd)(d*)$",
                "^$|^a$",
            })
    void acceptsWhatJavaFinds(String pattern) throws Exception {
        // The same in both languages but for this escape.
        var java = Pattern.compile(pattern.replace("\\u{63}", "c"));
        var automaton = of(pattern);
        var random = new SplittableRandom(5);
        var alphabet = "aabbccdd01-.\\]^_ é".codePoints().toArray();
        for (var i = 0; i < 4000; i++) {
            var text = new StringBuilder();
            for (var j = random.nextInt(8); j > 0; j--) {
                text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
            }
            assertEquals(
                    java.matcher(text).find(),
                    automaton.accepts(text.toString(), new Budget(Limits.STEPS)),
                    pattern + ": " + text);
        }
    }

    @Test
    void combines() throws Exception {
        var budget = new Budget(Limits.STEPS);
        var both = of("^a+$").and(of("^.{3,4}$"), budget);
        assertEquals(
                List.of(false, true, true, false),
                List.of("aa", "aaa", "aaaa", "aaaaa").stream()
                        .map(text -> both.accepts(text, new Budget(Limits.STEPS)))
                        .toList());
        assertTrue(of("^a+$").and(of("^b+$"), budget).isEmpty());
        assertTrue(Automaton.ofLength(2, 2, budget).accepts("😀é", budget));
        var except = Automaton.except(List.of("a", "ab", "", "é"), new Budget(Limits.STEPS));
        for (var text : Map.of("a", false, "ab", false, "", false, "é", false, "abc", true, "b", true, "😀", true)
                .entrySet()) {
            assertEquals(text.getValue(), except.accepts(text.getKey(), new Budget(Limits.STEPS)), text.getKey());
        }
    }

    @Test
    void isSmall() throws Exception {
        assertEquals(2, of("^(a|b|c)*x$").size());
        assertEquals(1, of("").size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                ")",
                "a)",
                "*",
                "a**",
                "{1}",
                "[",
                "[a",
                "a{2",
                "a{3,2}",
                "a{}",
                "\\",
                "\\b",
                "\\B",
                "\\1",
                "\\k<x>",
                "\\p{L}",
                "(?=a)",
                "(?!a)",
                "(?<=a)",
                "(?<!a)",
                "(?i)a",
                "a^b",
                "a$b",
                "(^a)",
                "(a$)",
                "[b-a]",
                "[\\d-z]",
                "\\ud800",
                "\\u{110000}",
                "\\xg0",
                "\\c",
                "]",
                "}",
                "\\q",
                "\\u{}",
                "(?<x",
            })
    void refusesWhatItCannotHonour(String pattern) {
        assertThrows(Regex.Invalid.class, () -> Regex.read(pattern));
    }

    @Test
    void bounds() throws Exception {
        Regex.read("a".repeat(Limits.PATTERN));
        assertThrows(Regex.Invalid.class, () -> Regex.read("a".repeat(Limits.PATTERN + 1)));
        Regex.read("(".repeat(Limits.PATTERN_DEPTH) + ")".repeat(Limits.PATTERN_DEPTH));
        assertThrows(
                Regex.Invalid.class,
                () -> Regex.read("(".repeat(Limits.PATTERN_DEPTH + 1) + ")".repeat(Limits.PATTERN_DEPTH + 1)));
        of("^a{" + Limits.PATTERN_REPETITIONS + "}$");
        assertThrows(Regex.Invalid.class, () -> Regex.read("a{" + (Limits.PATTERN_REPETITIONS + 1) + "}"));
        assertThrows(Automaton.TooLarge.class, () -> of("^(a{100}){100}$"));
        // Which of the last twelve characters was an a must be remembered: 2^12 states.
        assertThrows(Automaton.TooLarge.class, () -> of("a[ab]{12}$"));
    }
}

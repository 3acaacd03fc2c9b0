package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptsTest {
    private static final List<ToLongFunction<String>> TOKENIZERS = List.of(PromptsTest::words, PromptsTest::bytes);

    /** A word is a token, a long one several, as with a large vocabulary; eight tokens stand around a chat. */
    private static long words(String text) {
        return 8
                + Arrays.stream(text.split(" ", -1))
                        .mapToLong(word -> (word.length() + 5) / 6)
                        .sum();
    }

    /** A byte is a token and a blank three, as SentencePiece has it for words that it does not know. */
    private static long bytes(String text) {
        return text.replace(" ", "___").getBytes(StandardCharsets.UTF_8).length;
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 33, 512, 1500, 4096})
    void haveExactlyTheWantedLength(int tokens) {
        for (var tokenizer : TOKENIZERS) {
            var prompts = new Prompts(tokenizer, 1);
            var recipe = prompts.sized("", tokens);
            assertEquals(tokens, recipe.tokens());
            for (int number = 0; number < 5; number++) {
                assertEquals(tokens, tokenizer.applyAsLong(prompts.text(recipe, number)), "another order is as long");
            }
            var headed = prompts.sized("The time is 12:00:00.\n", tokens + 20);
            assertEquals(tokens + 20, headed.tokens());
            assertTrue(prompts.text(headed, 1).startsWith("The time is 12:00:00.\nRead: "));
        }
    }

    @Test
    void differFromOneAnotherAndAreTheSameAgain() {
        var prompts = new Prompts(PromptsTest::words, 1);
        var recipe = prompts.sized("", 200);
        assertNotEquals(prompts.text(recipe, 1), prompts.text(recipe, 2));
        assertNotEquals(prompts.brief(1), prompts.brief(2));
        assertEquals(prompts.text(recipe, 1), new Prompts(PromptsTest::words, 1).text(recipe, 1));
        assertNotEquals(prompts.text(recipe, 1), new Prompts(PromptsTest::words, 2).text(recipe, 1));
    }

    @Test
    void noTrialIsMuchLongerThanWhatIsWanted() {
        for (var tokenizer : TOKENIZERS) {
            var longest = new java.util.concurrent.atomic.AtomicLong();
            var prompts = new Prompts(
                    text -> longest.accumulateAndGet(tokenizer.applyAsLong(text), Math::max) == 0
                            ? 0
                            : tokenizer.applyAsLong(text),
                    1);
            prompts.sized("", 1500);
            assertTrue(longest.get() < 1650, "a trial of " + longest.get());
        }
    }

    @Test
    void aCountThatDoesNotFollowTheTextIsSaid() {
        var thrown = assertThrows(
                MeasureException.class, () -> new Prompts(_ -> 7, 1).sized("", 512), "7 tokens, whatever it is");
        assertEquals(
                "no prompt of 512 tokens could be made: the server counts 7 in the nearest one", thrown.getMessage());
    }
}

package omni.measure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes prompts of a wanted length in tokens, as one server counts them. A prompt is a row of short words and a tail of letters:
 * how many of each, trials find out. Words are tokenized one by one by all usual tokenizers, so that another order of the same
 * words is as long, and another prompt from its beginning on.
 */
final class Prompts {
    private static final String OPENING = "Read:";
    private static final List<String> WORDS = List.of(
            "apple", "river", "stone", "house", "light", "green", "table", "paper", "water", "bread", "cloud", "night",
            "horse", "field", "glass", "music", "chair", "plant", "metal", "train", "ocean", "sugar", "lemon", "tower",
            "snow", "fire", "wind", "road", "ship", "bird", "gold", "rain");
    private static final String LETTERS = "qzxjvkwq";
    private static final int TRIALS_MAX = 24;
    /** Two short prompts tell first what a word comes to: a long one may be too long for the server, or for patience. */
    private static final int FEW_WORDS = 2;

    private static final int MORE_WORDS = 10;
    private static final double TOKENS_PER_WORD_LEAST = 0.5;
    private static final double TOKENS_PER_WORD_MOST = 20;
    /** The order of words while the length is sought: the same, so that a server that remembers has little to do. */
    private static final long CALIBRATION = -1;

    /** As short as a short question is; nobody counts it. */
    private static final int SHORT_WORDS = 6;

    private final ToLongFunction<String> counter;
    private final long seed;
    /** 0 until it is known. */
    private double tokensPerWord;

    /**
     * The same seed makes the same prompts.
     *
     * @param counter how many tokens the server counts in a prompt
     */
    Prompts(ToLongFunction<String> counter, long seed) {
        this.counter = counter;
        this.seed = seed;
    }

    /**
     * How to make prompts of one length.
     *
     * @param head what stands before the words
     * @param words how many
     * @param tail how many letters after them
     * @param tokens how long they are
     */
    record Recipe(String head, int words, int tail, long tokens) {}

    /** A short question that nobody has asked with another number. */
    String brief(long number) {
        return text(new Recipe("", SHORT_WORDS, 1, 0), number);
    }

    /**
     * Finds out how to make prompts of a length.
     *
     * @param head what stands before the words, such as a line with a clock
     * @throws MeasureException where the server's counts do not come within one in a hundred
     */
    Recipe sized(String head, int tokens) {
        if (tokensPerWord == 0) {
            tokensPerWord = TOKENS_PER_WORD_LEAST;
            learn(trial(head, FEW_WORDS, 1), trial(head, MORE_WORDS, 1));
        }
        var words = Math.max(1, (int) (tokens / tokensPerWord));
        var tail = 1;
        Recipe before = null;
        Recipe best = null;
        for (int i = 0; i < TRIALS_MAX; i++) {
            var now = trial(head, words, tail);
            var lacking = tokens - now.tokens();
            if (best == null || Math.abs(lacking) < Math.abs(best.tokens() - tokens)) {
                best = now;
            }
            if (lacking == 0) {
                break;
            }
            learn(before, now);
            before = now;
            if (lacking > 0 && lacking < tokensPerWord) {
                tail += (int) lacking;
            } else if (lacking < 0 && -lacking < tail) {
                tail += (int) lacking;
            } else {
                // Rather too few words: the tail makes up for what lacks.
                words = Math.max(1, words + (int) Math.floor(lacking / tokensPerWord));
                tail = 1;
            }
        }
        if (best == null || Math.abs(best.tokens() - tokens) > Math.max(1, tokens / 100)) {
            throw new MeasureException(
                    MeasureException.Kind.UNUSABLE,
                    "no prompt of " + tokens + " tokens could be made: the server counts "
                            + (best == null ? "none" : best.tokens() + " in the nearest one"));
        }
        return best;
    }

    private Recipe trial(String head, int words, int tail) {
        var counted = counter.applyAsLong(text(new Recipe(head, words, tail, 0), CALIBRATION));
        return new Recipe(head, words, tail, counted);
    }

    /** What a word comes to, by two trials that differ in words alone; what stands around them is in both. */
    private void learn(@Nullable Recipe before, Recipe now) {
        if (before != null && before.tail() == now.tail() && before.words() != now.words()) {
            var slope = (double) (now.tokens() - before.tokens()) / (now.words() - before.words());
            tokensPerWord = Math.clamp(slope, TOKENS_PER_WORD_LEAST, TOKENS_PER_WORD_MOST);
        }
    }

    /** The prompt with that number. Another number is another order of the same words. */
    String text(Recipe recipe, long number) {
        var words = new ArrayList<String>(recipe.words());
        for (int i = 0; i < recipe.words(); i++) {
            words.add(WORDS.get(i % WORDS.size()));
        }
        Collections.shuffle(words, new Random(seed * 31 + number));
        var text = new StringBuilder(recipe.head()).append(OPENING);
        words.forEach(word -> text.append(' ').append(word));
        text.append(' ');
        for (int i = 0; i < recipe.tail(); i++) {
            text.append(LETTERS.charAt(i % LETTERS.length()));
        }
        return text.toString();
    }
}

package omni.engine;

import java.util.concurrent.atomic.AtomicInteger;
import omni.llama.Model;
import omni.llama.Vocab;

/**
 * The least number of tokens that a text can have, from its bytes alone: no token stands for more bytes than the longest
 * of the vocabulary, so a text of far more cannot fit a context and need not be tokenized to be refused.
 *
 * <p>Sound, not tight. Blanks do not count, because some special tokens swallow those beside them. A tokenizer that drops
 * or rewrites other text (BERT's, T5's) tells nothing here. The vocabulary is looked through when a text first is long
 * enough to matter. Thread-safe.
 *
 * <p>Source: llama.cpp v0.5.0, src/llama-vocab.cpp: the "llama" tokenizer makes at least one token of each byte that it
 * knows no longer one for, and writes a blank as U+2581; "gpt2" has a token for each byte.
 */
final class LeastTokens {
    /** No longest token is taken to be shorter: a byte that is no token of its own may take its character with it. */
    private static final int TOKEN_BYTES_MIN = 4;

    private static final int UNKNOWN = 0;
    private static final int NEVER = -1;

    private final Vocab vocab;
    private final String tokenizer;
    private final AtomicInteger tokenBytesMax = new AtomicInteger(UNKNOWN);

    LeastTokens(Model model) {
        this.vocab = model.vocab();
        this.tokenizer = model.meta("tokenizer.ggml.model").orElse("");
    }

    /** Returns a number of tokens that the text has at least; 0 where that cannot be said, or is below {@code from}. */
    int of(String text, int from) {
        if (text.length() < from) {
            return 0;
        }
        long bytes = solidBytes(text);
        if (bytes / TOKEN_BYTES_MIN < from) {
            return 0;
        }
        int longest = longest();
        if (longest == NEVER) {
            return 0;
        }
        long least = (bytes + longest - 1) / longest;
        return least < from ? 0 : (int) Math.min(least, Integer.MAX_VALUE);
    }

    private int longest() {
        int known = tokenBytesMax.get();
        if (known == UNKNOWN) {
            known = switch (tokenizer) {
                case "llama" -> measure(3);
                case "gpt2" -> measure(1);
                default -> NEVER;
            };
            tokenBytesMax.set(known);
        }
        return known;
    }

    /** The bytes of the longest token, where a blank stands for so many in a text. */
    private int measure(int blankBytes) {
        int longest = TOKEN_BYTES_MIN;
        for (int token = 0; token < vocab.size(); token++) {
            int bytes = 0;
            for (byte b : vocab.piece(token, true)) {
                bytes += b == ' ' ? blankBytes : 1;
            }
            longest = Math.max(longest, bytes);
        }
        return longest;
    }

    /** UTF-8 bytes of what is not a blank. */
    static long solidBytes(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > ' ' && c < 0x80) {
                bytes++;
            } else if (c >= 0x80) {
                bytes += c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
            }
        }
        return bytes;
    }
}

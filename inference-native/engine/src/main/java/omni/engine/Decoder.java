package omni.engine;

import java.util.Optional;
import omni.llama.Logits;

/**
 * What the decode loop needs of a model: a batch to fill, one call that computes it, and a token from each result. It
 * belongs to the decode thread alone.
 */
interface Decoder extends AutoCloseable {
    /** The end of one decode call. */
    enum Outcome {
        DONE,
        /** The KV cache has no room for the batch; nothing was computed. */
        NO_ROOM,
        /** {@link #interrupt} was called: the results are of no use. */
        INTERRUPTED
    }

    /** The state of one sequence's sampling. */
    interface Picker extends AutoCloseable {
        @Override
        void close();
    }

    /** The next token cannot be chosen, or never could: this sequence is at its end, the model is not. */
    final class Stuck extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stuck(String message) {
            super(message);
        }
    }

    /** Sequences that can be in the KV cache at once; their ids are 0 up to this. */
    int sequencesMax();

    /** Tokens one sequence may have. */
    int contextTokens();

    /** Tokens all sequences together may have in the KV cache. */
    int kvTokens();

    /** Tokens one decode call may have. */
    int batchTokens();

    /** Empties the batch. */
    void clear();

    /** Adds a token to the batch and returns its index there; only where {@code output} is set a result is computed. */
    int add(int token, int position, int sequence, boolean output);

    /**
     * Computes the batch.
     *
     * @throws EngineException.Failed if the library could not; the model is then of no more use
     */
    Outcome decode();

    /**
     * Makes the state of a sequence's sampling.
     *
     * @param form that {@link LoadedModel#holdsTo} took; empty where everything is allowed
     * @param prompt what penalties look back at, too
     * @throws Stuck if the grammar or a sampler cannot be used all the same
     */
    Picker picker(Sampling sampling, Optional<Form> form, int[] prompt);

    /**
     * Chooses the token that follows the batch's token at {@code index}.
     *
     * @throws Stuck if the grammar allows no token
     */
    int pick(Picker picker, int index);

    /** Returns what the model thinks of every token after the batch's token at {@code index}. */
    Logits logits(int index);

    /** Returns a token's bytes: a piece of UTF-8, perhaps of a character; none for a control token. */
    byte[] piece(int token);

    /** Whether the model ends its answer with this token. */
    boolean ends(int token);

    /** Frees a sequence's place in the KV cache. */
    void forget(int sequence);

    /**
     * Has a sequence that is not in the KV cache begin with the first tokens of one that is, and keeps them.
     *
     * @return false, and it begins with nothing, where the model cannot have a part of what it read
     */
    boolean share(int source, int target, int tokens);

    /**
     * Keeps the first tokens of a sequence in the KV cache, and no more.
     *
     * @return false, and nothing is kept, where the model cannot
     */
    boolean cut(int sequence, int tokens);

    /** Ends the decode call under way, or the next one, early. Any thread may call this method, and only this. */
    void interrupt();

    @Override
    void close();
}

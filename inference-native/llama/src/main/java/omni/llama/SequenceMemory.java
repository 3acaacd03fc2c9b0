package omni.llama;

import java.lang.foreign.MemorySegment;
import omni.llama.raw.Llama;

/**
 * The KV cache of a context, by sequence. Same thread contract as its {@link Context}.
 *
 * <p>Sequences are numbered 0 to {@code nSeqMax} - 1, positions from 0. A range is {@code from} (inclusive) to
 * {@code to} (exclusive); {@link #END} as {@code to} is the end of the sequence.
 */
public final class SequenceMemory {
    /** As the end of a range: all the rest. */
    public static final int END = Integer.MAX_VALUE;

    private final Context context;

    SequenceMemory(Context context) {
        this.context = context;
    }

    /**
     * Forgets a range of a sequence.
     *
     * @return false, and nothing is forgotten, where the model cannot forget a part (recurrent ones); a whole sequence
     *     always goes
     * @throws LlamaException if there is no such sequence or the range is none
     */
    public boolean removeSequence(int sequence, int from, int to) {
        checkRange(from, to);
        return Llama.llama_memory_seq_rm(memory(), context.sequence(sequence), from, to == END ? -1 : to);
    }

    /** Forgets a sequence. */
    public void removeSequence(int sequence) {
        removeSequence(sequence, 0, END);
    }

    /**
     * Lets {@code target} begin with a range of {@code source}; {@code target} must be empty. With a unified cache the
     * cells are shared, nothing is copied.
     *
     * @throws LlamaException if there is no such sequence, the range is none, {@code target} is not empty, or the cache
     *     is not unified and the range is not all of the source
     */
    public void copySequence(int source, int target, int from, int to) {
        checkRange(from, to);
        context.sequence(source);
        if (positionMax(target) >= 0) {
            throw new LlamaException("the target sequence is not empty", "sequence " + target, "Remove it first.");
        }
        var whole = from == 0 && (to == END || to > positionMax(source));
        if (!context.params().kvUnified() && !whole) {
            throw new LlamaException(
                    "a part of a sequence cannot be copied here",
                    "sequence " + source,
                    "Copy all of it and remove what is too much, or make the context with kvUnified.");
        }
        Llama.llama_memory_seq_cp(memory(), source, target, whole ? -1 : from, whole || to == END ? -1 : to);
    }

    /**
     * Forgets all other sequences.
     *
     * @throws LlamaException if there is no such sequence
     */
    public void keepSequence(int sequence) {
        context.sequence(sequence);
        if (context.params().kvUnified()) {
            Llama.llama_memory_seq_keep(memory(), sequence);
            return;
        }
        // With a cache for each sequence llama.cpp looks only into the one that is kept.
        for (var other = 0; other < context.sequencesMax(); other++) {
            if (other != sequence) {
                removeSequence(other);
            }
        }
    }

    /** Whether positions can be moved ({@link #addPositions}, {@link #dividePositions}). */
    public boolean canShift() {
        return Llama.llama_memory_can_shift(memory());
    }

    /**
     * Moves a range of a sequence, as a sliding window does; what would come before position 0 is forgotten. The keys are
     * turned at the next decode.
     *
     * @param delta how far, in tokens
     * @throws LlamaException if there is no such sequence, the range is none, it would reach past the last position, or
     *     the memory cannot shift
     */
    public void addPositions(int sequence, int from, int to, int delta) {
        checkShift(sequence, from, to);
        var last = Math.min(to == END ? Integer.MAX_VALUE : to - 1, positionMax(sequence));
        if ((long) last + delta >= context.sequenceTokensMax()) {
            throw LlamaException.bounds("position", (long) last + delta, "below " + context.sequenceTokensMax());
        }
        LlamaException.within("delta", delta, -context.sequenceTokensMax(), context.sequenceTokensMax() + 1);
        Llama.llama_memory_seq_add(memory(), sequence, from, to == END ? -1 : to, delta);
    }

    /**
     * Divides the positions of a range of a sequence, as self-extending attention does.
     *
     * @param divisor 1 to 65,536
     * @throws LlamaException as {@link #addPositions}
     */
    public void dividePositions(int sequence, int from, int to, int divisor) {
        checkShift(sequence, from, to);
        LlamaException.within("divisor", divisor, 1, 65_537);
        Llama.llama_memory_seq_div(memory(), sequence, from, to == END ? -1 : to, divisor);
    }

    private void checkShift(int sequence, int from, int to) {
        checkRange(from, to);
        context.sequence(sequence);
        if (!canShift()) {
            throw new LlamaException(
                    "this memory cannot move positions", "", "Compute the tokens again at their new positions.");
        }
    }

    /** The last position of a sequence that is in the cache; -1 when it is empty. */
    public int positionMax(int sequence) {
        return Llama.llama_memory_seq_pos_max(memory(), context.sequence(sequence));
    }

    /** The first position that is in the cache (not 0 with a sliding window); -1 when it is empty. */
    public int positionMin(int sequence) {
        return Llama.llama_memory_seq_pos_min(memory(), context.sequence(sequence));
    }

    /**
     * Forgets everything.
     *
     * @param data whether to overwrite the numbers too, and not only say that they are free
     */
    public void clear(boolean data) {
        Llama.llama_memory_clear(memory(), data);
    }

    private MemorySegment memory() {
        return Llama.llama_get_memory(context.pointer());
    }

    private static void checkRange(int from, int to) {
        LlamaException.within("range start", from, 0, Integer.MAX_VALUE);
        if (to < from) {
            throw LlamaException.bounds("range end", to, "at least its start, " + from);
        }
    }
}

package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import omni.llama.raw.llama_batch;

/**
 * Tokens to compute together, each with its sequence, its position and whether its output is wanted.
 *
 * <p>Reusable: fill, {@link Context#decode}, clear. One thread at a time. Its memory goes with the object, there is
 * nothing to close.
 *
 * <pre>
 * index       0      1      2    …  size-1
 * token     [int]  [int]  [int]              token ids
 * pos       [int]  [int]  [int]              positions in their sequences
 * n_seq_id  [int]  [int]  [int]              how many sequences share the token
 * seq_id    [ptr]  [ptr]  [ptr]              → int[nSeqMax], their ids
 * logits    [byte] [byte] [byte]             1 where the output is wanted
 * </pre>
 */
public final class Batch {
    private final int capacity;
    private final int nSeqMax;
    private final MemorySegment tokens;
    private final MemorySegment positions;
    private final MemorySegment counts;
    private final MemorySegment sequences;
    private final MemorySegment outputs;
    private final MemorySegment struct;
    private int size;

    private Batch(int capacity, int nSeqMax) {
        this.capacity = capacity;
        this.nSeqMax = nSeqMax;
        var arena = Arena.ofAuto();
        tokens = arena.allocate(ValueLayout.JAVA_INT, capacity);
        positions = arena.allocate(ValueLayout.JAVA_INT, capacity);
        counts = arena.allocate(ValueLayout.JAVA_INT, capacity);
        outputs = arena.allocate(ValueLayout.JAVA_BYTE, capacity);
        sequences = arena.allocate(ValueLayout.JAVA_INT, (long) capacity * nSeqMax);
        var pointers = arena.allocate(ValueLayout.ADDRESS, capacity);
        for (var i = 0; i < capacity; i++) {
            pointers.setAtIndex(ValueLayout.ADDRESS, i, sequences.asSlice(4L * i * nSeqMax));
        }
        struct = llama_batch.allocate(arena);
        llama_batch.embd(struct, MemorySegment.NULL);
        llama_batch.token(struct, tokens);
        llama_batch.pos(struct, positions);
        llama_batch.n_seq_id(struct, counts);
        llama_batch.seq_id(struct, pointers);
        llama_batch.logits(struct, outputs);
    }

    /**
     * An empty batch.
     *
     * @param nTokens most tokens in it
     * @param nSeqMax most sequences that share one token
     */
    public static Batch allocate(int nTokens, int nSeqMax) {
        LlamaException.within("nTokens", nTokens, 1, ContextParams.CONTEXT_TOKENS_MAX + 1);
        LlamaException.within("nSeqMax", nSeqMax, 1, 257);
        return new Batch(nTokens, nSeqMax);
    }

    /** Empties it. */
    public void clear() {
        size = 0;
    }

    /**
     * Adds a token of one sequence.
     *
     * @param token its id
     * @param position where in the sequence, from 0
     * @param sequence which sequence
     * @param wantOutput whether its logits (or its embedding) are wanted
     * @return its index, for {@link Context#logits} and {@link Sampler#sample}
     * @throws LlamaException if the batch is full or a number negative
     */
    public int add(int token, int position, int sequence, boolean wantOutput) {
        return add(token, position, new int[] {sequence}, wantOutput);
    }

    /** Like {@link #add(int, int, int, boolean)}, of a token that several sequences share. */
    public int add(int token, int position, int[] ofSequences, boolean wantOutput) {
        if (size == capacity) {
            throw LlamaException.bounds("batch size", size + 1L, "at most " + capacity);
        }
        LlamaException.within("token", token, 0, Integer.MAX_VALUE);
        LlamaException.within("position", position, 0, Integer.MAX_VALUE);
        LlamaException.within("sequences of the token", ofSequences.length, 1, nSeqMax + 1);
        for (var sequence : ofSequences) {
            LlamaException.within("sequence", sequence, 0, Integer.MAX_VALUE);
        }
        tokens.setAtIndex(ValueLayout.JAVA_INT, size, token);
        positions.setAtIndex(ValueLayout.JAVA_INT, size, position);
        counts.setAtIndex(ValueLayout.JAVA_INT, size, ofSequences.length);
        outputs.set(ValueLayout.JAVA_BYTE, size, (byte) (wantOutput ? 1 : 0));
        MemorySegment.copy(ofSequences, 0, sequences, ValueLayout.JAVA_INT, 4L * size * nSeqMax, ofSequences.length);
        return size++;
    }

    /** How many tokens are in it. */
    public int size() {
        return size;
    }

    /** How many fit. */
    public int capacity() {
        return capacity;
    }

    int outputCount() {
        var count = 0;
        for (var i = 0; i < size; i++) {
            count += wantsOutput(i) ? 1 : 0;
        }
        return count;
    }

    boolean wantsOutput(int index) {
        return outputs.get(ValueLayout.JAVA_BYTE, index) != 0;
    }

    /** Refuses a token, position or sequence that the context does not have. */
    void check(int vocabSize, int positionsMax, int sequencesMax) {
        for (var i = 0; i < size; i++) {
            LlamaException.within("token", tokens.getAtIndex(ValueLayout.JAVA_INT, i), 0, vocabSize);
            LlamaException.within("position", positions.getAtIndex(ValueLayout.JAVA_INT, i), 0, positionsMax);
            var count = counts.getAtIndex(ValueLayout.JAVA_INT, i);
            for (var s = 0; s < count; s++) {
                LlamaException.within(
                        "sequence",
                        sequences.getAtIndex(ValueLayout.JAVA_INT, (long) i * nSeqMax + s),
                        0,
                        sequencesMax);
            }
        }
    }

    /** The C struct, by value; the caller keeps this object reachable during the call. */
    MemorySegment struct() {
        llama_batch.n_tokens(struct, size);
        return struct;
    }
}

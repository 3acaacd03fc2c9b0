package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import omni.llama.raw.Llama;

/**
 * What the KV cache holds of one sequence, outside the cache: as private as the text it was computed from.
 *
 * <p>Kept off the heap, so that no heap dump has it, and overwritten on closing. One thread at a time.
 */
public final class SequenceState implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment data;
    private boolean closed;

    private SequenceState(long sizeBytes) {
        data = arena.allocate(sizeBytes, 8);
    }

    static SequenceState of(MemorySegment context, int sequence) {
        var state = new SequenceState(Llama.llama_state_seq_get_size(context, sequence));
        var written = Llama.llama_state_seq_get_data(context, state.data, state.data.byteSize(), sequence);
        if (written != state.data.byteSize()) {
            state.close();
            throw new LlamaException("the state of the sequence cannot be saved", "", "Compute the prompt again.");
        }
        return state;
    }

    boolean into(MemorySegment context, int sequence) {
        if (closed) {
            throw new LlamaException("used after close", "sequence state", "Save it again.");
        }
        return Llama.llama_state_seq_set_data(context, data, data.byteSize(), sequence) != 0;
    }

    /** How much memory it takes, in bytes. */
    public long sizeBytes() {
        return data.byteSize();
    }

    /** Overwrites and frees it; once, however often it is called. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        data.fill((byte) 0);
        arena.close();
    }
}

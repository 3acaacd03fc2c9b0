package omni.llama;

/** How a {@link Context#decode} ended when it did not fail. */
public enum DecodeResult {
    /** The whole batch is in the KV cache and its outputs are ready. */
    DONE,
    /**
     * There was no room in the KV cache; the cache is as before. Remove a sequence or decode a smaller batch.
     */
    NO_ROOM,
    /**
     * {@link Context#requestAbort} was called. Part of the batch may be in the cache: look at
     * {@link SequenceMemory#positionMax} and remove what is too much.
     */
    ABORTED
}

package omni.engine;

import omni.gguf.GgufModel;
import omni.gguf.TensorType;

/**
 * Memory that a model takes on a CPU, reckoned from its file before it is loaded: what the engine's greatest resident
 * size (VmHWM) rises by until a whole context has been decoded and every weight was touched. How near this comes to what
 * is measured stands in docs/benchmarks.md.
 *
 * @param weightBytes the file's tensors, and copies of those that the CPU's code wants in another order
 * @param cacheBytes keys and values of the whole context
 * @param computeBytes intermediate results of the largest step, one row of logits a sequence, the vocabulary in memory,
 *     and the pages of llama.cpp itself
 */
record Fit(long weightBytes, long cacheBytes, long computeBytes) {
    /** llama.cpp rounds a context up to a multiple of this. */
    private static final int CELLS_MULTIPLE = 256;
    /** A token's text in both directions and its cached piece: three strings, a map's node, two vectors' entries. */
    private static final long BYTES_PER_TOKEN = 180;
    /** Code and data pages of the native libraries, thread stacks, the graph's nodes. */
    private static final long FIXED_BYTES = 8L << 20;

    private static final long NODE_BYTES = 3_000;
    private static final int FLOAT = 4;
    /**
     * How a model is to be loaded.
     *
     * @param cells tokens of all sequences together
     * @param batch tokens computed at once
     * @param sequences most sequences
     * @param cache how keys and values are stored
     * @param copies which weights the CPU's code keeps a second time
     */
    record Plan(int cells, int batch, int sequences, TensorType cache, WeightCopies copies) {}

    /** Reckons for a model and a plan. */
    static Fit of(GgufModel model, Plan plan) {
        long cells = Math.ceilDiv((long) plan.cells(), CELLS_MULTIPLE) * CELLS_MULTIPLE;
        return new Fit(weights(model, plan), cache(model, plan, cells), compute(model, plan, cells));
    }

    long totalBytes() {
        return weightBytes + cacheBytes + computeBytes;
    }

    /** The embedding is only looked up, but for a model that has no other output. */
    private static long weights(GgufModel model, Plan plan) {
        boolean tied = model.tensor("output.weight").isEmpty();
        return model.weightBytes()
                + model.parts().stream()
                        .flatMap(part -> part.tensors().stream())
                        .filter(tensor -> tied || !tensor.name().equals("token_embd.weight"))
                        .mapToLong(plan.copies()::bytes)
                        .sum();
    }

    private static long cache(GgufModel model, Plan plan, long cells) {
        long bytes = 0;
        for (int heads : model.headsKv()) {
            bytes += rows(plan.cache(), (long) heads * model.keyLength(), cells);
            bytes += rows(plan.cache(), (long) heads * model.valueLength(), cells);
        }
        return bytes;
    }

    private static long rows(TensorType type, long length, long count) {
        return Math.ceilDiv(length, type.blockElements()) * type.blockBytes() * count;
    }

    private static long compute(GgufModel model, Plan plan, long cells) {
        long tokens = Math.min(plan.batch(), cells);
        int layers = model.layers();
        long queries = 0;
        for (int heads : model.heads()) {
            queries = Math.max(queries, (long) heads * model.keyLength());
        }
        long forward = Math.max(model.number("feed_forward_length", 0), 1);
        long used = model.number("expert_used_count", 0);
        long embedding = model.embeddingLength();
        long widest = Math.max(queries, forward);
        long second = 2 * forward;
        if (used > 0) {
            long expert = model.number("expert_feed_forward_length", forward);
            second = used * (2 * expert + embedding) + model.number("expert_count", 0);
            widest = Math.max(widest, used * expert);
        }
        long step = tokens * FLOAT * (2 * embedding + Math.max(second, 2 * queries));
        long work = tokens * FLOAT * Math.max(widest, embedding) / 2;
        long mask = cells * tokens * 2;
        long logits = (long) model.vocabularySize() * plan.sequences() * FLOAT;
        return step
                + work
                + mask
                + logits
                + model.vocabularySize() * BYTES_PER_TOKEN
                + layers * 40L * NODE_BYTES
                + FIXED_BYTES;
    }
}

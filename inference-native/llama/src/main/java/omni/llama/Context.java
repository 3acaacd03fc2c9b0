package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntBiFunction;
import omni.llama.raw.Llama;
import omni.llama.raw.ggml_abort_callback;
import omni.llama.raw.llama_context_params;
import omni.llama.raw.llama_perf_context_data;

/**
 * A model at work: the KV cache of its sequences and the buffers that compute.
 *
 * <p>One thread at a time; only {@link #requestAbort} and {@link #close} are for any thread (closing during a decode is
 * refused). Not a virtual thread: a decode holds its carrier all the while. Close it before its model.
 */
public final class Context implements AutoCloseable {
    private final Model model;
    private final Owned owned;
    private final ContextParams params;
    private final int vocabSize;
    private final int tokensMax;
    private final int outputsMax;
    private final int positionsMax;
    private final BitSet outputs = new BitSet();
    private volatile boolean aborted;
    private volatile boolean computing;
    private final List<Threadpool> threadpools = new ArrayList<>();
    private Map<LoraAdapter, Double> adapters = Map.of();
    private boolean encoded;
    private boolean released;

    private Context(Model model, Owned owned, ContextParams params) {
        this.model = model;
        this.owned = owned;
        this.params = params;
        this.vocabSize = model.vocab().size();
        this.positionsMax = Llama.llama_n_ctx_seq(owned.pointer());
        var nBatch = Llama.llama_n_batch(owned.pointer());
        // A pooled sequence and a model that looks both ways must be computed at once.
        var memoryless = Llama.llama_get_memory(owned.pointer()).address() == 0;
        var atOnce = params.embeddings() || memoryless || model.looksBothWays();
        this.tokensMax = atOnce ? Llama.llama_n_ubatch(owned.pointer()) : nBatch;
        this.outputsMax = params.nOutputsMax() == 0 || atOnce ? tokensMax : params.nOutputsMax();
    }

    /**
     * Makes one.
     *
     * @throws LlamaException if it does not fit into memory, or the model cannot do what the parameters ask
     */
    public static Context create(Model model, ContextParams params) {
        LlamaException.within("nSeqMax", params.nSeqMax(), 1, model.library().sequencesMax() + 1);
        if (params.pooling() == ContextParams.Pooling.RANK && model.classifierOutputs() == 0) {
            throw new LlamaException("the model has no classification head", "", "Use a reranker, or other pooling.");
        }
        var owned = new Owned("context");
        var pointer = model.retain();
        try (var arena = Arena.ofConfined()) {
            model.library().takeError();
            if (!owned.take(Llama.llama_init_from_model(pointer, nativeParams(arena, params)), Llama::llama_free)) {
                model.release();
                throw new LlamaException(
                        "the context cannot be made",
                        model.library().takeError(),
                        "Ask for fewer tokens of context or sequences, or for an F16 cache.");
            }
        }
        var context = new Context(model, owned, params);
        Llama.llama_set_abort_callback(
                owned.pointer(),
                ggml_abort_callback.allocate(data -> context.isAborted(), owned.arena()),
                MemorySegment.NULL);
        return context;
    }

    private static MemorySegment nativeParams(Arena arena, ContextParams params) {
        var c = Llama.llama_context_default_params(arena);
        llama_context_params.n_ctx(c, params.nCtx());
        llama_context_params.n_batch(c, params.nBatch());
        llama_context_params.n_ubatch(c, params.nUbatch());
        llama_context_params.n_seq_max(c, params.nSeqMax());
        // Embeddings are an output of every token, whatever was asked for.
        llama_context_params.n_outputs_max(c, params.embeddings() ? 0 : params.nOutputsMax());
        llama_context_params.n_threads(c, params.threads());
        llama_context_params.n_threads_batch(c, params.threadsBatch());
        llama_context_params.embeddings(c, params.embeddings());
        llama_context_params.pooling_type(c, params.pooling().code);
        llama_context_params.flash_attn_type(c, params.flashAttention().code);
        llama_context_params.kv_unified(c, params.kvUnified());
        llama_context_params.type_k(c, params.typeK().code);
        llama_context_params.type_v(c, params.typeV().code);
        llama_context_params.no_perf(c, false);
        return c;
    }

    /**
     * Computes a batch.
     *
     * @param batch 1 to {@link #batchTokensMax} tokens; for each sequence, positions that continue the cache
     * @throws LlamaException if the batch does not fit this context, or computing failed; after a failure parts of the
     *     batch may be in the cache
     */
    public DecodeResult decode(Batch batch) {
        if (model.hasEncoder() && model.canGenerate() && !encoded) {
            throw new LlamaException("nothing was encoded", "", "Encode the text first, then decode the answer.");
        }
        return run(batch, Llama::llama_decode, params.embeddings());
    }

    /**
     * Reads a batch with the model's encoder, for the decoder to look at.
     *
     * @param batch a whole text, 1 to {@link #batchTokensMax} tokens, positions from 0
     * @throws LlamaException if the model has no encoder, or as {@link #decode}
     */
    public DecodeResult encode(Batch batch) {
        if (!model.hasEncoder()) {
            throw new LlamaException("the model has no encoder", "", "Decode the text.");
        }
        var result = run(batch, Llama::llama_encode, true);
        encoded |= result == DecodeResult.DONE;
        return result;
    }

    private DecodeResult run(Batch batch, ToIntBiFunction<MemorySegment, MemorySegment> function, boolean all) {
        LlamaException.within("batch size", batch.size(), 1, tokensMax + 1);
        batch.check(vocabSize, positionsMax, params.nSeqMax());
        if (!all) {
            LlamaException.within("outputs of the batch", batch.outputCount(), 0, outputsMax + 1);
        }
        outputs.clear();
        computing = false;
        if (takeAbort()) {
            return DecodeResult.ABORTED;
        }
        return switch (compute(batch, function)) {
            case 0 -> {
                for (var i = 0; i < batch.size(); i++) {
                    outputs.set(i, all || batch.wantsOutput(i));
                }
                yield DecodeResult.DONE;
            }
            case 1 -> DecodeResult.NO_ROOM;
            case 2 -> {
                takeAbort();
                yield DecodeResult.ABORTED;
            }
            case -1 ->
                throw new LlamaException(
                        "the batch was refused",
                        model.library().takeError(),
                        "For each sequence, positions must go on where the cache ends, one by one.");
            default ->
                throw new LlamaException("computing failed", model.library().takeError(), "Make a new context.");
        };
    }

    // The struct goes by value, so nothing but this frame keeps the arrays behind it.
    private int compute(Batch batch, ToIntBiFunction<MemorySegment, MemorySegment> function) {
        try {
            return function.applyAsInt(owned.pointer(), batch.struct());
        } finally {
            Reference.reachabilityFence(batch);
        }
    }

    // llama.cpp asks before each step of the graph, on the thread that decodes.
    private boolean isAborted() {
        if (!computing) {
            computing = true;
        }
        return aborted;
    }

    /** Whether the decode under way has begun to compute. Any thread may ask. */
    boolean isComputing() {
        return computing;
    }

    private boolean takeAbort() {
        var was = aborted;
        aborted = false;
        return was;
    }

    /**
     * Ends the decode under way, or the next one, early with {@link DecodeResult#ABORTED}. Any thread may call. Devices
     * other than the CPU finish what they began.
     */
    public void requestAbort() {
        aborted = true;
    }

    /**
     * The scores of all tokens after the token at {@code index} of the batch last decoded.
     *
     * @throws LlamaException if no output was asked for there
     */
    public Logits logits(int index) {
        var pointer = outputAt(index);
        return new Logits(floats(Llama.llama_get_logits_ith(pointer, index), vocabSize));
    }

    /**
     * The pooled embedding of a sequence of the batch last decoded: {@link Model#embeddingLength} floats, as the model
     * gives them (not normalized); with {@link ContextParams.Pooling#RANK} the {@link Model#classifierOutputs} scores.
     *
     * @throws LlamaException if this context makes none, does not pool, or the sequence was not in the batch
     */
    public float[] embeddingsSequence(int sequence) {
        sequence(sequence);
        var pooling = Llama.llama_pooling_type(owned.pointer());
        if (!params.embeddings() || pooling == Llama.LLAMA_POOLING_TYPE_NONE()) {
            throw new LlamaException(
                    "this context makes no pooled embeddings", "", "Create it with ContextParams.embedding.");
        }
        var floats = Llama.llama_get_embeddings_seq(owned.pointer(), sequence);
        var scores = pooling == Llama.LLAMA_POOLING_TYPE_RANK();
        return floats(floats, scores ? model.classifierOutputs() : model.embeddingLength());
    }

    /**
     * The embedding of the token at {@code index} of the batch last decoded: {@link Model#embeddingLength} floats.
     *
     * @throws LlamaException if this context makes none or pools them, or there was no such token
     */
    public float[] embeddings(int index) {
        var pointer = owned.pointer();
        var pooled = Llama.llama_pooling_type(pointer) != Llama.LLAMA_POOLING_TYPE_NONE();
        if (!params.embeddings() || pooled || index < 0 || !outputs.get(index)) {
            throw new LlamaException(
                    "no embedding at this index", "index " + index, "Create the context with Pooling.NONE and decode.");
        }
        return floats(Llama.llama_get_embeddings_ith(pointer, index), model.embeddingLength());
    }

    private static float[] floats(MemorySegment pointer, int count) {
        if (pointer.address() == 0) {
            throw new LlamaException("there is no such output", "", "Ask for it in the batch, then decode.");
        }
        return pointer.reinterpret(4L * count).toArray(ValueLayout.JAVA_FLOAT);
    }

    /** The KV cache. */
    public SequenceMemory memory() {
        return new SequenceMemory(this);
    }

    /**
     * A copy of all that is in the cache of a sequence.
     *
     * @throws LlamaException if there is no such sequence
     */
    public SequenceState save(int sequence) {
        return SequenceState.of(this, sequence(sequence));
    }

    /**
     * Puts a saved state into a sequence, in place of what was there.
     *
     * @param sequence where; need not be the one it came from
     * @param state of the same model and the same kind of context
     * @throws LlamaException if it does not fit; the sequence is empty then
     */
    public void restore(int sequence, SequenceState state) {
        sequence(sequence);
        model.library().takeError();
        if (!state.into(this, sequence)) {
            memory().removeSequence(sequence);
            throw new LlamaException(
                    "the saved state does not fit",
                    model.library().takeError(),
                    "It needs the same model, cache types and room; compute the prompt instead.");
        }
    }

    /**
     * Changes the number of threads.
     *
     * @param threads for batches of one token a sequence, 1 to {@link ContextParams#THREADS_MAX}
     * @param threadsBatch for longer batches, likewise
     */
    public void setThreads(int threads, int threadsBatch) {
        LlamaException.within("threads", threads, 1, ContextParams.THREADS_MAX + 1);
        LlamaException.within("threadsBatch", threadsBatch, 1, ContextParams.THREADS_MAX + 1);
        Llama.llama_set_n_threads(owned.pointer(), threads, threadsBatch);
    }

    /**
     * Computes with LoRA adapters from now on, instead of those before; what is in the cache stays as it was computed.
     *
     * @param scales how strong each works, -1000 to 1000, 1 as it was trained; empty for none
     * @throws LlamaException if one is closed or of another model
     */
    public void setAdapters(Map<LoraAdapter, Double> scales) {
        LlamaException.within("adapters", scales.size(), 0, LoraAdapter.ADAPTERS_MAX + 1);
        scales.forEach((adapter, scale) -> {
            if (adapter.model() != model) {
                throw new LlamaException("the adapter is of another model", "", "Load it for this one.");
            }
            adapter.check();
            if (!(Math.abs(scale) <= LoraAdapter.SCALE_MAX)) {
                throw new LlamaException("argument out of bounds", "scale is " + scale, "It must be -1000 to 1000.");
            }
        });
        var pointer = owned.pointer();
        var entries = List.copyOf(scales.entrySet());
        try (var arena = Arena.ofConfined()) {
            var pointers = arena.allocate(ValueLayout.ADDRESS, Math.max(1, entries.size()));
            var factors = arena.allocate(ValueLayout.JAVA_FLOAT, Math.max(1, entries.size()));
            for (var i = 0; i < entries.size(); i++) {
                pointers.setAtIndex(
                        ValueLayout.ADDRESS, i, entries.get(i).getKey().retain());
                factors.setAtIndex(
                        ValueLayout.JAVA_FLOAT, i, entries.get(i).getValue().floatValue());
            }
            Llama.llama_set_adapters_lora(pointer, pointers, entries.size(), factors);
        }
        adapters.keySet().forEach(LoraAdapter::release);
        adapters = Map.copyOf(scales);
    }

    /**
     * Computes with threads of these pools from now on, instead of threads of its own. A pool stays in use until the
     * context is closed, because llama.cpp keeps looking at it.
     *
     * @param pool for batches of one token a sequence
     * @param poolBatch for longer batches; may be the same
     * @throws LlamaException if one is closed or another context uses it
     */
    public void attachThreadpool(Threadpool pool, Threadpool poolBatch) {
        var pointer = owned.pointer();
        for (var one : List.of(pool, poolBatch)) {
            if (!threadpools.contains(one)) {
                one.retain();
                threadpools.add(one);
            }
        }
        Llama.llama_attach_threadpool(pointer, pool.pointer(), poolBatch.pointer());
    }

    /** Computes with threads of its own again. */
    public void detachThreadpool() {
        Llama.llama_detach_threadpool(owned.pointer());
    }

    /** Tokens of KV cache for all sequences together, as made. */
    public int contextTokens() {
        return Llama.llama_n_ctx(owned.pointer());
    }

    /** Most tokens of one sequence. */
    public int sequenceTokensMax() {
        return positionsMax;
    }

    /** Most tokens of one batch. */
    public int batchTokensMax() {
        return tokensMax;
    }

    /** Most sequences. */
    public int sequencesMax() {
        return params.nSeqMax();
    }

    /** What it did since it was made or the counters were last reset. */
    public Perf perf() {
        try (var arena = Arena.ofConfined()) {
            var data = Llama.llama_perf_context(arena, owned.pointer());
            return new Perf(
                    llama_perf_context_data.t_p_eval_ms(data),
                    llama_perf_context_data.n_p_eval(data),
                    llama_perf_context_data.t_eval_ms(data),
                    llama_perf_context_data.n_eval(data),
                    llama_perf_context_data.n_reused(data));
        }
    }

    /** Starts counting again. */
    public void resetPerf() {
        Llama.llama_perf_context_reset(owned.pointer());
    }

    /** Most tokens of one batch whose output is wanted. */
    public int outputsMax() {
        return outputsMax;
    }

    Model model() {
        return model;
    }

    ContextParams params() {
        return params;
    }

    int vocabSize() {
        return vocabSize;
    }

    MemorySegment pointer() {
        return owned.pointer();
    }

    /** Refuses a sequence that this context does not have. */
    int sequence(int sequence) {
        return LlamaException.within("sequence", sequence, 0, params.nSeqMax());
    }

    /** The context, checked to have logits at the index: without, the C function would end the process. */
    MemorySegment outputAt(int index) {
        var pointer = owned.pointer();
        if (index < 0 || params.embeddings() || !outputs.get(index)) {
            throw new LlamaException(
                    "no output at this index", "index " + index, "Ask for it when adding the token to the batch.");
        }
        return pointer;
    }

    /** Frees it; once, however often it is called. Refused while another thread decodes with it. */
    @Override
    public synchronized void close() {
        owned.close();
        if (!released) {
            released = true;
            adapters.keySet().forEach(LoraAdapter::release);
            threadpools.forEach(Threadpool::release);
            model.release();
        }
    }
}

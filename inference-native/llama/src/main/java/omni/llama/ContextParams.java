package omni.llama;

import omni.llama.raw.Llama;

/**
 * The shape of a context, in llama.cpp's own terms.
 *
 * @param nCtx tokens of KV cache for all sequences together; 0 for what the model was trained on. Rounded up to a
 *     multiple of 256
 * @param nBatch most tokens of one {@link Context#decode}
 * @param nUbatch most tokens computed at once; at most {@code nBatch}
 * @param nSeqMax most sequences side by side, 1 to {@link LlamaLibrary#sequencesMax}
 * @param threads threads for batches of one token a sequence, 1 to {@link #THREADS_MAX}
 * @param threadsBatch threads for longer batches, 1 to {@link #THREADS_MAX}
 * @param embeddings whether it makes embeddings instead of logits
 * @param pooling how the embeddings of a sequence become one
 * @param flashAttention whether attention is computed in the fused way
 * @param kvUnified true: all sequences share the {@code nCtx} cells, and a copy of a sequence shares its cells; false:
 *     each sequence has {@code nCtx / nSeqMax} of its own
 * @param typeK how keys are stored
 * @param typeV how values are stored; a quantized one needs flash attention
 * @param nOutputsMax most tokens of one {@link Context#decode} whose output is wanted, at least {@code nSeqMax}; 0 for all
 *     of a batch. llama.cpp reserves memory for a row of logits for each: at 150,000 tokens of vocabulary 0.6 MB
 */
public record ContextParams(
        int nCtx,
        int nBatch,
        int nUbatch,
        int nSeqMax,
        int threads,
        int threadsBatch,
        boolean embeddings,
        Pooling pooling,
        FlashAttention flashAttention,
        boolean kvUnified,
        CacheType typeK,
        CacheType typeV,
        int nOutputsMax) {
    /** More threads than this llama.cpp does not take ({@code GGML_MAX_N_THREADS}). */
    public static final int THREADS_MAX = 512;

    /** More cells than this are refused before anything is allocated. */
    public static final int CONTEXT_TOKENS_MAX = 16 * 1024 * 1024;

    /** How the embeddings of a sequence become one ({@code enum llama_pooling_type}). */
    public enum Pooling {
        /** As the model says. */
        MODEL(Llama.LLAMA_POOLING_TYPE_UNSPECIFIED()),
        /** Not at all. */
        NONE(Llama.LLAMA_POOLING_TYPE_NONE()),
        /** Their mean. */
        MEAN(Llama.LLAMA_POOLING_TYPE_MEAN()),
        /** The first token's. */
        CLS(Llama.LLAMA_POOLING_TYPE_CLS()),
        /** The last token's. */
        LAST(Llama.LLAMA_POOLING_TYPE_LAST()),
        /** Scores of a classification head, of a model that has one: see {@link Model#classifierOutputs}. */
        RANK(Llama.LLAMA_POOLING_TYPE_RANK());

        final int code;

        Pooling(int code) {
            this.code = code;
        }
    }

    /** Whether attention is computed in the fused way ({@code enum llama_flash_attn_type}). */
    public enum FlashAttention {
        /** Where the devices can. */
        AUTO(Llama.LLAMA_FLASH_ATTN_TYPE_AUTO()),
        /** No. */
        OFF(Llama.LLAMA_FLASH_ATTN_TYPE_DISABLED()),
        /** Yes. */
        ON(Llama.LLAMA_FLASH_ATTN_TYPE_ENABLED());

        final int code;

        FlashAttention(int code) {
            this.code = code;
        }
    }

    /** How the KV cache stores a number ({@code enum ggml_type}). */
    public enum CacheType {
        /** 32-bit float. */
        F32(Llama.GGML_TYPE_F32()),
        /** 16-bit float. */
        F16(Llama.GGML_TYPE_F16()),
        /** bfloat16. */
        BF16(Llama.GGML_TYPE_BF16()),
        /** 8 bits in blocks of 32. */
        Q8_0(Llama.GGML_TYPE_Q8_0()),
        /** 5 bits in blocks of 32. */
        Q5_0(Llama.GGML_TYPE_Q5_0()),
        /** 4 bits in blocks of 32. */
        Q4_0(Llama.GGML_TYPE_Q4_0());

        final int code;

        CacheType(int code) {
            this.code = code;
        }
    }

    /** Checks every number that llama.cpp itself would not survive. */
    public ContextParams {
        LlamaException.within("nCtx", nCtx, 0, CONTEXT_TOKENS_MAX + 1);
        LlamaException.within("nBatch", nBatch, 1, CONTEXT_TOKENS_MAX + 1);
        LlamaException.within("nUbatch", nUbatch, 1, nBatch + 1);
        LlamaException.within("threads", threads, 1, THREADS_MAX + 1);
        LlamaException.within("threadsBatch", threadsBatch, 1, THREADS_MAX + 1);
        LlamaException.within("nSeqMax", nSeqMax, 1, Integer.MAX_VALUE);
        if (nOutputsMax != 0) {
            LlamaException.within("nOutputsMax", nOutputsMax, nSeqMax, CONTEXT_TOKENS_MAX + 1);
        }
    }

    /** The same with outputs for all tokens of a batch. */
    public ContextParams(
            int nCtx,
            int nBatch,
            int nUbatch,
            int nSeqMax,
            int threads,
            int threadsBatch,
            boolean embeddings,
            Pooling pooling,
            FlashAttention flashAttention,
            boolean kvUnified,
            CacheType typeK,
            CacheType typeV) {
        this(
                nCtx,
                nBatch,
                nUbatch,
                nSeqMax,
                threads,
                threadsBatch,
                embeddings,
                pooling,
                flashAttention,
                kvUnified,
                typeK,
                typeV,
                0);
    }

    /** The same with outputs for at most {@code most} tokens of a batch. */
    public ContextParams withOutputsMax(int most) {
        return new ContextParams(
                nCtx,
                nBatch,
                nUbatch,
                nSeqMax,
                threads,
                threadsBatch,
                embeddings,
                pooling,
                flashAttention,
                kvUnified,
                typeK,
                typeV,
                most);
    }

    /**
     * For text: batches of at most 512 tokens with an output for each sequence, one cache for all sequences, F16.
     *
     * @param nCtx tokens of KV cache for all sequences together
     * @param nSeqMax most sequences side by side
     * @param threads threads for all batches
     */
    public static ContextParams generation(int nCtx, int nSeqMax, int threads) {
        return new ContextParams(
                nCtx,
                512,
                512,
                nSeqMax,
                threads,
                threads,
                false,
                Pooling.MODEL,
                FlashAttention.AUTO,
                true,
                CacheType.F16,
                CacheType.F16,
                nSeqMax);
    }

    /**
     * For embeddings: {@code nCtx} tokens in one batch, computed at once, so that a sequence is pooled as a whole.
     *
     * @param nCtx most tokens of all texts of a batch together
     * @param nSeqMax most texts of a batch
     * @param threads threads for all batches
     * @param pooling how a text's embeddings become one
     */
    public static ContextParams embedding(int nCtx, int nSeqMax, int threads, Pooling pooling) {
        return new ContextParams(
                nCtx,
                nCtx,
                nCtx,
                nSeqMax,
                threads,
                threads,
                true,
                pooling,
                FlashAttention.AUTO,
                true,
                CacheType.F16,
                CacheType.F16);
    }
}

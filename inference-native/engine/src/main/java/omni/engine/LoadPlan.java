package omni.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import omni.gguf.GgufModel;

/**
 * With how much context a model is loaded, and whether that fits. Where the owner has set no context, it is the largest
 * that fits, of what the model was trained on and the default; where he has, it is that or nothing.
 *
 * @param contextTokens tokens of one chat
 * @param kvTokens tokens of all chats together
 * @param fit what it takes
 * @param availableBytes what there is; empty where the host does not tell
 */
record LoadPlan(int contextTokens, int kvTokens, Fit fit, OptionalLong availableBytes) {
    private static final int CONTEXT_TOKENS_MIN = 512;
    private static final double MEGABYTE = 1e6;
    private static final WeightCopies COPIES = WeightCopies.of(Path.of("/"));

    /** Chooses for a model. */
    static LoadPlan of(GgufModel model, EngineConfig config, CacheKind cache, OptionalLong availableBytes) {
        int context = config.contextTokensFor(model.contextLength());
        LoadPlan plan = with(model, config, availableBytes, context, cache);
        while (config.contextTokens() == 0 && !plan.fits() && context > CONTEXT_TOKENS_MIN) {
            context = Math.max(CONTEXT_TOKENS_MIN, context / 2);
            plan = with(model, config, availableBytes, context, cache);
        }
        return plan;
    }

    /** Reckons for a context of so many tokens. */
    static LoadPlan with(
            GgufModel model, EngineConfig config, OptionalLong availableBytes, int contextTokens, CacheKind cache) {
        int cells = config.kvTokensFor(contextTokens, model.contextLength());
        Fit.Plan plan = new Fit.Plan(cells, config.batchTokens(), config.sequencesMax(), cache.stored, COPIES);
        return new LoadPlan(contextTokens, cells, Fit.of(model, plan), availableBytes);
    }

    boolean fits() {
        return availableBytes.isEmpty() || fit.totalBytes() <= availableBytes.getAsLong();
    }

    /** Says what would fit where this does not; empty where it does. */
    List<String> advice(GgufModel model, EngineConfig config) {
        List<String> advice = new ArrayList<>();
        if (fits()) {
            return advice;
        }
        for (CacheKind cache : List.of(CacheKind.F16, CacheKind.Q8_0)) {
            int fitting = largest(model, config, cache);
            if (fitting > 0) {
                advice.add("a context of " + fitting + " tokens with kv_type = \""
                        + cache.name().toLowerCase(Locale.ROOT) + "\" fits");
            }
        }
        if (advice.isEmpty()) {
            long room = Math.max(0, availableBytes.getAsLong() - fit.computeBytes() - fit.cacheBytes() / 4);
            advice.add("a smaller quantization fits, one whose file has at most " + megabytes(room)
                    + " MB; or free memory, or unload other models");
        }
        return advice;
    }

    private int largest(GgufModel model, EngineConfig config, CacheKind cache) {
        for (int context = contextTokens; context >= CONTEXT_TOKENS_MIN; context /= 2) {
            if (with(model, config, availableBytes, context, cache).fits()) {
                return context;
            }
        }
        return 0;
    }

    /**
     * Refuses what does not fit.
     *
     * @throws EngineException.LoadFailed with the numbers and what would fit
     */
    void check(String name, GgufModel model, EngineConfig config) {
        if (!fits()) {
            throw new EngineException.LoadFailed(
                    name,
                    "it needs " + megabytes(fit.totalBytes()) + " MB (weights " + megabytes(fit.weightBytes())
                            + ", cache " + megabytes(fit.cacheBytes()) + ", computing " + megabytes(fit.computeBytes())
                            + ") with " + contextTokens + " tokens, and " + megabytes(availableBytes.getAsLong())
                            + " MB are free: " + String.join("; ", advice(model, config)));
        }
    }

    private static long megabytes(long bytes) {
        return (long) Math.ceil(bytes / MEGABYTE);
    }
}

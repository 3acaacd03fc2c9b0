package omni.engine;

import java.time.Duration;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [engine]} of {@code omni.toml}.
 *
 * @param defaultModel name or id of the model for requests that name none; empty leaves the choice to {@code omni models}
 * @param binding what calls llama.cpp
 * @param natives which native libraries compute: {@link NativeChoice#AUTO}, or the name of one
 * @param threads threads that compute; 0 for as many as were measured to be best
 * @param contextTokens most tokens of one chat, prompt and answer; 0 for what the model was trained on, at most 8192
 * @param kvTokens most tokens of all chats with one model together; 0 for the greater of one context and 8192
 * @param sequencesMax most answers of one model decoded together
 * @param batchTokens most tokens of one decode call
 * @param chunkTokens most prompt tokens of a decode call while other answers are being written
 * @param queueMax most requests to one model that wait for a place
 * @param keyRequestsMax most requests of one key to one model, under way and waiting
 * @param prefixReuse whose tokens a prompt may begin with, so that they need not be computed again
 * @param embedTokens most tokens of one text to embed; 0 for what the model was trained on, at most 2048
 * @param modelsLoadedMax most models in memory at once
 * @param idleUnload how long a model that nobody uses stays in memory
 * @param readerStallMax how long the reader of an answer may be behind before the answer is ended
 * @param temperature for requests that give none, and models whose file gives none
 * @param topP likewise
 * @param topK likewise
 * @param minP likewise
 */
record EngineConfig(
        @Key(
                doc = "Name or id of the model for requests that name none. Empty: the one chosen with omni models use,"
                        + " else the seed model.",
                def = "",
                max = "64")
        String defaultModel,

        @Key(
                doc = "What calls llama.cpp: auto, native (the native libraries), or portable (java-llama.cpp, which"
                        + " is slower and does less). auto takes portable only where no native libraries open.",
                def = "auto")
        Binding binding,

        @Key(
                doc = "Which native libraries compute: auto, or the name of one that lies here: cpu, cuda, vulkan, or a"
                        + " folder in natives of OMNI_HOME. One that is named is taken or refused, never replaced.",
                def = "auto",
                min = "1",
                max = "64")
        String natives,

        @Key(
                doc = "Threads that compute. 0: as measured, at first one for each fast core.",
                def = "0",
                unit = "threads",
                min = "0",
                max = "512")
        int threads,

        @Key(
                doc = "Most tokens of one chat, prompt and answer together. 0: what the model was trained on, at"
                        + " most 8192.",
                def = "0",
                unit = "tokens",
                min = "0",
                max = "1048576")
        int contextTokens,

        @Key(
                doc = "Most tokens of all chats with one model together: memory of its KV cache. 0: the greater of one"
                        + " context and 8192, but no more than all sequences can fill.",
                def = "0",
                unit = "tokens",
                min = "0",
                max = "4194304")
        int kvTokens,

        @Key(
                doc = "Most answers of one model that are decoded together.",
                def = "16",
                unit = "sequences",
                min = "1",
                max = "64")
        int sequencesMax,

        @Key(doc = "Most tokens of one decode call.", def = "512", unit = "tokens", min = "64", max = "4096")
        int batchTokens,

        @Key(
                doc = "Most prompt tokens of one decode call while other answers are being written: less makes them"
                        + " steadier, more reads the prompt sooner.",
                def = "128",
                unit = "tokens",
                min = "1",
                max = "4096")
        int chunkTokens,

        @Key(
                doc = "Most requests to one model that wait for a place; one more is refused as busy.",
                def = "128",
                unit = "requests",
                min = "0",
                max = "4096")
        int queueMax,

        @Key(
                doc = "Most requests of one key to one model, those under way and those that wait; one more is refused"
                        + " as busy, so that the queue has room for others.",
                def = "96",
                unit = "requests",
                min = "1",
                max = "4160")
        int keyRequestsMax,

        @Key(
                doc =
                        "Whose tokens in the KV cache a prompt that begins with the same ones is computed behind: key (of the same"
                                + " API key), all, or off. With all, whoever has a key can tell by the time that an answer takes to begin"
                                + " what others have asked.",
                def = "key")
        PrefixReuse prefixReuse,

        @Key(
                doc = "Most tokens of one text to embed. 0: what the model was trained on, at most 2048.",
                def = "0",
                unit = "tokens",
                min = "0",
                max = "32768")
        int embedTokens,

        @Key(
                doc = "Most models in memory at once; the one used longest ago makes room.",
                def = "2",
                unit = "models",
                min = "1",
                max = "16")
        int modelsLoadedMax,

        @Key(doc = "How long a model that nobody uses stays in memory.", def = "10m", min = "1s", max = "8760h")
        Duration idleUnload,

        @Key(
                doc = "How long the reader of an answer may be behind before the answer is ended.",
                def = "30s",
                min = "1s",
                max = "1h")
        Duration readerStallMax,

        @Key(
                doc = "Temperature for requests that give none, where the model's file gives none. 0 always takes the"
                        + " most probable token.",
                def = "0.7",
                min = "0",
                max = "2")
        double temperature,

        @Key(
                doc = "Share of probability that the tokens to draw from make up together, likewise. 1 keeps all.",
                def = "0.95",
                min = "0",
                max = "1")
        double topP,

        @Key(
                doc = "How many of the most probable tokens to draw from, likewise. 0 keeps all.",
                def = "40",
                unit = "tokens",
                min = "0",
                max = "1000000")
        int topK,

        @Key(
                doc = "Least probability of a token to draw, as a share of the most probable one's, likewise. 0"
                        + " keeps all.",
                def = "0.05",
                min = "0",
                max = "1")
        double minP) {
    static final Section<EngineConfig> SECTION = Section.of("engine", EngineConfig.class);

    /** What calls llama.cpp. */
    enum Binding {
        AUTO,
        NATIVE,
        PORTABLE
    }

    /** Whose tokens in the KV cache may be used again. */
    enum PrefixReuse {
        OFF,
        KEY,
        ALL
    }

    /** Refuses what the bounds of each alone let through. */
    EngineConfig {
        if (batchTokens < sequencesMax) {
            throw new IllegalArgumentException("batch_tokens must be at least sequences_max");
        }
    }

    private static final int CONTEXT_TOKENS_DEFAULT_MAX = 8192;
    private static final int EMBED_TOKENS_DEFAULT_MAX = 2048;

    /** Returns tokens one chat may have with a model trained on so many. */
    int contextTokensFor(int trainedTokens) {
        int trained = trainedTokens > 0 ? trainedTokens : CONTEXT_TOKENS_DEFAULT_MAX;
        return Math.min(contextTokens > 0 ? contextTokens : CONTEXT_TOKENS_DEFAULT_MAX, trained);
    }

    /** Returns tokens all chats together may have, at least one chat's; less than usual where a chat has less. */
    int kvTokensFor(int chatTokens, int trainedTokens) {
        boolean less = contextTokens == 0 && chatTokens < contextTokensFor(trainedTokens);
        int wanted = kvTokens > 0 ? kvTokens : less ? chatTokens : Math.max(chatTokens, CONTEXT_TOKENS_DEFAULT_MAX);
        long fillable = (long) chatTokens * sequencesMax;
        return (int) Math.max(chatTokens, Math.min(wanted, fillable));
    }

    /** Returns tokens one text to embed may have with a model trained on so many. */
    int embedTokensFor(int trainedTokens) {
        int trained = trainedTokens > 0 ? trainedTokens : EMBED_TOKENS_DEFAULT_MAX;
        return Math.min(embedTokens > 0 ? embedTokens : EMBED_TOKENS_DEFAULT_MAX, trained);
    }
}

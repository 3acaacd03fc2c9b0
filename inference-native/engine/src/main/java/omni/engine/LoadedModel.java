package omni.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A model in memory, computed by one of the bindings of llama.cpp. One thread opens it, runs it and closes it; everything
 * else is for any thread while the model is open.
 */
sealed interface LoadedModel extends AutoCloseable permits NativeModel, PortableModel {
    /**
     * Vectors that are being computed.
     *
     * @param promptTokens of all texts
     * @param result one vector of length one (L2) for each text; ends with an {@link EngineException} if there are none
     */
    record Vectors(long promptTokens, CompletableFuture<List<float[]>> result) {
        /** Gives the work up; it ends before its next piece. */
        void cancel() {
            result.completeExceptionally(new EngineException.Failed("The request was cancelled."));
        }
    }

    /** The texts that a chat template may ask for; empty where the model has no such token. */
    record Marks(String bos, String eos, boolean addsBos) {}

    StoredModel stored();

    /** Computes until {@link #stop}. */
    void run() throws InterruptedException;

    /** Makes {@link #run} return, cutting what is under way short; requests that are left end with an error. */
    void stop();

    /** Whether it takes no more requests: {@link #stop} was called, or it has failed. */
    boolean isStopped();

    /** Frees its memory; to be called when {@link #run} has returned. */
    @Override
    void close();

    /** Hands a request in; its outbox tells how it goes. */
    void submit(Generation request);

    /** Makes the model's thread look again: a request was cancelled, or a reader has caught up. */
    void wake();

    /**
     * Hands texts in to be embedded, none more than {@link EngineService#INPUTS_MAX}.
     *
     * @throws EngineException.Invalid if the model embeds no texts, or a text is empty
     * @throws EngineException.PromptTooLong if a text has more tokens than one embedding takes
     */
    Vectors embed(List<String> texts, Caller caller);

    /** Counters since the load. */
    DecodeLoop.Stats stats();

    /** The memory that it takes, as reckoned from its file. */
    Fit fit();

    /** How long its answers hold their places. */
    ServiceTime service();

    /** Whether it writes text; a pure encoder only embeds. */
    boolean canGenerate();

    /** Answers that are computed at once. */
    int sequencesMax();

    /** Tokens one chat may have. */
    int contextTokens();

    int vocabularySize();

    long parameterCount();

    int trainedContext();

    int embeddingLength();

    /** Its Jinja chat template; empty where it has none. */
    String template();

    Marks marks();

    /**
     * Returns the tokens of a caller's text.
     *
     * @param parameter the parameter that the text is of
     * @throws EngineException.Invalid if the text has more bytes or special tokens than llama.cpp can be given
     */
    int[] tokenize(String parameter, String text, boolean addBos, boolean special);

    /**
     * Returns the tokens of a prompt, BOS in front, unless it has so many bytes that it cannot have as few tokens as the
     * context has room for.
     *
     * @throws EngineException.PromptTooLong with the least number of tokens that there can be
     * @throws EngineException.Invalid as {@link #tokenize}
     */
    int[] tokenizePrompt(String prompt, boolean special);

    /**
     * Reads a grammar; any thread may call.
     *
     * @return whether answers are held to it; not where it may be left out and this library has no grammars
     * @throws EngineException.Invalid if this model's answers cannot follow it
     */
    boolean holdsTo(Form form);

    /** Returns the text of tokens of the vocabulary, control tokens written out. */
    String detokenize(int[] tokens);

    /**
     * Completes what a request says about sampling: first what came along with the model, then its own file, then the
     * configuration.
     *
     * @throws EngineException.Invalid if this binding has not a sampler that is asked for, or the vocabulary not a token
     */
    Sampling sampling(EngineProtocol.Sampling asked, long randomSeed);
}

package omni.engine;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import omni.llama.LlamaException;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.Vocab;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory with its contexts and its decode loop. One thread opens it, runs it and closes it; the vocabulary
 * and what was read of the file are for any thread while the model is open.
 */
final class LoadedModel implements AutoCloseable {
    /** Texts longer than this are tokenized one at a time: that takes seven times their size for a moment. */
    private static final int LARGE_CHARACTERS = 64 * 1024;

    private static final ReentrantLock LARGE = new ReentrantLock(true);

    private final StoredModel stored;
    private final Model model;
    private final @Nullable LlamaDecoder decoder;
    private final Embedder embedder;
    private final DecodeLoop loop;
    private final EngineConfig config;
    private final LeastTokens leastTokens;

    private LoadedModel(
            StoredModel stored,
            Model model,
            @Nullable LlamaDecoder decoder,
            Embedder embedder,
            DecodeLoop loop,
            EngineConfig config,
            LeastTokens leastTokens) {
        this.stored = stored;
        this.model = model;
        this.decoder = decoder;
        this.embedder = embedder;
        this.loop = loop;
        this.config = config;
        this.leastTokens = leastTokens;
    }

    /** Puts something between the decode loop and the decoder; tests plant faults with it. */
    interface DecoderWrapper {
        Decoder wrap(Decoder decoder);
    }

    /**
     * Loads a model.
     *
     * @throws EngineException.LoadFailed if the file, its architecture or the memory does not allow it
     */
    static LoadedModel open(
            StoredModel stored,
            LlamaLibrary library,
            EngineConfig config,
            Memory memory,
            DecoderWrapper wrapper,
            Tuner tuner) {
        try (Admission admission = Admission.of(stored)) {
            Tuning tuning = tuner.of(stored, library.version() + " " + String.join(",", library.backends()));
            CacheKind cache = CacheKind.of(tuning.kvType());
            LoadPlan plan = LoadPlan.of(admission.model(), config, cache, memory.availableBytes());
            // What a GPU holds is not taken from here.
            if (library.backends().stream().allMatch(backend -> backend.startsWith("CPU"))) {
                plan.check(stored.name(), admission.model(), config);
            }
            Model model = Model.load(library, stored.file(), tuning.modelParams());
            try {
                if (!admission.unchanged()) {
                    throw new EngineException.LoadFailed(stored.name(), "its file was changed while it was read");
                }
                LlamaDecoder decoder = model.canGenerate()
                        ? new LlamaDecoder(model, config, plan, () -> tuner.current(stored), tuner.governor())
                        : null;
                Decoder seam = decoder == null ? new NoDecoder() : wrapper.wrap(decoder);
                DecodeLoop loop = new DecodeLoop(seam, config.chunkTokens(), config.readerStallMax());
                LeastTokens leastTokens = new LeastTokens(model);
                Embedder embedder = new Embedder(model, config, tuning.prefillThreads(), leastTokens);
                tuner.measurement(stored, model).ifPresent(loop::whenIdle);
                return new LoadedModel(stored, model, decoder, embedder, loop, config, leastTokens);
            } catch (LlamaException | EngineException e) {
                model.close();
                throw e;
            }
        } catch (LlamaException e) {
            throw new EngineException.LoadFailed(stored.name(), e.toString());
        }
    }

    /** Decodes until the loop is closed. */
    void run() throws InterruptedException {
        loop.run();
    }

    @Override
    public void close() {
        embedder.close();
        if (decoder != null) {
            decoder.close();
        }
        model.close();
    }

    StoredModel stored() {
        return stored;
    }

    DecodeLoop loop() {
        return loop;
    }

    Embedder embedder() {
        return embedder;
    }

    Vocab vocab() {
        return model.vocab();
    }

    /**
     * Returns the tokens of a caller's text; any thread may call.
     *
     * @param parameter the parameter that the text is of
     * @throws EngineException.Invalid if the text has more bytes or special tokens than llama.cpp can be given
     */
    int[] tokenize(String parameter, String text, boolean addBos, boolean special) {
        return tokenize(vocab(), parameter, text, addBos, special);
    }

    private static int[] tokenize(Vocab vocab, String parameter, String text, boolean addBos, boolean special) {
        boolean large = text.length() > LARGE_CHARACTERS;
        if (large) {
            LARGE.lock();
        }
        try {
            return vocab.tokenize(text, addBos, special);
        } catch (LlamaException e) {
            throw new EngineException.Invalid(parameter, e.getMessage());
        } finally {
            if (large) {
                LARGE.unlock();
            }
        }
    }

    /**
     * Returns the tokens of a caller's text, BOS in front, unless it has so many bytes that it cannot have as few tokens
     * as may be; any thread may call.
     *
     * @param tokensMax the most that may be; the result may still have more
     * @param told the bound as callers know it
     * @throws EngineException.PromptTooLong with the least number of tokens that there can be
     * @throws EngineException.Invalid as {@link #tokenize}
     */
    int[] tokenizeWithin(String parameter, String text, boolean special, int tokensMax, int told) {
        return tokenizeWithin(vocab(), leastTokens, parameter, text, special, tokensMax, told);
    }

    static int[] tokenizeWithin(
            Vocab vocab,
            LeastTokens leastTokens,
            String parameter,
            String text,
            boolean special,
            int tokensMax,
            int told) {
        int least = leastTokens.of(text, tokensMax + 1);
        if (least > tokensMax) {
            throw new EngineException.PromptTooLong(least, told, true);
        }
        return tokenize(vocab, parameter, text, true, special);
    }

    /** Whether it writes text; a pure encoder only embeds. */
    boolean canGenerate() {
        return decoder != null;
    }

    /** Tokens one chat may have. */
    int contextTokens() {
        return decoder == null ? 0 : decoder.contextTokens();
    }

    long parameterCount() {
        return model.parameterCount();
    }

    int trainedContext() {
        return model.trainedContext();
    }

    int embeddingLength() {
        return model.embeddingLength();
    }

    /** Its Jinja chat template; empty where it has none. */
    String template() {
        String own = stored.card().template();
        return own != null ? own : model.chatTemplate().orElse("");
    }

    /** The text of a token, or nothing where the model has no such token. */
    String text(OptionalInt token) {
        return token.isPresent() ? new String(vocab().piece(token.getAsInt(), true), StandardCharsets.UTF_8) : "";
    }

    /**
     * Completes what a request says about sampling: first what came along with the model, then its own file ({@code general.sampling.*}), then the
     * configuration.
     */
    Sampling sampling(
            @Nullable Double temperature,
            @Nullable Double topP,
            OptionalInt topK,
            @Nullable Double minP,
            OptionalLong seed,
            long randomSeed) {
        EngineProtocol.Sampling along = stored.card().sampling();
        EngineProtocol.Sampling own = along != null ? along : new EngineProtocol.Sampling(null, null, null, null, null);
        Long ownTopK = own.topK();
        Double asked = temperature != null ? temperature : own.temperature();
        Double askedTopP = topP != null ? topP : own.topP();
        Double askedMinP = minP != null ? minP : own.minP();
        OptionalInt askedTopK = topK.isPresent() || ownTopK == null ? topK : OptionalInt.of(ownTopK.intValue());
        return new Sampling(
                asked != null ? asked : ownDefault("temp", config.temperature(), Sampling.TEMPERATURE_MAX),
                askedTopP != null ? askedTopP : ownDefault("top_p", config.topP(), 1),
                askedTopK.orElseGet(() -> (int) ownDefault("top_k", config.topK(), Sampling.TOP_K_MAX)),
                askedMinP != null ? askedMinP : ownDefault("min_p", config.minP(), 1),
                seed.orElse(randomSeed));
    }

    private double ownDefault(String key, double otherwise, double max) {
        String text = model.meta("general.sampling." + key).orElse("");
        try {
            double value = Double.parseDouble(text);
            return value >= 0 && value <= max ? value : otherwise;
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }
}

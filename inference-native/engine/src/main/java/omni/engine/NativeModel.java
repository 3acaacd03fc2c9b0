package omni.engine;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;
import omni.llama.LlamaException;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.Sampler;
import omni.llama.Vocab;
import org.jspecify.annotations.Nullable;

/** A model that llama.cpp computes through {@code omni.llama}, with its contexts and its decode loop. */
final class NativeModel implements LoadedModel {
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
    private final Tuner tuner;
    private final Fit fit;

    private NativeModel(
            StoredModel stored,
            Model model,
            @Nullable LlamaDecoder decoder,
            Embedder embedder,
            DecodeLoop loop,
            EngineConfig config,
            LeastTokens leastTokens,
            Tuner tuner,
            Fit fit) {
        this.stored = stored;
        this.model = model;
        this.decoder = decoder;
        this.embedder = embedder;
        this.loop = loop;
        this.config = config;
        this.leastTokens = leastTokens;
        this.tuner = tuner;
        this.fit = fit;
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
    static NativeModel open(
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
                DecodeLoop loop =
                        new DecodeLoop(seam, config.chunkTokens(), config.prefixReuse(), config.readerStallMax());
                LeastTokens leastTokens = new LeastTokens(model);
                Embedder embedder = new Embedder(model, config, tuning.prefillThreads(), leastTokens);
                tuner.loaded(stored, plan.contextTokens(), model, loop::whenIdle);
                return new NativeModel(stored, model, decoder, embedder, loop, config, leastTokens, tuner, plan.fit());
            } catch (LlamaException | EngineException e) {
                model.close();
                throw e;
            }
        } catch (LlamaException e) {
            throw new EngineException.LoadFailed(stored.name(), e.toString());
        }
    }

    @Override
    public void run() throws InterruptedException {
        loop.run();
    }

    @Override
    public void stop() {
        loop.close();
    }

    @Override
    public boolean isStopped() {
        return loop.isClosing();
    }

    @Override
    public void close() {
        tuner.unloaded(stored);
        embedder.close();
        if (decoder != null) {
            decoder.close();
        }
        model.close();
    }

    @Override
    public StoredModel stored() {
        return stored;
    }

    @Override
    public void submit(Generation request) {
        loop.submit(request);
    }

    @Override
    public void wake() {
        loop.wake();
    }

    @Override
    public Vectors embed(List<String> texts, Caller caller) {
        Embedder.Work work = embedder.work(embedder.inputs(texts));
        loop.submit(work, caller);
        return work.vectors;
    }

    @Override
    public DecodeLoop.Stats stats() {
        return loop.stats();
    }

    @Override
    public Fit fit() {
        return fit;
    }

    @Override
    public ServiceTime service() {
        return loop.service();
    }

    @Override
    public int[] tokenize(String parameter, String text, boolean addBos, boolean special) {
        return tokenize(model.vocab(), parameter, text, addBos, special);
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

    @Override
    public int[] tokenizePrompt(String prompt, boolean special) {
        return tokenizeWithin(
                model.vocab(), leastTokens, "prompt", prompt, special, contextTokens() - 1, contextTokens());
    }

    @Override
    public boolean holdsTo(Form form) {
        try {
            LlamaDecoder.held(Sampler.chain(model), form);
            return true;
        } catch (LlamaException e) {
            throw new EngineException.Invalid("grammar", e.getMessage());
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

    @Override
    public String detokenize(int[] tokens) {
        TextAssembler text = new TextAssembler(List.of());
        StringBuilder all = new StringBuilder();
        for (int token : tokens) {
            all.append(text.accept(model.vocab().piece(token, true)));
        }
        return all + text.finish();
    }

    @Override
    public boolean canGenerate() {
        return decoder != null;
    }

    @Override
    public int sequencesMax() {
        return config.sequencesMax();
    }

    @Override
    public int contextTokens() {
        return decoder == null ? 0 : decoder.contextTokens();
    }

    @Override
    public int vocabularySize() {
        return model.vocab().size();
    }

    @Override
    public long parameterCount() {
        return model.parameterCount();
    }

    @Override
    public int trainedContext() {
        return model.trainedContext();
    }

    @Override
    public int embeddingLength() {
        return model.embeddingLength();
    }

    @Override
    public String template() {
        String own = stored.card().template();
        return own != null ? own : model.chatTemplate().orElse("");
    }

    @Override
    public Marks marks() {
        Vocab vocab = model.vocab();
        return new Marks(text(vocab.bos()), text(vocab.eos()), vocab.addsBos());
    }

    private String text(OptionalInt token) {
        return token.isPresent() ? new String(model.vocab().piece(token.getAsInt(), true), StandardCharsets.UTF_8) : "";
    }

    @Override
    public Sampling sampling(EngineProtocol.Sampling asked, long randomSeed) {
        Sampling sampling = Sampling.complete(asked, stored.card().sampling(), model::meta, config, randomSeed);
        sampling.samplers().checkVocabulary(vocabularySize());
        return sampling;
    }
}

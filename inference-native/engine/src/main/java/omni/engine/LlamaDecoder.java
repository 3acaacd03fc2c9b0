package omni.engine;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.LlamaException;
import omni.llama.Logits;
import omni.llama.Model;
import omni.llama.Sampler;
import omni.llama.SequenceMemory;
import omni.llama.Threadpool;
import omni.llama.Vocab;
import org.jspecify.annotations.Nullable;

/** A decoder on a llama.cpp context: one KV cache that all sequences share, one reused batch. */
final class LlamaDecoder implements Decoder {
    private final Model model;
    private final Vocab vocab;
    private final Context context;
    private final SequenceMemory memory;
    private final Batch batch;
    private final int sequencesMax;
    private final int contextTokens;
    private final int kvTokens;
    private final int batchTokens;
    private final Supplier<Tuning> tuning;
    private final Governor governor;
    /** The last one computes; those before it stay until the context is closed. */
    private final List<Threadpool> pools = new ArrayList<>();

    private int threads;
    private int prefillThreads;
    private int poll;
    /** The bytes of tokens met so far: a token's text never changes, and the call for it is not free. */
    private final byte[] @Nullable [] pieces;

    /**
     * Makes the context; afterwards only the thread that decodes may use this.
     *
     * @throws LlamaException if there is no memory for it
     */
    LlamaDecoder(Model model, EngineConfig config, LoadPlan plan, Supplier<Tuning> tuning, Governor governor) {
        Tuning first = tuning.get();
        this.tuning = tuning;
        this.governor = governor;
        this.threads = first.threads();
        this.prefillThreads = first.prefillThreads();
        this.model = model;
        this.vocab = model.vocab();
        this.sequencesMax = config.sequencesMax();
        this.contextTokens = plan.contextTokens();
        this.kvTokens = plan.kvTokens();
        this.batchTokens = config.batchTokens();
        this.pieces = new byte[vocab.size()][];
        this.context = Context.create(
                model,
                new ContextParams(
                                kvTokens,
                                batchTokens,
                                first.ubatchTokens(batchTokens),
                                sequencesMax,
                                threads,
                                prefillThreads,
                                false,
                                ContextParams.Pooling.MODEL,
                                first.flashAttention(),
                                true,
                                first.kvType(),
                                first.kvType())
                        // At most the last token of each sequence is sampled from.
                        .withOutputsMax(sequencesMax));
        try {
            attach(first);
        } catch (LlamaException e) {
            context.close();
            throw e;
        }
        this.memory = context.memory();
        this.batch = Batch.allocate(batchTokens, 1);
    }

    /** A chain, perhaps bound by a grammar. */
    private record Chain(Sampler sampler, boolean bound) implements Picker {
        @Override
        public void close() {
            sampler.close();
        }
    }

    @Override
    public int sequencesMax() {
        return sequencesMax;
    }

    @Override
    public int contextTokens() {
        return contextTokens;
    }

    @Override
    public int kvTokens() {
        return kvTokens;
    }

    @Override
    public int batchTokens() {
        return batchTokens;
    }

    @Override
    public void clear() {
        batch.clear();
    }

    @Override
    public int add(int token, int position, int sequence, boolean output) {
        return batch.add(token, position, sequence, output);
    }

    @Override
    public Outcome decode() {
        Governor.Allowance allowance = governor.look();
        keepTo(allowance);
        long start = System.nanoTime();
        try {
            return compute();
        } finally {
            if (allowance.restPercent() > 0) {
                LockSupport.parkNanos((System.nanoTime() - start) * allowance.restPercent() / 100);
            }
        }
    }

    /** Threads that stay between steps: starting them anew for each token costs as much as a small model's token. */
    private void attach(Tuning now) {
        Threadpool pool = Threadpool.create(model.library(), now.threadsMax(), now.poll(), false);
        pools.add(pool);
        poll = now.poll();
        context.attachThreadpool(pool, pool);
    }

    /** Uses as many threads as were measured to be best, and no more than may be used now. */
    private void keepTo(Governor.Allowance allowance) {
        Tuning now = tuning.get();
        if (now.threadsMax() != pools.getLast().threads() || now.poll() != poll) {
            attach(now);
        }
        int wanted = Math.min(now.threads(), allowance.threads());
        int wantedPrefill = Math.min(now.prefillThreads(), allowance.threads());
        if (wanted != threads || wantedPrefill != prefillThreads) {
            context.setThreads(wanted, wantedPrefill);
            threads = wanted;
            prefillThreads = wantedPrefill;
        }
    }

    private Outcome compute() {
        try {
            return switch (context.decode(batch)) {
                case DONE -> Outcome.DONE;
                case NO_ROOM -> Outcome.NO_ROOM;
                case ABORTED -> Outcome.INTERRUPTED;
            };
        } catch (LlamaException e) {
            System.getLogger(LlamaDecoder.class.getName()).log(Level.ERROR, "A decode call failed.", e);
            throw new EngineException.Failed("Decoding failed: " + e.getMessage() + ".");
        }
    }

    @Override
    public Picker picker(Sampling sampling, Optional<Form> form, int[] prompt) {
        Sampler.Builder chain = Sampler.chain(model);
        try {
            form.ifPresent(given -> held(chain, given));
            Sampler sampler = sampling.samplers().chain(chain, sampling).build();
            if (sampling.samplers().lookBack()) {
                sampler.acceptPrompt(prompt);
            }
            return new Chain(sampler, form.isPresent());
        } catch (LlamaException e) {
            throw stuck(e);
        }
    }

    /** The chain with a grammar, which is read thereby. */
    static Sampler.Builder held(Sampler.Builder chain, Form form) {
        return form.isLazy()
                ? chain.lazyGrammar(form.gbnf(), Form.ROOT, form.triggers())
                : chain.grammar(form.gbnf(), Form.ROOT);
    }

    private static Stuck stuck(LlamaException e) {
        Stuck stuck = new Stuck(String.valueOf(e.getMessage()));
        stuck.initCause(e);
        return stuck;
    }

    @Override
    public int pick(Picker picker, int index) {
        Chain chain = (Chain) picker;
        if (!chain.bound()) {
            return chain.sampler().sample(context, index);
        }
        try {
            return chain.sampler().sample(context, index);
        } catch (LlamaException e) {
            throw stuck(e);
        }
    }

    @Override
    public Logits logits(int index) {
        return context.logits(index);
    }

    @Override
    public byte[] piece(int token) {
        byte[] known = pieces[token];
        if (known == null) {
            known = vocab.piece(token, false);
            pieces[token] = known;
        }
        return known;
    }

    @Override
    public boolean ends(int token) {
        return vocab.isEndOfGeneration(token);
    }

    @Override
    public void forget(int sequence) {
        memory.removeSequence(sequence);
    }

    @Override
    public boolean share(int source, int target, int tokens) {
        if (!hasFirst(source, tokens)) {
            return false;
        }
        memory.copySequence(source, target, 0, tokens);
        return true;
    }

    @Override
    public boolean cut(int sequence, int tokens) {
        boolean has = hasFirst(sequence, tokens);
        boolean kept =
                has && (isWhole(sequence, tokens) || memory.removeSequence(sequence, tokens, SequenceMemory.END));
        if (!kept) {
            memory.removeSequence(sequence);
        }
        return kept;
    }

    /**
     * Whether the state behind the first tokens is there. That behind the last one always is; of an earlier one only where the cache has
     * every token: recurrent layers have the last state alone, and a sliding window the last tokens.
     */
    private boolean hasFirst(int sequence, int tokens) {
        return isWhole(sequence, tokens)
                || (memory.positionMin(sequence) == 0 && memory.positionMax(sequence) >= tokens);
    }

    private boolean isWhole(int sequence, int tokens) {
        return memory.positionMax(sequence) == tokens - 1;
    }

    @Override
    public void interrupt() {
        context.requestAbort();
    }

    @Override
    public void close() {
        context.close();
        pools.forEach(Threadpool::close);
    }
}

package omni.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import omni.bus.BusError;
import omni.bus.BusException;
import omni.bus.ReplyStream;
import omni.gguf.GgufModel;
import org.jspecify.annotations.Nullable;

/**
 * A model that java-llama.cpp computes, in a process of its own: one request after the other, without reports of tokens,
 * and nothing of one kept for the next.
 *
 * <p>{@code gate} guards {@code queue}, {@code closing} and the counters; it is a leaf.
 */
final class PortableModel implements LoadedModel {
    private static final String UNLOADED = "The model was unloaded.";

    private final StoredModel stored;
    private final EngineConfig config;
    private final PortableFacts facts;
    private final PortableProcess process;
    private final PortableProtocol.Client client;
    private final PortableTokens tokens;
    private final Fit fit;

    private final ReentrantLock gate = new ReentrantLock();
    private final Condition changed = gate.newCondition();
    private final Shares shares = new Shares();
    private final FairQueue<Work> queue = new FairQueue<>(shares);
    private @Nullable Caller current;
    private final ServiceTime service = new ServiceTime();
    private boolean closing;
    private DecodeLoop.Stats stats = DecodeLoop.Stats.NONE;

    private sealed interface Work extends FairQueue.Member {
        /** Since when it is here, as {@link System#nanoTime} counts. */
        long sinceNanos();
    }

    private record Answer(Generation request) implements Work {
        @Override
        public Caller caller() {
            return request.caller;
        }

        @Override
        public long sinceNanos() {
            return request.startNanos;
        }
    }

    private record Embedding(List<String> texts, Vectors vectors, Caller caller, long sinceNanos) implements Work {}

    private PortableModel(
            StoredModel stored, EngineConfig config, PortableFacts facts, PortableProcess process, Fit fit) {
        this.stored = stored;
        this.config = config;
        this.facts = facts;
        this.process = process;
        this.fit = fit;
        this.client = process.client();
        this.tokens = new PortableTokens(client, facts.text());
    }

    /** Starts a process for a model of the given number of tokens of context. */
    interface Starter {
        PortableProcess start(StoredModel model, PortableProcess.Settings settings);
    }

    /**
     * Loads a model.
     *
     * @throws EngineException.LoadFailed if the file, its architecture or the memory does not allow it
     */
    static PortableModel open(StoredModel stored, EngineConfig config, Memory memory, int threads, Starter starter) {
        try (Admission admission = Admission.of(stored)) {
            GgufModel file = admission.model();
            LoadPlan plan = LoadPlan.of(file, config, CacheKind.F16, memory.availableBytes());
            plan.check(stored.name(), file, config);
            PortableFacts facts = PortableFacts.of(file, plan.contextTokens(), config);
            PortableProcess process = starter.start(
                    stored,
                    new PortableProcess.Settings(
                            facts.contextTokens(), config.batchTokens(), threads, facts.ownPooling()));
            if (!admission.unchanged()) {
                process.close();
                throw new EngineException.LoadFailed(stored.name(), "its file was changed while it was read");
            }
            return new PortableModel(stored, config, facts, process, plan.fit());
        }
    }

    @Override
    public void run() throws InterruptedException {
        EngineException reason = new EngineException.Failed(UNLOADED);
        @Nullable Work work = null;
        try {
            for (work = take(); work != null; work = take()) {
                switch (work) {
                    case Answer(Generation request) -> answer(request);
                    case Embedding(List<String> texts, Vectors vectors, Caller _, long _) -> embed(texts, vectors);
                }
                done(work);
            }
        } catch (BusException e) {
            if (!isStopped()) {
                EngineException.Failed failed = new EngineException.Failed("java-llama.cpp ended its process.");
                reason = failed;
                throw failed;
            }
        } finally {
            stop();
            abandon(work, reason);
        }
    }

    private @Nullable Work take() throws InterruptedException {
        gate.lockInterruptibly();
        try {
            while (queue.isEmpty() && !closing) {
                changed.await();
            }
            Work next = closing ? null : queue.next();
            if (next != null) {
                queue.take(next);
                current = next.caller();
            }
            return next;
        } finally {
            gate.unlock();
        }
    }

    private void done(Work work) {
        gate.lock();
        try {
            current = null;
            if (work instanceof Embedding embedding) {
                queue.charge(work.caller(), embedding.vectors().promptTokens());
            }
            shares.leave(work.caller());
        } finally {
            gate.unlock();
        }
    }

    @Override
    public boolean isStopped() {
        gate.lock();
        try {
            return closing;
        } finally {
            gate.unlock();
        }
    }

    private void abandon(@Nullable Work current, EngineException reason) {
        List<Work> left = new ArrayList<>();
        gate.lock();
        try {
            left.addAll(queue.all());
            queue.removeIf(_ -> true);
        } finally {
            gate.unlock();
        }
        if (current != null) {
            left.add(current);
        }
        for (Work work : left) {
            fail(work, reason);
        }
    }

    private static void fail(Work work, EngineException reason) {
        switch (work) {
            case Answer(Generation request) -> request.outbox.fail(reason);
            case Embedding(List<String> _, Vectors vectors, Caller _, long _) ->
                vectors.result().completeExceptionally(reason);
        }
    }

    private void answer(Generation request) throws InterruptedException {
        String prompt = request.text;
        if (request.isCancelled() || prompt == null) {
            return;
        }
        if (request.isLate(System.nanoTime())) {
            request.outbox.fail(new EngineException.Expired());
            return;
        }
        Sampling sampling = request.sampling;
        long room = (long) facts.contextTokens() - request.prompt.length;
        PortableProtocol.GenerateParams in = new PortableProtocol.GenerateParams(
                prompt,
                Math.min(request.maxTokens, room),
                sampling.temperature(),
                sampling.topP(),
                sampling.topK(),
                sampling.minP(),
                (sampling.seed() ^ sampling.seed() >>> 32) & Integer.MAX_VALUE);
        count(request.caller, 1, 0, 0);
        long start = System.nanoTime();
        PortableWriting writing = new PortableWriting(request);
        try (ReplyStream<PortableProtocol.GenerateReply> replies = client.generateMore(in)) {
            while (!writing.ended() && replies.hasNext() && waitForReader(request)) {
                writing.accept(replies.next());
                if (request.isLate(System.nanoTime())) {
                    writing.cut();
                }
            }
        } catch (BusError e) {
            request.outbox.fail(new EngineException.Failed(said(e)));
        } finally {
            service.measured(System.nanoTime() - start);
            count(request.caller, 0, request.prompt.length, writing.tokens());
        }
        if (writing.ended()) {
            writing.deliverEnd();
        } else {
            request.outbox.fail(new EngineException.Failed(UNLOADED)); // unless it has failed already
        }
    }

    private static String said(BusError e) {
        return e instanceof PortableProtocol.Failed failed
                ? "java-llama.cpp could not go on: " + failed.reason()
                : "java-llama.cpp's process did not understand.";
    }

    /** Waits while the reader is behind; returns whether the answer is still wanted. */
    private boolean waitForReader(Generation request) throws InterruptedException {
        long deadline = System.nanoTime() + config.readerStallMax().toNanos();
        gate.lockInterruptibly();
        try {
            while (request.outbox.isFull() && !request.isCancelled() && !closing) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    request.outbox.fail(new EngineException.Failed("The reader of the answer was too slow."));
                    return false;
                }
                changed.await(left, TimeUnit.NANOSECONDS);
            }
            return !request.isCancelled() && !closing;
        } finally {
            gate.unlock();
        }
    }

    private void embed(List<String> texts, Vectors vectors) {
        List<float[]> done = new ArrayList<>();
        try {
            for (String each : texts) {
                if (vectors.result().isDone()) {
                    return;
                }
                List<Double> numbers =
                        client.embed(new PortableProtocol.EmbedParams(each)).vector();
                float[] vector = new float[numbers.size()];
                for (int i = 0; i < vector.length; i++) {
                    vector[i] = numbers.get(i).floatValue();
                }
                done.add(Embedder.normalized(vector));
            }
            vectors.result().complete(done);
        } catch (BusError e) {
            vectors.result().completeExceptionally(new EngineException.Failed(said(e)));
        }
    }

    private void count(Caller caller, int sequences, int promptTokens, int completionTokens) {
        gate.lock();
        try {
            queue.charge(caller, promptTokens + completionTokens);
            stats = new DecodeLoop.Stats(
                    sequences,
                    queue.size(),
                    stats.decodeCalls() + completionTokens,
                    1,
                    stats.promptTokens() + promptTokens,
                    stats.completionTokens() + completionTokens,
                    List.of());
        } finally {
            gate.unlock();
        }
    }

    @Override
    public void stop() {
        gate.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            gate.unlock();
        }
        process.cut();
    }

    @Override
    public void close() {
        process.close();
    }

    @Override
    public void submit(Generation request) {
        if (request.text == null) {
            throw PortableTokens.lacks("tokens", "gives java-llama.cpp a prompt as text only");
        }
        if (request.logprobs >= 0) {
            throw PortableTokens.lacks("logprobs", "does without reports of tokens");
        }
        submit(new Answer(request));
    }

    private void submit(Work work) {
        boolean refused;
        gate.lock();
        try {
            refused = closing;
            if (!refused) {
                shares.enter(work.caller());
                queue.add(work);
                changed.signalAll();
            }
        } finally {
            gate.unlock();
        }
        if (refused) {
            fail(work, new EngineException.Failed(UNLOADED));
        }
    }

    @Override
    public void wake() {
        gate.lock();
        try {
            changed.signalAll();
        } finally {
            gate.unlock();
        }
    }

    @Override
    public Vectors embed(List<String> texts, Caller caller) {
        if (!facts.embeds()) {
            throw new EngineException.Invalid("model", "This model ranks texts and makes no embeddings.");
        }
        long promptTokens = 0;
        for (String each : texts) {
            if (each.isEmpty()) {
                throw new EngineException.Invalid("inputs", "An input is empty: leave it out.");
            }
            int length = tokenize("inputs", each, true, false).length;
            if (length > facts.embedTokens()) {
                throw new EngineException.PromptTooLong(length, facts.embedTokens(), false);
            }
            promptTokens += length;
        }
        Vectors vectors = new Vectors(promptTokens, new CompletableFuture<>());
        submit(new Embedding(List.copyOf(texts), vectors, caller, System.nanoTime()));
        return vectors;
    }

    @Override
    public ServiceTime service() {
        return service;
    }

    @Override
    public int[] tokenize(String parameter, String text, boolean addBos, boolean special) {
        return tokens.tokenize(parameter, text, addBos, special);
    }

    @Override
    public boolean holdsTo(Form form) {
        return PortableTokens.holdsTo(form);
    }

    @Override
    public int[] tokenizePrompt(String prompt, boolean special) {
        return tokens.tokenize("prompt", prompt, true, special);
    }

    @Override
    public String detokenize(int[] given) {
        return tokens.detokenize(given);
    }

    @Override
    public DecodeLoop.Stats stats() {
        gate.lock();
        try {
            List<DecodeLoop.Party> requests = new ArrayList<>();
            if (current != null) {
                requests.add(DecodeLoop.Party.computed(current));
            }
            queue.all().forEach(work -> requests.add(DecodeLoop.Party.waiting(work.caller(), work.sinceNanos())));
            return new DecodeLoop.Stats(
                    stats.sequences(),
                    queue.size(),
                    stats.decodeCalls(),
                    stats.sequencesPerDecodeMax(),
                    stats.promptTokens(),
                    stats.completionTokens(),
                    DecodeLoop.Party.together(requests));
        } finally {
            gate.unlock();
        }
    }

    @Override
    public Fit fit() {
        return fit;
    }

    @Override
    public StoredModel stored() {
        return stored;
    }

    @Override
    public boolean canGenerate() {
        return facts.writes();
    }

    @Override
    public int sequencesMax() {
        return 1;
    }

    @Override
    public int contextTokens() {
        return facts.writes() ? facts.contextTokens() : 0;
    }

    @Override
    public int vocabularySize() {
        return facts.vocabularySize();
    }

    @Override
    public long parameterCount() {
        return facts.parameters();
    }

    @Override
    public int trainedContext() {
        return facts.trainedContext();
    }

    @Override
    public int embeddingLength() {
        return facts.embeddingLength();
    }

    @Override
    public String template() {
        String own = stored.card().template();
        return own != null ? own : facts.template();
    }

    @Override
    public Marks marks() {
        return new Marks(facts.text().bos(), facts.text().eos(), facts.text().addsBos());
    }

    @Override
    public Sampling sampling(EngineProtocol.Sampling asked, long randomSeed) {
        if (!Samplers.of(asked.samplers()).areOff()) {
            throw PortableTokens.lacks("sampling.samplers", "chooses by temperature, topK, topP and minP alone");
        }
        return Sampling.complete(asked, stored.card().sampling(), facts::said, config, randomSeed);
    }
}

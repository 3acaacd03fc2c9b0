package omni.engine;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import omni.bus.BusError;
import omni.bus.Call;
import omni.gguf.GgufModel;
import org.jspecify.annotations.Nullable;

/**
 * {@code omni.Engine} on the bus: checks what comes, finds the model, and translates errors. A call gives its model back
 * before it sends its last reply, so that the caller's next call finds the place free. Thread-safe.
 */
final class EngineService implements EngineProtocol.Handler {
    private static final System.Logger LOG = System.getLogger(EngineService.class.getName());

    static final int INPUTS_MAX = 64;
    /** Numbers of all vectors of one call; 64 vectors of 4096. */
    static final int NUMBERS_MAX = 1 << 18;

    private static final Duration TEXTS_WAIT_MAX = Duration.ofSeconds(5);
    private static final long CONTEXT_TOKENS_MAX = 1 << 24;
    private static final long PROGRESS_BYTES = 32L << 20;

    private final ModelStore store;
    private final Residents residents;
    private final EngineConfig config;
    private final Memory memory;
    private final Supplier<EngineProtocol.Library> library;
    private final Texts texts = new Texts(TEXTS_WAIT_MAX);
    private final AtomicLong had = new AtomicLong();

    EngineService(
            ModelStore store,
            Residents residents,
            EngineConfig config,
            Memory memory,
            Supplier<EngineProtocol.Library> library) {
        this.memory = memory;
        this.store = store;
        this.residents = residents;
        this.config = config;
        this.library = library;
    }

    /** How many calls have brought a text, be it one that was refused. */
    long textsHad() {
        return had.get();
    }

    /** The work of one call. */
    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    /** Runs a call and turns what goes wrong into the interface's errors. */
    private static void answer(Work work) {
        try {
            work.run();
        } catch (EngineException e) {
            throw error(e);
        } catch (IOException e) {
            LOG.log(Level.ERROR, "The model store cannot be used.", e);
            throw new EngineProtocol.Unusable(
                    "the model store cannot be used (" + e.getClass().getSimpleName() + ")");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new EngineProtocol.Failed("The engine is stopping.");
        }
    }

    private static BusError error(EngineException e) {
        return switch (e) {
            case EngineException.Invalid x -> new EngineProtocol.Invalid(x.parameter, x.hint);
            case EngineException.NoSuchModel x -> new EngineProtocol.NoSuchModel(x.model, x.available);
            case EngineException.PromptTooLong x ->
                new EngineProtocol.PromptTooLong(x.promptTokens, x.contextTokens, x.atLeast);
            case EngineException.Busy x -> new EngineProtocol.Busy(x.retryAfterSeconds, x.keyFull);
            case EngineException.Expired _ -> new EngineProtocol.Expired();
            case EngineException.LoadFailed x -> new EngineProtocol.LoadFailed(x.model, x.reason);
            case EngineException.InUse x -> new EngineProtocol.InUse(x.model, x.by);
            case EngineException.Unusable x -> new EngineProtocol.Unusable(x.reason);
            case EngineException.Failed x -> new EngineProtocol.Failed(x.reason);
        };
    }

    /** Finds a model; where a request names none, what omni.toml names goes before the owner's choice. */
    private StoredModel find(@Nullable String model) throws IOException {
        boolean unnamed = model == null || model.equals("default");
        return store.find(unnamed && !config.defaultModel().isEmpty() ? config.defaultModel() : model);
    }

    @Override
    public void generate(EngineProtocol.GenerateParams in, Call<EngineProtocol.GenerateReply> call) {
        had.incrementAndGet();
        answer(() -> {
            GenerateRequest request = GenerateRequest.checked(in);
            EngineProtocol.GenerateReply last;
            long asked = System.nanoTime();
            try (Texts.Share _ = texts.take(request.bytes());
                    Residents.Lease lease = residents.acquire(find(in.model()), request.caller())) {
                double loadMillis = millisSince(asked);
                Generation generation = request.on(lease.model(), call.wantsMore());
                call.onCancel(generation::cancel);
                lease.model().submit(generation);
                boolean ended = false;
                try {
                    last = stream(generation, loadMillis, call);
                    ended = true;
                } finally {
                    if (!ended) {
                        generation.cancel();
                    }
                }
            }
            call.reply(last);
        });
    }

    /** Sends what comes, where the caller asked for a stream, and returns the last reply. */
    private static EngineProtocol.GenerateReply stream(
            Generation generation, double loadMillis, Call<EngineProtocol.GenerateReply> call)
            throws InterruptedException {
        Long promptTokens = (long) generation.prompt.length;
        StringBuilder text = new StringBuilder();
        List<EngineProtocol.Token> tokens = new ArrayList<>();
        while (true) {
            Outbox.Chunk chunk = generation.outbox.take();
            Outbox.Usage usage = chunk.usage();
            if (call.wantsMore() && usage == null) {
                if (!chunk.text().isEmpty() || !chunk.tokens().isEmpty()) {
                    call.next(new EngineProtocol.GenerateReply(
                            chunk.text(), chunk.tokens(), promptTokens, null, null, null));
                    promptTokens = null;
                }
                continue;
            }
            text.append(chunk.text());
            tokens.addAll(chunk.tokens());
            if (usage != null) {
                return new EngineProtocol.GenerateReply(
                        text.toString(),
                        tokens,
                        promptTokens,
                        Wording.finish(chunk.finish()),
                        usage.stopped(),
                        Wording.usage(usage, loadMillis));
            }
        }
    }

    private static double millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e6;
    }

    @Override
    public void countTokens(EngineProtocol.CountTokensParams in, Call<EngineProtocol.CountTokensReply> call) {
        had.incrementAndGet();
        answer(() -> {
            long tokens;
            try (Texts.Share _ = texts.take(Texts.bytes(in.prompt()));
                    Residents.Lease lease = residents.look(find(in.model()))) {
                tokens = lease.model().tokenizePrompt(in.prompt(), in.special()).length;
            }
            call.reply(new EngineProtocol.CountTokensReply(tokens));
        });
    }

    @Override
    public void tokenize(EngineProtocol.TokenizeParams in, Call<EngineProtocol.TokenizeReply> call) {
        had.incrementAndGet();
        answer(() -> {
            int[] tokens;
            try (Texts.Share _ = texts.take(Texts.bytes(in.text()));
                    Residents.Lease lease = residents.look(find(in.model()))) {
                tokens = lease.model().tokenize("text", in.text(), in.addBos(), in.special());
            }
            call.reply(new EngineProtocol.TokenizeReply(Wording.longs(tokens)));
        });
    }

    @Override
    public void detokenize(EngineProtocol.DetokenizeParams in, Call<EngineProtocol.DetokenizeReply> call) {
        had.incrementAndGet();
        answer(() -> {
            String text;
            try (Texts.Share _ = texts.take((long) in.tokens().size() * Texts.NUMBER_BYTES);
                    Residents.Lease lease = residents.look(find(in.model()))) {
                text = lease.model()
                        .detokenize(GenerateRequest.tokens(
                                in.tokens(), lease.model().vocabularySize()));
            }
            call.reply(new EngineProtocol.DetokenizeReply(text));
        });
    }

    @Override
    public void embed(EngineProtocol.EmbedParams in, Call<EngineProtocol.EmbedReply> call) {
        had.incrementAndGet();
        answer(() -> {
            if (in.inputs().isEmpty() || in.inputs().size() > INPUTS_MAX) {
                throw new EngineException.Invalid("inputs", "Give 1 to 64 inputs.");
            }
            Caller caller = Caller.of(in.caller());
            try (Texts.Share _ =
                    texts.take(in.inputs().stream().mapToLong(Texts::bytes).sum())) {
                embedding(in, caller, call);
            }
        });
    }

    private void embedding(EngineProtocol.EmbedParams in, Caller caller, Call<EngineProtocol.EmbedReply> call)
            throws IOException, InterruptedException {
        LoadedModel.Vectors work;
        List<float[]> vectors;
        long numbers;
        long asked = System.nanoTime();
        double loadMillis;
        try (Residents.Lease lease = residents.acquire(find(in.model()), caller)) {
            loadMillis = millisSince(asked);
            numbers = checkNumbers(in.inputs().size(), lease.model().embeddingLength());
            work = lease.model().embed(in.inputs(), caller);
            call.onCancel(work::cancel);
            vectors = vectors(work);
        }
        try (Texts.Share _ = texts.take(numbers * Texts.NUMBER_BYTES)) {
            call.reply(new EngineProtocol.EmbedReply(Wording.embeddings(vectors), work.promptTokens(), loadMillis));
        }
    }

    /** Returns how many numbers so many vectors have, and refuses too many. */
    static long checkNumbers(int inputs, int dimensions) {
        long numbers = (long) inputs * dimensions;
        if (numbers > NUMBERS_MAX) {
            throw new EngineException.Invalid(
                    "inputs",
                    "Give at most " + NUMBERS_MAX / dimensions + " inputs at once: this model's vectors are long.");
        }
        return numbers;
    }

    private static List<float[]> vectors(LoadedModel.Vectors work) throws InterruptedException {
        try {
            return work.result().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EngineException reason) {
                throw reason;
            }
            throw new IllegalStateException("Embedding ended in an unexpected way.", e);
        }
    }

    @Override
    public void models(EngineProtocol.ModelsParams in, Call<EngineProtocol.ModelsReply> call) {
        answer(() -> {
            String defaultId = defaultId();
            List<EngineProtocol.Model> models = new ArrayList<>();
            for (StoredModel model : store.models()) {
                models.add(Wording.model(model, defaultId, residents.ready(model.id())));
            }
            call.reply(new EngineProtocol.ModelsReply(models));
        });
    }

    /** Returns the id of the model for requests that name none; empty where omni.toml names one that is not there. */
    private String defaultId() throws IOException {
        try {
            return find(null).id();
        } catch (EngineException.NoSuchModel _) {
            return "";
        }
    }

    @Override
    public void template(EngineProtocol.TemplateParams in, Call<EngineProtocol.TemplateReply> call) {
        answer(() -> {
            EngineProtocol.ChatTemplate template;
            long asked = System.nanoTime();
            double loadMillis;
            try (Residents.Lease lease = residents.look(find(in.model()))) {
                loadMillis = millisSince(asked);
                template = Wording.template(lease.model());
            }
            call.reply(new EngineProtocol.TemplateReply(template, loadMillis));
        });
    }

    @Override
    public void unload(EngineProtocol.UnloadParams in, Call<EngineProtocol.UnloadReply> call) {
        answer(() -> {
            String id = find(in.model()).id();
            call.reply(new EngineProtocol.UnloadReply(!store.isPinned(id) && residents.unload(id)));
        });
    }

    @Override
    public void import_(EngineProtocol.ImportParams in, Call<EngineProtocol.ImportReply> call) {
        answer(() -> {
            Intake.Order order = Intake.Order.checked(in);
            Progress<EngineProtocol.ImportReply> progress = new Progress<>(call);
            long total = order.parts().stream()
                    .mapToLong(part -> Math.max(0, part.path().toFile().length()))
                    .sum();
            ModelStore.Arrived arrived = store.add(
                    order, done -> progress.at(done, () -> new EngineProtocol.ImportReply(null, done, total, null)));
            StoredModel model = arrived.model();
            call.reply(new EngineProtocol.ImportReply(
                    Wording.model(model, defaultId(), residents.ready(model.id())),
                    model.sizeBytes(),
                    model.sizeBytes(),
                    Wording.taken(arrived.taken())));
        });
    }

    @Override
    public void show(EngineProtocol.ShowParams in, Call<EngineProtocol.ShowReply> call) {
        answer(() -> {
            StoredModel model = find(in.model());
            EngineProtocol.ModelFit fit = null;
            String template = model.card().template();
            boolean embedder = false;
            checkContext(in.contextTokens());
            try (Admission admission = Admission.of(model)) {
                GgufModel file = admission.model();
                embedder = file.metadata()
                        .integer(file.architecture() + ".pooling_type")
                        .isPresent();
                if (template == null) {
                    template = file.metadata().text("tokenizer.chat_template").orElse(null);
                }
                fit = fit(file, in.contextTokens());
            } catch (EngineException.LoadFailed e) {
                LOG.log(Level.DEBUG, "Shown without what its file says: " + e.reason);
            }
            call.reply(new EngineProtocol.ShowReply(
                    Wording.model(model, defaultId(), residents.ready(model.id())),
                    Wording.details(model, heldBy(model)),
                    fit,
                    template,
                    embedder));
        });
    }

    private static void checkContext(@Nullable Long contextTokens) {
        if (contextTokens != null && (contextTokens < 1 || contextTokens > CONTEXT_TOKENS_MAX)) {
            throw new EngineException.Invalid("contextTokens", "Give 1 to 16777216.");
        }
    }

    /** Reckons the memory of a model. */
    private EngineProtocol.ModelFit fit(GgufModel model, @Nullable Long contextTokens) {
        OptionalLong available = memory.availableBytes();
        LoadPlan plan = contextTokens == null
                ? LoadPlan.of(model, config, CacheKind.F16, available)
                : LoadPlan.with(model, config, available, contextTokens.intValue(), CacheKind.F16);
        return Wording.fit(plan, plan.advice(model, config));
    }

    @Override
    public void verify(EngineProtocol.VerifyParams in, Call<EngineProtocol.VerifyReply> call) {
        answer(() -> {
            StoredModel model = find(in.model());
            long total = model.sizeBytes();
            Progress<EngineProtocol.VerifyReply> progress = new Progress<>(call);
            List<String> damaged = store.verify(
                    model, done -> progress.at(done, () -> new EngineProtocol.VerifyReply(done, total, null)));
            if (!damaged.isEmpty()) {
                residents.unload(model.id());
            }
            call.reply(new EngineProtocol.VerifyReply(total, total, damaged));
        });
    }

    @Override
    public void pin(EngineProtocol.PinParams in, Call<EngineProtocol.PinReply> call) {
        answer(() -> {
            store.pin(find(in.model()), in.pinned());
            call.reply(new EngineProtocol.PinReply());
        });
    }

    /** Tells how far a long work is, now and then, and ends it when the caller is gone. */
    private static final class Progress<R> {
        private final Call<R> call;
        private long told;

        Progress(Call<R> call) {
            this.call = call;
        }

        void at(long done, Supplier<R> reply) {
            if (call.isCancelled()) {
                throw new EngineException.Failed("The request was cancelled.");
            }
            if (call.wantsMore() && done - told >= PROGRESS_BYTES) {
                told = done;
                call.next(reply.get());
            }
        }
    }

    /** Returns what keeps a model from being removed. */
    private List<String> heldBy(StoredModel model) throws IOException {
        List<String> by = new ArrayList<>();
        if (model.seed()) {
            by.add("it is part of Omni");
        }
        if (model.id().equals(defaultId())) {
            by.add("it is the default");
        }
        if (model.pinned()) {
            by.add("it is pinned");
        }
        int requests = residents.users(model.id());
        if (requests > 0) {
            by.add(requests == 1 ? "a request uses it" : requests + " requests use it");
        }
        return by;
    }

    @Override
    public void remove(EngineProtocol.RemoveParams in, Call<EngineProtocol.RemoveReply> call) {
        answer(() -> {
            StoredModel model = store.find(in.model());
            List<String> by = heldBy(model);
            if (!by.isEmpty() || !residents.unload(model.id())) {
                throw new EngineException.InUse(model.name(), by.isEmpty() ? List.of("a request uses it") : by);
            }
            store.remove(model);
            call.reply(new EngineProtocol.RemoveReply());
        });
    }

    @Override
    public void use(EngineProtocol.UseParams in, Call<EngineProtocol.UseReply> call) {
        answer(() -> {
            if (!config.defaultModel().isEmpty()) {
                throw new EngineException.Invalid(
                        "model", "omni.toml names the default model: change or remove engine.default_model there.");
            }
            StoredModel model = store.find(in.model());
            if (model.damaged()) {
                throw new EngineException.Invalid("model", "This model is damaged: remove it and get it again.");
            }
            store.use(model);
            call.reply(new EngineProtocol.UseReply());
        });
    }

    @Override
    public void counters(EngineProtocol.CountersParams in, Call<EngineProtocol.CountersReply> call) {
        answer(() -> {
            List<StoredModel> stored = store.models();
            Map<String, ModelCounts> counts =
                    residents.counts(stored.stream().map(StoredModel::id).collect(Collectors.toSet()));
            Map<String, Residents.Resident> ready = residents.ready().stream()
                    .collect(Collectors.toMap(r -> r.loaded().stored().id(), r -> r));
            List<EngineProtocol.ModelCounters> models = new ArrayList<>();
            for (StoredModel model : stored) {
                models.add(Wording.counters(
                        model,
                        counts.getOrDefault(model.id(), ModelCounts.NONE),
                        Optional.ofNullable(ready.get(model.id()))));
            }
            call.reply(new EngineProtocol.CountersReply(
                    models, Wording.boxed(memory.residentBytes()), Wording.boxed(memory.availableBytes())));
        });
    }

    @Override
    public void stats(EngineProtocol.StatsParams in, Call<EngineProtocol.StatsReply> call) {
        answer(() -> {
            List<EngineProtocol.ModelStats> models = new ArrayList<>();
            for (Residents.Resident resident : residents.ready()) {
                models.add(Wording.stats(resident));
            }
            call.reply(new EngineProtocol.StatsReply(library.get(), models));
        });
    }
}

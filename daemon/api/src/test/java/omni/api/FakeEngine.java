package omni.api;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import omni.bus.BusException;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.Candidate;
import omni.engine.EngineProtocol.ChatTemplate;
import omni.engine.EngineProtocol.DetokenizeParams;
import omni.engine.EngineProtocol.DetokenizeReply;
import omni.engine.EngineProtocol.EmbedParams;
import omni.engine.EngineProtocol.EmbedReply;
import omni.engine.EngineProtocol.Embedding;
import omni.engine.EngineProtocol.GenerateParams;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.ImportParams;
import omni.engine.EngineProtocol.ImportReply;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelState;
import omni.engine.EngineProtocol.ModelsParams;
import omni.engine.EngineProtocol.ModelsReply;
import omni.engine.EngineProtocol.RemoveParams;
import omni.engine.EngineProtocol.RemoveReply;
import omni.engine.EngineProtocol.StatsParams;
import omni.engine.EngineProtocol.StatsReply;
import omni.engine.EngineProtocol.TemplateParams;
import omni.engine.EngineProtocol.TemplateReply;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.TokenizeParams;
import omni.engine.EngineProtocol.TokenizeReply;
import omni.engine.EngineProtocol.Usage;
import omni.engine.EngineProtocol.UseParams;
import omni.engine.EngineProtocol.UseReply;

/**
 * A fake engine on a real bus socket, for faults that the real one does not make on demand. What happens to a call is
 * chosen by the name of its model. What the API does with a model that answers is tested against the real engine.
 */
final class FakeEngine implements EngineProtocol.Handler, AutoCloseable {
    /** A template in the way of Qwen's: with thoughts, tools and calls. */
    private static final String CALLING = """
            {%- for t in tools or [] %}tool {{ t | tojson }}
            {% endfor %}{% for m in messages %}{{ m.role }}: {% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif -%}
            {{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>
            {"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
            </tool_call>
            {% endfor %}
            {% endfor %}{% if messages[-1].content == "think" %}<think>
            {% endif %}""";

    /** What each of its models does. */
    interface Script {
        void run(FakeEngine engine, GenerateParams in, Call<GenerateReply> call);
    }

    private final Map<String, Script> scripts = new LinkedHashMap<>();
    private final BusServer server;

    /** Every Generate call that came, in order. */
    final ConcurrentLinkedQueue<GenerateParams> asked = new ConcurrentLinkedQueue<>();

    /** Every Embed call that came, in order. */
    final ConcurrentLinkedQueue<EmbedParams> embedded = new ConcurrentLinkedQueue<>();

    /** The model of every Unload call that came, in order. */
    final ConcurrentLinkedQueue<String> unloaded = new ConcurrentLinkedQueue<>();

    /** Every Import call that came, in order; the models are there from then on. */
    final ConcurrentLinkedQueue<ImportParams> imported = new ConcurrentLinkedQueue<>();

    /** The model of every Remove call that came, in order; they stay nevertheless. */
    final ConcurrentLinkedQueue<String> removed = new ConcurrentLinkedQueue<>();

    /** What model "calling" says, and why it ends. */
    volatile List<String> pieces = List.of("");

    volatile GenerateReplyFinish finish = GenerateReplyFinish.STOP;

    /** What Counters tells, and whether it tells it at all. */
    volatile List<EngineProtocol.ModelCounters> counters = List.of(
            new EngineProtocol.ModelCounters("id-begun", "begun", 3, 1, 1500, 1, 1, 0, true, 1, 4, 2, 10, 20, 30));

    volatile Counting counting = Counting.PROMPT;

    enum Counting {
        PROMPT,
        SLOW
    }

    /** The one of its models that is in memory. */
    private volatile String inMemory = "begun";

    /** Whether it puts tokens together; else it has a fault there. */
    volatile boolean detokenizes = true;

    final AtomicInteger scrapes = new AtomicInteger();
    final AtomicInteger cancelled = new AtomicInteger();
    final AtomicInteger templateCalls = new AtomicInteger();
    final CountDownLatch hold = new CountDownLatch(1);

    FakeEngine(Path socket) {
        scripts.put("echo", (_, in, call) -> call.reply(last(String.valueOf(in.prompt()))));
        scripts.put(
                "told",
                (_, in, call) ->
                        call.reply(last("heard " + String.valueOf(in.prompt()).length())));
        scripts.put("mirror", (_, in, call) -> call.reply(last(String.valueOf(in.prompt()))));
        scripts.put(
                "stopping",
                (_, in, call) -> call.reply(new GenerateReply(
                        "a", List.of(), 10L, GenerateReplyFinish.STOP, in.stop().getLast(), usage())));
        scripts.put("three", FakeEngine::three);
        scripts.put("calling", FakeEngine::calling);
        scripts.put("endless", FakeEngine::endless);
        scripts.put("silent", FakeEngine::silent);
        scripts.put("begun", FakeEngine::begun);
        scripts.put("busy", (_, _, _) -> {
            throw new EngineProtocol.Busy(7, null);
        });
        scripts.put("full", (_, _, _) -> {
            throw new EngineProtocol.Busy(90, true);
        });
        scripts.put("late", (_, _, _) -> {
            throw new EngineProtocol.Expired();
        });
        scripts.put("long", (_, _, _) -> {
            throw new EngineProtocol.PromptTooLong(3000, 2048, null);
        });
        scripts.put("unloadable", (_, _, _) -> {
            throw new EngineProtocol.LoadFailed("unloadable", "no tensor");
        });
        scripts.put("few", (_, _, _) -> {
            throw new EngineProtocol.Invalid("maxTokens", "Use less.");
        });
        scripts.put("strict", (_, _, _) -> {
            throw new EngineProtocol.Invalid("sampling.topK", "Use less.");
        });
        scripts.put("gone", (_, _, _) -> {
            throw new EngineProtocol.NoSuchModel("gone", List.of("three"));
        });
        scripts.put("failing", (_, in, call) -> {
            if (call.wantsMore()) {
                call.next(part("a"));
            }
            throw new EngineProtocol.Failed("the model was unloaded");
        });
        scripts.put("refusing", (_, _, call) -> {
            call.next(part("a"));
            throw new EngineProtocol.Invalid("grammar", "It allows nothing.");
        });
        scripts.put("odd", (_, _, _) -> {
            throw new IllegalStateException("a fault of the fake");
        });
        scripts.put("token", FakeEngine::tokens);
        scripts.put("wordy", FakeEngine::wordy);
        scripts.put("unusable", (_, _, _) -> {
            throw new EngineProtocol.Unusable("no store");
        });
        scripts.put("vast", (_, _, _) -> {
            throw new EngineProtocol.PromptTooLong(9000, 2048, true);
        });
        scripts.put("loading", (_, in, call) -> call.reply(last(String.valueOf(in.prompt()))));
        scripts.put("wide", (_, _, _) -> {});
        server = BusServer.at(socket).service(EngineProtocol.service(this)).start();
    }

    /** Has only models that answer at once and without a fault, the default one in memory: whoever asks anything gets an answer. */
    FakeEngine onlyQuick() {
        scripts.keySet().retainAll(List.of("three", "mirror", "told", "token"));
        inMemory = "three";
        return this;
    }

    @Override
    public void close() {
        server.close();
        hold.countDown();
    }

    @Override
    public void generate(GenerateParams in, Call<GenerateReply> call) {
        asked.add(in);
        call.onCancel(cancelled::incrementAndGet);
        var script = scripts.getOrDefault(String.valueOf(in.model()).replace("id-", ""), FakeEngine::three);
        script.run(this, in, call);
    }

    @Override
    public void models(ModelsParams in, Call<ModelsReply> call) {
        var names =
                Stream.concat(scripts.keySet().stream(), imported.stream().map(order -> String.valueOf(order.name())));
        call.reply(new ModelsReply(names.map(this::model).toList()));
    }

    /** One of its models. */
    private Model model(String name) {
        return new Model(
                "id-" + name,
                name,
                name.equals("three"),
                false,
                name.equals(inMemory),
                "llama",
                1,
                1_700_000_000,
                1_500_000_000L,
                2048L,
                null,
                "Q4_K",
                false,
                ModelState.SOUND);
    }

    @Override
    public void template(TemplateParams in, Call<TemplateReply> call) {
        templateCalls.incrementAndGet();
        if ("id-loading".equals(in.model())) {
            call.onCancel(cancelled::incrementAndGet);
            waitFor(hold);
        }
        var source = switch (String.valueOf(in.model())) {
            case "id-told" -> "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
            case "id-mirror" ->
                "{{ messages | tojson }}{{ reasoning_effort }}"
                        + "{% if enable_thinking is defined %} thinks: {{ enable_thinking }}{% endif %}";
            case "id-calling", "id-refusing" -> CALLING;
            default -> "A prompt.";
        };
        call.reply(new TemplateReply(new ChatTemplate(String.valueOf(in.model()), source, "", "", false), 2));
    }

    @Override
    public void embed(EmbedParams in, Call<EmbedReply> call) {
        embedded.add(in);
        if ("id-silent".equals(in.model())) {
            call.onCancel(cancelled::incrementAndGet);
            waitFor(hold);
        }
        if (in.inputs().contains("fail")) {
            throw new EngineProtocol.Failed("it had to");
        }
        if (in.inputs().contains("long")) {
            throw new EngineProtocol.PromptTooLong(3000, 2048, null);
        }
        var numbers = "id-wide".equals(in.model()) ? 512 : 1;
        var vectors = in.inputs().stream()
                .map(text ->
                        Stream.concat(Stream.of((double) text.length()), Collections.nCopies(numbers, 0.5).stream()))
                .map(vector -> new Embedding(vector.toList()))
                .toList();
        call.reply(new EmbedReply(vectors, in.inputs().size(), 2));
    }

    @Override
    public void tokenize(TokenizeParams in, Call<TokenizeReply> call) {
        var tokens = in.text().codePoints().asLongStream().boxed().toList();
        call.reply(new TokenizeReply(
                in.addBos() ? Stream.concat(Stream.of(1L), tokens.stream()).toList() : tokens));
    }

    @Override
    public void countTokens(EngineProtocol.CountTokensParams in, Call<EngineProtocol.CountTokensReply> call) {
        call.reply(new EngineProtocol.CountTokensReply(in.prompt().length()));
    }

    @Override
    public void unload(EngineProtocol.UnloadParams in, Call<EngineProtocol.UnloadReply> call) {
        unloaded.add(String.valueOf(in.model()));
        call.reply(new EngineProtocol.UnloadReply(!"id-begun".equals(in.model())));
    }

    @Override
    public void detokenize(DetokenizeParams in, Call<DetokenizeReply> call) {
        if (!detokenizes) {
            throw new IllegalStateException("a fault of the fake");
        }
        if (in.tokens().stream().anyMatch(token -> !Character.isValidCodePoint(token.intValue()))) {
            throw new EngineProtocol.Invalid("tokens", "A token is not in the model's vocabulary.");
        }
        call.reply(new DetokenizeReply(in.tokens().stream()
                .map(token -> Character.toString(token.intValue()))
                .collect(Collectors.joining())));
    }

    @Override
    public void import_(ImportParams in, Call<ImportReply> call) {
        imported.add(in);
        call.reply(new ImportReply(model(String.valueOf(in.name())), 1, 1, EngineProtocol.ImportReplyTaken.LINKED));
    }

    @Override
    public void show(EngineProtocol.ShowParams in, Call<EngineProtocol.ShowReply> call) {
        var model = model(String.valueOf(in.model()).replace("id-", ""));
        var sampling = new EngineProtocol.Sampling(0.5, null, 3L, null, null, null);
        var file = new EngineProtocol.StoredFile("model.gguf", "sha-" + model.name(), 1);
        var details = new EngineProtocol.ModelDetails(List.of(file), null, "mit", null, null, sampling, List.of());
        var fit = new EngineProtocol.ModelFit(512, 1, 2, 3, 100, true, List.of());
        call.reply(new EngineProtocol.ShowReply(model, details, fit, "A template.", false));
    }

    @Override
    public void verify(EngineProtocol.VerifyParams in, Call<EngineProtocol.VerifyReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void pin(EngineProtocol.PinParams in, Call<EngineProtocol.PinReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void remove(RemoveParams in, Call<RemoveReply> call) {
        if (in.model().equals("id-three")) {
            throw new EngineProtocol.InUse("three", List.of("it is the default"));
        }
        removed.add(in.model());
        call.reply(new RemoveReply());
    }

    @Override
    public void use(UseParams in, Call<UseReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void stats(StatsParams in, Call<StatsReply> call) {
        var library = new EngineProtocol.Library("a library", "cpu", "none", "it is a fake", List.of(), false);
        call.reply(new StatsReply(
                library,
                List.of(new EngineProtocol.ModelStats("id-" + inMemory, 0, 1, 0, 512, 0, 0, 0, 0, List.of()))));
    }

    @Override
    public void counters(EngineProtocol.CountersParams in, Call<EngineProtocol.CountersReply> call) {
        scrapes.incrementAndGet();
        if (counting == Counting.SLOW) {
            waitFor(hold);
        }
        call.reply(new EngineProtocol.CountersReply(counters, 50_000_000L, 4_000_000_000L));
    }

    private static void three(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        call.next(part("one "));
        call.next(part("two "));
        call.reply(last("three"));
    }

    /** Says what it was told to say, which may be thoughts and calls. */
    private static void calling(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        var pieces = engine.pieces;
        pieces.subList(0, pieces.size() - 1).forEach(piece -> call.next(part(piece)));
        call.reply(new GenerateReply(pieces.getLast(), List.of(), null, engine.finish, null, usage()));
    }

    private static void endless(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        var text = "x".repeat(1000);
        while (true) {
            call.next(part(text));
        }
    }

    /** Answers nothing until the test lets it. */
    private static void silent(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        waitFor(engine.hold);
        call.reply(last("late"));
    }

    /** Begins and goes no further until the test lets it. */
    private static void begun(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        call.next(part("begun"));
        waitFor(engine.hold);
        call.reply(last(" ended"));
    }

    /** Reports a whole character and half a one. */
    private static void tokens(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        var whole = token("a".getBytes(StandardCharsets.UTF_8), -0.5);
        var half = token(new byte[] {(byte) 0xe2, (byte) 0x82}, Double.MIN_VALUE - Double.MAX_VALUE);
        call.reply(new GenerateReply("a", List.of(whole, half), 10L, GenerateReplyFinish.LENGTH, null, usage()));
    }

    /** Reports more tokens than a heap holds as nodes: a hundred replies of ten, each with twenty alternatives. */
    private static void wordy(FakeEngine engine, GenerateParams in, Call<GenerateReply> call) {
        var base64 = Base64.getEncoder().encodeToString("a".getBytes(StandardCharsets.UTF_8));
        var top = IntStream.range(0, 20)
                .mapToObj(i -> new Candidate(
                        i, Base64.getEncoder().encodeToString(("a" + i).getBytes(StandardCharsets.UTF_8)), -0.5))
                .toList();
        var token = new Token(1, base64, -0.5, top);
        for (var i = 0; i < 100; i++) {
            call.next(new GenerateReply("a".repeat(10), Collections.nCopies(10, token), null, null, null, null));
            if ("break".equals(in.prompt()) && i == 90) {
                throw new EngineProtocol.Failed("it had to");
            }
        }
        call.reply(last("."));
    }

    private static Token token(byte[] bytes, double logprob) {
        var base64 = Base64.getEncoder().encodeToString(bytes);
        return new Token(1, base64, logprob, List.of(new Candidate(1, base64, logprob)));
    }

    private static GenerateReply part(String text) {
        return new GenerateReply(text, List.of(), 10L, null, null, null);
    }

    private static GenerateReply last(String text) {
        return new GenerateReply(text, List.of(), 10L, GenerateReplyFinish.STOP, null, usage());
    }

    private static Usage usage() {
        return new Usage(10, 4, 3, 5, 1, 1, 2);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new BusException.Cancelled("The test is over", e);
        }
    }

    /** A list of texts, for big requests. */
    static List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "t" + i).toList();
    }

    static List<String> none() {
        return Collections.emptyList();
    }
}

package omni.api;

import io.helidon.http.Method;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import omni.api.Answers.Asker;
import omni.api.Answers.Begun;
import omni.api.DaemonProtocol.RouteGroup;
import omni.dialogue.AnswerParser;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelStats;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.node.JsonNodeFactory;

/** Ollama's own API, as far as it asks models and tells of them; {@link OllamaStoreRoutes} has the rest. Source: Ollama, docs/api.md. */
final class OllamaRoutes {
    /** The version of Ollama whose API this is: its clients compare it. */
    static final String VERSION = "0.12.11";

    /** Characters of a name that an error says again; no model's name is longer. */
    private static final int NAME_CHARACTERS_MAX = 64;

    /** What is asked of the engine in other words than the request's. */
    private static final Map<String, String> NAMES = Map.of(
            "max_tokens", "options.num_predict",
            "temperature", "options.temperature",
            "top_p", "options.top_p",
            "top_k", "options.top_k",
            "min_p", "options.min_p",
            "seed", "options.seed",
            "stop", "options.stop");

    private static final Map<String, String> NAMES_OF_PROMPTS = prompts();

    private final Answers answers;
    private final Embeddings embeddings;
    private final EngineLink engine;
    private final int inputsMax;
    private final InstantSource clock;

    OllamaRoutes(Answers answers, Embeddings embeddings, EngineLink engine, int inputsMax, InstantSource clock) {
        this.answers = answers;
        this.embeddings = embeddings;
        this.engine = engine;
        this.inputsMax = inputsMax;
        this.clock = clock;
    }

    private static Map<String, String> prompts() {
        var names = new HashMap<>(NAMES);
        names.put("messages", "prompt");
        return Map.copyOf(names);
    }

    List<Route> all() {
        return List.of(
                Route.open(Method.GET, "/", OllamaRoutes::running),
                Route.of(RouteGroup.MODELS, Method.GET, "/api/version", OllamaRoutes::version),
                Route.of(RouteGroup.MODELS, Method.GET, "/api/tags", this::tags),
                Route.of(RouteGroup.MODELS, Method.GET, "/api/ps", this::loaded),
                Route.of(RouteGroup.MODELS, Method.POST, "/api/show", this::show),
                Route.of(RouteGroup.CHAT, Method.POST, "/api/chat", this::chat),
                Route.of(RouteGroup.CHAT, Method.POST, "/api/generate", this::generate),
                Route.of(RouteGroup.EMBEDDINGS, Method.POST, "/api/embed", this::embed),
                Route.of(RouteGroup.EMBEDDINGS, Method.POST, "/api/embeddings", this::embedOne));
    }

    /** Clients look for this text before they go on. */
    private static void running(Exchange exchange) {
        exchange.wire().answering();
        exchange.text("Ollama is running");
    }

    private static void version(Exchange exchange) {
        exchange.wire().answering();
        exchange.json(JsonNodeFactory.instance.objectNode().put("version", VERSION));
    }

    private void tags(Exchange exchange) {
        exchange.wire().answering();
        var root = JsonNodeFactory.instance.objectNode();
        var list = root.putArray("models");
        engine.models(exchange.rights()).forEach(model -> list.add(OllamaModels.listed(model)));
        exchange.json(root);
    }

    private void loaded(Exchange exchange) {
        exchange.wire().answering();
        var root = JsonNodeFactory.instance.objectNode();
        var list = root.putArray("models");
        var stats = engine.stats();
        engine.models(exchange.rights()).stream()
                .filter(Model::loaded)
                .forEach(model -> list.add(OllamaModels.loaded(model, engine.show(model), of(model, stats))));
        exchange.json(root);
    }

    private static Optional<ModelStats> of(Model model, List<ModelStats> stats) {
        return stats.stream().filter(each -> each.model().equals(model.id())).findFirst();
    }

    private void show(Exchange exchange) {
        Optional<String> wanted;
        try (var request = exchange.body(OllamaRoutes::named)) {
            wanted = request.get();
        }
        exchange.json(naming(wanted, () -> OllamaModels.shown(engine.show(engine.resolve(wanted, exchange.rights())))));
    }

    /** Older clients say name. */
    static Optional<String> named(Json.Body json) {
        var body = Fields.of(json.node());
        var former = body.text("name").filter(name -> !name.isEmpty() && !name.equals("default"));
        return Options.model(body).or(() -> former);
    }

    private void chat(Exchange exchange) {
        try (var request = exchange.body(OllamaRequest::chat)) {
            answer(exchange, request, true);
        }
    }

    private void generate(Exchange exchange) {
        try (var request = exchange.body(OllamaRequest::generate)) {
            answer(exchange, request, false);
        }
    }

    private void answer(Exchange exchange, Held<OllamaRequest> request, boolean chat) {
        var options = request.get().options();
        var asker = Asker.of(exchange, chat ? NAMES : NAMES_OF_PROMPTS);
        naming(options.model(), () -> {
            if (request.get().asksNothing()) {
                memory(exchange, options, chat, request.get().stays());
            } else if (request.get().raw().isPresent()) {
                answers.complete(
                        raw(request), asker, (model, answer) -> write(exchange, options, chat, plain(model, answer)));
            } else {
                answers.chat(messages(request), asker, begun -> write(exchange, options, chat, begun));
            }
            return true;
        });
    }

    private static Held<CompletionRequest> raw(Held<OllamaRequest> request) {
        var asked = request.get();
        return new Held<>(new CompletionRequest(asked.options(), asked.raw(), Optional.empty()), request::close);
    }

    private static Held<ChatRequest> messages(Held<OllamaRequest> request) {
        var asked = request.get();
        return new Held<>(new ChatRequest(asked.options(), asked.messages(), asked.tools()), request::close);
    }

    /** An answer in which nothing is told apart. */
    private static Begun plain(Model model, Answer<GenerateReply> answer) {
        return new Begun(model, answer, new AnswerParser(AnswerParser.Thoughts.NONE, Set.of()));
    }

    /** Brings the model into memory, or out of it where nothing uses it. */
    private void memory(Exchange exchange, Options options, boolean chat, boolean stays) {
        answers.supervised(exchange.wire()::watch, work -> {
            var model = work.step(() -> engine.resolve(options.model(), exchange.rights()));
            exchange.model(model);
            if (stays) {
                work.step(() -> engine.template(model));
            } else if (!work.step(() -> engine.unload(model))) {
                throw ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        EngineLink.AWAY_SECONDS,
                        "The model is in use or pinned and stays in memory. Try again later.");
            }
            exchange.json(shape(options, chat, model).nothing(stays ? "load" : "unload"));
        });
    }

    private OllamaShape shape(Options options, boolean chat, Model model) {
        var name = options.model().orElse(EngineLink.tagged(model.name()));
        return new OllamaShape(chat, name, options.logprobs().isPresent(), clock);
    }

    private void write(Exchange exchange, Options options, boolean chat, Begun begun) {
        var shape = shape(options, chat, begun.model());
        if (options.stream()) {
            stream(exchange, shape, begun);
        } else {
            whole(exchange, shape, begun);
        }
    }

    private static void whole(Exchange exchange, OllamaShape shape, Begun begun) {
        var spool = exchange.spool();
        var json = spool.json();
        json.writeStartObject();
        var last = shape.whole(begun, json);
        var finish = last.finish();
        var end = JsonNodeFactory.instance.objectNode().put("done", true);
        if (finish != null) {
            end.put("done_reason", finish.wire());
        }
        OllamaShape.counts(end, Answers.counted(exchange, last), begun.answer().loadMillis(), exchange.elapsedNanos())
                .properties()
                .forEach(field -> Spool.field(json, field.getKey(), field.getValue()));
        json.writeEndObject();
        spool.finish();
    }

    /** The first reply is awaited before the response begins, so that a refusal still has its proper status. */
    private static void stream(Exchange exchange, OllamaShape shape, Begun begun) {
        var reply = begun.answer().next();
        try (var lines = exchange.lineStream()) {
            try {
                var pieces = new OllamaPieces(shape, lines::send);
                while (true) {
                    pieces.add(begun.parser().accept(reply.text()), reply.tokens());
                    var finish = reply.finish();
                    if (finish != null) {
                        pieces.end(begun.parser().finish());
                        var usage = Answers.counted(exchange, reply);
                        lines.send(shape.last(finish, usage, begun.answer().loadMillis(), exchange.elapsedNanos()));
                        return;
                    }
                    reply = begun.answer().next();
                }
            } catch (ApiError e) {
                lines.send(exchange.error(e));
                throw e;
            }
        }
    }

    private void embed(Exchange exchange) {
        try (var request = exchange.body(json -> texts(Fields.of(json.node())))) {
            var asked = request.get();
            embed(exchange, asked, new Vectors(exchange, asked.model()));
        }
    }

    private EmbeddingRequest texts(Fields body) {
        OllamaRequest.options(body, "options");
        OllamaRequest.stays(body);
        body.flag("truncate");
        var input = body.get("input");
        var nothing = input.isEmpty()
                || (input.get().isString() && input.get().stringValue().isEmpty());
        return new EmbeddingRequest(
                Options.model(body),
                nothing ? List.of() : body.texts("input", inputsMax),
                "input",
                false,
                body.integer("dimensions", 1, Integer.MAX_VALUE),
                Options.priority(body));
    }

    /** The older route: one text, one vector. */
    private void embedOne(Exchange exchange) {
        try (var request = exchange.body(json -> text(Fields.of(json.node())))) {
            embed(exchange, request.get(), new Vector());
        }
    }

    private static EmbeddingRequest text(Fields body) {
        OllamaRequest.options(body, "options");
        OllamaRequest.stays(body);
        var prompt = body.text("prompt").orElse("");
        return new EmbeddingRequest(
                Options.model(body),
                prompt.isEmpty() ? List.of() : List.of(prompt),
                "prompt",
                false,
                OptionalInt.empty(),
                Options.priority(body));
    }

    private void embed(Exchange exchange, EmbeddingRequest asked, Embeddings.Shape shape) {
        naming(asked.model(), () -> {
            if (asked.inputs().isEmpty()) {
                loadToEmbed(exchange, asked.model(), shape);
            } else {
                embeddings.answer(exchange, asked, shape);
            }
            return true;
        });
    }

    /** Where there is no text, the model is loaded, and there is no vector. */
    private void loadToEmbed(Exchange exchange, Optional<String> wanted, Embeddings.Shape shape) {
        answers.supervised(exchange.wire()::watch, work -> {
            var model = work.step(() -> engine.resolve(wanted, exchange.rights()));
            exchange.model(model);
            var loadMillis = work.step(() -> engine.template(model)).loadMillis();
            var spool = exchange.spool();
            spool.json().writeStartObject();
            shape.begin(spool.json(), model.name());
            shape.end(spool.json(), 0, loadMillis);
            spool.json().writeEndObject();
            spool.finish();
        });
    }

    /** As {@code /api/embed} answers. */
    private record Vectors(Exchange exchange, Optional<String> asked) implements Embeddings.Shape {
        @Override
        public void begin(JsonGenerator json, String model) {
            json.writeStringProperty("model", asked.orElse(EngineLink.tagged(model)));
            json.writeArrayPropertyStart("embeddings");
        }

        @Override
        public void vector(JsonGenerator json, int index, float[] vector) {
            Embeddings.numbers(json, vector);
        }

        @Override
        public void end(JsonGenerator json, long tokens, double loadMillis) {
            json.writeEndArray();
            json.writeNumberProperty("total_duration", exchange.elapsedNanos());
            json.writeNumberProperty("load_duration", OllamaShape.nanos(loadMillis));
            json.writeNumberProperty("prompt_eval_count", tokens);
        }
    }

    /** As {@code /api/embeddings} answers: the numbers of the only vector. */
    private record Vector() implements Embeddings.Shape {
        @Override
        public void begin(JsonGenerator json, String model) {
            json.writeArrayPropertyStart("embedding");
        }

        @Override
        public void vector(JsonGenerator json, int index, float[] vector) {
            for (var value : vector) {
                json.writeNumber(value);
            }
        }

        @Override
        public void end(JsonGenerator json, long tokens, double loadMillis) {
            json.writeEndArray();
        }
    }

    /** Clients look for these words where a model is not there. */
    static <T> T naming(Optional<String> wanted, Supplier<T> work) {
        try {
            return work.get();
        } catch (ApiError e) {
            if (e.code() != ErrorCode.MODEL_NOT_FOUND || wanted.isEmpty()) {
                throw e;
            }
            var name = wanted.get();
            var shown = name.length() > NAME_CHARACTERS_MAX ? name.substring(0, NAME_CHARACTERS_MAX) + "…" : name;
            throw ApiError.at("model", e.code(), "model '" + shown + "' not found. " + e.text());
        }
    }
}

package omni.api;

import io.helidon.http.Method;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Model;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What there is at which path. */
final class Routes {
    private final List<Route> routes;
    private final Answers answers;
    private final Embeddings embeddings;
    private final EngineLink engine;
    private final AirgapLink airgap;
    private final Health health;
    private final int embeddingInputsMax;

    Routes(
            Answers answers,
            EngineLink engine,
            AirgapLink airgap,
            VaultLink vault,
            Health health,
            OllamaStoreRoutes store,
            int embeddingInputsMax,
            InstantSource clock) {
        this.answers = answers;
        this.embeddings = new Embeddings(answers, engine);
        this.engine = engine;
        this.airgap = airgap;
        this.health = health;
        this.embeddingInputsMax = embeddingInputsMax;
        this.routes = new ArrayList<>(List.of(
                Route.of(RouteGroup.CHAT, Method.POST, "/v1/chat/completions", this::chat),
                Route.of(RouteGroup.CHAT, Method.POST, "/v1/completions", this::complete),
                Route.of(RouteGroup.EMBEDDINGS, Method.POST, "/v1/embeddings", this::embed),
                Route.of(RouteGroup.MODELS, Method.GET, "/v1/models", this::models),
                Route.of(RouteGroup.MODELS, Method.GET, "/v1/models/{model…}", this::model),
                Route.of(RouteGroup.AIRGAP, Method.GET, "/v1/airgap", this::airgap),
                Route.ofAnyKey(Method.POST, "/v1/airgap/engage", this::engage),
                Route.of(RouteGroup.METRICS, Method.GET, "/metrics", this::metrics),
                Route.open(Method.GET, "/health", this::health)));
        this.routes.addAll(new OllamaRoutes(answers, embeddings, engine, embeddingInputsMax, clock).all());
        this.routes.addAll(store.all());
        this.routes.addAll(new MessageRoutes(answers).all());
        this.routes.addAll(new TokenRoutes(answers, engine).all());
        this.routes.addAll(new VaultRoutes(vault).all());
        this.routes.addAll(new ResponseRoutes(answers, clock).all());
        this.routes.addAll(new BackupRoutes().all());
        this.routes.addAll(new ConversationRoutes().all());
        this.routes.addAll(new MemoryRoutes().all());
        this.routes.addAll(new PageRoutes().all());
    }

    /** The routes at a path, one for each method that it takes. */
    List<Route> at(String path) {
        return routes.stream().filter(route -> route.match(path).isPresent()).toList();
    }

    /** Every route there is. */
    List<Route> all() {
        return List.copyOf(routes);
    }

    private void chat(Exchange exchange) {
        try (var request = exchange.body(ChatRequest::read)) {
            answers.chat(exchange, request);
        }
    }

    private void complete(Exchange exchange) {
        try (var request = exchange.body(CompletionRequest::read)) {
            answers.complete(exchange, request);
        }
    }

    private void embed(Exchange exchange) {
        try (var request = exchange.body(json -> EmbeddingRequest.read(json, embeddingInputsMax))) {
            embeddings.answer(exchange, request.get());
        }
    }

    private void models(Exchange exchange) {
        exchange.wire().answering();
        if (exchange.dialect() == Dialect.ANTHROPIC) {
            var query = exchange.query(List.of("limit", "after_id", "before_id"));
            exchange.json(MessageRoutes.models(engine.models(exchange.rights()), query));
            return;
        }
        var root = JsonNodeFactory.instance.objectNode().put("object", "list");
        var data = root.putArray("data");
        engine.models(exchange.rights()).forEach(model -> data.add(model(model)));
        exchange.json(root);
    }

    private void model(Exchange exchange) {
        exchange.wire().answering();
        var name = exchange.pathValues().getFirst();
        var model = engine.resolve(name.equals("default") ? Optional.empty() : Optional.of(name), exchange.rights());
        exchange.json(exchange.dialect() == Dialect.ANTHROPIC ? MessageRoutes.model(model) : model(model));
    }

    private static ObjectNode model(Model model) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", model.name())
                .put("object", "model")
                .put("created", model.created())
                .put("owned_by", "omni");
    }

    private void airgap(Exchange exchange) {
        exchange.withoutBody();
        exchange.json(airgap.status().toJson());
    }

    /** Answers before the first step: who asks from afar hears nothing any more when the links are down. */
    private void engage(Exchange exchange) {
        exchange.withoutBody();
        if (airgap.status().scope().isEmpty()) {
            throw ApiError.of(
                    ErrorCode.AIRGAP_WITHOUT_SCOPE,
                    "The kill switch has nothing to cut off: set airgap.scope in omni.toml.");
        }
        try {
            exchange.json(
                    202,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("state", "engaging")
                            .put(
                                    "message",
                                    "The box is being cut off. Only a person at the box can lift this:"
                                            + " omni airgap lift."));
        } finally { // also where the client has gone before it could read that
            Thread.ofVirtual().name("engage").start(() -> airgap.engage("asked for by the API"));
        }
    }

    private void metrics(Exchange exchange) {
        exchange.withoutBody();
        exchange.scrape(answers.metrics());
    }

    private void health(Exchange exchange) {
        exchange.wire().answering();
        var well = health.well();
        exchange.json(well ? 200 : 503, JsonNodeFactory.instance.objectNode().put("status", well ? "ok" : "degraded"));
    }
}

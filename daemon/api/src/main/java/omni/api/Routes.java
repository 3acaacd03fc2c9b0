package omni.api;

import io.helidon.http.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import omni.engine.EngineProtocol.Model;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What there is at which path. */
final class Routes {
    /** Path before a model's id. */
    private static final String MODEL = "/v1/models/";

    /**
     * A path and what it does.
     *
     * @param pattern the path as documented
     * @param method the one it takes; GET stands for HEAD too
     * @param open whether it needs no key
     */
    record Route(String pattern, Method method, boolean open, Consumer<Exchange> action) {
        boolean takes(Method other) {
            return other.equals(method) || (method.equals(Method.GET) && other.equals(Method.HEAD));
        }

        String allow() {
            return method.equals(Method.GET) ? "GET, HEAD" : method.text();
        }
    }

    private final List<Route> routes;
    private final Answers answers;
    private final Embeddings embeddings;
    private final EngineLink engine;
    private final AirgapLink airgap;
    private final Health health;
    private final int embeddingInputsMax;

    Routes(Answers answers, EngineLink engine, AirgapLink airgap, Health health, int embeddingInputsMax) {
        this.answers = answers;
        this.embeddings = new Embeddings(answers, engine);
        this.engine = engine;
        this.airgap = airgap;
        this.health = health;
        this.embeddingInputsMax = embeddingInputsMax;
        this.routes = List.of(
                new Route("/v1/chat/completions", Method.POST, false, this::chat),
                new Route("/v1/completions", Method.POST, false, this::complete),
                new Route("/v1/embeddings", Method.POST, false, this::embed),
                new Route("/v1/models", Method.GET, false, this::models),
                new Route(MODEL + "{model}", Method.GET, false, this::model),
                new Route("/v1/airgap", Method.GET, false, this::airgap),
                new Route("/v1/airgap/engage", Method.POST, false, this::engage),
                new Route("/health", Method.GET, true, this::health));
    }

    /** The route at a path, whatever the method. */
    Optional<Route> find(String path) {
        if (path.startsWith(MODEL) && path.length() > MODEL.length()) {
            return find(MODEL + "{model}", routes);
        }
        return path.endsWith("}") ? Optional.empty() : find(path, routes);
    }

    /** Every route there is. */
    List<Route> all() {
        return routes;
    }

    private static Optional<Route> find(String pattern, List<Route> routes) {
        return routes.stream().filter(route -> route.pattern().equals(pattern)).findFirst();
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
        var root = JsonNodeFactory.instance.objectNode().put("object", "list");
        var data = root.putArray("data");
        var models = new ArrayList<>(engine.models());
        models.forEach(model -> data.add(model(model)));
        exchange.json(root);
    }

    private void model(Exchange exchange) {
        exchange.wire().answering();
        var name = exchange.path().substring(MODEL.length());
        exchange.json(model(engine.resolve(name.equals("default") ? Optional.empty() : Optional.of(name))));
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

    private void health(Exchange exchange) {
        exchange.wire().answering();
        var well = health.well();
        exchange.json(well ? 200 : 503, JsonNodeFactory.instance.objectNode().put("status", well ? "ok" : "degraded"));
    }
}

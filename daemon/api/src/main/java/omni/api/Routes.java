package omni.api;

import io.helidon.http.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import omni.engine.EngineProtocol.EmbedParams;
import omni.engine.EngineProtocol.EmbedReply;
import omni.engine.EngineProtocol.Model;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What there is at which path. */
final class Routes {
    /** Path before a model's id. */
    private static final String MODEL = "/v1/models/";

    /** Texts that the engine takes in one call. */
    private static final int ENGINE_INPUTS_MAX = 64;

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
    private final EngineLink engine;
    private final Health health;
    private final int embeddingInputsMax;

    Routes(Answers answers, EngineLink engine, Health health, int embeddingInputsMax) {
        this.answers = answers;
        this.engine = engine;
        this.health = health;
        this.embeddingInputsMax = embeddingInputsMax;
        this.routes = List.of(
                new Route("/v1/chat/completions", Method.POST, false, this::chat),
                new Route("/v1/completions", Method.POST, false, this::complete),
                new Route("/v1/embeddings", Method.POST, false, this::embed),
                new Route("/v1/models", Method.GET, false, this::models),
                new Route(MODEL + "{model}", Method.GET, false, this::model),
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
        answers.chat(exchange, exchange.body(ChatRequest::read));
    }

    private void complete(Exchange exchange) {
        answers.complete(exchange, exchange.body(CompletionRequest::read));
    }

    private void embed(Exchange exchange) {
        var request = exchange.body(json -> EmbeddingRequest.read(json, embeddingInputsMax));
        var model = engine.resolve(request.model());
        var vectors = new ArrayList<List<Double>>();
        var promptTokens = 0L;
        for (var from = 0; from < request.inputs().size(); from += ENGINE_INPUTS_MAX) {
            var to = Math.min(from + ENGINE_INPUTS_MAX, request.inputs().size());
            var reply = embed(exchange, model, request.inputs().subList(from, to));
            reply.embeddings().forEach(embedding -> vectors.add(embedding.vector()));
            promptTokens += reply.promptTokens();
            checkDimensions(request, vectors.getLast().size());
        }
        exchange.json(embeddings(request, model, vectors, promptTokens));
    }

    private EmbedReply embed(Exchange exchange, Model model, List<String> inputs) {
        var replies = new ArrayList<EmbedReply>();
        answers.supervised(
                engine.embed(new EmbedParams(model.id(), inputs)),
                exchange.wire()::watch,
                answer -> replies.add(answer.next()));
        return replies.getFirst();
    }

    private static void checkDimensions(EmbeddingRequest request, int have) {
        if (request.dimensions().orElse(have) != have) {
            throw ApiError.at(
                    "dimensions",
                    ErrorCode.INVALID_VALUE,
                    "This model's vectors have " + have + " dimensions. Ask for that or leave it out.");
        }
    }

    private static ObjectNode embeddings(
            EmbeddingRequest request, Model model, List<List<Double>> vectors, long promptTokens) {
        var root = JsonNodeFactory.instance.objectNode().put("object", "list");
        var data = root.putArray("data");
        for (var vector : vectors) {
            var item = data.addObject().put("object", "embedding").put("index", data.size() - 1);
            if (request.base64()) {
                item.put("embedding", base64(vector));
            } else {
                var numbers = item.putArray("embedding");
                vector.forEach(value -> numbers.add(value.floatValue()));
            }
        }
        root.put("model", model.name());
        root.putObject("usage").put("prompt_tokens", promptTokens).put("total_tokens", promptTokens);
        return root;
    }

    private static String base64(List<Double> vector) {
        var bytes = ByteBuffer.allocate(vector.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        vector.forEach(value -> bytes.putFloat(value.floatValue()));
        return Base64.getEncoder().encodeToString(bytes.array());
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

    private void health(Exchange exchange) {
        exchange.wire().answering();
        var well = health.well();
        exchange.json(well ? 200 : 503, JsonNodeFactory.instance.objectNode().put("status", well ? "ok" : "degraded"));
    }
}

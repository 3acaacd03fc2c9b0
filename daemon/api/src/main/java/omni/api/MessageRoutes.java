package omni.api;

import io.helidon.http.Method;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import omni.api.Answers.Asker;
import omni.api.Answers.Begun;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Model;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Anthropic's Messages API. Source: Anthropic, "API reference". */
final class MessageRoutes {
    /** Anthropic's bound. */
    static final int MODELS_MAX = 1000;

    /** What is asked of the engine in other words than the request's. */
    private static final Map<String, String> NAMES = Map.of("stop", "stop_sequences");

    private final Answers answers;

    MessageRoutes(Answers answers) {
        this.answers = answers;
    }

    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.CHAT, Method.POST, "/v1/messages", this::create),
                Route.of(RouteGroup.CHAT, Method.POST, "/v1/messages/count_tokens", this::count));
    }

    private void create(Exchange exchange) {
        try (var request = exchange.body(MessageRequest::read)) {
            var options = request.get().options();
            answers.chat(chat(request), Asker.of(exchange, NAMES), begun -> write(exchange, options, begun));
        }
    }

    private void count(Exchange exchange) {
        try (var request = exchange.body(MessageRequest::counting)) {
            answers.count(
                    chat(request),
                    Asker.of(exchange),
                    tokens ->
                            exchange.json(JsonNodeFactory.instance.objectNode().put("input_tokens", tokens)));
        }
    }

    private static Held<ChatRequest> chat(Held<MessageRequest> request) {
        var asked = request.get();
        return new Held<>(new ChatRequest(asked.options(), asked.messages(), asked.tools()), request::close);
    }

    private static void write(Exchange exchange, Options options, Begun begun) {
        var shape = new MessageShape(Ids.message(), begun.model().name(), options.maxTokens());
        if (options.stream()) {
            stream(exchange, shape, begun);
        } else {
            whole(exchange, shape, begun);
        }
    }

    private static void whole(Exchange exchange, MessageShape shape, Begun begun) {
        var said = new Said();
        var reply = begun.read(begun.answer().next(), said::add);
        exchange.json(shape.whole(said, reply, begun.parser().callsAreWhole(), Answers.counted(exchange, reply)));
    }

    /** The first reply is awaited before the response begins, so that a refusal still has its proper status. */
    private static void stream(Exchange exchange, MessageShape shape, Begun begun) {
        var reply = begun.answer().next();
        try (var events = exchange.events()) {
            try {
                var promptTokens = reply.promptTokens();
                events.named(shape.started(promptTokens == null ? 0 : promptTokens));
                var blocks = new MessageBlocks(events::named);
                var last = begun.read(reply, blocks::add);
                blocks.end();
                var usage = Answers.counted(exchange, last);
                events.named(shape.ended(last, begun.parser().callsAreWhole(), usage));
                events.named(shape.stopped());
            } catch (ApiError e) {
                events.named(exchange.error(e));
                throw e;
            }
        }
    }

    /** A page of the models, as {@code GET /v1/models} tells it to who names a version of Anthropic's API. */
    static ObjectNode models(List<Model> models, Query query) {
        var limit = query.limit(MODELS_MAX);
        var from = query.id("after_id")
                .map(id -> index(models, id, "after_id") + 1)
                .orElse(0);
        var before = query.id("before_id").map(id -> index(models, id, "before_id"));
        var to = before.orElse(Math.min(models.size(), from + limit));
        var first = before.isPresent() ? Math.max(from, to - limit) : from;
        var page = first < to ? models.subList(first, to) : List.<Model>of();
        var root = JsonNodeFactory.instance.objectNode();
        var data = root.putArray("data");
        page.forEach(model -> data.add(model(model)));
        root.put("has_more", before.isPresent() ? first > from : to < models.size());
        root.put("first_id", page.isEmpty() ? null : page.getFirst().name());
        return root.put("last_id", page.isEmpty() ? null : page.getLast().name());
    }

    private static int index(List<Model> models, String id, String name) {
        for (var i = 0; i < models.size(); i++) {
            if (models.get(i).name().equals(id)) {
                return i;
            }
        }
        throw ApiError.at(name, ErrorCode.NOT_FOUND, "There is no such model. Ask for the list from its beginning.");
    }

    /** A model. */
    static ObjectNode model(Model model) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "model")
                .put("id", model.name())
                .put("display_name", model.name())
                .put("created_at", Instant.ofEpochSecond(model.created()).toString())
                .putNull("max_input_tokens")
                .putNull("max_tokens")
                .putNull("capabilities");
    }
}

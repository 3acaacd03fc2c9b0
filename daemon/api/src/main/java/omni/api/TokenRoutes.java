package omni.api;

import io.helidon.http.Method;
import java.util.List;
import java.util.Optional;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.CallerStats;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelStats;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Routes of llama.cpp's server beside OpenAI's: texts to tokens and back, the prompt that messages become, and how the model is set up.
 * Source: {@code tools/server/README.md} of the release.
 */
final class TokenRoutes {
    /** What is cut at once: no more tokens than the bus takes come of it, three for each character at worst. */
    static final int CONTENT_CHARACTERS_MAX = 64 * 1024;

    /** What is put together at once: a token may stand for more than a hundred bytes. */
    static final int TOKENS_MAX = 16 * 1024;

    private final Answers answers;
    private final EngineLink engine;

    TokenRoutes(Answers answers, EngineLink engine) {
        this.answers = answers;
        this.engine = engine;
    }

    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.CHAT, Method.POST, "/tokenize", this::tokenize),
                Route.of(RouteGroup.CHAT, Method.POST, "/detokenize", this::detokenize),
                Route.of(RouteGroup.CHAT, Method.POST, "/apply-template", this::applyTemplate),
                Route.of(RouteGroup.MODELS, Method.GET, "/props", this::props),
                Route.of(RouteGroup.MODELS, Method.GET, "/slots", this::slots));
    }

    /**
     * A text to cut into tokens.
     *
     * @param addSpecial whether tokens that begin a prompt are put in front, as the model wants it
     * @param parseSpecial whether control tokens that are written in it count as such
     */
    private record Text(Optional<String> model, String content, boolean addSpecial, boolean parseSpecial) {
        static Text read(Json.Body json) {
            var body = Fields.of(json.node());
            if (body.flag("with_pieces")) {
                throw Options.unsupported(
                        "with_pieces", "Texts of single tokens are not told here: send each to /detokenize.");
            }
            var content = body.requiredText("content");
            if (content.length() > CONTENT_CHARACTERS_MAX) {
                throw ApiError.at(
                        "content",
                        ErrorCode.INVALID_VALUE,
                        "At most " + CONTENT_CHARACTERS_MAX + " characters are taken at once. Send it in parts.");
            }
            return new Text(
                    Options.model(body),
                    content,
                    body.flag("add_special"),
                    body.get("parse_special").isEmpty() || body.flag("parse_special"));
        }
    }

    private void tokenize(Exchange exchange) {
        try (var request = exchange.body(Text::read)) {
            var asked = request.get();
            answers.supervised(exchange.wire()::watch, work -> {
                var model = work.step(() -> engine.resolve(asked.model(), exchange.rights()));
                exchange.model(model);
                var tokens = work.step(
                        () -> engine.tokenize(model, asked.content(), asked.parseSpecial(), asked.addSpecial()));
                var spool = exchange.spool();
                spool.json().writeStartObject().writeArrayPropertyStart("tokens");
                tokens.forEach(token -> spool.json().writeNumber(token));
                spool.json().writeEndArray().writeEndObject();
                spool.finish();
            });
        }
    }

    private record Numbers(Optional<String> model, List<Long> tokens) {
        static Numbers read(Json.Body json) {
            var body = Fields.of(json.node());
            var tokens = body.get("tokens").orElseThrow(() -> Fields.missing("tokens"));
            if (!tokens.isArray()) {
                throw Fields.type("tokens", "an array of tokens");
            }
            if (tokens.size() > TOKENS_MAX) {
                throw ApiError.at(
                        "tokens",
                        ErrorCode.INVALID_VALUE,
                        "At most " + TOKENS_MAX + " tokens are taken at once. Send them in parts.");
            }
            return new Numbers(Options.model(body), CompletionRequest.tokens(tokens, "tokens"));
        }
    }

    private void detokenize(Exchange exchange) {
        try (var request = exchange.body(Numbers::read)) {
            var asked = request.get();
            answers.supervised(exchange.wire()::watch, work -> {
                var model = work.step(() -> engine.resolve(asked.model(), exchange.rights()));
                exchange.model(model);
                var text = work.step(() -> engine.detokenize(model, asked.tokens()));
                exchange.json(JsonNodeFactory.instance.objectNode().put("content", text));
            });
        }
    }

    private void applyTemplate(Exchange exchange) {
        try (var request = exchange.body(ChatRequest::read)) {
            answers.prompt(
                    request,
                    Answers.Asker.of(exchange),
                    prompt ->
                            exchange.json(JsonNodeFactory.instance.objectNode().put("prompt", prompt)));
        }
    }

    /** Of the model that the query names, or the default one, which it loads. */
    private void props(Exchange exchange) {
        exchange.wire().answering();
        var wanted = exchange.query(List.of("model")).id("model").filter(name -> !name.equals("default"));
        answers.supervised(exchange.wire()::watch, work -> {
            var model = work.step(() -> engine.resolve(wanted, exchange.rights()));
            exchange.model(model);
            var template = work.step(() -> engine.template(model)).template();
            var stats = work.step(() -> stats(model));
            var root = JsonNodeFactory.instance.objectNode();
            root.putObject("default_generation_settings").put("n_ctx", stats.contextTokens());
            root.put("total_slots", stats.sequencesMax())
                    .put("model_alias", model.name())
                    .put("chat_template", template.source())
                    .put("bos_token", template.bosToken())
                    .put("eos_token", template.eosToken());
            root.putObject("modalities").put("vision", false).put("audio", false);
            exchange.json(root.put("is_sleeping", false));
        });
    }

    private ModelStats stats(Model model) {
        return engine.stats().stream()
                .filter(each -> each.model().equals(model.id()))
                .findFirst()
                .orElseThrow(() -> ApiError.later(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        EngineLink.AWAY_SECONDS,
                        "The model has just left memory. Try again."));
    }

    /** A place for a sequence each, of all models in memory that the key may use; at work are as many as the asking key has there, for others are no concern of its. */
    private void slots(Exchange exchange) {
        exchange.wire().answering();
        var rights = exchange.rights();
        var models = engine.models();
        var root = JsonNodeFactory.instance.arrayNode();
        for (var stats : engine.stats()) {
            var model = models.stream()
                    .filter(each -> each.id().equals(stats.model()))
                    .findFirst();
            if (model.isPresent() ? !rights.allow(model.get()) : rights.models().isPresent()) {
                continue;
            }
            var name = model.map(Model::name).orElse(stats.model());
            var own = stats.callers().stream()
                    .filter(caller -> exchange.caller().key().equals(caller.key()))
                    .mapToLong(CallerStats::sequences)
                    .sum();
            for (var id = 0L; id < stats.sequencesMax(); id++) {
                root.add(slot(id, name, stats, id < own));
            }
        }
        exchange.json(root);
    }

    private static ObjectNode slot(long id, String name, ModelStats stats, boolean works) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("model", name)
                .put("n_ctx", stats.contextTokens())
                .put("is_processing", works);
    }
}

package omni.api;

import io.helidon.http.Method;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelState;
import omni.engine.EngineProtocol.StoredFile;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.File;
import omni.fetch.FetchProtocol.Progress;
import omni.fetch.FetchProtocol.PullReply;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Ollama's API as far as it changes which models there are: to pull one and to delete one. Source: Ollama, docs/api.md. */
final class OllamaStoreRoutes {
    /** Hexadecimal digits of a digest in a line's words. */
    private static final int DIGITS = 12;

    private final Answers answers;
    private final EngineLink engine;
    private final AirgapLink airgap;
    private final FetchLink fetch;
    private final boolean pulls;

    /** {@code pulls}: whether the box's owner lets programs have models fetched. */
    OllamaStoreRoutes(Answers answers, EngineLink engine, AirgapLink airgap, FetchLink fetch, boolean pulls) {
        this.answers = answers;
        this.engine = engine;
        this.airgap = airgap;
        this.fetch = fetch;
        this.pulls = pulls;
    }

    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.MODELS, Method.POST, "/api/pull", managing(this::pull)),
                Route.of(RouteGroup.MODELS, Method.DELETE, "/api/delete", managing(this::delete)));
    }

    /** To see which models there are is the lesser right: what changes them is for keys without a bound on models or routes. */
    private static Consumer<Exchange> managing(Consumer<Exchange> action) {
        return exchange -> {
            if (!exchange.rights().reachAll()) {
                throw ApiError.of(
                        ErrorCode.ROUTE_NOT_ALLOWED,
                        "Only a key that may use every model and every route brings and deletes models. Use another key, or do it at"
                                + " the box: omni models.");
            }
            action.accept(exchange);
        };
    }

    private record Wanted(String model, boolean stream) {}

    private static Wanted wanted(Json.Body json) {
        var body = Fields.of(json.node());
        if (body.flag("insecure")) {
            throw Options.unsupported("insecure", "Models are fetched over https alone: leave insecure out.");
        }
        return new Wanted(model(json), body.get("stream").isEmpty() || body.flag("stream"));
    }

    private static String model(Json.Body json) {
        return OllamaRoutes.named(json).orElseThrow(() -> Fields.missing("model"));
    }

    /** One that is here is not asked for again: nothing leaves the box for it, and its owner's model stays what it is. */
    private void pull(Exchange exchange) {
        Wanted wanted;
        try (var request = exchange.body(OllamaStoreRoutes::wanted)) {
            wanted = request.get();
        }
        var name = OllamaName.of(wanted.model());
        if (engine.models().stream().anyMatch(model -> isSound(model) && isCalled(model, name))) {
            tell(exchange, wanted.stream(), OllamaStoreRoutes::done);
            return;
        }
        if (!pulls) {
            throw ApiError.of(
                    ErrorCode.PULL_NOT_ALLOWED,
                    "The owner of this box has not let programs fetch models: set pull_models = true in [daemon] of omni.toml and start"
                            + " Omni again, or bring it at the box: omni models pull " + name.source() + ".");
        }
        airgap.requireOpen();
        answers.unhurried(exchange.wire()::watch, work -> bring(exchange, work, name, wanted.stream()));
    }

    private static boolean isSound(Model model) {
        return model.state() == ModelState.SOUND;
    }

    private static boolean isCalled(Model model, OllamaName name) {
        return EngineLink.tagged(model.name()).equals(EngineLink.tagged(name.stored()));
    }

    /** The first word is awaited before the response begins, so that a refusal still has its proper status. */
    private void bring(Exchange exchange, Work work, OllamaName name, boolean stream) {
        try (var pull = work.step(() -> fetch.pull(name.source()))) {
            var first = work.step(pull::next);
            tell(exchange, stream, lines -> {
                take(work, name, brought(work, pull, first, lines));
                lines.accept(status("writing manifest"));
                done(lines);
            });
        }
    }

    /** As lines that each leave at once, or the last of them alone. */
    private static void tell(Exchange exchange, boolean stream, Consumer<Consumer<JsonNode>> work) {
        if (!stream) {
            work.accept(_ -> {});
            exchange.json(status("success"));
            return;
        }
        try (var lines = exchange.lineStream()) {
            try {
                lines.send(status("pulling manifest"));
                work.accept(lines::send);
            } catch (ApiError e) {
                lines.send(exchange.error(e));
                throw e;
            }
        }
    }

    private static void done(Consumer<JsonNode> lines) {
        lines.accept(status("success"));
    }

    private static Brought brought(Work work, FetchLink.Pull pull, PullReply first, Consumer<JsonNode> lines) {
        var reply = first;
        while (true) {
            var brought = reply.brought();
            if (brought != null) {
                return brought;
            }
            Optional.ofNullable(reply.progress()).map(OllamaStoreRoutes::line).ifPresent(lines);
            reply = work.step(pull::next);
        }
    }

    private static ObjectNode line(Progress now) {
        return switch (now.phase()) {
            case RESOLVING -> status("pulling manifest");
            case FETCHING -> fetching(now);
            case CHECKING -> status("verifying sha256 digest");
        };
    }

    /** The counts are of all files of the model together. */
    private static ObjectNode fetching(Progress now) {
        var digest = Optional.ofNullable(now.sha256());
        var line = status("pulling "
                + digest.map(all -> all.substring(0, Math.min(DIGITS, all.length())))
                        .orElse(now.file()));
        digest.ifPresent(all -> line.put("digest", "sha256:" + all));
        var total = now.total();
        return total == null ? line : line.put("total", total).put("completed", now.bytes());
    }

    private static ObjectNode status(String word) {
        return JsonNodeFactory.instance.objectNode().put("status", word);
    }

    /** Once all is here it is taken in to the end, whoever has left meanwhile. */
    private void take(Work work, OllamaName name, Brought brought) {
        var other = work.step(() -> same(name, brought));
        if (other.isPresent()) {
            fetch.forget(brought.pull());
            throw ApiError.of(
                    ErrorCode.MODEL_HELD,
                    "This model is here already, and is called " + other.get().name() + ": ask for it by that name.");
        }
        var model = engine.take(FetchedModel.order(brought, name.stored()));
        Log.info("a program had " + model.name() + " brought");
        fetch.forget(brought.pull());
    }

    /** The same files under another name: the store has one for each model, and no program takes it from it. */
    private Optional<Model> same(OllamaName name, Brought brought) {
        var files = brought.files().stream().map(File::sha256).toList();
        return engine.models().stream()
                .filter(model -> isSound(model) && !isCalled(model, name))
                .filter(model -> engine.show(model).details().files().stream()
                        .map(StoredFile::sha256)
                        .toList()
                        .equals(files))
                .findFirst();
    }

    private void delete(Exchange exchange) {
        String wanted;
        try (var request = exchange.body(OllamaStoreRoutes::model)) {
            wanted = request.get();
        }
        answers.supervised(
                exchange.wire()::watch,
                work -> OllamaRoutes.naming(
                        Optional.of(wanted),
                        () -> work.step(() -> {
                            engine.remove(engine.resolve(Optional.of(wanted), exchange.rights()));
                            return true;
                        })));
        exchange.text("");
    }
}

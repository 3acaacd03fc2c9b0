package omni.api;

import io.helidon.http.Method;
import java.util.List;
import java.util.Optional;
import omni.api.DaemonProtocol.RouteGroup;
import omni.vault.KeptBounds;
import omni.vault.RecordsProtocol.CreateMemoryParams;
import omni.vault.RecordsProtocol.DeleteMemoryParams;
import omni.vault.RecordsProtocol.EditMemoryParams;
import omni.vault.RecordsProtocol.GetMemoryParams;
import omni.vault.RecordsProtocol.Hit;
import omni.vault.RecordsProtocol.ListMemoriesParams;
import omni.vault.RecordsProtocol.Memory;
import omni.vault.RecordsProtocol.SearchMemoriesParams;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/memory}: what is to be remembered beyond one conversation, in the vault. */
final class MemoryRoutes {
    private static final String ALL = "/v1/memory";
    private static final String ONE = ALL + "/{memory}";
    private static final long MILLIS = 1000;

    /** The routes. */
    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.MEMORY, Method.GET, ALL, this::list),
                Route.of(RouteGroup.MEMORY, Method.POST, ALL, this::create),
                Route.of(RouteGroup.MEMORY, Method.GET, ONE, this::retrieve),
                Route.of(RouteGroup.MEMORY, Method.POST, ONE, this::edit),
                Route.of(RouteGroup.MEMORY, Method.DELETE, ONE, this::delete));
    }

    private void list(Exchange exchange) {
        var query = exchange.query(List.of("limit", "after", "q"));
        exchange.withoutBody();
        var limit = query.limit();
        var after = query.after();
        var search = query.search();
        if (search.isPresent()) {
            exchange.json(found(exchange, search.get(), limit));
            return;
        }
        exchange.page(() -> {
            var listed = Listing.behind(
                    after,
                    from -> exchange.kept()
                            .records(records -> records.listMemories(new ListMemoriesParams(from, (long) limit))));
            return Listing.of(listed.memories().stream().map(MemoryRoutes::json).toList(), listed.more());
        });
    }

    private static ObjectNode found(Exchange exchange, String search, int limit) {
        var hits = exchange.kept()
                .records(
                        "q",
                        ErrorCode.INVALID_VALUE,
                        records -> records.searchMemories(new SearchMemoriesParams(search, (long) limit)));
        return Listing.of(hits.hits().stream().map(MemoryRoutes::json).toList(), false);
    }

    private void create(Exchange exchange) {
        exchange.query(List.of());
        try (var request = exchange.body(MemoryRoutes::creation)) {
            exchange.json(json(exchange.kept()
                    .records(records -> records.createMemory(request.get()))
                    .memory()));
        }
    }

    private static CreateMemoryParams creation(Json.Body json) {
        var body = Fields.of(json.node());
        var name = body.requiredText("name");
        var text = body.requiredText("text");
        refuse("name", KeptBounds.memoryNameFault(name));
        refuse("text", KeptBounds.memoryTextFault(text));
        return new CreateMemoryParams(name, text);
    }

    private static void refuse(String field, Optional<String> fault) {
        fault.ifPresent(sentence -> {
            throw ApiError.at(field, ErrorCode.INVALID_VALUE, sentence);
        });
    }

    private void retrieve(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        exchange.json(json(exchange.kept()
                .records(records -> records.getMemory(new GetMemoryParams(id)))
                .memory()));
    }

    private void edit(Exchange exchange) {
        exchange.query(List.of());
        var id = exchange.pathValues().getFirst();
        try (var request = exchange.body(MemoryRoutes::creation)) {
            var params =
                    new EditMemoryParams(id, request.get().name(), request.get().text());
            exchange.json(json(exchange.kept()
                    .records(records -> records.editMemory(params))
                    .memory()));
        }
    }

    private void delete(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        exchange.kept().records(records -> records.deleteMemory(new DeleteMemoryParams(id)));
        exchange.json(JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", "memory.deleted")
                .put("deleted", true));
    }

    private static ObjectNode json(Memory memory) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", memory.id())
                .put("object", "memory")
                .put("name", memory.name())
                .put("text", memory.text())
                .put("created_at", memory.created() / MILLIS)
                .put("updated_at", memory.updated() / MILLIS);
    }

    private static ObjectNode json(Hit hit) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", hit.where())
                .put("object", "memory.hit")
                .put("snippet", hit.snippet());
    }
}

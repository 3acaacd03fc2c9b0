package omni.api;

import io.helidon.http.Method;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.api.DaemonProtocol.RouteGroup;
import omni.vault.RecordsProtocol.Conversation;
import omni.vault.RecordsProtocol.CreateConversationParams;
import omni.vault.RecordsProtocol.CreateItemsParams;
import omni.vault.RecordsProtocol.DeleteConversationParams;
import omni.vault.RecordsProtocol.DeleteItemParams;
import omni.vault.RecordsProtocol.GetConversationParams;
import omni.vault.RecordsProtocol.GetItemParams;
import omni.vault.RecordsProtocol.Hit;
import omni.vault.RecordsProtocol.Item;
import omni.vault.RecordsProtocol.KeepConversationParams;
import omni.vault.RecordsProtocol.ListConversationsParams;
import omni.vault.RecordsProtocol.ListItemsParams;
import omni.vault.RecordsProtocol.SearchConversationsParams;
import omni.vault.RecordsProtocol.UpdateConversationParams;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/conversations}: OpenAI's API of that name over the vault's records, with a list and a search besides. */
final class ConversationRoutes {
    private static final String ALL = "/v1/conversations";
    private static final String ONE = ALL + "/{conversation}";
    private static final String ITEMS = ONE + "/items";
    private static final String ITEM = ITEMS + "/{item}";

    private static final String METADATA = "metadata";
    private static final String KEEP = "keep_seconds";
    private static final long MILLIS = 1000;

    /** The routes. */
    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.CONVERSATIONS, Method.GET, ALL, this::list),
                Route.of(RouteGroup.CONVERSATIONS, Method.POST, ALL, this::create),
                Route.of(RouteGroup.CONVERSATIONS, Method.GET, ONE, this::retrieve),
                Route.of(RouteGroup.CONVERSATIONS, Method.POST, ONE, this::update),
                Route.of(RouteGroup.CONVERSATIONS, Method.DELETE, ONE, this::delete),
                Route.of(RouteGroup.CONVERSATIONS, Method.GET, ITEMS, this::listItems),
                Route.of(RouteGroup.CONVERSATIONS, Method.POST, ITEMS, this::createItems),
                Route.of(RouteGroup.CONVERSATIONS, Method.GET, ITEM, this::retrieveItem),
                Route.of(RouteGroup.CONVERSATIONS, Method.DELETE, ITEM, this::deleteItem));
    }

    private void create(Exchange exchange) {
        exchange.query(List.of());
        try (var request = exchange.body(ConversationRoutes::creation)) {
            var made = exchange.kept().records(records -> records.createConversation(request.get()));
            exchange.json(json(made.conversation()));
        }
    }

    private static CreateConversationParams creation(Json.Body json) {
        var body = Fields.of(json.node());
        var keep = body.get(KEEP).isPresent() ? VaultRoutes.keepSeconds(body) : null;
        return new CreateConversationParams(Metadata.read(body).orElse(Map.of()), Items.read(body), keep);
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
                            .records(records ->
                                    records.listConversations(new ListConversationsParams(from, (long) limit))));
            return Listing.of(
                    listed.conversations().stream()
                            .map(ConversationRoutes::json)
                            .toList(),
                    listed.more());
        });
    }

    private static ObjectNode found(Exchange exchange, String search, int limit) {
        var hits = exchange.kept()
                .records(
                        "q",
                        ErrorCode.INVALID_VALUE,
                        records -> records.searchConversations(new SearchConversationsParams(search, (long) limit)));
        return Listing.of(hits.hits().stream().map(ConversationRoutes::json).toList(), false);
    }

    private void retrieve(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        exchange.json(json(exchange.kept()
                .records(records -> records.getConversation(new GetConversationParams(id)))
                .conversation()));
    }

    private void update(Exchange exchange) {
        exchange.query(List.of());
        var id = exchange.pathValues().getFirst();
        try (var request = exchange.body(Change::read)) {
            var change = request.get();
            if (change.keep().isPresent()) {
                var params = new KeepConversationParams(id, change.keep().get().seconds());
                var kept = exchange.kept().records(records -> records.keepConversation(params));
                if (change.metadata().isEmpty()) {
                    exchange.json(json(kept.conversation()));
                    return;
                }
            }
            var params = new UpdateConversationParams(id, change.metadata().orElse(Map.of()));
            exchange.json(json(exchange.kept()
                    .records(records -> records.updateConversation(params))
                    .conversation()));
        }
    }

    /** How long it is kept; null where the vault's own rule holds. */
    private record Keep(@Nullable Long seconds) {}

    /** What is changed of a conversation: one of these, or both. */
    private record Change(Optional<Map<String, String>> metadata, Optional<Keep> keep) {
        /** Metadata that is null takes it away, as with OpenAI. */
        static Change read(Json.Body json) {
            var body = Fields.of(json.node());
            var keeps = json.node().has(KEEP);
            if (!keeps && !json.node().has(METADATA)) {
                throw Fields.missing(METADATA);
            }
            return new Change(
                    json.node().has(METADATA) ? Optional.of(Metadata.read(body).orElse(Map.of())) : Optional.empty(),
                    keeps ? Optional.of(new Keep(VaultRoutes.keepSeconds(body))) : Optional.empty());
        }
    }

    private void delete(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        var gone = exchange.kept().records(records -> records.deleteConversation(new DeleteConversationParams(id)));
        var answer = JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", "conversation.deleted")
                .put("deleted", true);
        gone.copies().forEach(answer.putArray("backups")::add);
        exchange.json(answer);
    }

    private void createItems(Exchange exchange) {
        exchange.query(List.of("include"));
        var id = exchange.pathValues().getFirst();
        try (var request = exchange.body(json -> new CreateItemsParams(id, atLeastOne(json)))) {
            var made = exchange.kept().records(records -> records.createItems(request.get()));
            exchange.json(items(made.items(), false));
        }
    }

    private static List<JsonNode> atLeastOne(Json.Body json) {
        var body = Fields.of(json.node());
        if (body.get("items").isEmpty()) {
            throw Fields.missing("items");
        }
        var items = Items.read(body);
        if (items.isEmpty()) {
            throw ApiError.at("items", ErrorCode.INVALID_VALUE, "There is no item. Send at least one.");
        }
        return items;
    }

    private void listItems(Exchange exchange) {
        var query = exchange.query(List.of("limit", "after", "order", "include"));
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        var limit = (long) query.limit();
        var oldestFirst = query.oldestFirst();
        var after = query.after();
        exchange.page(() -> {
            var listed = Listing.behind(
                    after,
                    from -> exchange.kept()
                            .records(records -> records.listItems(new ListItemsParams(id, from, limit, oldestFirst))));
            return items(listed.items(), listed.more());
        });
    }

    private void retrieveItem(Exchange exchange) {
        exchange.query(List.of("include"));
        exchange.withoutBody();
        var params = new GetItemParams(
                exchange.pathValues().getFirst(), exchange.pathValues().getLast());
        exchange.page(() -> exchange.kept()
                .records(records -> records.getItem(params))
                .item()
                .body());
    }

    private void deleteItem(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        var params = new DeleteItemParams(
                exchange.pathValues().getFirst(), exchange.pathValues().getLast());
        exchange.json(json(
                exchange.kept().records(records -> records.deleteItem(params)).conversation()));
    }

    private static ObjectNode items(List<Item> items, boolean more) {
        return Listing.of(items.stream().map(item -> (ObjectNode) item.body()).toList(), more);
    }

    private static ObjectNode json(Conversation conversation) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("id", conversation.id())
                .put("object", "conversation")
                .put("created_at", conversation.created() / MILLIS);
        json.set(METADATA, Metadata.json(conversation.metadata()));
        return conversation.keepSeconds() == null ? json : json.put(KEEP, conversation.keepSeconds());
    }

    private static ObjectNode json(Hit hit) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", hit.where())
                .put("object", "conversation.hit")
                .put("item", hit.item())
                .put("snippet", hit.snippet());
    }
}

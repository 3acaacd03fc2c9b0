package omni.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import omni.vault.KeptBounds;
import omni.vault.RecordsProtocol.CreateConversationParams;
import omni.vault.RecordsProtocol.CreateItemsParams;
import omni.vault.RecordsProtocol.GetResponseParams;
import omni.vault.RecordsProtocol.Item;
import omni.vault.RecordsProtocol.ListItemsParams;
import omni.vault.RecordsProtocol.ListResponseInputParams;
import omni.vault.RecordsProtocol.RequireRoomParams;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What was said before, from the vault, as the messages of a chat. For any thread. */
final class History {
    /** Of what is read for one prompt; no model here takes as much. */
    static final int CHARACTERS_MAX = 1 << 20;

    /** The type of an item that is a call of a function, and of one that is its result. */
    static final String CALL = "function_call";

    static final String RESULT = "function_call_output";

    /** Of one call's arguments. */
    private static final Json ARGUMENTS = new Json(KeptBounds.ITEM_DEPTH_MAX);

    private static final Set<String> WITHOUT_WORDS = Set.of("reasoning");

    private final Kept vault;

    History(Kept vault) {
        this.vault = vault;
    }

    /** A part of what was said. */
    private record Page(List<Item> items, boolean more) {}

    /** Where the pages come from; {@code after} is null for the first. */
    private interface Pages {
        Page after(@Nullable String after);
    }

    /** All that a conversation has, the oldest first. */
    List<Item> conversation(String id) {
        return all(after -> {
            var listed = vault.records(
                    records -> records.listItems(new ListItemsParams(id, after, (long) Query.LIMIT_MAX, true)));
            return new Page(listed.items(), listed.more());
        });
    }

    /** All that a response was made from, and what it gave. */
    List<Item> response(String id) {
        var items = all(after -> {
            var listed = vault.records(records ->
                    records.listResponseInput(new ListResponseInputParams(id, after, (long) Query.LIMIT_MAX, true)));
            return new Page(listed.items(), listed.more());
        });
        items.addAll(vault.records(records -> records.getResponse(new GetResponseParams(id)))
                .response()
                .output());
        return items;
    }

    private static List<Item> all(Pages pages) {
        var items = new ArrayList<Item>();
        var characters = 0L;
        @Nullable String after = null;
        while (true) {
            var page = pages.after(after);
            for (var item : page.items()) {
                characters += item.body().toString().length();
                items.add(item);
                after = item.id();
            }
            if (characters > CHARACTERS_MAX) {
                throw ApiError.of(
                        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
                        "What was said before has more than " + CHARACTERS_MAX + " characters: no prompt takes as much."
                                + " Begin another conversation.");
            }
            if (!page.more() || page.items().isEmpty()) {
                return items;
            }
        }
    }

    /**
     * The conversation that what goes on from a response will be in. It is none yet where that response is in one that was named: what
     * goes on from it is no part of that.
     */
    Optional<String> goingOnFrom(String response) {
        var kept = vault.records(records -> records.getResponse(new GetResponseParams(response)))
                .response();
        return kept.body().path("conversation").isObject() ? Optional.empty() : Optional.of(kept.conversation());
    }

    /**
     * Refuses what is asked where a conversation has no room for it and its answer, by their number or their size: before anything is
     * done for it.
     *
     * @param more items that the answer may have besides its first
     * @throws ApiError VAULT_REFUSED; NOT_FOUND
     */
    void requireRoom(String conversation, List<? extends JsonNode> asked, int more) {
        var bytes = asked.stream()
                .mapToLong(item -> item.toString().getBytes(StandardCharsets.UTF_8).length)
                .sum();
        var items = (long) asked.size() + more;
        vault.records(records -> records.requireRoom(new RequireRoomParams(conversation, items, bytes)));
    }

    /** Keeps what was said: in that conversation, or in a new one. Returns which. */
    String keep(@Nullable String conversation, List<JsonNode> items) {
        var id = conversation;
        for (var from = 0; from < items.size(); from += Items.AT_ONCE_MAX) {
            var some = items.subList(from, Math.min(items.size(), from + Items.AT_ONCE_MAX));
            if (id == null) {
                id = vault.records(records ->
                                records.createConversation(new CreateConversationParams(Map.of(), some, null)))
                        .conversation()
                        .id();
            } else {
                var to = id;
                vault.records(records -> records.createItems(new CreateItemsParams(to, some)));
            }
        }
        return Objects.requireNonNull(id, "nothing was said");
    }

    /** Adds what an item says to the messages of a chat; {@code path} is where it came from. */
    static void add(ArrayNode messages, JsonNode item, String path) {
        var type = item.path("type").asString("");
        if (WITHOUT_WORDS.contains(type)) {
            return;
        }
        switch (type) {
            case "message" -> messages.add(message(item, path));
            case CALL -> addCall(messages, item, path);
            case RESULT ->
                messages.addObject()
                        .put("role", "tool")
                        .put("tool_call_id", item.path("call_id").asString(""))
                        .put("content", text(item.path("output"), path));
            default ->
                throw Options.unsupported(
                        path, "Only messages, calls of functions and their results are read. Leave others out.");
        }
    }

    /** To what the assistant said just before, as chats have it. */
    private static void addCall(ArrayNode messages, JsonNode item, String path) {
        var last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
        var said = last instanceof ObjectNode message
                        && message.path("role").asString("").equals("assistant")
                ? message
                : messages.addObject().put("role", "assistant").put("content", "");
        var call = said.withArray("tool_calls").addObject();
        call.put("id", item.path("call_id").asString("")).put("type", "function");
        // Templates print arguments as JSON themselves, so they get what the text says, not the text.
        call.putObject("function").put("name", item.path("name").asString("")).set("arguments", arguments(item, path));
    }

    /** Of a call that was cut short, none: what goes on from it has its result, or says what was wrong. */
    private static JsonNode arguments(JsonNode item, String path) {
        try {
            return ARGUMENTS.body(item).object(item.path("arguments").asString(""), path, 0);
        } catch (ApiError e) {
            return JsonNodeFactory.instance.objectNode();
        }
    }

    private static ObjectNode message(JsonNode item, String path) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("role", item.path("role").asString(""))
                .put("content", text(item.path("content"), path));
    }

    /** A text, or parts of text, joined by line ends. */
    private static String text(JsonNode content, String path) {
        var texts = new ArrayList<String>();
        content.stringValueOpt().ifPresent(texts::add);
        for (var part : content.values()) {
            switch (part.path("type").asString("")) {
                case "input_text", "output_text", "text" ->
                    texts.add(part.path("text").asString(""));
                case "refusal" -> texts.add(part.path("refusal").asString(""));
                default ->
                    throw Options.unsupported(path, "Only parts of text are read. Leave images, audio and files out.");
            }
        }
        return String.join("\n", texts);
    }
}

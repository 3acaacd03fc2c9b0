package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import omni.vault.KeptBounds;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Items of a conversation, from what a client sends to what is kept and sent back. Messages get the shape that OpenAI gives
 * them; items of other types (calls of tools and their results, reasoning) are kept as they are.
 */
final class Items {
    /** Items in one request. */
    static final int AT_ONCE_MAX = 20;

    private static final String MESSAGE = "message";
    private static final Set<String> ROLES = Set.of("user", "assistant", "system", "developer");
    private static final Set<String> STATUSES = Set.of("in_progress", "completed", "incomplete");
    private static final Set<String> TEXTS =
            Set.of("input_text", "output_text", "text", "summary_text", "reasoning_text");

    private Items() {}

    /** What a body has of them as {@code items}, at most {@value #AT_ONCE_MAX}; nothing where they are absent or null. */
    static List<JsonNode> read(Fields body) {
        return read(body, "items", AT_ONCE_MAX);
    }

    /** What a body has of them under that name, at most so many. */
    static List<JsonNode> read(Fields body, String name, int atOnceMax) {
        var given = body.get(name).orElseGet(JsonNodeFactory.instance::arrayNode);
        if (!given.isArray()) {
            throw Fields.type(name, "an array of items");
        }
        if (given.size() > atOnceMax) {
            throw ApiError.at(name, ErrorCode.INVALID_VALUE, "At most " + atOnceMax + " items may be sent at once.");
        }
        var items = new ArrayList<JsonNode>();
        for (var i = 0; i < given.size(); i++) {
            var path = name + "[" + i + "]";
            items.add(checked(item(object(given.get(i), path)), path));
        }
        return items;
    }

    /**
     * The item, where the vault could keep it: what it could not is refused before anything is done for it.
     *
     * @throws ApiError INVALID_VALUE naming the path
     */
    static JsonNode checked(JsonNode item, String path) {
        KeptBounds.fault(item).ifPresent(fault -> {
            throw ApiError.at(path, ErrorCode.INVALID_VALUE, fault);
        });
        if (Json.bytes(item).length > KeptBounds.ITEM_BYTES_MAX) {
            throw ApiError.at(
                    path,
                    ErrorCode.INVALID_VALUE,
                    "An item has at most " + KeptBounds.ITEM_BYTES_MAX + " bytes as JSON. Send it in parts.");
        }
        return item;
    }

    /** A message of one text. */
    static ObjectNode message(String role, String text) {
        var given = JsonNodeFactory.instance.objectNode().put("role", role).put("content", text);
        return message(Fields.of(given));
    }

    private static JsonNode item(Fields given) {
        var type = given.text("type").or(() -> given.text("role").map(_ -> MESSAGE));
        if (type.isEmpty()) {
            throw Fields.missing(given.at("type"));
        }
        nonEmpty(type.get(), given.at("type"));
        return type.get().equals(MESSAGE) ? message(given) : given.node();
    }

    private static ObjectNode message(Fields given) {
        var role = oneOf(given.requiredText("role"), ROLES, given.at("role"));
        var status = oneOf(given.text("status").orElse("completed"), STATUSES, given.at("status"));
        var message = JsonNodeFactory.instance.objectNode().put("type", MESSAGE);
        message.put("status", status).put("role", role).set("content", content(given, role));
        given.node().forEachEntry((name, value) -> message.putIfAbsent(name, value));
        return message;
    }

    private static JsonNode content(Fields given, String role) {
        var content = given.get("content").orElseThrow(() -> Fields.missing(given.at("content")));
        var parts = JsonNodeFactory.instance.arrayNode();
        if (content.isString()) {
            var type = role.equals("assistant") ? "output_text" : "input_text";
            return parts.add(
                    part(JsonNodeFactory.instance.objectNode().put("type", type).put("text", content.stringValue())));
        }
        if (!content.isArray()) {
            throw Fields.type(given.at("content"), "a string or an array of parts");
        }
        for (var i = 0; i < content.size(); i++) {
            parts.add(part(object(content.get(i), given.at("content") + "[" + i + "]")));
        }
        return parts;
    }

    private static JsonNode part(Fields given) {
        var type = nonEmpty(given.requiredText("type"), given.at("type"));
        if (TEXTS.contains(type)) {
            given.requiredText("text");
        }
        return part((ObjectNode) given.node());
    }

    /** OpenAI's clients hold a text that was made without a list of its notes to be malformed. */
    private static ObjectNode part(ObjectNode part) {
        if (part.path("type").asString().equals("output_text") && !part.hasNonNull("annotations")) {
            part.putArray("annotations");
        }
        return part;
    }

    private static Fields object(JsonNode node, String path) {
        if (!node.isObject()) {
            throw Fields.type(path, "an object");
        }
        return new Fields(node, path);
    }

    private static String nonEmpty(String text, String path) {
        if (text.isEmpty()) {
            throw ApiError.at(path, ErrorCode.INVALID_VALUE, path + " is empty. Name a type.");
        }
        return text;
    }

    private static String oneOf(String word, Set<String> words, String path) {
        if (!words.contains(word)) {
            throw ApiError.at(
                    path,
                    ErrorCode.INVALID_VALUE,
                    path + " must be one of "
                            + String.join(", ", words.stream().sorted().toList()) + ".");
        }
        return word;
    }
}

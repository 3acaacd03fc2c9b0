package omni.api;

import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The body of {@code POST /v1/chat/completions}.
 *
 * @param messages as chat templates want them: objects with {@code role}, {@code content} as one text, and of
 *     {@code name}, {@code tool_calls} (their arguments as objects), {@code tool_call_id} and {@code reasoning_content} what
 *     the client gave
 * @param tools the functions that may be called
 */
record ChatRequest(Options options, ArrayNode messages, Tools tools) {
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");
    /** What arguments stand in: body, messages, message, calls, call, function. */
    private static final int ARGUMENTS_DEPTH = 6;

    private static final Map<String, String> UNSUPPORTED = Map.of(
            "functions", "Functions are not supported. Leave them out.",
            "function_call", "Functions are not supported. Leave it out.",
            "audio", "Audio answers are not supported. Leave it out.",
            "web_search_options", "Searching the web is not supported. Leave it out.");

    /**
     * Reads the body.
     *
     * @throws ApiError naming the field that is wrong, missing or not supported
     */
    static ChatRequest read(Json.Body json) {
        var body = Fields.of(json.node());
        UNSUPPORTED.forEach((name, message) -> Options.refuse(body, name, message));
        modalities(body);
        var tools = Tools.ofChat(body);
        var options = Options.read(body, maxTokens(body), logprobs(body), AnswerFormat.ofChat(body));
        tools.requireFree(options);
        return new ChatRequest(options, messages(body, json), tools);
    }

    private static OptionalInt maxTokens(Fields body) {
        var current = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        var former = body.integer("max_tokens", 1, Integer.MAX_VALUE);
        return current.isPresent() ? current : former;
    }

    private static OptionalInt logprobs(Fields body) {
        var top = body.integer("top_logprobs", 0, Options.LOGPROBS_MAX);
        if (body.flag("logprobs")) {
            return OptionalInt.of(top.orElse(0));
        }
        if (top.isPresent() && top.getAsInt() > 0) {
            throw ApiError.at(
                    "top_logprobs", ErrorCode.INVALID_VALUE, "top_logprobs needs logprobs. Set logprobs to true.");
        }
        return OptionalInt.empty();
    }

    private static void modalities(Fields body) {
        if (body.texts("modalities", 2).stream().anyMatch(kind -> !kind.equals("text"))) {
            throw Options.unsupported("modalities", "Only text is answered. Set modalities to [\"text\"].");
        }
    }

    private static ArrayNode messages(Fields body, Json.Body json) {
        var given = body.get("messages").orElseThrow(() -> Fields.missing("messages"));
        if (!given.isArray()) {
            throw Fields.type("messages", "an array of messages");
        }
        if (given.isEmpty()) {
            throw ApiError.at("messages", ErrorCode.INVALID_VALUE, "There is no message. Send at least one.");
        }
        var messages = JsonNodeFactory.instance.arrayNode();
        for (var i = 0; i < given.size(); i++) {
            messages.add(message(Fields.object(given.get(i), "messages[" + i + "]"), json));
        }
        return messages;
    }

    private static ObjectNode message(Fields given, Json.Body json) {
        var role = given.requiredText("role");
        if (!ROLES.contains(role)) {
            throw ApiError.at(
                    given.at("role"),
                    ErrorCode.INVALID_VALUE,
                    "The role must be one of system, developer, user, assistant and tool.");
        }
        Options.refuse(given, "function_call", "Functions are not supported. Leave it out.");
        var calls = calls(given, role);
        var message = JsonNodeFactory.instance.objectNode().put("role", role);
        message.put("content", content(given, calls.isPresent()));
        given.text("name").ifPresent(name -> message.put("name", name));
        given.text("tool_call_id").ifPresent(id -> message.put("tool_call_id", id));
        given.text("reasoning_content").ifPresent(text -> message.put("reasoning_content", text));
        calls.ifPresent(node -> message.set("tool_calls", toolCalls(node, given.at("tool_calls"), json)));
        return message;
    }

    /** The calls of a message, which are the assistant's alone. */
    static Optional<JsonNode> calls(Fields message, String role) {
        var calls = message.get("tool_calls");
        if (calls.isPresent() && !role.equals("assistant")) {
            throw ApiError.at(
                    message.at("tool_calls"),
                    ErrorCode.INVALID_VALUE,
                    "Only the assistant has tool_calls. Leave it out.");
        }
        return calls;
    }

    /** One text: a string as it is, text parts joined by line ends, nothing where there are calls instead. */
    private static String content(Fields given, boolean mayBeAbsent) {
        var content = given.get("content");
        if (content.isEmpty()) {
            if (mayBeAbsent) {
                return "";
            }
            throw Fields.missing(given.at("content"));
        }
        if (content.get().isString()) {
            return content.get().stringValue();
        }
        if (!content.get().isArray()) {
            throw Fields.type(given.at("content"), "a string or an array of parts");
        }
        var texts = new ArrayList<String>();
        for (var i = 0; i < content.get().size(); i++) {
            var part = Fields.object(content.get().get(i), given.at("content") + "[" + i + "]");
            switch (part.requiredText("type")) {
                case "text" -> texts.add(part.requiredText("text"));
                case "refusal" -> texts.add(part.requiredText("refusal"));
                default ->
                    throw Options.unsupported(
                            part.at("type"), "Only parts of type text are read. Leave images, audio and files out.");
            }
        }
        return String.join("\n", texts);
    }

    private static ArrayNode toolCalls(JsonNode given, String path, Json.Body json) {
        if (!given.isArray()) {
            throw Fields.type(path, "an array of tool calls");
        }
        var calls = JsonNodeFactory.instance.arrayNode();
        for (var i = 0; i < given.size(); i++) {
            var call = Fields.object(given.get(i), path + "[" + i + "]");
            var fields = call.requiredObject("function");
            var out = calls.addObject();
            call.text("id").ifPresent(id -> out.put("id", id));
            out.put("type", "function");
            // Templates print arguments as JSON themselves, so they get what the text says, not the text.
            var arguments = json.object(fields.requiredText("arguments"), fields.at("arguments"), ARGUMENTS_DEPTH);
            out.putObject("function").put("name", fields.requiredText("name")).set("arguments", arguments);
        }
        return calls;
    }
}

package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The body of {@code POST /v1/messages} and of {@code POST /v1/messages/count_tokens}. docs/compatibility.md says of each field
 * what becomes of it; a name that Anthropic's API does not have is refused, as there.
 *
 * @param messages as chat templates want them: one text each, and calls of tools with their results
 * @param tools the functions that may be called
 */
record MessageRequest(Options options, ArrayNode messages, Tools tools) {
    /** Names of Anthropic's API and of ours; what is not read here is ignored. */
    private static final Set<String> KNOWN = Set.of(
            "model",
            "messages",
            "max_tokens",
            "system",
            "stop_sequences",
            "stream",
            "temperature",
            "top_p",
            "top_k",
            "output_config",
            "thinking",
            "tools",
            "tool_choice",
            "container",
            "mcp_servers",
            "thread",
            "metadata",
            "service_tier",
            "cache_control",
            "context_management",
            "compaction",
            "inference_geo",
            "speed",
            "diagnostics",
            "user_profile_id",
            "workspace_id",
            "betas",
            "billing_policy",
            "fallbacks",
            "fallback_credit_token",
            "priority",
            "deadline_seconds",
            Options.REORDERS);

    /** Anthropic's bound. */
    private static final double TEMPERATURE_MAX = 1;

    /**
     * Reads what is to be answered.
     *
     * @throws ApiError naming the field that is wrong, missing or not supported
     */
    static MessageRequest read(Json.Body json) {
        var body = Fields.of(json.node());
        if (body.get("max_tokens").isEmpty()) {
            throw Fields.missing("max_tokens");
        }
        return read(body, form(body));
    }

    /** Reads what is to be counted, which has no length, and whose form does not count; else as {@link #read}. */
    static MessageRequest counting(Json.Body json) {
        return read(Fields.of(json.node()), Optional.empty());
    }

    private static MessageRequest read(Fields body, Optional<Bound> form) {
        requireKnown(body);
        refuseUnsupported(body);
        var options = new Options(
                Options.model(body),
                body.integer("max_tokens", 1, Integer.MAX_VALUE),
                Options.sampling(body, TEMPERATURE_MAX),
                Options.stops(body, "stop_sequences", Options.ENGINE_STOPS_MAX),
                OptionalInt.empty(),
                Options.priority(body),
                Options.deadline(body),
                form,
                TemplateVariables.ofMessages(body.object("thinking")),
                Options.reorders(body),
                body.flag("stream"),
                false,
                false);
        var tools = Tools.ofMessages(body);
        tools.requireFree(options);
        return new MessageRequest(options, messages(body), tools);
    }

    private static void requireKnown(Fields body) {
        body.node().propertyNames().stream()
                .filter(name -> !KNOWN.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw ApiError.at(
                            name, ErrorCode.UNSUPPORTED_PARAMETER, "Extra inputs are not permitted. Leave it out.");
                });
    }

    private static void refuseUnsupported(Fields body) {
        Options.refuse(body, "container", "Containers are not supported. Leave it out.");
        Options.refuse(body, "mcp_servers", "Servers of tools are not called. Leave them out.");
        Options.refuse(body, "thread", "Conversations are not kept here. Send all messages.");
        body.object("thinking").ifPresent(MessageRequest::requireThinking);
        body.object("metadata").ifPresent(fields -> fields.text("user_id"));
    }

    private static void requireThinking(Fields thinking) {
        if (!Set.of("enabled", "disabled", "adaptive").contains(thinking.requiredText("type"))) {
            throw ApiError.at(
                    thinking.at("type"), ErrorCode.INVALID_VALUE, "The type must be enabled, adaptive or disabled.");
        }
        thinking.integer("budget_tokens", 0, Integer.MAX_VALUE);
    }

    /** The form that the answer is to have. */
    private static Optional<Bound> form(Fields body) {
        var format = body.object("output_config").flatMap(config -> config.object("format"));
        if (format.isEmpty()) {
            return Optional.empty();
        }
        if (!format.get().requiredText("type").equals("json_schema")) {
            throw Options.unsupported(
                    format.get().at("type"), "There is no such form of an answer. There is json_schema.");
        }
        return Optional.of(Bound.whole(AnswerFormat.ofSchema(format.get().requiredObject("schema")), "output_config"));
    }

    private static ArrayNode messages(Fields body) {
        var given = body.get("messages").orElseThrow(() -> Fields.missing("messages"));
        if (!given.isArray()) {
            throw Fields.type("messages", "an array of messages");
        }
        if (given.isEmpty()) {
            throw ApiError.at("messages", ErrorCode.INVALID_VALUE, "There is no message. Send at least one.");
        }
        var messages = new Turns();
        body.get("system")
                .filter(system -> !system.isArray() || !system.isEmpty())
                .ifPresent(system -> messages.say("system", texts(system, "system")));
        for (var i = 0; i < given.size(); i++) {
            messages.add(Fields.object(given.get(i), "messages[" + i + "]"));
        }
        if (messages.last().path("role").asString().equals("assistant")) {
            throw ApiError.at(
                    "messages",
                    ErrorCode.UNSUPPORTED_PARAMETER,
                    "An answer that is begun is not continued. Let the last message be the user's.");
        }
        return messages.all;
    }

    /** Text: a string as it is, blocks of text joined by line ends. */
    private static String texts(JsonNode content, String path) {
        if (content.isString()) {
            return content.stringValue();
        }
        var texts = new ArrayList<String>();
        for (var block : blocks(content, path)) {
            texts.add(text(block));
        }
        return String.join("\n", texts);
    }

    private static String text(Fields block) {
        if (!block.requiredText("type").equals("text")) {
            throw unread(block);
        }
        return block.requiredText("text");
    }

    private static ApiError unread(Fields block) {
        return Options.unsupported(
                block.at("type"), "Only blocks of type text are read here. Leave images, documents and files out.");
    }

    private static List<Fields> blocks(JsonNode content, String path) {
        if (!content.isArray()) {
            throw Fields.type(path, "a string or an array of blocks");
        }
        var blocks = new ArrayList<Fields>();
        for (var i = 0; i < content.size(); i++) {
            blocks.add(Fields.object(content.get(i), path + "[" + i + "]"));
        }
        return blocks;
    }

    /** Messages as they are put together: what one role says twice in a row is one turn, as with Anthropic. */
    private static final class Turns {
        private final ArrayNode all = JsonNodeFactory.instance.arrayNode();

        JsonNode last() {
            return all.isEmpty() ? JsonNodeFactory.instance.objectNode() : all.get(all.size() - 1);
        }

        void add(Fields message) {
            var content = message.get("content").orElseThrow(() -> Fields.missing(message.at("content")));
            if (content.isArray() && content.isEmpty()) {
                throw ApiError.at(
                        message.at("content"), ErrorCode.INVALID_VALUE, "There is no block. Send at least one.");
            }
            switch (message.requiredText("role")) {
                case "system" -> say("system", texts(content, message.at("content")));
                case "user" -> user(content, message.at("content"));
                case "assistant" -> assistant(content, message.at("content"));
                default ->
                    throw ApiError.at(
                            message.at("role"), ErrorCode.INVALID_VALUE, "The role must be user, assistant or system.");
            }
        }

        void say(String role, String text) {
            if (last() instanceof ObjectNode before
                    && before.path("role").asString("").equals(role)
                    && !before.has("tool_calls")) {
                before.put("content", before.path("content").asString() + "\n" + text);
            } else {
                all.addObject().put("role", role).put("content", text);
            }
        }

        private void user(JsonNode content, String path) {
            if (content.isString()) {
                say("user", content.stringValue());
                return;
            }
            for (var block : blocks(content, path)) {
                switch (block.requiredText("type")) {
                    case "text" -> say("user", block.requiredText("text"));
                    case "tool_result" -> result(block);
                    default -> throw unread(block);
                }
            }
        }

        private void result(Fields block) {
            var content = block.get("content")
                    .map(node -> texts(node, block.at("content")))
                    .orElse("");
            all.addObject()
                    .put("role", "tool")
                    .put("tool_call_id", block.requiredText("tool_use_id"))
                    .put("content", content);
        }

        private void assistant(JsonNode content, String path) {
            if (content.isString()) {
                say("assistant", content.stringValue());
                return;
            }
            var texts = new ArrayList<String>();
            var thoughts = new ArrayList<String>();
            var calls = JsonNodeFactory.instance.arrayNode();
            for (var block : blocks(content, path)) {
                switch (block.requiredText("type")) {
                    case "text" -> texts.add(block.requiredText("text"));
                    case "thinking" -> thoughts.add(block.requiredText("thinking"));
                    case "redacted_thinking" -> block.requiredText("data");
                    case "tool_use" -> calls.add(call(block));
                    default -> throw unread(block);
                }
            }
            say("assistant", String.join("\n", texts));
            if (last() instanceof ObjectNode message) {
                if (!thoughts.isEmpty()) {
                    message.put("reasoning_content", String.join("\n", thoughts));
                }
                if (!calls.isEmpty()) {
                    message.set("tool_calls", calls);
                }
            }
        }

        private static ObjectNode call(Fields block) {
            var input = block.get("input").orElseGet(JsonNodeFactory.instance::objectNode);
            if (!input.isObject()) {
                throw Fields.type(block.at("input"), "an object");
            }
            var call = JsonNodeFactory.instance
                    .objectNode()
                    .put("id", block.requiredText("id"))
                    .put("type", "function");
            call.putObject("function").put("name", block.requiredText("name")).set("arguments", input);
            return call;
        }
    }
}

package omni.api;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import omni.engine.EngineProtocol.Sampling;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bodies of {@code POST /api/chat} and {@code POST /api/generate}. docs/compatibility.md says of each field what becomes of
 * it; names that it does not have are left alone, as Ollama does.
 *
 * @param messages what the model's chat template is given; empty where the prompt is raw, and where nothing is asked
 * @param tools the functions that may be called
 * @param raw a prompt that is continued as it stands
 * @param stays false where the model is to leave memory at once
 */
record OllamaRequest(Options options, ArrayNode messages, Tools tools, Optional<String> raw, boolean stays) {
    private static final Set<String> ROLES = Set.of("system", "user", "assistant", "tool");
    private static final Set<String> EFFORTS = Set.of("low", "medium", "high", "max");
    private static final String NO_IMAGES = "Images are not read. Leave them out.";
    private static final int LENGTH_MIN = -2;

    /** As Go writes durations. */
    private static final String AMOUNT = "\\d{1,9}(?:\\.\\d{0,9})?(?:ns|us|µs|μs|ms|s|m|h)";

    private static final Pattern DURATION = Pattern.compile("[+-]?(?:0|(?:" + AMOUNT + "){1,6})");

    private static final Pattern SOME = Pattern.compile("[1-9]");

    /** Whether nothing is asked but that the model be in memory, or out of it. */
    boolean asksNothing() {
        return messages.isEmpty() && raw.isEmpty();
    }

    /**
     * Reads the body of a chat.
     *
     * @throws ApiError naming the field that is wrong or not supported
     */
    static OllamaRequest chat(Json.Body json) {
        var body = Fields.of(json.node());
        var options = options(body);
        var tools = Tools.ofChat(body);
        tools.requireFree(options);
        return new OllamaRequest(options, messages(body), tools, Optional.empty(), stays(body));
    }

    /**
     * Reads the body of a prompt.
     *
     * @throws ApiError naming the field that is wrong or not supported
     */
    static OllamaRequest generate(Json.Body json) {
        var body = Fields.of(json.node());
        Options.refuse(body, "images", NO_IMAGES);
        refuseText(body, "suffix", "Filling in before a suffix is not supported. Leave it out.");
        refuseText(
                body,
                "template",
                "The model's own template is used. Leave template out, or send raw and the prompt as it is to be read.");
        Options.refuse(body, "context", "Conversations are sent as messages, to /api/chat. Leave context out.");
        for (var field : List.of("width", "height", "steps")) {
            Options.refuse(body, field, "Images are not made. Leave it out.");
        }
        var options = options(body);
        var stays = stays(body);
        var system = body.text("system").filter(text -> !text.isEmpty());
        var prompt = body.text("prompt").orElse("");
        var messages = JsonNodeFactory.instance.arrayNode();
        if (body.flag("raw")) {
            system.ifPresent(_ -> {
                throw ApiError.at(
                        "raw", ErrorCode.INVALID_VALUE, "A raw prompt goes with no system. Write it into the prompt.");
            });
            return new OllamaRequest(
                    options, messages, Tools.NONE, Optional.of(prompt).filter(text -> !text.isEmpty()), stays);
        }
        if (!prompt.isEmpty()) {
            system.ifPresent(text -> messages.addObject().put("role", "system").put("content", text));
            messages.addObject().put("role", "user").put("content", prompt);
        }
        return new OllamaRequest(options, messages, Tools.NONE, Optional.empty(), stays);
    }

    private static Options options(Fields body) {
        requireThinking(body);
        var given = options(body, "options");
        var stream = body.get("stream").isEmpty() || body.flag("stream");
        return new Options(
                Options.model(body),
                length(given),
                sampling(given),
                Options.stops(given, "stop", Options.ENGINE_STOPS_MAX),
                logprobs(body),
                Options.priority(body),
                Options.deadline(body),
                AnswerFormat.ofOllama(body),
                TemplateVariables.ofOllama(body.get("think")),
                Options.reorders(body),
                stream,
                false,
                false);
    }

    /** Reads {@code options}, and refuses those that would change the answer and cannot be honoured. */
    static Fields options(Fields body, String name) {
        var options = body.object(name).orElseGet(() -> new Fields(JsonNodeFactory.instance.objectNode(), name));
        options.number("tfs_z", -Double.MAX_VALUE, Double.MAX_VALUE).ifPresent(value -> {
            if (value != 1) {
                throw Options.unsupported(
                        options.at("tfs_z"),
                        "This way to choose tokens is not supported. Leave it out or set it to 1.");
            }
        });
        return options;
    }

    /** -1 and -2 are as many tokens as there is room for. */
    private static OptionalInt length(Fields options) {
        var asked =
                options.integer("num_predict", LENGTH_MIN, Integer.MAX_VALUE).orElse(-1);
        if (asked == 0) {
            throw ApiError.at(
                    options.at("num_predict"),
                    ErrorCode.INVALID_VALUE,
                    "num_predict must not be 0. Ask for 1 token or more, or -1.");
        }
        return asked < 0 ? OptionalInt.empty() : OptionalInt.of(asked);
    }

    /** The seed -1 is none. */
    private static Sampling sampling(Fields options) {
        var read = Options.sampling(options, Options.TEMPERATURE_MAX);
        var seed = read.seed();
        return seed != null && seed == -1
                ? new Sampling(read.temperature(), read.topP(), read.topK(), read.minP(), null, read.samplers())
                : read;
    }

    private static OptionalInt logprobs(Fields body) {
        var top = body.integer("top_logprobs", 0, Options.LOGPROBS_MAX);
        return body.flag("logprobs") ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
    }

    private static void requireThinking(Fields body) {
        var think = body.get("think");
        if (think.isPresent()
                && !think.get().isBoolean()
                && !(think.get().isString() && EFFORTS.contains(think.get().stringValue()))) {
            throw Fields.type("think", "true, false, \"low\", \"medium\", \"high\" or \"max\"");
        }
    }

    /**
     * Whether the model is to stay in memory. How long is the engine's to say; that it is to go at once is honoured where
     * nothing else is asked.
     */
    static boolean stays(Fields body) {
        var given = body.get("keep_alive");
        if (given.isEmpty()) {
            return true;
        }
        if (given.get().isNumber()) {
            return given.get().doubleValue() != 0;
        }
        var text = given.get().isString() ? given.get().stringValue() : "";
        if (!DURATION.matcher(text).matches()) {
            throw Fields.type("keep_alive", "a number of seconds or a duration such as \"5m\"");
        }
        return SOME.matcher(text).find();
    }

    private static ArrayNode messages(Fields body) {
        var given = body.get("messages").orElseGet(JsonNodeFactory.instance::arrayNode);
        if (!given.isArray()) {
            throw Fields.type("messages", "an array of messages");
        }
        var messages = JsonNodeFactory.instance.arrayNode();
        for (var i = 0; i < given.size(); i++) {
            messages.add(message(Fields.object(given.get(i), "messages[" + i + "]")));
        }
        return messages;
    }

    private static ObjectNode message(Fields given) {
        var role = given.requiredText("role");
        if (!ROLES.contains(role)) {
            throw ApiError.at(
                    given.at("role"),
                    ErrorCode.INVALID_VALUE,
                    "The role must be one of system, user, assistant and tool.");
        }
        Options.refuse(given, "images", NO_IMAGES);
        var message = JsonNodeFactory.instance.objectNode().put("role", role);
        message.put("content", given.text("content").orElse(""));
        given.text("thinking")
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> message.put("reasoning_content", text));
        given.text("tool_name").ifPresent(name -> message.put("name", name));
        given.text("tool_call_id").ifPresent(id -> message.put("tool_call_id", id));
        ChatRequest.calls(given, role)
                .ifPresent(calls -> message.set("tool_calls", toolCalls(calls, given.at("tool_calls"))));
        return message;
    }

    private static ArrayNode toolCalls(JsonNode given, String path) {
        if (!given.isArray()) {
            throw Fields.type(path, "an array of tool calls");
        }
        var calls = JsonNodeFactory.instance.arrayNode();
        for (var i = 0; i < given.size(); i++) {
            var call = Fields.object(given.get(i), path + "[" + i + "]");
            var function = call.requiredObject("function");
            var arguments = function.get("arguments").orElseGet(JsonNodeFactory.instance::objectNode);
            if (!arguments.isObject()) {
                throw Fields.type(function.at("arguments"), "an object");
            }
            var out = calls.addObject();
            call.text("id").ifPresent(id -> out.put("id", id));
            out.put("type", "function");
            out.putObject("function").put("name", function.requiredText("name")).set("arguments", arguments);
        }
        return calls;
    }

    private static void refuseText(Fields body, String name, String message) {
        body.text(name).filter(text -> !text.isEmpty()).ifPresent(_ -> {
            throw Options.unsupported(name, message);
        });
    }
}

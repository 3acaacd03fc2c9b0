package omni.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import omni.vault.KeptBounds;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The body of {@code POST /v1/responses}.
 *
 * @param input items, in the shape in which they are kept
 * @param previous the response that this one goes on from
 * @param conversation the conversation that it belongs to; not with {@code previous}
 * @param store whether it is wished to be kept
 * @param said what the response says again of tools and of the answer's form
 */
record ResponseRequest(
        Options options,
        Tools tools,
        List<JsonNode> input,
        Optional<String> instructions,
        Optional<String> previous,
        Optional<String> conversation,
        boolean store,
        Map<String, String> metadata,
        ObjectNode said) {
    static final String PREVIOUS = "previous_response_id";
    static final String CONVERSATION = "conversation";

    /** The vault's own bound. */
    static final int ITEMS_MAX = 500;

    /** For what a response says besides what it says again. */
    private static final int RESPONSE_REST_BYTES = 4096;

    private static final int INSTRUCTIONS_CHARACTERS_MAX = 60_000;

    /** Where the arguments of a call stand in a body. */
    private static final int ARGUMENTS_DEPTH = 3;

    private static final Map<String, String> UNSUPPORTED = Map.of(
            "prompt", "Prompts that are kept elsewhere are not supported. Leave it out.",
            "context_management", "Conversations are not shortened. Leave it out.",
            "moderation", "Answers are not moderated. Leave it out.");

    /**
     * Reads the body.
     *
     * @throws ApiError naming the field that is wrong, missing or not supported
     */
    static ResponseRequest read(Json.Body json) {
        var body = Fields.of(json.node());
        UNSUPPORTED.forEach((name, message) -> Options.refuse(body, name, message));
        refuseRest(body);
        var tools = Tools.ofResponse(body);
        var previous = id(body.text(PREVIOUS), PREVIOUS);
        var conversation = id(conversation(body), CONVERSATION);
        if (previous.isPresent() && conversation.isPresent()) {
            throw ApiError.at(
                    CONVERSATION,
                    ErrorCode.INVALID_VALUE,
                    "conversation does not go with previous_response_id. Leave one of them out.");
        }
        var input = input(body);
        var instructions = instructions(body);
        if (input.isEmpty() && body.get("input").isPresent()) {
            throw ApiError.at("input", ErrorCode.INVALID_VALUE, "input is empty. Send a text, or at least one item.");
        } else if (input.isEmpty()) {
            throw Fields.missing("input");
        }
        requireCalls(input, json);
        var options = Options.read(
                body,
                body.integer("max_output_tokens", 1, Integer.MAX_VALUE),
                OptionalInt.empty(),
                AnswerFormat.ofResponse(body));
        tools.requireFree(options);
        var request = new ResponseRequest(
                options,
                tools,
                input,
                instructions,
                previous,
                conversation,
                body.get("store").isEmpty() || body.flag("store"),
                Metadata.read(body).orElse(Map.of()),
                said(body, tools));
        request.requireSize();
        return request;
    }

    /** What a response says again is kept with it: escaped, a short text may be long. */
    private void requireSize() {
        var echo = echo();
        if (Json.bytes(echo).length > KeptBounds.RESPONSE_BYTES_MAX - RESPONSE_REST_BYTES
                || KeptBounds.fault(echo).isPresent()) {
            var others = options.form().isPresent() ? "text.format" : "instructions";
            throw ApiError.at(
                    tools.offered() ? "tools" : others,
                    ErrorCode.INVALID_VALUE,
                    "What a response says again, instructions, tools, formats and the like, is too large or too deep. Send less.");
        }
    }

    /** Whether it cannot be answered without what the vault keeps. */
    boolean remembers() {
        return memory().isPresent();
    }

    /** The field that names what was said before; nothing where none does. */
    Optional<String> memory() {
        return conversation.map(_ -> CONVERSATION).or(() -> previous.map(_ -> PREVIOUS));
    }

    private static List<JsonNode> input(Fields body) {
        var given = body.get("input");
        if (given.isPresent() && given.get().isString()) {
            return List.of(Items.checked(Items.message("user", given.get().stringValue()), "input"));
        }
        return Items.read(body, "input", ITEMS_MAX);
    }

    private static Optional<String> instructions(Fields body) {
        var text = body.text("instructions");
        if (text.isPresent() && text.get().length() > INSTRUCTIONS_CHARACTERS_MAX) {
            throw ApiError.at(
                    "instructions",
                    ErrorCode.INVALID_VALUE,
                    "instructions have at most " + INSTRUCTIONS_CHARACTERS_MAX + " characters. Send them as input.");
        }
        return text;
    }

    private static Optional<String> conversation(Fields body) {
        var given = body.get(CONVERSATION);
        return given.isPresent() && given.get().isObject()
                ? Optional.of(new Fields(given.get(), CONVERSATION).requiredText("id"))
                : body.text(CONVERSATION);
    }

    private static Optional<String> id(Optional<String> id, String param) {
        if (id.isPresent() && (id.get().isEmpty() || id.get().length() > Query.ID_CHARACTERS_MAX)) {
            throw ApiError.at(
                    param,
                    ErrorCode.INVALID_VALUE,
                    param + " must have from 1 to " + Query.ID_CHARACTERS_MAX + " characters.");
        }
        return id;
    }

    /** Calls and their results have what a chat needs of them; the arguments count as if they stood in the body without quotes. */
    private static void requireCalls(List<JsonNode> input, Json.Body json) {
        for (var i = 0; i < input.size(); i++) {
            var item = new Fields(input.get(i), "input[" + i + "]");
            var type = item.text("type").orElse("");
            if (type.equals(History.CALL)) {
                item.requiredText("call_id");
                item.requiredText("name");
                json.object(item.requiredText("arguments"), item.at("arguments"), ARGUMENTS_DEPTH);
            } else if (type.equals(History.RESULT)) {
                item.requiredText("call_id");
                var output = item.get("output").orElseThrow(() -> Fields.missing(item.at("output")));
                if (!output.isString() && !output.isArray()) {
                    throw Fields.type(item.at("output"), "a string or an array of parts");
                }
            }
        }
    }

    private static ObjectNode said(Fields body, Tools tools) {
        var said = JsonNodeFactory.instance.objectNode();
        said.put("parallel_tool_calls", body.get("parallel_tool_calls").isEmpty() || body.flag("parallel_tool_calls"));
        said.putObject("text")
                .set(
                        "format",
                        body.object("text")
                                .flatMap(text -> text.get("format"))
                                .orElseGet(() ->
                                        JsonNodeFactory.instance.objectNode().put("type", "text")));
        said.set("tool_choice", body.get("tool_choice").orElseGet(() -> JsonNodeFactory.instance.stringNode("auto")));
        var given = said.putArray("tools");
        if (tools.offered()) {
            body.get("tools").ifPresent(list -> list.forEach(tool -> given.add(said(tool))));
        }
        return said;
    }

    /** A function as OpenAI's clients want to see it again: with all its fields. */
    private static ObjectNode said(JsonNode tool) {
        var said = JsonNodeFactory.instance.objectNode().putNull("parameters").put("strict", false);
        return said.setAll((ObjectNode) tool);
    }

    private static void refuseRest(Fields body) {
        if (body.flag("background")) {
            throw Options.unsupported("background", "Answers in the background are not supported. Set it to false.");
        }
        if (!body.text("truncation").orElse("disabled").equals("disabled")) {
            throw Options.unsupported("truncation", "What is asked is never shortened. Set truncation to disabled.");
        }
        body.integer("top_logprobs", 0, Options.LOGPROBS_MAX).ifPresent(count -> {
            if (count != 0) {
                throw Options.unsupported("top_logprobs", "Tokens are not reported here. Ask chat/completions.");
            }
        });
    }

    /** What of it a response says again, but what is said of its keeping. */
    ObjectNode echo() {
        var echo = JsonNodeFactory.instance.objectNode();
        echo.put("background", false).putNull("error");
        conversation.ifPresentOrElse(
                id -> echo.putObject(CONVERSATION).put("id", id), () -> echo.putNull(CONVERSATION));
        echo.put("instructions", instructions.orElse(null));
        echo.put(
                "max_output_tokens",
                options.maxTokens().isPresent() ? (Integer) options.maxTokens().getAsInt() : null);
        echo.set("metadata", Metadata.json(metadata));
        echo.setAll(said);
        echo.put(PREVIOUS, previous.orElse(null));
        echo.put("temperature", options.sampling().temperature());
        echo.put("top_p", options.sampling().topP());
        return echo.put("truncation", "disabled");
    }
}

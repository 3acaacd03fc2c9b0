package omni.api;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import omni.dialogue.AnswerParser.Thoughts;
import omni.dialogue.ToolFormat;
import omni.schema.SchemaGrammar;
import omni.schema.SchemaGrammar.Framed;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The functions that a request offers to the model, and whether it is to call them.
 *
 * @param given as chat templates want them, in the client's order; none where the model is not to call any
 * @param callable those that may be called
 * @param forced whether one has to be
 * @param parallel whether several may be called in one answer
 */
record Tools(ArrayNode given, List<Function> callable, boolean forced, boolean parallel) {
    /** OpenAI's bounds. */
    static final int TOOLS_MAX = 128;

    private static final String FIELD = "tools";
    private static final String ALLOWED = "allowed_tools";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");
    private static final ObjectNode NOTHING =
            JsonNodeFactory.instance.objectNode().put("type", "object").put("additionalProperties", false);

    /** What stands in a tool beside the function, and is not for the model. */
    private static final Set<String> OF_NO_FUNCTION = Set.of("type", "cache_control");

    /** None at all. */
    static final Tools NONE = new Tools(JsonNodeFactory.instance.arrayNode(), List.of(), false, true);

    /**
     * A function.
     *
     * @param parameters a JSON Schema of an object
     * @param strict whether the client counts on arguments that fulfil it
     * @param path of its parameters in the request
     */
    record Function(String name, JsonNode parameters, boolean strict, String path) {}

    /** Where a request has what of a function. */
    enum Place {
        /** In a member {@code function}. */
        CHAT("parameters", 64),
        /** Beside the type. */
        RESPONSES("parameters", 64),
        /** Beside a type that may be absent. */
        MESSAGES("input_schema", 128);

        private final String parameters;
        private final int nameMax;

        Place(String parameters, int nameMax) {
            this.parameters = parameters;
            this.nameMax = nameMax;
        }

        private void requireFunction(Fields fields) {
            var type = this == MESSAGES ? fields.text("type").orElse("custom") : fields.requiredText("type");
            if (!type.equals(this == MESSAGES ? "custom" : "function")) {
                throw Options.unsupported(
                        fields.at("type"), "Only functions can be called. Leave tools of other types out.");
            }
        }

        private Fields function(Fields tool) {
            return switch (this) {
                case CHAT -> tool.requiredObject("function");
                case RESPONSES, MESSAGES -> tool;
            };
        }

        /** Where a choice has its mode and the tools that it allows. */
        private Fields allowed(Fields choice) {
            return this == CHAT ? choice.requiredObject(ALLOWED) : choice;
        }

        private JsonNode asChat(JsonNode tool) {
            return switch (this) {
                case CHAT -> tool;
                case RESPONSES, MESSAGES -> {
                    var chat = JsonNodeFactory.instance.objectNode().put("type", "function");
                    var function = chat.putObject("function");
                    tool.forEachEntry((name, value) -> {
                        if (!OF_NO_FUNCTION.contains(name)) {
                            function.set(name.equals(parameters) ? "parameters" : name, value);
                        }
                    });
                    yield chat;
                }
            };
        }
    }

    /**
     * Reads {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}. Where none is to be called, any may be there.
     *
     * @throws ApiError naming the field that is wrong or not supported
     */
    static Tools ofChat(Fields body) {
        return read(body, Place.CHAT);
    }

    /** Reads them where the functions' fields stand beside the type; else as {@link #ofChat}. */
    static Tools ofResponse(Fields body) {
        return read(body, Place.RESPONSES);
    }

    private static Tools read(Fields body, Place place) {
        var parallel = body.get("parallel_tool_calls").isEmpty() || body.flag("parallel_tool_calls");
        if (areOff(body)) {
            return NONE;
        }
        var given = JsonNodeFactory.instance.arrayNode();
        var functions = functions(body, place, given);
        var choice = body.get("tool_choice");
        if (choice.isPresent() && !choice.get().isString()) {
            var fields = Fields.object(choice.get(), "tool_choice");
            if (fields.text("type").orElse("").equals(ALLOWED)) {
                return some(place.allowed(fields), place, new Tools(given, functions, false, parallel));
            }
            place.requireFunction(fields);
            return new Tools(given, List.of(named(place.function(fields), functions)), true, parallel);
        }
        return switch (choice.map(JsonNode::stringValue).orElse("auto")) {
            case "auto" -> new Tools(given, functions, false, parallel);
            case "required" -> forced(given, functions, parallel);
            default ->
                throw ApiError.at(
                        "tool_choice",
                        ErrorCode.INVALID_VALUE,
                        "tool_choice must be none, auto, required, a function by its name, or allowed_tools.");
        };
    }

    /** Some alone may be called. All stay in the prompt, so that its beginning is the same as where another choice is made. */
    private static Tools some(Fields allowed, Place place, Tools all) {
        var mode = allowed.requiredText("mode");
        if (!mode.equals("auto") && !mode.equals("required")) {
            throw ApiError.at(allowed.at("mode"), ErrorCode.INVALID_VALUE, "The mode must be auto or required.");
        }
        var path = allowed.at("tools");
        var tools = allowed.get("tools").orElseThrow(() -> Fields.missing(path));
        if (!tools.isArray()) {
            throw Fields.type(path, "an array of tools");
        }
        if (tools.isEmpty() || tools.size() > TOOLS_MAX) {
            throw ApiError.at(
                    path,
                    ErrorCode.INVALID_VALUE,
                    "From 1 to " + TOOLS_MAX + " tools may be named here. For none, set tool_choice to none.");
        }
        var callable = new LinkedHashSet<Function>();
        for (var i = 0; i < tools.size(); i++) {
            var tool = Fields.object(tools.get(i), path + "[" + i + "]");
            place.requireFunction(tool);
            callable.add(named(place.function(tool), all.callable));
        }
        return new Tools(all.given, List.copyOf(callable), mode.equals("required"), all.parallel);
    }

    /** Whether {@code tool_choice} says that none is to be called. */
    static boolean areOff(Fields body) {
        return body.get("tool_choice")
                .filter(choice -> choice.asString("").equals("none"))
                .isPresent();
    }

    /**
     * Reads {@code tools} and {@code tool_choice} as Anthropic's clients send them. Where none is to be called, any may be there.
     *
     * @throws ApiError naming the field that is wrong or not supported
     */
    static Tools ofMessages(Fields body) {
        var choice = body.object("tool_choice");
        var type = choice.map(fields -> fields.requiredText("type")).orElse("auto");
        if (type.equals("none")) {
            return NONE;
        }
        var given = JsonNodeFactory.instance.arrayNode();
        var functions = functions(body, Place.MESSAGES, given);
        if (choice.isEmpty()) {
            return new Tools(given, functions, false, true);
        }
        var parallel = !choice.get().flag("disable_parallel_tool_use");
        return switch (type) {
            case "auto" -> new Tools(given, functions, false, parallel);
            case "any" -> forced(given, functions, parallel);
            case "tool" -> new Tools(given, List.of(named(choice.get(), functions)), true, parallel);
            default ->
                throw ApiError.at(
                        "tool_choice.type", ErrorCode.INVALID_VALUE, "The type must be auto, any, tool or none.");
        };
    }

    private static Tools forced(ArrayNode given, List<Function> functions, boolean parallel) {
        if (functions.isEmpty()) {
            throw ApiError.at(
                    "tool_choice", ErrorCode.INVALID_VALUE, "tool_choice needs tools. Add them or leave it out.");
        }
        return new Tools(given, functions, true, parallel);
    }

    private static List<Function> functions(Fields body, Place place, ArrayNode given) {
        var tools = body.get("tools").orElseGet(JsonNodeFactory.instance::arrayNode);
        if (!tools.isArray()) {
            throw Fields.type("tools", "an array of tools");
        }
        if (tools.size() > TOOLS_MAX) {
            throw ApiError.at("tools", ErrorCode.INVALID_VALUE, "At most " + TOOLS_MAX + " tools may be given.");
        }
        var functions = new ArrayList<Function>();
        var names = new HashSet<String>();
        for (var i = 0; i < tools.size(); i++) {
            var tool = Fields.object(tools.get(i), "tools[" + i + "]");
            place.requireFunction(tool);
            var fields = place.function(tool);
            var function = function(fields, place);
            if (!names.add(function.name())) {
                throw ApiError.at(
                        fields.at("name"), ErrorCode.INVALID_VALUE, "Another function has this name. Name them apart.");
            }
            functions.add(function);
            given.add(place.asChat(tool.node()));
        }
        return functions;
    }

    private static Function function(Fields fields, Place place) {
        var name = fields.requiredText("name");
        if (name.length() > place.nameMax || !NAME.matcher(name).matches()) {
            throw ApiError.at(
                    fields.at("name"),
                    ErrorCode.INVALID_VALUE,
                    "The name of a function has 1 to " + place.nameMax + " letters, digits, _ and -.");
        }
        fields.text("description");
        return new Function(
                name, parameters(fields, place.parameters), fields.flag("strict"), fields.at(place.parameters));
    }

    /** Arguments are an object, whether the schema says so or not; of a function without parameters, one with nothing in it. */
    private static JsonNode parameters(Fields fields, String name) {
        var given = fields.get(name);
        if (given.isEmpty()) {
            return NOTHING;
        }
        var path = fields.at(name);
        var type = Fields.object(given.get(), path).get("type");
        if (type.isEmpty()) {
            return ((ObjectNode) given.get()).deepCopy().put("type", "object");
        }
        if (!type.get().isString() || !type.get().stringValue().equals("object")) {
            throw ApiError.at(
                    path + ".type", ErrorCode.INVALID_VALUE, "Parameters are an object. Set the type to object.");
        }
        return given.get();
    }

    private static Function named(Fields function, List<Function> functions) {
        var name = function.requiredText("name");
        return functions.stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> ApiError.at(
                        function.at("name"), ErrorCode.INVALID_VALUE, "No function of this name is among the tools."));
    }

    /**
     * Refuses a form of the answer beside tools.
     *
     * @throws ApiError UNSUPPORTED_PARAMETER
     */
    void requireFree(Options options) {
        if (offered() && options.form().isPresent()) {
            throw Options.unsupported(
                    options.form().get().field(),
                    "A form of the answer does not go with tools. Leave one of them out, or let none be called.");
        }
    }

    /** Whether the model may call any. */
    boolean offered() {
        return !callable.isEmpty();
    }

    /** The names of those that may be called. */
    Set<String> names() {
        return callable.stream().map(Function::name).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * What an answer is bound to: from the mark of a call on, calls with arguments that fulfil their schemas; where one is forced,
     * nothing but calls, behind the thoughts that the prompt began.
     *
     * @throws ApiError UNSUPPORTED_PARAMETER where a schema cannot be honoured on which the client counts
     */
    Bound bound(ToolFormat format, Thoughts thoughts) {
        var forms = callable.stream()
                .map(one -> new Framed(
                        format.before(one.name()), one.parameters(), format.closing(), forced || one.strict()))
                .toList();
        var between = parallel ? Optional.of(format.separator() + ToolFormat.MARK) : Optional.<String>empty();
        if (!forced) {
            var strict = callable.stream().anyMatch(Function::strict);
            return new Bound(row(forms, "", between), List.of(ToolFormat.MARK), strict, FIELD);
        }
        return thoughts == Thoughts.BEGUN
                ? new Bound(
                        row(forms, "\n\n" + ToolFormat.MARK, between), List.of(ToolFormat.THOUGHTS_END), true, FIELD)
                : Bound.whole(row(forms, ToolFormat.MARK, between), FIELD);
    }

    private String row(List<Framed> forms, String opening, Optional<String> between) {
        return AnswerFormat.converted(
                () -> SchemaGrammar.row(forms, opening, between),
                e -> e.index().isPresent() ? callable.get(e.index().getAsInt()).path() : FIELD);
    }
}

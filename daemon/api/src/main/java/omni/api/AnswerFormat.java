package omni.api;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import omni.schema.SchemaException;
import omni.schema.SchemaGrammar;
import tools.jackson.databind.JsonNode;

/**
 * The form that a client asks an answer to have, as a grammar (GBNF) that the engine holds it to.
 *
 * <p>A JSON Schema that cannot be honoured whole is refused by the keyword: what is answered always fulfils it, unless the
 * answer is cut off by a bound on its tokens.
 */
final class AnswerFormat {
    /** OpenAI's bound on a schema's name. */
    static final int NAME_CHARACTERS_MAX = 64;

    /** The engine's bound. */
    static final int GRAMMAR_CHARACTERS_MAX = 256 * 1024;

    /** One at a time: the heap has room for the worst schema, not for many of them. */
    private static final ReentrantLock CONVERTING = new ReentrantLock();

    private AnswerFormat() {}

    /** The form that chat completions ask for: by {@code response_format} or {@code grammar}. */
    static Optional<String> ofChat(Fields body) {
        var grammar = grammar(body);
        var format = body.get("response_format");
        if (format.isEmpty()) {
            return grammar;
        }
        if (!format.get().isObject()) {
            throw Fields.type("response_format", "an object");
        }
        var fields = new Fields(format.get(), "response_format");
        var asked = ofType(fields, fields.requiredText("type"));
        if (asked.isPresent() && grammar.isPresent()) {
            throw ApiError.at(
                    "grammar",
                    ErrorCode.INVALID_VALUE,
                    "grammar does not go with response_format. Leave one of them out.");
        }
        return asked.or(() -> grammar);
    }

    private static Optional<String> ofType(Fields format, String type) {
        return switch (type) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(SchemaGrammar.anyObject());
            case "json_schema" -> {
                var named = format.get("json_schema").orElseThrow(() -> Fields.missing(format.at("json_schema")));
                if (!named.isObject()) {
                    throw Fields.type(format.at("json_schema"), "an object");
                }
                yield Optional.of(ofSchema(new Fields(named, format.at("json_schema"))));
            }
            default ->
                throw ApiError.at(
                        format.at("type"),
                        ErrorCode.INVALID_VALUE,
                        "There is no such form of an answer. These are: text, json_object, json_schema.");
        };
    }

    /** The grammar of a schema with its name; strict or not, it is honoured whole. */
    private static String ofSchema(Fields named) {
        var name = named.requiredText("name");
        if (!name.matches("[A-Za-z0-9_-]{1," + NAME_CHARACTERS_MAX + "}")) {
            throw ApiError.at(
                    named.at("name"),
                    ErrorCode.INVALID_VALUE,
                    "A name has 1 to " + NAME_CHARACTERS_MAX + " letters, digits, _ and -.");
        }
        named.flag("strict");
        named.text("description");
        var schema = named.get("schema").orElseThrow(() -> Fields.missing(named.at("schema")));
        if (!schema.isObject()) {
            throw Fields.type(named.at("schema"), "an object");
        }
        return ofSchema(schema, named.at("schema"));
    }

    /** The grammar of a schema, an object; {@code path} is where it stands. */
    static String ofSchema(JsonNode schema, String path) {
        return converted(() -> SchemaGrammar.of(schema), _ -> path);
    }

    /**
     * Converts schemas.
     *
     * @param param the field that is at fault
     * @throws ApiError UNSUPPORTED_PARAMETER where one cannot be honoured
     */
    static String converted(Supplier<String> conversion, Function<SchemaException, String> param) {
        CONVERTING.lock();
        try {
            return conversion.get();
        } catch (SchemaException e) {
            throw refused(param.apply(e), e);
        } finally {
            CONVERTING.unlock();
        }
    }

    /** The form that Ollama's {@code format} asks for: none, any JSON object, or what a schema says. */
    static Optional<String> ofOllama(Fields body) {
        var format = body.get("format")
                .filter(node -> !node.isString() || !node.stringValue().isEmpty());
        if (format.isEmpty()) {
            return Optional.empty();
        }
        if (format.get().isString() && format.get().stringValue().equals("json")) {
            return Optional.of(SchemaGrammar.anyObject());
        }
        if (!format.get().isObject()) {
            throw Fields.type("format", "\"json\" or a JSON Schema");
        }
        return Optional.of(ofSchema(format.get(), "format"));
    }

    private static ApiError refused(String param, SchemaException e) {
        var keyword = e.keyword().isEmpty() ? "" : e.keyword() + " ";
        return ApiError.at(
                param,
                ErrorCode.UNSUPPORTED_PARAMETER,
                "This schema cannot be honoured: " + keyword + "at " + e.pointer() + ". " + e.getMessage());
    }

    /** A grammar as it stands. */
    static Optional<String> grammar(Fields body) {
        var grammar = body.text("grammar").filter(text -> !text.isEmpty());
        if (grammar.isPresent() && grammar.get().length() > GRAMMAR_CHARACTERS_MAX) {
            throw ApiError.at(
                    "grammar",
                    ErrorCode.INVALID_VALUE,
                    "A grammar has at most " + GRAMMAR_CHARACTERS_MAX + " characters. Shorten it.");
        }
        return grammar;
    }
}

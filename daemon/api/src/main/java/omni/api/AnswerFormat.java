package omni.api;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import omni.schema.SchemaException;
import omni.schema.SchemaGrammar;

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

    /** One at a time, in the order of their coming: the heap has room for the worst schema, not for many of them. */
    static final ReentrantLock CONVERTING = new ReentrantLock(true);

    private AnswerFormat() {}

    /** The form that chat completions ask for: by {@code response_format} or {@code grammar}. */
    static Optional<Bound> ofChat(Fields body) {
        var grammar = grammar(body);
        var format = body.object("response_format");
        if (format.isEmpty()) {
            return grammar;
        }
        var asked = ofType(format.get(), () -> format.get().requiredObject("json_schema"))
                .map(gbnf -> Bound.whole(gbnf, "response_format"));
        if (asked.isPresent() && grammar.isPresent()) {
            throw ApiError.at(
                    "grammar",
                    ErrorCode.INVALID_VALUE,
                    "grammar does not go with response_format. Leave one of them out.");
        }
        return asked.or(() -> grammar);
    }

    /** The form that responses ask for: by {@code text.format}. */
    static Optional<Bound> ofResponse(Fields body) {
        return body.object("text")
                .flatMap(text -> text.object("format"))
                .flatMap(format -> ofType(format, () -> format))
                .map(gbnf -> Bound.whole(gbnf, "text.format"));
    }

    /** The grammar of a form; {@code named} has its schema, where it is one. */
    private static Optional<String> ofType(Fields format, Supplier<Fields> named) {
        return switch (format.requiredText("type")) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(SchemaGrammar.anyObject());
            case "json_schema" -> Optional.of(ofNamed(named.get()));
            default ->
                throw ApiError.at(
                        format.at("type"),
                        ErrorCode.INVALID_VALUE,
                        "There is no such form of an answer. These are: text, json_object, json_schema.");
        };
    }

    /** The grammar of a schema with its name; strict or not, it is honoured whole. */
    private static String ofNamed(Fields named) {
        var name = named.requiredText("name");
        if (!name.matches("[A-Za-z0-9_-]{1," + NAME_CHARACTERS_MAX + "}")) {
            throw ApiError.at(
                    named.at("name"),
                    ErrorCode.INVALID_VALUE,
                    "A name has 1 to " + NAME_CHARACTERS_MAX + " letters, digits, _ and -.");
        }
        named.flag("strict");
        named.text("description");
        return ofSchema(named.requiredObject("schema"));
    }

    /** The grammar of a schema. */
    static String ofSchema(Fields schema) {
        return converted(() -> SchemaGrammar.of(schema.node()), _ -> schema.path());
    }

    /**
     * Converts schemas.
     *
     * @param param the field that is at fault
     * @throws ApiError UNSUPPORTED_PARAMETER where one cannot be honoured, SERVER_STOPPING where the thread is interrupted while
     *     another is converted
     */
    static String converted(Supplier<String> conversion, Function<SchemaException, String> param) {
        try {
            CONVERTING.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Answers.stoppingError();
        }
        try {
            return conversion.get();
        } catch (SchemaException e) {
            throw refused(param.apply(e), e);
        } finally {
            CONVERTING.unlock();
        }
    }

    /** The form that Ollama's {@code format} asks for: none, any JSON object, or what a schema says. */
    static Optional<Bound> ofOllama(Fields body) {
        var format = body.get("format")
                .filter(node -> !node.isString() || !node.stringValue().isEmpty());
        if (format.isEmpty()) {
            return Optional.empty();
        }
        if (format.get().isString() && format.get().stringValue().equals("json")) {
            return Optional.of(Bound.whole(SchemaGrammar.anyObject(), "format"));
        }
        if (!format.get().isObject()) {
            throw Fields.type("format", "\"json\" or a JSON Schema");
        }
        return Optional.of(Bound.whole(ofSchema(new Fields(format.get(), "format")), "format"));
    }

    private static ApiError refused(String param, SchemaException e) {
        var keyword = e.keyword().isEmpty() ? "" : e.keyword() + " ";
        return ApiError.at(
                param,
                ErrorCode.UNSUPPORTED_PARAMETER,
                "This schema cannot be honoured: " + keyword + "at " + e.pointer() + ". " + e.getMessage());
    }

    /** A grammar as it stands. */
    static Optional<Bound> grammar(Fields body) {
        var grammar = body.text("grammar").filter(text -> !text.isEmpty());
        if (grammar.isPresent() && grammar.get().length() > GRAMMAR_CHARACTERS_MAX) {
            throw ApiError.at(
                    "grammar",
                    ErrorCode.INVALID_VALUE,
                    "A grammar has at most " + GRAMMAR_CHARACTERS_MAX + " characters. Shorten it.");
        }
        return grammar.map(gbnf -> Bound.whole(gbnf, "grammar"));
    }
}

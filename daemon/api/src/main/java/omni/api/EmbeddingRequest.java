package omni.api;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import omni.engine.EngineProtocol.Priority;

/**
 * The body of {@code POST /v1/embeddings}.
 *
 * @param inputs at least one text, none empty
 * @param field in which they stand
 * @param base64 whether vectors are answered as the base64 of little-endian 32-bit floats
 * @param dimensions the length the client wants the vectors to have
 * @param priority how urgent it is; empty for as urgent as its key's requests are
 */
record EmbeddingRequest(
        Optional<String> model,
        List<String> inputs,
        String field,
        boolean base64,
        OptionalInt dimensions,
        Optional<Priority> priority) {
    /**
     * Reads the body.
     *
     * @throws ApiError naming the field that is wrong, missing or not supported
     */
    static EmbeddingRequest read(Json.Body json, int inputsMax) {
        var body = Fields.of(json.node());
        var input = body.get("input").orElseThrow(() -> Fields.missing("input"));
        if (input.isArray() && !input.isEmpty() && !input.get(0).isString()) {
            throw Options.unsupported("input", "Tokens as input are not supported. Send texts.");
        }
        var inputs = body.texts("input", inputsMax);
        if (inputs.isEmpty()) {
            throw ApiError.at("input", ErrorCode.INVALID_VALUE, "There is no input. Send at least one text.");
        }
        var base64 = switch (body.text("encoding_format").orElse("float")) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                throw ApiError.at(
                        "encoding_format", ErrorCode.INVALID_VALUE, "encoding_format must be float or base64.");
        };
        return new EmbeddingRequest(
                Options.model(body),
                inputs,
                "input",
                base64,
                body.integer("dimensions", 1, Integer.MAX_VALUE),
                Options.priority(body));
    }
}

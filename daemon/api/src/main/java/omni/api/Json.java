package omni.api;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON from strangers, and to them.
 *
 * <p>RFC 8259, strictly: UTF-8, no name twice in an object, no NaN, no comments, nothing after the value. Depth, number
 * of values and length of names and numbers are bounded while reading, before anything is built from them.
 */
final class Json {
    /** Values, names and brackets in one body; bounds the memory that a body can take once parsed. */
    static final int TOKENS_MAX = 100_000;

    private static final int NAME_CHARACTERS_MAX = 256;
    private static final int NUMBER_CHARACTERS_MAX = 64;

    private final JsonMapper mapper;
    private final int nestingMax;

    /** A reader that refuses more than {@code nestingMax} arrays and objects within each other. */
    Json(int nestingMax) {
        this.nestingMax = nestingMax;
        var limits = StreamReadConstraints.builder()
                .maxNestingDepth(nestingMax)
                .maxTokenCount(TOKENS_MAX)
                .maxNameLength(NAME_CHARACTERS_MAX)
                .maxNumberLength(NUMBER_CHARACTERS_MAX)
                .maxStringLength(Integer.MAX_VALUE)
                .build();
        var factory = JsonFactory.builder()
                .streamReadConstraints(limits)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        this.mapper = JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /**
     * Reads one JSON object.
     *
     * @return the object, with no lone surrogate in any text of it
     * @throws ApiError INVALID_JSON or INVALID_TYPE, saying where, never quoting the body
     */
    JsonNode object(byte[] body) {
        var text = text(body);
        if (text.isBlank()) {
            throw ApiError.of(ErrorCode.INVALID_JSON, "The body is empty. Send a JSON object.");
        }
        JsonNode node;
        try {
            node = mapper.readTree(text);
        } catch (StreamConstraintsException e) {
            throw ApiError.of(
                    ErrorCode.INVALID_JSON,
                    "The JSON is nested deeper than " + nestingMax + " levels, has more than " + TOKENS_MAX
                            + " values, or an overlong name or number. Send a simpler body.");
        } catch (JacksonException e) {
            var at = e.getLocation();
            var where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw ApiError.of(
                    ErrorCode.INVALID_JSON, "The body is not valid JSON" + where + ". Check its syntax and names.");
        }
        if (!node.isObject()) {
            throw ApiError.of(ErrorCode.INVALID_TYPE, "The body must be a JSON object.");
        }
        if (!wellFormed(node)) {
            throw ApiError.of(
                    ErrorCode.INVALID_JSON, "A text of the body holds half a surrogate pair. Send whole characters.");
        }
        return node;
    }

    /** The node as UTF-8. */
    static byte[] bytes(JsonNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ApiError.of(ErrorCode.INVALID_JSON, "The body is not UTF-8. Send JSON as UTF-8.", e);
        }
    }

    private static boolean wellFormed(JsonNode node) {
        if (node.isString()) {
            return wellFormed(node.stringValue());
        }
        if (node.isObject()) {
            for (var property : node.properties()) {
                if (!wellFormed(property.getKey()) || !wellFormed(property.getValue())) {
                    return false;
                }
            }
            return true;
        }
        for (var element : node.values()) {
            if (!wellFormed(element)) {
                return false;
            }
        }
        return true;
    }

    private static boolean wellFormed(String text) {
        for (var i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isHighSurrogate(text.charAt(i))
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}

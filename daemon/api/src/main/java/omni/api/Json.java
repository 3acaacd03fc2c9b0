package omni.api;

import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
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
    private static final String NO_OBJECT = "This must be a JSON object, written as a text.";

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
    Body object(InputStream body) {
        JsonNode node;
        long tokens;
        try (var parser = mapper.createParser(reader(body))) {
            if (parser.nextToken() == null) {
                throw ApiError.of(ErrorCode.INVALID_JSON, "The body is empty. Send a JSON object.");
            }
            node = mapper.readTree(parser);
            if (parser.nextToken() != null) {
                throw ApiError.of(
                        ErrorCode.INVALID_JSON, "Something stands behind the body's JSON. Send one JSON object.");
            }
            tokens = parser.currentTokenCount();
        } catch (StreamConstraintsException e) {
            throw ApiError.of(
                    ErrorCode.INVALID_JSON,
                    "The JSON is nested deeper than " + nestingMax + " levels, has more than " + TOKENS_MAX
                            + " values, or an overlong name or number. Send a simpler body.");
        } catch (JacksonException e) {
            if (e.getCause() instanceof CharacterCodingException) {
                throw ApiError.of(ErrorCode.INVALID_JSON, "The body is not UTF-8. Send JSON as UTF-8.", e);
            }
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
        return new Body(node, tokens);
    }

    /** An object that came another way, within bounds of its own. */
    Body body(JsonNode node) {
        return new Body(node, 0);
    }

    /**
     * A body that has been read. What stands in a text of it as JSON is read within what the body's bounds have left, as
     * if it stood there without the quotes.
     *
     * <p>For one thread.
     */
    final class Body {
        private final JsonNode node;
        private long tokens;

        private Body(JsonNode node, long tokens) {
            this.node = node;
            this.tokens = tokens;
        }

        /** The body itself, an object. */
        JsonNode node() {
            return node;
        }

        /** Values, names and brackets read so far. */
        long tokens() {
            return tokens;
        }

        /**
         * Reads an object from a text of the body.
         *
         * @param path of the text, for the error
         * @param depth arrays and objects that the text stands in
         * @throws ApiError INVALID_VALUE where it is none, or goes beyond the body's bounds
         */
        JsonNode object(String text, String path, int depth) {
            try {
                count(text, path, depth);
                var inner = mapper.readTree(text);
                if (inner.isObject() && wellFormed(inner)) {
                    return inner;
                }
            } catch (StreamConstraintsException e) {
                throw beyond(path);
            } catch (JacksonException e) {
                throw ApiError.at(path, ErrorCode.INVALID_VALUE, NO_OBJECT);
            }
            throw ApiError.at(path, ErrorCode.INVALID_VALUE, NO_OBJECT);
        }

        /** Looks through the text before anything is made of it. */
        private void count(String text, String path, int depth) {
            try (var parser = mapper.createParser(text)) {
                while (parser.nextToken() != null) {
                    tokens++;
                    if (tokens > TOKENS_MAX
                            || depth + parser.streamReadContext().getNestingDepth() > nestingMax) {
                        throw beyond(path);
                    }
                }
            }
        }

        private ApiError beyond(String path) {
            return ApiError.at(
                    path,
                    ErrorCode.INVALID_VALUE,
                    "This JSON, written as a text, nests the body deeper than " + nestingMax
                            + " levels, brings it over " + TOKENS_MAX
                            + " values, or has an overlong name or number. Send a simpler one.");
        }
    }

    /** The node as UTF-8. */
    static byte[] bytes(JsonNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Strict: what is not UTF-8 is an error and not a replacement character. */
    private static Reader reader(InputStream body) {
        return new InputStreamReader(
                body,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
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

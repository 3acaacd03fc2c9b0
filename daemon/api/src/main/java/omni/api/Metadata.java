package omni.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The notes that a client puts on a thing, within OpenAI's bounds: texts under names. */
final class Metadata {
    static final int PAIRS_MAX = 16;
    static final int KEY_CHARACTERS_MAX = 64;
    static final int VALUE_CHARACTERS_MAX = 512;

    private static final String NAME = "metadata";

    private Metadata() {}

    /** What a body has of them; nothing where they are absent or null. */
    static Optional<Map<String, String>> read(Fields body) {
        var node = body.get(NAME);
        if (node.isEmpty()) {
            return Optional.empty();
        }
        if (!node.get().isObject()) {
            throw Fields.type(NAME, "an object of texts");
        }
        if (node.get().size() > PAIRS_MAX) {
            throw ApiError.at(NAME, ErrorCode.INVALID_VALUE, "metadata has at most " + PAIRS_MAX + " pairs.");
        }
        var pairs = new LinkedHashMap<String, String>();
        node.get()
                .forEachEntry((key, value) -> pairs.put(
                        bounded(key, KEY_CHARACTERS_MAX),
                        bounded(Fields.text(value, NAME + "." + key), VALUE_CHARACTERS_MAX)));
        return Optional.of(pairs);
    }

    private static String bounded(String text, int charactersMax) {
        if (text.codePointCount(0, text.length()) > charactersMax) {
            throw ApiError.at(
                    NAME,
                    ErrorCode.INVALID_VALUE,
                    "metadata has keys of at most " + KEY_CHARACTERS_MAX + " and values of at most "
                            + VALUE_CHARACTERS_MAX + " characters.");
        }
        return text;
    }

    /** As it is sent. */
    static ObjectNode json(Map<String, String> pairs) {
        var node = JsonNodeFactory.instance.objectNode();
        pairs.forEach(node::put);
        return node;
    }
}

package omni.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import omni.vault.KeptBounds;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The notes that a client puts on a thing, within OpenAI's bounds, which are the vault's: texts under names. */
final class Metadata {
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
        var pairs = new LinkedHashMap<String, String>();
        node.get().forEachEntry((key, value) -> pairs.put(key, Fields.text(value, NAME + "." + key)));
        KeptBounds.metadataFault(pairs).ifPresent(fault -> {
            throw ApiError.at(NAME, ErrorCode.INVALID_VALUE, fault);
        });
        return Optional.of(pairs);
    }

    /** As it is sent. */
    static ObjectNode json(Map<String, String> pairs) {
        var node = JsonNodeFactory.instance.objectNode();
        pairs.forEach(node::put);
        return node;
    }
}

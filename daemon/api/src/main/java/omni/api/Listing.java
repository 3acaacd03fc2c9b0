package omni.api;

import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A part of a longer list, in OpenAI's shape. */
final class Listing {
    private Listing() {}

    /** The entries, which have an {@code id}, and whether there are further ones; of none the ids are empty. */
    static ObjectNode of(List<ObjectNode> entries, boolean more) {
        var list = JsonNodeFactory.instance.objectNode().put("object", "list");
        var data = list.putArray("data");
        entries.forEach(data::add);
        return list.put("first_id", entries.isEmpty() ? "" : id(entries.getFirst()))
                .put("last_id", entries.isEmpty() ? "" : id(entries.getLast()))
                .put("has_more", more);
    }

    private static String id(ObjectNode entry) {
        return entry.path("id").asString();
    }
}

package omni.api;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

    /** Where the parts come from; {@code entry} is the one that the part is behind, and null for the first. */
    interface Parts<T> {
        T behind(@Nullable String entry);
    }

    /** A part. Where there is no such thing, but the list has a first part, it is the entry of {@code after} that is not there. */
    static <T> T behind(Optional<String> after, Parts<T> parts) {
        try {
            return parts.behind(after.orElse(null));
        } catch (ApiError e) {
            if (after.isEmpty() || e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            var _ = parts.behind(null);
            throw e.about("after");
        }
    }

    private static String id(ObjectNode entry) {
        return entry.path("id").asString();
    }
}

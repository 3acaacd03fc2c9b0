package omni.fetch;

import java.util.Optional;
import omni.fetch.FetchProtocol.Reason;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What servers and our own folder write. Depth, name and number lengths are bounded by Jackson's own defaults. */
final class Json {
    private static final JsonMapper MAPPER = new JsonMapper();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** Reads what must be an object. */
    static JsonNode object(byte[] bytes, String what) {
        return Optional.of(value(bytes, what))
                .filter(JsonNode::isObject)
                .orElseThrow(() -> new FetchException(Reason.REFUSED, "The " + what + " is no JSON object."));
    }

    /** Reads any value. */
    static JsonNode value(byte[] bytes, String what) {
        try {
            return MAPPER.readTree(bytes);
        } catch (JacksonException _) {
            throw new FetchException(Reason.REFUSED, "The " + what + " is no JSON.");
        }
    }
}

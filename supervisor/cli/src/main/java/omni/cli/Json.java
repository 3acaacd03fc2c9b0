package omni.cli;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What commands write with {@code --json}: one value a line, UTF-8. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /** Reads one value. */
    static JsonNode parse(String text) {
        return MAPPER.readTree(text);
    }

    /** One line, without its end. */
    static String line(JsonNode value) {
        return MAPPER.writeValueAsString(value);
    }
}

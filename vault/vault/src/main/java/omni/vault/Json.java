package omni.vault;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import omni.vault.VaultException.Reason;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON as it stands in the records. For any thread. */
final class Json {
    static final int DEPTH_MAX = 64;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH_MAX)
                            .build())
                    .build())
            .build();

    /** Members of an item that people or models wrote. */
    private static final Set<String> WRITTEN =
            Set.of("text", "content", "refusal", "transcript", "output", "arguments");

    private Json() {}

    /** As bytes that can be read back; INVALID where they are more than that, or could not be. */
    static byte[] bytes(ObjectNode object, int bytesMax) throws VaultException {
        byte[] bytes;
        try {
            bytes = JSON.writeValueAsBytes(object);
        } catch (JacksonException e) {
            throw unreadable(e);
        }
        if (bytes.length > bytesMax) {
            throw Bounds.invalid("It has more than " + bytesMax + " bytes as JSON.");
        }
        try {
            JSON.readTree(bytes);
        } catch (JacksonException e) {
            throw unreadable(e);
        }
        if (!paired(object)) {
            throw Bounds.invalid("A text in it has half of a surrogate pair.");
        }
        return bytes;
    }

    /** The writer puts something else in the place of such a half. */
    private static boolean paired(JsonNode node) {
        return (!node.isString() || Bounds.paired(node.stringValue()))
                && node.properties().stream().allMatch(member -> Bounds.paired(member.getKey()))
                && node.valueStream().allMatch(Json::paired);
    }

    private static VaultException unreadable(JacksonException e) {
        return new VaultException(
                Reason.INVALID, "It is no JSON that could be read back: at most " + DEPTH_MAX + " levels.", e);
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** The object that these bytes are; DAMAGED where they are none. */
    static ObjectNode object(byte[] bytes) throws VaultException {
        try {
            if (JSON.readTree(bytes) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new VaultException(Reason.DAMAGED, "A record is no JSON.", e);
        }
        throw new VaultException(Reason.DAMAGED, "A record is no JSON object.");
    }

    static ObjectNode of(Map<String, String> pairs) {
        ObjectNode object = object();
        pairs.forEach(object::put);
        return object;
    }

    static Map<String, String> pairs(ObjectNode object) {
        Map<String, String> pairs = new TreeMap<>();
        object.properties()
                .forEach(pair -> pairs.put(pair.getKey(), pair.getValue().asString()));
        return pairs;
    }

    /** What of an item can be searched: all texts that somebody wrote. */
    static String words(JsonNode item) {
        List<String> words = new ArrayList<>();
        collect(item, words);
        return String.join("\n", words).replace('\0', ' ');
    }

    private static void collect(JsonNode node, List<String> words) {
        if (node.isObject()) {
            node.properties().forEach(member -> {
                if (member.getValue().isString() && WRITTEN.contains(member.getKey())) {
                    words.add(member.getValue().stringValue());
                }
                collect(member.getValue(), words);
            });
        } else {
            node.forEach(element -> collect(element, words));
        }
    }
}

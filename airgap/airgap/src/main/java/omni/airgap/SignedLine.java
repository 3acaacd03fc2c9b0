package omni.airgap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A JSON object that a key has signed, in a line: {@code base64(Ed25519 over the JSON's bytes) SPACE JSON}. */
final class SignedLine {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private SignedLine() {}

    /** Signs it. Without a line feed. */
    static byte[] of(DeviceKey key, ObjectNode object) {
        byte[] json = JSON.writeValueAsBytes(object);
        byte[] signature = Base64.getEncoder().encode(key.sign(json));
        return ByteBuffer.allocate(signature.length + 1 + json.length)
                .put(signature)
                .put((byte) ' ')
                .put(json)
                .array();
    }

    /** What that key has signed; nothing where it has not, or where it is no JSON. */
    static Optional<JsonNode> read(String line, byte[] publicKey) {
        int space = line.indexOf(' ');
        byte[] json = line.substring(space + 1).getBytes(StandardCharsets.UTF_8);
        boolean signed = space > 0
                && SignedNote.bytes(line.substring(0, space))
                        .filter(signature -> DeviceKey.verify(publicKey, json, signature))
                        .isPresent();
        return signed ? parsed(json) : Optional.empty();
    }

    private static Optional<JsonNode> parsed(byte[] json) {
        try {
            return Optional.of(JSON.readTree(json));
        } catch (JacksonException e) {
            return Optional.empty(); // who has the key may sign what is none
        }
    }
}

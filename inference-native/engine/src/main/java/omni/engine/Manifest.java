package omni.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code manifest.json} beside a model's file: a JSON object with {@code format} (1), {@code name}, {@code sizeBytes},
 * {@code createdSeconds}, {@code architecture} and, where the file told them, {@code contextTokens} and
 * {@code embeddingLength}. The folder's name is the model's id.
 */
final class Manifest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final long FORMAT = 1;
    private static final long BYTES_MAX = 65_536;

    private Manifest() {}

    static byte[] write(StoredModel model) {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT);
        json.put("name", model.name());
        json.put("sizeBytes", model.sizeBytes());
        json.put("createdSeconds", model.createdSeconds());
        json.put("architecture", model.header().architecture());
        model.header().contextTokens().ifPresent(n -> json.put("contextTokens", n));
        model.header().embeddingLength().ifPresent(n -> json.put("embeddingLength", n));
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the model in a folder of the store, or nothing where the folder holds no whole model. */
    static Optional<StoredModel> read(Path folder, String id) throws IOException {
        Path manifest = folder.resolve("manifest.json");
        Path file = folder.resolve("model.gguf");
        if (!Files.isRegularFile(manifest) || Files.size(manifest) > BYTES_MAX || !Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(manifest));
            String name = json.path("name").asString("");
            String architecture = json.path("architecture").asString("");
            if (json.path("format").asLong(0) != FORMAT
                    || !ModelName.isValid(name)
                    || Files.size(file) != json.path("sizeBytes").asLong(-1)) {
                return Optional.empty();
            }
            GgufHeader header =
                    new GgufHeader(architecture, number(json, "contextTokens"), number(json, "embeddingLength"));
            return Optional.of(new StoredModel(
                    id,
                    name,
                    file,
                    false,
                    Files.size(file),
                    json.path("createdSeconds").asLong(0),
                    header));
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private static OptionalInt number(JsonNode json, String field) {
        int value = json.path(field).asInt(-1);
        return value >= 0 ? OptionalInt.of(value) : OptionalInt.empty();
    }
}

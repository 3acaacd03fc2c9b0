package omni.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import omni.bus.BusException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code manifest.json} beside a model's files, a JSON object:
 *
 * <pre>
 * format            2
 * name              what people call the model
 * createdSeconds    since 1970, when it was taken in
 * pinned, damaged   booleans
 * files             [{ file, sha256, sizeBytes, modifiedNanos, inode }], parts in order; file has no folder in it
 * architecture, contextTokens, embeddingLength, parameters, quantization, licence, version
 *                   what the file says, where it does
 * source            { kind, name, revision }, template, sampling: what came along, where something did
 * </pre>
 *
 * <p>The folder's name is the model's id. Format 1 had one file, {@code model.gguf}, with the id as its hash, and no more
 * than architecture, contextTokens and embeddingLength; it is read, and written as 2 at the next change.
 */
final class Manifest {
    static final String FILE = "manifest.json";
    private static final JsonMapper JSON = new JsonMapper();
    private static final long FORMAT = 2;
    private static final long BYTES_MAX = 1 << 20;
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}\\.gguf");
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    private Manifest() {}

    static byte[] write(StoredModel model) {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT);
        json.put("name", model.name());
        json.put("createdSeconds", model.createdSeconds());
        json.put("pinned", model.pinned());
        json.put("damaged", model.damaged());
        ArrayNode files = json.putArray("files");
        for (StoredFile file : model.files()) {
            files.addObject()
                    .put("file", String.valueOf(file.path().getFileName()))
                    .put("sha256", file.sha256())
                    .put("sizeBytes", file.stamp().sizeBytes())
                    .put("modifiedNanos", file.stamp().modifiedNanos())
                    .put("inode", file.stamp().inode());
        }
        Card card = model.card();
        json.put("architecture", card.architecture());
        card.contextTokens().ifPresent(n -> json.put("contextTokens", n));
        card.embeddingLength().ifPresent(n -> json.put("embeddingLength", n));
        card.parameters().ifPresent(n -> json.put("parameters", n));
        card.quantization().ifPresent(n -> json.put("quantization", n));
        card.licence().ifPresent(n -> json.put("licence", n));
        card.version().ifPresent(n -> json.put("version", n));
        EngineProtocol.Source source = card.source();
        if (source != null) {
            json.set("source", source.toJson());
        }
        if (card.template() != null) {
            json.put("template", card.template());
        }
        EngineProtocol.Sampling sampling = card.sampling();
        if (sampling != null) {
            json.set("sampling", sampling.toJson());
        }
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the model in a folder of the store, or nothing where the folder holds no whole model. */
    static Optional<StoredModel> read(Path folder, String id) throws IOException {
        Path manifest = folder.resolve(FILE);
        if (!Files.isRegularFile(manifest) || Files.size(manifest) > BYTES_MAX) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(manifest));
            String name = json.path("name").asString("");
            List<StoredFile> files = switch ((int) json.path("format").asLong(0)) {
                case 1 -> first(folder, id, json);
                case 2 -> files(folder, json.path("files"));
                default -> List.of();
            };
            if (files.isEmpty() || !ModelName.isValid(name)) {
                return Optional.empty();
            }
            return Optional.of(new StoredModel(
                    id,
                    name,
                    files,
                    false,
                    json.path("pinned").asBoolean(false),
                    json.path("damaged").asBoolean(false),
                    json.path("createdSeconds").asLong(0),
                    card(json)));
        } catch (JacksonException | BusException _) {
            return Optional.empty();
        }
    }

    private static List<StoredFile> first(Path folder, String id, JsonNode json) throws IOException {
        Path file = folder.resolve("model.gguf");
        return Files.isRegularFile(file)
                        && Files.size(file) == json.path("sizeBytes").asLong(-1)
                ? List.of(new StoredFile(file, id, FileStamp.of(file)))
                : List.of();
    }

    /** Every file must be there and as long as it was; one that is not makes the model no whole one. */
    private static List<StoredFile> files(Path folder, JsonNode list) throws IOException {
        List<StoredFile> files = new ArrayList<>();
        for (JsonNode entry : list) {
            String name = entry.path("file").asString("");
            String hash = entry.path("sha256").asString("");
            Path file = folder.resolve(FILE_NAME.matcher(name).matches() ? name : FILE);
            long size = entry.path("sizeBytes").asLong(-1);
            if (!FILE_NAME.matcher(name).matches()
                    || !HASH.matcher(hash).matches()
                    || !Files.isRegularFile(file)
                    || Files.size(file) != size) {
                return List.of();
            }
            FileStamp stamp = new FileStamp(
                    size,
                    entry.path("modifiedNanos").asLong(0),
                    entry.path("inode").asLong(0));
            files.add(new StoredFile(file, hash, stamp));
        }
        return files;
    }

    private static Card card(JsonNode json) {
        return new Card(
                json.path("architecture").asString(""),
                number(json, "contextTokens"),
                number(json, "embeddingLength"),
                json.has("parameters") ? OptionalLong.of(json.path("parameters").asLong(0)) : OptionalLong.empty(),
                text(json, "quantization"),
                text(json, "licence"),
                text(json, "version"),
                json.has("source") ? EngineProtocol.Source.fromJson(json.path("source"), "source") : null,
                json.has("template") ? nullable(json.path("template")) : null,
                json.has("sampling") ? EngineProtocol.Sampling.fromJson(json.path("sampling"), "sampling") : null);
    }

    private static @Nullable String nullable(JsonNode text) {
        return text.isString() ? text.asString() : null;
    }

    private static Optional<String> text(JsonNode json, String field) {
        return Optional.ofNullable(nullable(json.path(field)));
    }

    private static OptionalInt number(JsonNode json, String field) {
        int value = json.path(field).asInt(-1);
        return value >= 0 ? OptionalInt.of(value) : OptionalInt.empty();
    }
}

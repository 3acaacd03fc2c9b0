package omni.engine;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import omni.gguf.GgufModel;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a model without loading it: what its file says and what came along with it.
 *
 * @param architecture {@code general.architecture}, "llama" and the like
 * @param contextTokens the context it was trained for
 * @param embeddingLength numbers in an embedding
 * @param parameters how many numbers it learned
 * @param quantization how most of its weights are stored
 * @param licence SPDX identifier or what its source calls it
 * @param version what its file calls this version
 * @param source where it came from
 * @param template a chat template to use instead of the file's own
 * @param sampling how to sample where a request does not say
 */
record Card(
        String architecture,
        OptionalInt contextTokens,
        OptionalInt embeddingLength,
        OptionalLong parameters,
        Optional<String> quantization,
        Optional<String> licence,
        Optional<String> version,
        EngineProtocol.@Nullable Source source,
        @Nullable String template,
        EngineProtocol.@Nullable Sampling sampling) {
    static final int LICENCE_CHARACTERS_MAX = 256;

    /** Returns what a file says. */
    static Card of(GgufModel model) {
        return new Card(
                model.architecture(),
                OptionalInt.of(model.contextLength()),
                OptionalInt.of(model.embeddingLength()),
                OptionalLong.of(model.parameters()),
                Optional.of(model.mostlyStoredAs().name()),
                bounded(model, "general.license"),
                bounded(model, "general.version"),
                null,
                null,
                null);
    }

    private static Optional<String> bounded(GgufModel model, String key) {
        return model.metadata().text(key).filter(t -> !t.isBlank() && t.length() <= LICENCE_CHARACTERS_MAX);
    }

    /** Adds what came along; a licence that was given goes before the file's. */
    Card with(
            EngineProtocol.@Nullable Source newSource,
            @Nullable String newLicence,
            @Nullable String newTemplate,
            EngineProtocol.@Nullable Sampling newSampling) {
        return new Card(
                architecture,
                contextTokens,
                embeddingLength,
                parameters,
                quantization,
                newLicence != null ? Optional.of(newLicence) : licence,
                version,
                newSource,
                newTemplate,
                newSampling);
    }
}

package omni.engine;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import omni.gguf.Gguf;
import omni.gguf.GgufModel;

/**
 * What a model's file says, for a binding that does not tell.
 *
 * @param contextTokens of prompt and answer together
 * @param embedTokens most tokens of a text to embed
 * @param writes whether it writes text
 * @param embeds whether it makes vectors of texts; a model that ranks texts does not
 * @param ownPooling whether the file says how many tokens' vectors become one
 * @param sampling what it says under {@code general.sampling.}
 */
record PortableFacts(
        int contextTokens,
        int embedTokens,
        boolean writes,
        boolean embeds,
        boolean ownPooling,
        int vocabularySize,
        long parameters,
        int trainedContext,
        int embeddingLength,
        String template,
        PortableText text,
        Map<String, String> sampling) {
    /** llama.h, {@code enum llama_pooling_type}. */
    private static final long POOLING_NONE = 0;

    private static final long POOLING_RANK = 4;

    static PortableFacts of(GgufModel model, int contextTokens, EngineConfig config) {
        Gguf file = model.metadata();
        String architecture = model.architecture();
        long pooling = file.integer(architecture + ".pooling_type").orElse(POOLING_NONE);
        // Encoders are called after BERT, or are T5's.
        boolean encoder = architecture.contains("bert") || architecture.equals("t5encoder");
        int embedTokens = Math.min(config.embedTokensFor(model.contextLength()), config.batchTokens());
        return new PortableFacts(
                contextTokens,
                Math.min(embedTokens, contextTokens),
                !encoder,
                pooling != POOLING_RANK,
                pooling != POOLING_NONE,
                model.vocabularySize(),
                model.parameters(),
                model.contextLength(),
                model.embeddingLength(),
                file.text("tokenizer.chat_template").orElse(""),
                PortableText.of(file),
                sampling(file));
    }

    private static Map<String, String> sampling(Gguf file) {
        Map<String, String> said = new HashMap<>();
        for (String key : file.keys()) {
            if (key.startsWith("general.sampling.")) {
                file.real(key).ifPresent(value -> said.put(key, String.valueOf(value)));
                file.integer(key).ifPresent(value -> said.put(key, String.valueOf(value)));
            }
        }
        return Map.copyOf(said);
    }

    Optional<String> said(String key) {
        return Optional.ofNullable(sampling.get(key));
    }
}

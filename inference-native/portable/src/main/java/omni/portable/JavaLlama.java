package omni.portable;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.PoolingType;
import de.kherud.llama.args.Sampler;
import java.nio.file.Path;
import java.util.function.Supplier;
import omni.engine.PortableProtocol;
import org.jspecify.annotations.Nullable;

/**
 * A model in java-llama.cpp. {@link #tokenize} and {@link #detokenize} are for any thread; the rest is done by one at a
 * time.
 */
final class JavaLlama {
    private final LlamaModel model;

    private JavaLlama(LlamaModel model) {
        this.model = model;
    }

    /** The library cannot. */
    static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1;
        final String reason;

        Unusable(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    /** Takes an answer as it comes. */
    interface Reader {
        /** Returns whether the rest is still wanted. */
        boolean accept(String text);
    }

    /**
     * Loads a model.
     *
     * @param contextTokens of prompt and answer together
     * @param batchTokens most tokens computed at once, and of a text to embed
     * @param ownPooling whether the file says how one vector is made; else it is the last token's. The mean, which would
     *     be usual, ends the process in this release of the library.
     * @throws Unusable if the library cannot
     */
    static JavaLlama load(Path file, int contextTokens, int batchTokens, int threads, boolean ownPooling) {
        ModelParameters parameters = new ModelParameters()
                .setModel(file.toString())
                .setCtxSize(contextTokens)
                .setBatchSize(batchTokens)
                .setUbatchSize(batchTokens)
                .setThreads(threads)
                .setThreadsBatch(threads)
                .setParallel(1)
                .setGpuLayers(0)
                .enableEmbedding()
                .disableContextShift()
                .disableLog();
        if (!ownPooling) {
            parameters.setPoolingType(PoolingType.LAST);
        }
        try {
            return new JavaLlama(ask(() -> new LlamaModel(parameters)));
        } catch (UnsatisfiedLinkError e) {
            throw new Unusable("its library does not open: " + e.getMessage());
        }
    }

    /** Calls the library, which throws an exception of a type that is not public. */
    private static <T> T ask(Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            String reason = e.getMessage();
            throw new Unusable(reason == null ? "it does not say why" : reason);
        }
    }

    int[] tokenize(String text) {
        return model.encode(text);
    }

    String detokenize(int[] tokens) {
        return model.decode(tokens);
    }

    float[] embed(String text) {
        return ask(() -> model.embed(text));
    }

    /**
     * Continues a prompt.
     *
     * @return why it ended; null where the reader wanted no more
     */
    PortableProtocol.@Nullable GenerateReplyEnded generate(PortableProtocol.GenerateParams in, Reader reader) {
        InferenceParameters parameters = new InferenceParameters(in.prompt())
                .setNPredict((int) Math.min(in.maxTokens(), Integer.MAX_VALUE))
                .setSamplers(Sampler.TOP_K, Sampler.TOP_P, Sampler.MIN_P, Sampler.TEMPERATURE)
                .setTemperature((float) in.temperature())
                .setTopK((int) in.topK())
                .setTopP((float) in.topP())
                .setMinP((float) in.minP())
                .setSeed((int) in.seed())
                .setRepeatPenalty(1)
                .setCachePrompt(false);
        LlamaIterator outputs = ask(() -> model.generate(parameters).iterator());
        // The token that ends an answer comes as an output without text, and then the last output, which always has
        // none.
        boolean empty = false;
        while (true) {
            LlamaOutput output = ask(outputs::next);
            if (!outputs.hasNext()) {
                return empty ? PortableProtocol.GenerateReplyEnded.STOP : PortableProtocol.GenerateReplyEnded.LENGTH;
            }
            empty = output.text.isEmpty();
            if (!reader.accept(output.text)) {
                outputs.cancel();
                return null;
            }
        }
    }
}

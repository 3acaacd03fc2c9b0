package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import omni.llama.raw.Llama;
import omni.llama.raw.llama_model_params;

/**
 * A model in memory: weights and vocabulary, shared by the contexts made of it.
 *
 * <p>Any thread may call. It outlives its contexts: closing it while one is open is refused.
 */
public final class Model implements AutoCloseable {
    private static final int META_BYTES_MAX = 1 << 20;

    private final LlamaLibrary library;
    private final Owned owned;
    private final Vocab vocab;
    private int users;

    private Model(LlamaLibrary library, Owned owned) {
        this.library = library;
        this.owned = owned;
        this.vocab =
                new Vocab(owned, Llama.llama_model_get_vocab(owned.pointer()).reinterpret(owned.arena(), null));
    }

    /**
     * Loads a GGUF file; of a split model, its first part.
     *
     * @param library what computes
     * @param gguf the file
     * @param params how
     * @throws LlamaException if it is not there, no model, damaged, too big or of an architecture this release lacks
     */
    public static Model load(LlamaLibrary library, Path gguf, ModelParams params) {
        if (!Files.isRegularFile(gguf)) {
            throw new LlamaException("the model file is not there", gguf.toString(), "Check the path.");
        }
        var owned = new Owned("model");
        try (var arena = Arena.ofConfined()) {
            var native_ = Llama.llama_model_default_params(arena);
            llama_model_params.n_gpu_layers(native_, params.gpuLayers());
            llama_model_params.load_mode(native_, params.loadMode().code);
            llama_model_params.check_tensors(native_, params.checkTensors());
            library.takeError();
            var path = arena.allocateFrom(gguf.toAbsolutePath().toString());
            if (!owned.take(Llama.llama_model_load_from_file(path, native_), Llama::llama_model_free)) {
                throw new LlamaException(
                        "the model cannot be loaded",
                        library.takeError(),
                        "It must be a GGUF file of an architecture that llama.cpp v" + NativeFiles.RELEASE
                                + " knows, and fit into memory.");
            }
        }
        return new Model(library, owned);
    }

    /** Its vocabulary; usable until the model is closed. */
    public Vocab vocab() {
        return vocab;
    }

    /** Its default chat template (Jinja); empty when the file has none. */
    public Optional<String> chatTemplate() {
        var text = Llama.llama_model_chat_template(owned.pointer(), MemorySegment.NULL);
        return text.address() == 0 ? Optional.empty() : Optional.of(text.getString(0));
    }

    /**
     * A metadata value of the file, as text; empty when there is none of that name, it is an array, or longer than 1 MiB.
     *
     * @param key such as {@code general.architecture}
     */
    public Optional<String> meta(String key) {
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocateFrom(key);
            var length = Llama.llama_model_meta_val_str(owned.pointer(), name, MemorySegment.NULL, 0);
            if (length < 0 || length > META_BYTES_MAX) {
                return Optional.empty();
            }
            var buffer = arena.allocate(length + 1L);
            Llama.llama_model_meta_val_str(owned.pointer(), name, buffer, buffer.byteSize());
            return Optional.of(buffer.getString(0));
        }
    }

    /** Floats of one embedding. */
    public int embeddingLength() {
        return Llama.llama_model_n_embd_out(owned.pointer());
    }

    /** Tokens of context it was trained on. */
    public int trainedContext() {
        return Llama.llama_model_n_ctx_train(owned.pointer());
    }

    /** How many numbers it learned. */
    public long parameterCount() {
        return Llama.llama_model_n_params(owned.pointer());
    }

    /** Bytes of all its tensors. */
    public long sizeBytes() {
        return Llama.llama_model_size(owned.pointer());
    }

    /** Architecture, size and quantization in a few words, such as {@code llama 0.5B Q4_K - Medium}. */
    public String description() {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(256);
            Llama.llama_model_desc(owned.pointer(), buffer, buffer.byteSize());
            return buffer.getString(0);
        }
    }

    /** Whether it continues text; a pure encoder only makes embeddings. */
    public boolean canGenerate() {
        return Llama.llama_model_has_decoder(owned.pointer()) && !isEncoderOnly();
    }

    /** Whether its state is a summary that cannot be cut back to an earlier position, as Mamba's is. */
    public boolean isRecurrent() {
        return Llama.llama_model_is_recurrent(owned.pointer()) || Llama.llama_model_is_hybrid(owned.pointer());
    }

    /** Whether text is read by an encoder first ({@link Context#encode}), as in T5. */
    public boolean hasEncoder() {
        return Llama.llama_model_has_encoder(owned.pointer());
    }

    /** The token that the decoder begins with, of a model with an encoder; others have none. */
    public OptionalInt decoderStartToken() {
        var token = Llama.llama_model_decoder_start_token(owned.pointer());
        return token == Llama.LLAMA_TOKEN_NULL() ? OptionalInt.empty() : OptionalInt.of(token);
    }

    /** Floats of one hidden state. */
    public int width() {
        return Llama.llama_model_n_embd(owned.pointer());
    }

    /** Its layers. */
    public int layers() {
        return Llama.llama_model_n_layer(owned.pointer());
    }

    /** Scores of its classification head, for {@link ContextParams.Pooling#RANK}; 0 where it has none. */
    public int classifierOutputs() {
        var ranks = architectureMeta(".pooling_type")
                .filter(Integer.toString(Llama.LLAMA_POOLING_TYPE_RANK())::equals)
                .isPresent();
        return ranks ? Llama.llama_model_n_cls_out(owned.pointer()) : 0;
    }

    /**
     * What a score of the classification head stands for; empty where the file does not say.
     *
     * @param output 0 to {@link #classifierOutputs} - 1
     */
    public Optional<String> classifierLabel(int output) {
        LlamaException.within("output", output, 0, classifierOutputs());
        var label = Llama.llama_model_cls_label(owned.pointer(), output);
        return label.address() == 0 ? Optional.empty() : Optional.of(label.getString(0));
    }

    /** Whether a token may look at the ones behind it, so that a batch must be computed at once. */
    boolean looksBothWays() {
        return isEncoderOnly() || hasEncoder() || Llama.llama_model_is_diffusion(owned.pointer());
    }

    private boolean isEncoderOnly() {
        return architectureMeta(".attention.causal").filter("false"::equals).isPresent();
    }

    private Optional<String> architectureMeta(String key) {
        return meta("general.architecture").flatMap(a -> meta(a + key));
    }

    /** What it was loaded by. */
    public LlamaLibrary library() {
        return library;
    }

    /** One more context, adapter or grammar uses it; the pointer for making it. */
    synchronized MemorySegment retain() {
        var pointer = owned.pointer();
        users++;
        return pointer;
    }

    /** One of them is gone. */
    synchronized void release() {
        users--;
    }

    /** Frees it; once, however often it is called. Refused while a context, adapter or sampler with a grammar is open. */
    @Override
    public synchronized void close() {
        if (users > 0) {
            throw new LlamaException(
                    "the model is in use", users + " open", "Close its contexts, adapters and samplers first.");
        }
        owned.close();
        Malloc.trim();
    }
}

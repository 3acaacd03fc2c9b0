package omni.llama;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import omni.llama.raw.Llama;

/**
 * A LoRA adapter: small matrices that change what a model computes, in the contexts that are told to use it.
 *
 * <p>Any thread may call. It keeps its model open; closing it while a context uses it is refused. The file is looked through
 * before llama.cpp sees it ({@link AdapterFile}).
 */
public final class LoraAdapter implements AutoCloseable {
    /** Most adapters of one context. */
    public static final int ADAPTERS_MAX = 64;

    static final double SCALE_MAX = 1000;

    private static final int META_BYTES_MAX = 1 << 16;

    private final Model model;
    private final Owned owned;
    private int contexts;
    private boolean released;

    private LoraAdapter(Model model, Owned owned) {
        this.model = model;
        this.owned = owned;
    }

    /**
     * Loads a GGUF file with {@code general.type} "adapter" and {@code adapter.type} "lora".
     *
     * @throws LlamaException if it is none, damaged, or made for another model
     */
    public static LoraAdapter load(Model model, Path gguf) {
        try {
            AdapterFile.check(gguf);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var owned = new Owned("adapter");
        var pointer = model.retain();
        try (var arena = Arena.ofConfined()) {
            model.library().takeError();
            var path = arena.allocateFrom(gguf.toAbsolutePath().toString());
            if (!owned.take(Llama.llama_adapter_lora_init(pointer, path), Llama::llama_adapter_lora_free)) {
                model.release();
                throw new LlamaException(
                        "the adapter cannot be loaded",
                        model.library().takeError(),
                        "It must be a LoRA adapter made for this very model.");
            }
        }
        return new LoraAdapter(model, owned);
    }

    /**
     * A metadata value of the file, as text; empty when there is none of that name or it is longer than 64 KiB.
     *
     * @param key such as {@code adapter.lora.alpha}
     */
    public Optional<String> meta(String key) {
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocateFrom(key);
            var length = Llama.llama_adapter_meta_val_str(owned.pointer(), name, MemorySegment.NULL, 0);
            if (length < 0 || length > META_BYTES_MAX) {
                return Optional.empty();
            }
            var buffer = arena.allocate(length + 1L);
            Llama.llama_adapter_meta_val_str(owned.pointer(), name, buffer, buffer.byteSize());
            return Optional.of(buffer.getString(0));
        }
    }

    Model model() {
        return model;
    }

    void check() {
        owned.check();
    }

    synchronized MemorySegment retain() {
        var pointer = owned.pointer();
        contexts++;
        return pointer;
    }

    synchronized void release() {
        contexts--;
    }

    /** Frees it; once, however often it is called. Refused while a context uses it. */
    @Override
    public synchronized void close() {
        if (contexts > 0) {
            throw new LlamaException("the adapter is in use", contexts + " contexts", "Set others there first.");
        }
        owned.close();
        if (!released) {
            released = true;
            model.release();
        }
    }
}

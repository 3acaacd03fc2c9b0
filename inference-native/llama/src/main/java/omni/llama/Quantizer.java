package omni.llama;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import omni.llama.raw.Llama;
import omni.llama.raw.llama_model_imatrix_data;
import omni.llama.raw.llama_model_quantize_params;
import omni.llama.raw.llama_model_tensor_override;

/**
 * Makes a smaller model of a model: {@code llama_model_quantize} with its parameters.
 *
 * @param type the mixture that weights are stored in
 * @param threads threads to use, 1 to {@link ContextParams#THREADS_MAX}
 * @param allowRequantize whether weights that are quantized already may be quantized again, which loses more
 * @param quantizeOutput whether the output matrix is quantized too
 * @param pure whether every matrix gets the very same type, instead of a mixture
 * @param outputType type of the output matrix; empty for the mixture's choice
 * @param tokenEmbeddingType type of the token embeddings; empty for the mixture's choice
 * @param tensorTypes for matrices of these names their types, at most {@link #OVERRIDES_MAX}; whole names such as
 *     {@code blk.0.attn_v.weight}, or with {@code *} for any characters
 * @param imatrix for each matrix, how much each of its columns matters (its row length of numbers); empty for none
 */
public record Quantizer(
        Type type,
        int threads,
        boolean allowRequantize,
        boolean quantizeOutput,
        boolean pure,
        Optional<TensorType> outputType,
        Optional<TensorType> tokenEmbeddingType,
        Map<String, TensorType> tensorTypes,
        Map<String, float[]> imatrix) {
    /** Most entries of {@code tensorTypes}. */
    public static final int OVERRIDES_MAX = 1024;

    /** Most entries of {@code imatrix}. */
    public static final int IMATRIX_MAX = 65_536;

    private static final int NAME_MAX = 128;
    private static final int STARS_MAX = 3;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.*-]+");

    /** A mixture ({@code enum llama_ftype}). Those below 3 bits and {@code IQ3_XXS} need an importance matrix. */
    public enum Type {
        /** 32-bit float. */
        F32(Llama.LLAMA_FTYPE_ALL_F32()),
        /** 16-bit float. */
        F16(Llama.LLAMA_FTYPE_MOSTLY_F16()),
        /** bfloat16. */
        BF16(Llama.LLAMA_FTYPE_MOSTLY_BF16()),
        /** 8 bits. */
        Q8_0(Llama.LLAMA_FTYPE_MOSTLY_Q8_0()),
        /** 6 bits. */
        Q6_K(Llama.LLAMA_FTYPE_MOSTLY_Q6_K()),
        /** 5 bits, medium. */
        Q5_K_M(Llama.LLAMA_FTYPE_MOSTLY_Q5_K_M()),
        /** 5 bits, small. */
        Q5_K_S(Llama.LLAMA_FTYPE_MOSTLY_Q5_K_S()),
        /** 5 bits, of old, with a minimum. */
        Q5_1(Llama.LLAMA_FTYPE_MOSTLY_Q5_1()),
        /** 5 bits, of old. */
        Q5_0(Llama.LLAMA_FTYPE_MOSTLY_Q5_0()),
        /** 4 bits, medium. */
        Q4_K_M(Llama.LLAMA_FTYPE_MOSTLY_Q4_K_M()),
        /** 4 bits, small. */
        Q4_K_S(Llama.LLAMA_FTYPE_MOSTLY_Q4_K_S()),
        /** 4 bits, of old, with a minimum. */
        Q4_1(Llama.LLAMA_FTYPE_MOSTLY_Q4_1()),
        /** 4 bits, of old. */
        Q4_0(Llama.LLAMA_FTYPE_MOSTLY_Q4_0()),
        /** 4 bits, not linear, in big blocks. */
        IQ4_XS(Llama.LLAMA_FTYPE_MOSTLY_IQ4_XS()),
        /** 4 bits, not linear. */
        IQ4_NL(Llama.LLAMA_FTYPE_MOSTLY_IQ4_NL()),
        /** 3 bits, large. */
        Q3_K_L(Llama.LLAMA_FTYPE_MOSTLY_Q3_K_L()),
        /** 3 bits, medium. */
        Q3_K_M(Llama.LLAMA_FTYPE_MOSTLY_Q3_K_M()),
        /** 3 bits, small. */
        Q3_K_S(Llama.LLAMA_FTYPE_MOSTLY_Q3_K_S()),
        /** 3.7 bits. */
        IQ3_M(Llama.LLAMA_FTYPE_MOSTLY_IQ3_M()),
        /** 3.4 bits. */
        IQ3_S(Llama.LLAMA_FTYPE_MOSTLY_IQ3_S()),
        /** 3.3 bits. */
        IQ3_XS(Llama.LLAMA_FTYPE_MOSTLY_IQ3_XS()),
        /** 3.1 bits. */
        IQ3_XXS(Llama.LLAMA_FTYPE_MOSTLY_IQ3_XXS()),
        /** 2 bits, medium. */
        Q2_K(Llama.LLAMA_FTYPE_MOSTLY_Q2_K()),
        /** 2 bits, small. */
        Q2_K_S(Llama.LLAMA_FTYPE_MOSTLY_Q2_K_S()),
        /** 2.7 bits. */
        IQ2_M(Llama.LLAMA_FTYPE_MOSTLY_IQ2_M()),
        /** 2.5 bits. */
        IQ2_S(Llama.LLAMA_FTYPE_MOSTLY_IQ2_S()),
        /** 2.3 bits. */
        IQ2_XS(Llama.LLAMA_FTYPE_MOSTLY_IQ2_XS()),
        /** 2.1 bits. */
        IQ2_XXS(Llama.LLAMA_FTYPE_MOSTLY_IQ2_XXS()),
        /** 1.8 bits. */
        IQ1_M(Llama.LLAMA_FTYPE_MOSTLY_IQ1_M()),
        /** 1.6 bits. */
        IQ1_S(Llama.LLAMA_FTYPE_MOSTLY_IQ1_S());

        final int code;

        Type(int code) {
            this.code = code;
        }
    }

    /** How one matrix is stored ({@code enum ggml_type}). */
    public enum TensorType {
        /** 32-bit float. */
        F32(Llama.GGML_TYPE_F32()),
        /** 16-bit float. */
        F16(Llama.GGML_TYPE_F16()),
        /** bfloat16. */
        BF16(Llama.GGML_TYPE_BF16()),
        /** 8 bits in blocks of 32. */
        Q8_0(Llama.GGML_TYPE_Q8_0()),
        /** 6 bits in blocks of 256. */
        Q6_K(Llama.GGML_TYPE_Q6_K()),
        /** 5 bits in blocks of 256. */
        Q5_K(Llama.GGML_TYPE_Q5_K()),
        /** 4 bits in blocks of 256. */
        Q4_K(Llama.GGML_TYPE_Q4_K()),
        /** 3 bits in blocks of 256. */
        Q3_K(Llama.GGML_TYPE_Q3_K()),
        /** 2 bits in blocks of 256. */
        Q2_K(Llama.GGML_TYPE_Q2_K()),
        /** 4 bits in blocks of 32. */
        Q4_0(Llama.GGML_TYPE_Q4_0()),
        /** 4 bits, not linear, in blocks of 256. */
        IQ4_XS(Llama.GGML_TYPE_IQ4_XS()),
        /** 4 bits, not linear, in blocks of 32. */
        IQ4_NL(Llama.GGML_TYPE_IQ4_NL());

        final int code;

        TensorType(int code) {
            this.code = code;
        }
    }

    /** Checks every bound. */
    public Quantizer {
        LlamaException.within("threads", threads, 1, ContextParams.THREADS_MAX + 1);
        LlamaException.within("tensor types", tensorTypes.size(), 0, OVERRIDES_MAX + 1);
        LlamaException.within("imatrix entries", imatrix.size(), 0, IMATRIX_MAX + 1);
        tensorTypes.keySet().forEach(Quantizer::checkName);
        imatrix.forEach((name, numbers) -> {
            checkName(name);
            LlamaException.within("imatrix numbers", numbers.length, 1, Integer.MAX_VALUE);
            for (var number : numbers) {
                // A negative weight would be the root of a negative number in the search for scales.
                if (!(number >= 0 && Float.isFinite(number))) {
                    throw new LlamaException("an importance is no number from 0 on", name, "Compute the matrix again.");
                }
            }
        });
        tensorTypes = Map.copyOf(tensorTypes);
        imatrix = Map.copyOf(imatrix);
    }

    private static void checkName(String name) {
        LlamaException.within("tensor name length", name.length(), 1, NAME_MAX + 1);
        if (!NAME.matcher(name).matches() || name.chars().filter(c -> c == '*').count() > STARS_MAX) {
            throw new LlamaException(
                    "not a tensor's name", "", "Letters, digits, '.', '_', '-', and at most 3 '*' for any.");
        }
    }

    /** A mixture by llama.cpp's own choices, without an importance matrix. */
    public static Quantizer of(Type type, int threads) {
        return new Quantizer(type, threads, false, true, false, Optional.empty(), Optional.empty(), Map.of(), Map.of());
    }

    /** The same with an importance matrix. */
    public Quantizer withImatrix(Map<String, float[]> importances) {
        return new Quantizer(
                type,
                threads,
                allowRequantize,
                quantizeOutput,
                pure,
                outputType,
                tokenEmbeddingType,
                tensorTypes,
                importances);
    }

    /**
     * Reads a model and writes the smaller one; takes minutes and cannot be stopped, so run it in a process of its own.
     *
     * @param library what computes
     * @param in a GGUF file
     * @param out where; must not be there yet, and is there afterwards whole or not at all
     * @throws LlamaException if the model cannot be read, the types do not go with it, or they need an importance matrix
     */
    public void run(LlamaLibrary library, Path in, Path out) {
        if (!Files.isRegularFile(in)) {
            throw new LlamaException("the model file is not there", in.toString(), "Check the path.");
        }
        if (Files.exists(out)) {
            throw new LlamaException("the file is there already", out.toString(), "Give a new name.");
        }
        var part = out.resolveSibling(out.getFileName() + ".part");
        try (var arena = Arena.ofConfined()) {
            library.takeError();
            var failed = Llama.llama_model_quantize(
                    arena.allocateFrom(in.toAbsolutePath().toString()),
                    arena.allocateFrom(part.toAbsolutePath().toString()),
                    nativeParams(arena));
            if (failed != 0) {
                Files.deleteIfExists(part);
                throw new LlamaException(
                        "the model cannot be quantized",
                        library.takeError(),
                        "Take an F16 or F32 model, and a type that fits its widths.");
            }
            Files.move(part, out, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MemorySegment nativeParams(Arena arena) {
        var p = Llama.llama_model_quantize_default_params(arena);
        llama_model_quantize_params.ftype(p, type.code);
        llama_model_quantize_params.nthread(p, threads);
        llama_model_quantize_params.allow_requantize(p, allowRequantize);
        llama_model_quantize_params.quantize_output_tensor(p, quantizeOutput);
        llama_model_quantize_params.pure(p, pure);
        outputType.ifPresent(t -> llama_model_quantize_params.output_tensor_type(p, t.code));
        tokenEmbeddingType.ifPresent(t -> llama_model_quantize_params.token_embedding_type(p, t.code));
        // Both lists end with an entry of zeros.
        if (!tensorTypes.isEmpty()) {
            var entries = List.copyOf(tensorTypes.entrySet());
            var list = llama_model_tensor_override.allocateArray(entries.size() + 1L, arena);
            for (var i = 0; i < entries.size(); i++) {
                var entry = llama_model_tensor_override.asSlice(list, i);
                llama_model_tensor_override.pattern(
                        entry, arena.allocateFrom(regex(entries.get(i).getKey())));
                llama_model_tensor_override.type(entry, entries.get(i).getValue().code);
            }
            llama_model_quantize_params.tt_overrides(p, list);
        }
        if (!imatrix.isEmpty()) {
            var entries = List.copyOf(imatrix.entrySet());
            var list = llama_model_imatrix_data.allocateArray(entries.size() + 1L, arena);
            for (var i = 0; i < entries.size(); i++) {
                var entry = llama_model_imatrix_data.asSlice(list, i);
                var numbers = entries.get(i).getValue();
                llama_model_imatrix_data.name(
                        entry, arena.allocateFrom(entries.get(i).getKey()));
                llama_model_imatrix_data.data(entry, arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers));
                llama_model_imatrix_data.size(entry, numbers.length);
            }
            llama_model_quantize_params.imatrix(p, list);
        }
        return p;
    }

    // llama.cpp searches with regular expressions, which can take for ever; these cannot.
    private static String regex(String name) {
        return "^" + name.replace(".", "\\.").replaceAll("\\*+", ".*") + "$";
    }
}

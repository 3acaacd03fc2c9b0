package omni.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Writes models whose weights are drawn at random: right in every length and type, and fast or slow, small or large as
 * their shape is, but without sense. For tests, measurements and benchmarks. The same shape and seed write the same bytes.
 *
 * <p>Their vocabulary is SentencePiece: unknown, begin, end, the 256 bytes, then made-up words.
 */
public final class RandomModel {
    private static final int SPECIAL_TOKENS = 3 + 256;
    private static final int CHUNK_BLOCKS = 4096;

    private RandomModel() {}

    /** What the tensors are called and what there is besides the plain decoder. */
    public enum Family {
        /** Plain. */
        LLAMA("llama"),
        /** With biases on queries, keys and values. */
        QWEN2("qwen2"),
        /** With norms on queries and keys. */
        QWEN3("qwen3"),
        /** Embedding used for the output too; heads wider than the embedding divided among them. */
        GEMMA("gemma"),
        /** As Gemma, with norms after each block too. */
        GEMMA3("gemma3"),
        /** As Qwen 3, with experts. */
        QWEN3MOE("qwen3moe");

        private final String architecture;

        Family(String architecture) {
            this.architecture = architecture;
        }
    }

    /**
     * A shape.
     *
     * @param family what there is besides the plain decoder
     * @param layers how many layers
     * @param embedding numbers of one embedding
     * @param heads heads of queries
     * @param headsKv heads of keys and values, which divide those of queries
     * @param headLength numbers of one head
     * @param feedForward numbers between the two halves of a layer's second part; of one expert where there are any
     * @param experts how many experts; 0 for none
     * @param expertsUsed how many of them each token uses
     * @param vocabulary tokens, at least 259
     * @param context tokens it says it was trained on
     * @param tied whether the embedding is the output too
     * @param weights how matrices are stored; vectors are F32
     * @param embeddings how the embedding and the output are stored
     */
    public record Shape(
            Family family,
            int layers,
            int embedding,
            int heads,
            int headsKv,
            int headLength,
            int feedForward,
            int experts,
            int expertsUsed,
            int vocabulary,
            int context,
            boolean tied,
            TensorType weights,
            TensorType embeddings) {
        /** Checks what the writer and llama.cpp would not take. */
        public Shape {
            if (vocabulary < SPECIAL_TOKENS || heads % headsKv != 0 || layers < 1 || expertsUsed > experts) {
                throw new IllegalArgumentException("no model has this shape");
            }
        }

        /** A plain model of a few hundred kilobytes. */
        public static Shape tiny() {
            return new Shape(Family.LLAMA, 2, 64, 4, 2, 16, 128, 0, 0, 320, 512, false, TensorType.F32, TensorType.F32);
        }

        /** The same shape with matrices stored in another way. */
        public Shape storedAs(TensorType type) {
            return new Shape(
                    family,
                    layers,
                    embedding,
                    heads,
                    headsKv,
                    headLength,
                    feedForward,
                    experts,
                    expertsUsed,
                    vocabulary,
                    context,
                    tied,
                    type,
                    embeddings);
        }
    }

    private record Planned(String name, TensorType type, List<Long> shape) {}

    /**
     * Writes a model.
     *
     * @throws IOException if the file is there already or the disk does not take it
     */
    public static void write(Path file, Shape shape, long seed) throws IOException {
        List<Planned> tensors = tensors(shape);
        try (GgufWriter out = GgufWriter.create(file)) {
            metadata(out, shape);
            tensors.forEach(t -> out.tensor(
                    t.name, t.type, t.shape.stream().mapToLong(Long::longValue).toArray()));
            data(out, tensors, new SplittableRandom(seed));
        }
    }

    /**
     * Writes a model in parts, as llama.cpp splits them: {@code prefix-00001-of-00003.gguf} and so on.
     *
     * @return the parts in order
     * @throws IOException if a file is there already or the disk does not take it
     */
    public static List<Path> writeSplit(Path folder, String prefix, Shape shape, long seed, int parts)
            throws IOException {
        List<Planned> tensors = tensors(shape);
        List<Path> files = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        int each = Math.ceilDiv(tensors.size(), parts);
        for (int i = 0; i < parts; i++) {
            Path file = folder.resolve(String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, i + 1, parts));
            List<Planned> own =
                    tensors.subList(Math.min(i * each, tensors.size()), Math.min((i + 1) * each, tensors.size()));
            try (GgufWriter out = GgufWriter.create(file)) {
                if (i == 0) {
                    metadata(out, shape);
                }
                out.integer("split.no", ValueType.U16, i)
                        .integer("split.count", ValueType.U16, parts)
                        .integer("split.tensors.count", ValueType.I32, tensors.size());
                own.forEach(t -> out.tensor(
                        t.name,
                        t.type,
                        t.shape.stream().mapToLong(Long::longValue).toArray()));
                data(out, own, random);
            }
            files.add(file);
        }
        return List.copyOf(files);
    }

    private static void metadata(GgufWriter out, Shape s) {
        String a = s.family.architecture;
        out.text("general.architecture", a)
                .text("general.type", "model")
                .text("general.name", "Random " + a)
                .text("general.license", "apache-2.0")
                .u32(a + ".block_count", s.layers)
                .u32(a + ".context_length", s.context)
                .u32(a + ".embedding_length", s.embedding)
                .u32(a + ".feed_forward_length", s.feedForward)
                .u32(a + ".attention.head_count", s.heads)
                .u32(a + ".attention.head_count_kv", s.headsKv)
                .u32(a + ".attention.key_length", s.headLength)
                .u32(a + ".attention.value_length", s.headLength)
                .u32(a + ".rope.dimension_count", s.headLength)
                .real(a + ".attention.layer_norm_rms_epsilon", 1e-5);
        if (s.experts > 0) {
            out.u32(a + ".expert_count", s.experts)
                    .u32(a + ".expert_used_count", s.expertsUsed)
                    .u32(a + ".expert_feed_forward_length", s.feedForward);
        }
        vocabulary(out, s.vocabulary);
    }

    private static void vocabulary(GgufWriter out, int size) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        long[] types = new long[size];
        float[] scores = new float[size];
        types[0] = 2;
        types[1] = 3;
        types[2] = 3;
        for (int i = 0; i < 256; i++) {
            types[tokens.size()] = 6;
            tokens.add(String.format(Locale.ROOT, "<0x%02X>", i));
        }
        while (tokens.size() < size) {
            int i = tokens.size();
            types[i] = 1;
            scores[i] = -i;
            tokens.add("\u2581w" + i);
        }
        out.text("tokenizer.ggml.model", "llama")
                .texts("tokenizer.ggml.tokens", tokens)
                .reals("tokenizer.ggml.scores", scores)
                .integers("tokenizer.ggml.token_type", ValueType.I32, types)
                .u32("tokenizer.ggml.unknown_token_id", 0)
                .u32("tokenizer.ggml.bos_token_id", 1)
                .u32("tokenizer.ggml.eos_token_id", 2);
    }

    private static List<Planned> tensors(Shape s) {
        List<Planned> all = new ArrayList<>();
        all.add(new Planned("token_embd.weight", s.embeddings, List.of((long) s.embedding, (long) s.vocabulary)));
        all.add(vector("output_norm.weight", s.embedding));
        if (!s.tied) {
            all.add(new Planned("output.weight", s.embeddings, List.of((long) s.embedding, (long) s.vocabulary)));
        }
        for (int i = 0; i < s.layers; i++) {
            layer(all, s, "blk." + i + ".");
        }
        return Collections.unmodifiableList(all);
    }

    private static void layer(List<Planned> all, Shape s, String at) {
        int queries = s.heads * s.headLength;
        int keys = s.headsKv * s.headLength;
        all.add(vector(at + "attn_norm.weight", s.embedding));
        all.add(new Planned(at + "attn_q.weight", s.weights, List.of((long) s.embedding, (long) queries)));
        all.add(new Planned(at + "attn_k.weight", s.weights, List.of((long) s.embedding, (long) keys)));
        all.add(new Planned(at + "attn_v.weight", s.weights, List.of((long) s.embedding, (long) keys)));
        all.add(new Planned(at + "attn_output.weight", s.weights, List.of((long) queries, (long) s.embedding)));
        switch (s.family) {
            case LLAMA, GEMMA -> {}
            case QWEN2 -> {
                all.add(vector(at + "attn_q.bias", queries));
                all.add(vector(at + "attn_k.bias", keys));
                all.add(vector(at + "attn_v.bias", keys));
            }
            case QWEN3, QWEN3MOE, GEMMA3 -> {
                all.add(vector(at + "attn_q_norm.weight", s.headLength));
                all.add(vector(at + "attn_k_norm.weight", s.headLength));
            }
        }
        if (s.family == Family.GEMMA3) {
            all.add(vector(at + "post_attention_norm.weight", s.embedding));
            all.add(vector(at + "post_ffw_norm.weight", s.embedding));
        }
        all.add(vector(at + "ffn_norm.weight", s.embedding));
        if (s.experts == 0) {
            all.add(new Planned(at + "ffn_gate.weight", s.weights, List.of((long) s.embedding, (long) s.feedForward)));
            all.add(new Planned(at + "ffn_up.weight", s.weights, List.of((long) s.embedding, (long) s.feedForward)));
            all.add(new Planned(at + "ffn_down.weight", s.weights, List.of((long) s.feedForward, (long) s.embedding)));
        } else {
            all.add(new Planned(
                    at + "ffn_gate_inp.weight", TensorType.F32, List.of((long) s.embedding, (long) s.experts)));
            List<Long> wide = List.of((long) s.embedding, (long) s.feedForward, (long) s.experts);
            all.add(new Planned(at + "ffn_gate_exps.weight", s.weights, wide));
            all.add(new Planned(at + "ffn_up_exps.weight", s.weights, wide));
            all.add(new Planned(
                    at + "ffn_down_exps.weight", s.weights, List.of((long) s.feedForward, (long) s.embedding, (long)
                            s.experts)));
        }
    }

    private static Planned vector(String name, long length) {
        return new Planned(name, TensorType.F32, List.of(length));
    }

    private static void data(GgufWriter out, List<Planned> tensors, SplittableRandom random) throws IOException {
        for (Planned tensor : tensors) {
            boolean norm = tensor.name.endsWith("norm.weight");
            int block = tensor.type.blockBytes();
            ByteBuffer chunk = ByteBuffer.allocate(block * CHUNK_BLOCKS).order(ByteOrder.LITTLE_ENDIAN);
            long left = out.wanted();
            while (left > 0) {
                chunk.clear().limit((int) Math.min(left, chunk.capacity()));
                for (int at = 0; at < chunk.limit(); at += block) {
                    block(chunk, at, tensor.type, norm, random);
                }
                left -= chunk.limit();
                out.data(chunk);
            }
        }
    }

    /** Draws one block: small numbers around zero, around one for norms. */
    private static void block(ByteBuffer into, int at, TensorType type, boolean norm, SplittableRandom random) {
        float value = (norm ? 1 : 0) + (float) (random.nextDouble() - 0.5) * 0.1f;
        switch (type) {
            case F32 -> into.putFloat(at, value);
            case F16 -> into.putShort(at, Float.floatToFloat16(value));
            case BF16 -> into.putShort(at, (short) (Float.floatToRawIntBits(value) >>> 16));
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> {
                for (int i = 0; i < type.blockBytes(); i++) {
                    into.put(at + i, (byte) random.nextInt());
                }
                short scale = Float.floatToFloat16(type == TensorType.Q8_0 ? 4e-4f : 1e-4f);
                for (int place : scales(type)) {
                    into.putShort(at + place, scale);
                }
            }
            case Q8_1,
                    Q8_K,
                    IQ2_XXS,
                    IQ2_XS,
                    IQ3_XXS,
                    IQ1_S,
                    IQ3_S,
                    IQ2_S,
                    IQ4_XS,
                    IQ1_M,
                    I8,
                    I16,
                    I32,
                    I64,
                    F64,
                    TQ1_0,
                    TQ2_0,
                    MXFP4,
                    NVFP4,
                    Q1_0,
                    Q2_0 -> throw new IllegalArgumentException("no random weights are drawn of this type");
        }
    }

    /** Where the 16-bit scales of a block lie ({@code ggml-common.h}). */
    private static int[] scales(TensorType type) {
        return switch (type) {
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q6_K -> new int[] {208};
            default -> new int[] {0};
        };
    }
}

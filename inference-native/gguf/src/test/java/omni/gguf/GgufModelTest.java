package omni.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufModelTest {
    @TempDir
    Path folder;

    private int files;

    private GgufModel seed() throws IOException {
        return GgufModel.of(List.of(
                Gguf.read(Path.of(System.getProperty("omni.root"), "inference-native/seed/omni-seed-f16.gguf"))));
    }

    @Test
    void theSeedIsAcceptedAndDescribed() throws IOException {
        GgufModel seed = seed();
        assertEquals("llama", seed.architecture());
        assertEquals(256, seed.embeddingLength());
        assertEquals(2048, seed.contextLength());
        assertEquals(TensorType.F16, seed.mostlyStoredAs());
        assertEquals(seed.layers(), seed.heads().size());
    }

    @Test
    void partsAreAcceptedInAnyOrderAndOnlyTogether() throws IOException {
        List<Gguf> parts = new ArrayList<>();
        for (Path part : RandomModel.writeSplit(folder, "m", Samples.small(), 1, 3)) {
            parts.add(Gguf.read(part));
        }
        GgufModel model = GgufModel.of(List.of(parts.get(2), parts.get(0), parts.get(1)));
        assertEquals(parts, model.parts());
        assertEquals(Samples.small().layers(), model.layers());
        refused(GgufException.Code.SPLIT, List.of(parts.get(0)));
        refused(GgufException.Code.SPLIT, List.of(parts.get(0), parts.get(1)));
        refused(GgufException.Code.SPLIT, List.of(parts.get(0), parts.get(1), parts.get(1)));
        refused(GgufException.Code.SPLIT, List.of());
    }

    private static void refused(GgufException.Code code, List<Gguf> parts) {
        assertEquals(
                code,
                assertThrows(GgufException.class, () -> GgufModel.of(parts)).code());
    }

    /** A model of one layer, with a change to its metadata or tensors. */
    private Gguf changed(Consumer<GgufWriter> change, String... without) throws IOException {
        List<String> left = Arrays.asList(without);
        Path file = folder.resolve("c" + files++ + ".gguf");
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        long[] types = new long[259];
        Arrays.fill(types, 6);
        types[0] = 2;
        types[1] = 3;
        types[2] = 3;
        for (int i = 0; i < 256; i++) {
            tokens.add(String.format("<0x%02X>", i));
        }
        GgufWriter out = GgufWriter.create(file);
        put(left, "general.architecture", key -> out.text(key, "llama"));
        put(left, "llama.block_count", key -> out.u32(key, 2));
        put(left, "llama.context_length", key -> out.u32(key, 64));
        put(left, "llama.embedding_length", key -> out.u32(key, 32));
        put(left, "llama.feed_forward_length", key -> out.u32(key, 32));
        put(left, "llama.attention.head_count", key -> out.u32(key, 4));
        put(left, "llama.attention.layer_norm_rms_epsilon", key -> out.real(key, 1e-5));
        put(left, "tokenizer.ggml.model", key -> out.text(key, "llama"));
        put(left, "tokenizer.ggml.tokens", key -> out.texts(key, tokens));
        put(left, "tokenizer.ggml.token_type", key -> out.integers(key, ValueType.I32, types));
        put(left, "token_embd.weight", key -> out.tensor(key, TensorType.F32, 32, 259));
        change.accept(out);
        byte[] data = new byte[1 << 17];
        while (out.wanted() > 0) {
            out.data(ByteBuffer.wrap(data, 0, (int) Math.min(data.length, out.wanted())));
        }
        out.close();
        Gguf read = Gguf.read(file);
        Files.delete(file);
        return read;
    }

    private static void put(List<String> left, String key, Consumer<String> value) {
        if (!left.contains(key)) {
            value.accept(key);
        }
    }

    private void refused(GgufException.Code code, Consumer<GgufWriter> change, String... without) throws IOException {
        Gguf file = changed(change, without);
        assertEquals(
                code,
                assertThrows(GgufException.class, () -> GgufModel.of(List.of(file)))
                        .code());
    }

    @Test
    void theUnchangedOneIsAccepted() throws IOException {
        assertEquals(259, GgufModel.of(List.of(changed(out -> {}))).vocabularySize());
    }

    @Test
    void whatIsNoModelIsRefused() throws IOException {
        refused(GgufException.Code.NOT_A_MODEL, out -> {}, "general.architecture");
        refused(GgufException.Code.NOT_A_MODEL, out -> out.text("general.type", "adapter"));
        refused(
                GgufException.Code.NOT_A_MODEL,
                out -> out.text("general.architecture", "clip"),
                "general.architecture");
        refused(GgufException.Code.NOT_A_MODEL, out -> {}, "token_embd.weight");
        refused(
                GgufException.Code.TENSOR,
                out -> out.tensor("output_norm.weight", TensorType.F32, 32),
                "token_embd.weight");
        refused(GgufException.Code.SPLIT, out -> out.u32("split.count", 1));
    }

    /** Numbers that llama.cpp asserts on, divides by, or allocates for. */
    @Test
    void numbersThatWouldEndTheLoaderAreRefused() throws IOException {
        GgufException.Code code = GgufException.Code.SHAPE;
        refused(code, out -> {}, "llama.block_count");
        refused(code, out -> {}, "llama.attention.head_count");
        replaced("llama.block_count", 0, 513, Integer.toUnsignedLong(-1));
        replaced("llama.context_length", 0, 1L << 31);
        replaced("llama.embedding_length", 0, (1 << 20) + 1);
        replaced("llama.attention.head_count", 0, 65_537);
        refused(code, out -> out.u32("llama.attention.head_count_kv", 3));
        refused(code, out -> out.u32("llama.attention.head_count_kv", 0));
        refused(code, out -> out.integers("llama.attention.head_count_kv", ValueType.I32, 4));
        refused(code, out -> out.u32("llama.attention.key_length", 16));
        refused(code, out -> out.u32("llama.rope.dimension_count", 4));
        refused(code, out -> out.u32("llama.expert_count", 1025).u32("llama.expert_used_count", 2));
        refused(code, out -> out.u32("llama.expert_count", 4));
        refused(code, out -> out.u32("llama.expert_count", 4).u32("llama.expert_used_count", 5));
        refused(code, out -> out.u32("llama.expert_used_count", 1));
        refused(code, out -> out.u32("llama.expert_group_count", 1));
        refused(code, out -> out.u32("llama.nextn_predict_layers", 2));
        refused(code, out -> out.u32("llama.pooling_type", 5));
        refused(code, out -> out.u32("llama.full_attention_interval", 0));
        refused(code, out -> out.u32("llama.wkv.head_size", 0));
        refused(code, out -> out.text("llama.rope.scaling.type", "round"));
        refused(code, out -> out.real("llama.rope.freq_base", Double.NaN));
        refused(code, out -> out.real("llama.rope.freq_base", 0));
        refused(code, out -> out.real("llama.attention.layer_norm_epsilon", -1));
        refused(code, out -> out.integers("llama.rope.dimension_sections", ValueType.I32, 0, 0, 0, 0));
    }

    private void replaced(String key, long... values) throws IOException {
        for (long value : values) {
            refused(GgufException.Code.SHAPE, out -> out.u32(key, value), key);
        }
    }

    @Test
    void vocabulariesThatWouldEndTheLoaderAreRefused() throws IOException {
        GgufException.Code code = GgufException.Code.VOCABULARY;
        refused(code, out -> {}, "tokenizer.ggml.model");
        refused(code, out -> out.text("tokenizer.ggml.model", "test"), "tokenizer.ggml.model");
        refused(code, out -> {}, "tokenizer.ggml.tokens");
        refused(code, out -> out.texts("tokenizer.ggml.tokens", List.of("a", "b", "a")), "tokenizer.ggml.tokens");
        refused(code, out -> out.texts("tokenizer.ggml.tokens", List.of()), "tokenizer.ggml.tokens");
        refused(code, out -> out.reals("tokenizer.ggml.scores", 1));
        refused(code, out -> out.integers("tokenizer.ggml.token_type", ValueType.I32, 1), "tokenizer.ggml.token_type");
        refused(code, out -> out.u32("tokenizer.ggml.bos_token_id", 259));
        refused(
                code,
                out -> out.texts("tokenizer.ggml.tokens", List.of("x", "y")),
                "tokenizer.ggml.tokens",
                "tokenizer.ggml.token_type");
        // A text is cut at its first zero byte, and empty ones are given names.
        for (List<String> tokens : List.of(List.of("a", "a\0b"), List.of("", "[EMPTY_0]"))) {
            refused(
                    code,
                    out -> out.text("tokenizer.ggml.model", "gpt2").texts("tokenizer.ggml.tokens", tokens),
                    "tokenizer.ggml.model",
                    "tokenizer.ggml.tokens",
                    "tokenizer.ggml.token_type");
        }
        refused(code, out -> out.text("tokenizer.ggml.model", "bert"), "tokenizer.ggml.model");
    }

    @Test
    void typesThatArithmeticLacksAreRefused() throws IOException {
        GgufException.Code code = GgufException.Code.TYPE;
        refused(code, out -> out.tensor("blk.0.attn_q.weight", TensorType.I32, 32, 32));
        refused(code, out -> out.tensor("blk.0.attn_q.weight", TensorType.Q8_K, 256, 32));
        refused(code, out -> out.tensor("blk.0.attn_norm.weight", TensorType.F16, 32));
        refused(GgufException.Code.TENSOR, out -> out.tensor("blk.2.attn_norm.weight", TensorType.F32, 32));
    }
}

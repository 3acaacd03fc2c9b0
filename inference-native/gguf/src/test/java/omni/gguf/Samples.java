package omni.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Small files of every kind that the reader knows, to read and to damage. */
final class Samples {
    private Samples() {}

    /** A model of about twenty kilobytes. */
    static RandomModel.Shape small() {
        return new RandomModel.Shape(
                RandomModel.Family.LLAMA, 1, 32, 2, 1, 16, 32, 0, 0, 270, 128, true, TensorType.Q8_0, TensorType.Q8_0);
    }

    /** The same with experts. */
    static RandomModel.Shape experts() {
        return new RandomModel.Shape(
                RandomModel.Family.QWEN3MOE,
                1,
                32,
                2,
                1,
                16,
                32,
                4,
                2,
                260,
                128,
                true,
                TensorType.F16,
                TensorType.Q8_0);
    }

    /** Every file, each whole. */
    static List<byte[]> all(Path folder) throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (RandomModel.Shape shape : List.of(small(), experts())) {
            Path file = folder.resolve("model-" + all.size() + ".gguf");
            RandomModel.write(file, shape, 1);
            all.add(Files.readAllBytes(file));
        }
        all.add(Files.readAllBytes(
                RandomModel.writeSplit(folder, "split", small(), 2, 3).getFirst()));
        all.add(Files.readAllBytes(values(folder.resolve("values.gguf"))));
        all.add(Files.readAllBytes(bytePairs(folder.resolve("pairs.gguf"))));
        return all;
    }

    /** A file with a value of every type, and tensors of one to four dimensions. */
    static Path values(Path file) throws IOException {
        try (GgufWriter out = GgufWriter.create(file, 64)) {
            out.text("general.architecture", "llama")
                    .integer("u8", ValueType.U8, 255)
                    .integer("i8", ValueType.I8, -128)
                    .integer("u16", ValueType.U16, 65_535)
                    .integer("i16", ValueType.I16, -32_768)
                    .u32("u32", 0xffff_ffffL)
                    .integer("i32", ValueType.I32, Integer.MIN_VALUE)
                    .integer("u64", ValueType.U64, -1)
                    .integer("i64", ValueType.I64, Long.MIN_VALUE)
                    .real("f32", 0.1)
                    .bool("yes", true)
                    .bool("no", false)
                    .text("text", "Grüße \u2581 \ud83d\ude00")
                    .text("empty", "")
                    .texts("texts", List.of("a", "", "ccc"))
                    .integers("numbers", ValueType.I32, 1, -2, 3)
                    .integers("none", ValueType.U8)
                    .reals("reals", 0.5f, -1.5f)
                    .tensor("one", TensorType.F32, 3)
                    .tensor("two", TensorType.Q4_K, 256, 2)
                    .tensor("three", TensorType.F16, 2, 3, 4)
                    .tensor("four", TensorType.I8, 5, 1, 1, 2);
            byte[] data = new byte[12 + 288 + 48 + 10];
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) i;
            }
            out.data(ByteBuffer.wrap(data));
        }
        return file;
    }

    /** A file with a byte-pair vocabulary and no more. */
    static Path bytePairs(Path file) throws IOException {
        try (GgufWriter out = GgufWriter.create(file)) {
            out.text("general.architecture", "qwen2")
                    .u32("qwen2.block_count", 1)
                    .u32("qwen2.context_length", 64)
                    .u32("qwen2.embedding_length", 32)
                    .u32("qwen2.feed_forward_length", 32)
                    .u32("qwen2.attention.head_count", 2)
                    .real("qwen2.attention.layer_norm_rms_epsilon", 1e-6)
                    .text("tokenizer.ggml.model", "gpt2")
                    .text("tokenizer.ggml.pre", "qwen2")
                    .texts("tokenizer.ggml.tokens", List.of("a", "b", "ab", "\u010a", "<|endoftext|>", ""))
                    .integers("tokenizer.ggml.token_type", ValueType.I32, 1, 1, 1, 1, 3, 1)
                    .texts("tokenizer.ggml.merges", List.of("a b"))
                    .u32("tokenizer.ggml.eos_token_id", 4)
                    .text("tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{% endfor %}")
                    .tensor("token_embd.weight", TensorType.Q8_0, 32, 6);
            out.data(ByteBuffer.allocate(34 * 6));
        }
        return file;
    }
}

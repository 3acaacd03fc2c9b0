package omni.llama;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A small writer of LoRA adapters for the seed model, right ones and wrong ones, and of a model that lacks something. */
final class AdapterGguf {
    private static final int UINT32 = 4;
    private static final int FLOAT32 = 6;
    private static final int STRING = 8;
    private static final int ALIGNMENT = 32;

    private final ByteArrayOutputStream values = new ByteArrayOutputStream();
    private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int valueCount;
    private int tensorCount;

    /** With the metadata that an adapter for the seed model needs. */
    static AdapterGguf seedLora(float alpha) {
        return new AdapterGguf()
                .text("general.type", "adapter")
                .text("general.architecture", "llama")
                .text("adapter.type", "lora")
                .number("adapter.lora.alpha", alpha);
    }

    /** One that changes the output of each layer's feed-forward matrix, by random numbers. */
    static AdapterGguf strong(int rank) {
        var gguf = seedLora(rank);
        for (var layer = 0; layer < 6; layer++) {
            var random = new Random(layer);
            gguf.matrix("blk." + layer + ".ffn_up.weight.lora_a", 256, rank, random)
                    .matrix("blk." + layer + ".ffn_up.weight.lora_b", rank, 768, random);
        }
        return gguf;
    }

    /** A whole model of one small layer and random weights, that has tokens but no vocabulary. */
    static AdapterGguf modelWithoutVocabulary() {
        var random = new Random(5);
        var gguf = new AdapterGguf()
                .text("general.architecture", "llama")
                .text("tokenizer.ggml.model", "no_vocab")
                .integer("llama.vocab_size", 96)
                .integer("llama.block_count", 1)
                .integer("llama.context_length", 256)
                .integer("llama.embedding_length", 32)
                .integer("llama.feed_forward_length", 64)
                .integer("llama.attention.head_count", 2)
                .number("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .matrix("token_embd.weight", 32, 96, random)
                .matrix("output_norm.weight", 32, 1, random);
        for (var name : new String[] {"attn_q", "attn_k", "attn_v", "attn_output"}) {
            gguf.matrix("blk.0." + name + ".weight", 32, 32, random);
        }
        return gguf.matrix("blk.0.attn_norm.weight", 32, 1, random)
                .matrix("blk.0.ffn_norm.weight", 32, 1, random)
                .matrix("blk.0.ffn_gate.weight", 32, 64, random)
                .matrix("blk.0.ffn_up.weight", 32, 64, random)
                .matrix("blk.0.ffn_down.weight", 64, 32, random);
    }

    AdapterGguf text(String key, String value) {
        head(key, STRING);
        string(values, value);
        return this;
    }

    AdapterGguf number(String key, float value) {
        head(key, FLOAT32);
        integer(values, Float.floatToIntBits(value), 4);
        return this;
    }

    AdapterGguf integer(String key, int value) {
        head(key, UINT32);
        integer(values, value, 4);
        return this;
    }

    private void head(String key, int type) {
        valueCount++;
        string(values, key);
        integer(values, type, 4);
    }

    AdapterGguf matrix(String name, int columns, int rows, Random random) {
        tensorCount++;
        string(infos, name);
        integer(infos, 2, 4);
        integer(infos, columns, 8);
        integer(infos, rows, 8);
        integer(infos, 0, 4);
        integer(infos, data.size(), 8);
        for (var i = 0; i < columns * rows; i++) {
            integer(data, Float.floatToIntBits((float) random.nextGaussian() * 0.2f), 4);
        }
        pad(data);
        return this;
    }

    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        integer(out, 3, 4);
        integer(out, tensorCount, 8);
        integer(out, valueCount, 8);
        out.writeBytes(values.toByteArray());
        out.writeBytes(infos.toByteArray());
        pad(out);
        out.writeBytes(data.toByteArray());
        return out.toByteArray();
    }

    Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }

    private static void string(ByteArrayOutputStream out, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        integer(out, bytes.length, 8);
        out.writeBytes(bytes);
    }

    private static void integer(ByteArrayOutputStream out, long value, int bytes) {
        for (var i = 0; i < bytes; i++) {
            out.write((int) (value >> (8 * i)));
        }
    }
}

package omni.llama;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A look through a LoRA adapter's file before llama.cpp reads it, because that ends the process over a value of another type
 * than it expects, and over matrices that do not go together once it computes with them.
 *
 * <p>GGUF (ggml/docs/gguf.md of the release), versions 2 and 3, little-endian: magic, version, counts, metadata, tensors.
 * Every length is compared with the file's before it is used.
 */
final class AdapterFile {
    static final long FILE_BYTES_MAX = 16L << 30;
    static final int VALUES_MAX = 4096;
    static final int TENSORS_MAX = 65_536;
    static final int TEXT_BYTES_MAX = 1 << 20;
    static final int NAME_BYTES_MAX = 63;
    static final int RANK_MAX = 16_384;
    private static final long WIDTH_MAX = 1L << 24;

    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int FLOAT32 = 6;
    private static final int UINT32 = 4;
    /** Bytes of a value by its type in the file; 0 for what has a length of its own. */
    private static final int[] SIZES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    /** What llama.cpp asks for, and the only type that it survives. */
    private static final Map<String, Integer> EXPECTED = Map.of(
            "general.type", STRING,
            "general.architecture", STRING,
            "adapter.type", STRING,
            "adapter.lora.alpha", FLOAT32,
            "adapter.alora.invocation_tokens", ARRAY,
            "general.alignment", UINT32);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment file;
    private final Map<String, long[]> shapes = new HashMap<>();
    private final Set<String> keys = new HashSet<>();
    private long at;
    private long alignment = 32;
    private long end;

    private AdapterFile(MemorySegment file) {
        this.file = file;
    }

    /**
     * Looks through it.
     *
     * @throws LlamaException if it is no LoRA adapter or not to be trusted
     */
    static void check(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new LlamaException("the adapter file is not there", path.toString(), "Check the path.");
        }
        try (var channel = FileChannel.open(path, StandardOpenOption.READ);
                var arena = Arena.ofConfined()) {
            var size = channel.size();
            if (size < 24 || size > FILE_BYTES_MAX) {
                throw bad("its size");
            }
            new AdapterFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena)).read();
        }
    }

    private static LlamaException bad(String what) {
        return new LlamaException(
                "the file is no usable LoRA adapter",
                what,
                "Convert it again with llama.cpp's convert_lora_to_gguf.py.");
    }

    private void read() {
        if (integer() != 0x46554747) {
            throw bad("it is no GGUF file");
        }
        var version = integer();
        if (version != 2 && version != 3) {
            throw bad("GGUF version " + version);
        }
        var tensors = count(TENSORS_MAX, "tensors");
        var values = count(VALUES_MAX, "values");
        for (var i = 0; i < values; i++) {
            value();
        }
        for (var i = 0; i < tensors; i++) {
            tensor();
        }
        var data = (at + alignment - 1) / alignment * alignment;
        if (tensors == 0 || data > file.byteSize() || end > file.byteSize() - data) {
            throw bad("its tensors reach past its end");
        }
        shapes.forEach((name, shape) -> pair(name, shape));
    }

    private void pair(String name, long[] shape) {
        var a = name.endsWith(".lora_a");
        var stem = name.substring(0, name.length() - 7);
        var other = shapes.get(stem + (a ? ".lora_b" : ".lora_a"));
        if (other == null) {
            throw bad("half a pair of matrices");
        }
        var embedding = stem.endsWith("token_embd.weight");
        var rank = a ? shape[1] : shape[0];
        var otherRank = a ? other[0] : other[1];
        if (embedding) {
            // Both lie the other way round there.
            rank = shape[0];
            otherRank = other[0];
        }
        if (rank != otherRank || rank > RANK_MAX) {
            throw bad("two matrices that do not go together");
        }
    }

    private void value() {
        var key = text();
        if (key.isEmpty() || !keys.add(key)) {
            throw bad("a metadata key twice or empty");
        }
        var type = integer();
        var expected = EXPECTED.get(key);
        if (expected != null && type != expected) {
            throw bad("a metadata value of a wrong type");
        }
        if (key.equals("general.alignment")) {
            alignment = file.get(INT, need(4));
            if (alignment < 8 || alignment > 65_536 || Long.bitCount(alignment) != 1) {
                throw bad("its alignment");
            }
            at += 4;
            return;
        }
        if (type == ARRAY) {
            var element = integer();
            if (key.equals("adapter.alora.invocation_tokens") && element != UINT32) {
                throw bad("a metadata value of a wrong type");
            }
            var length = count(Integer.MAX_VALUE, "array elements");
            if (element == STRING) {
                for (var i = 0L; i < length; i++) {
                    text();
                }
            } else {
                skip(Math.multiplyExact(length, (long) size(element)));
            }
        } else if (type == STRING) {
            text();
        } else {
            skip(size(type));
        }
    }

    private static int size(int type) {
        if (type < 0 || type >= SIZES.length || SIZES[type] == 0) {
            throw bad("a metadata value of an unknown type");
        }
        return SIZES[type];
    }

    private void tensor() {
        var length = file.get(LONG, need(8));
        if (length < 1 || length > NAME_BYTES_MAX) {
            throw bad("a tensor's name");
        }
        var name = text();
        var dimensions = integer();
        if (dimensions < 1 || dimensions > 2) {
            throw bad("a tensor that is no matrix");
        }
        var shape = new long[] {1, 1};
        for (var i = 0; i < dimensions; i++) {
            shape[i] = file.get(LONG, need(8));
            at += 8;
            if (shape[i] < 1 || shape[i] > WIDTH_MAX) {
                throw bad("a tensor's shape");
            }
        }
        // F32, F16 and BF16 (enum ggml_type): what adapters are made of.
        var type = integer();
        var bytes = type == 0 ? 4 : type == 1 || type == 30 ? 2 : 0;
        var offset = file.get(LONG, need(8));
        at += 8;
        if (bytes == 0 || offset < 0 || offset % alignment != 0 || offset > file.byteSize()) {
            throw bad("a tensor's type or place");
        }
        end = Math.max(end, offset + shape[0] * shape[1] * bytes);
        if (name.contains("_exps.")) {
            throw bad("it changes the experts of a mixture, which needs matrices of three dimensions");
        }
        if (name.endsWith(".lora_a") || name.endsWith(".lora_b")) {
            if (shapes.put(name, shape) != null) {
                throw bad("a tensor twice");
            }
        } else if (!name.endsWith("_norm.weight")) {
            throw bad("a tensor that is no part of an adapter");
        }
    }

    private long need(long bytes) {
        if (bytes > file.byteSize() - at) {
            throw bad("it is cut short");
        }
        return at;
    }

    private void skip(long bytes) {
        need(bytes);
        at += bytes;
    }

    private int integer() {
        var value = file.get(INT, need(4));
        at += 4;
        return value;
    }

    private long count(int max, String what) {
        var value = file.get(LONG, need(8));
        at += 8;
        if (value < 0 || value > max) {
            throw bad("the number of its " + what);
        }
        return value;
    }

    private String text() {
        var length = count(TEXT_BYTES_MAX, "characters in a text");
        need(length);
        var bytes = file.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        at += length;
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

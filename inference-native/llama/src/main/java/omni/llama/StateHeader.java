package omni.llama;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What stands before a saved sequence, all numbers little-endian:
 *
 * <pre>
 * offset size
 *      0    8  magic: "OMNISEQ", version 1
 *      8   16  release of llama.cpp in ASCII, filled with zeros
 *     24   32  SHA-256 of the model's file
 *     56    4  how keys are stored (enum ggml_type)
 *     60    4  how values are stored (enum ggml_type)
 *     64    4  1: one cache for all sequences, 0: one for each
 *     68    4  sequences of the context, where each has its own cache; else 0
 *     72    4  layers of the model
 *     76    4  width of the model
 *     80    4  tokens of its vocabulary
 *     84    4  last position, -1 for none
 *     88    8  bytes of the payload
 *     96   32  SHA-256 of bytes 0 to 95 and the payload
 *    128    n  payload: what llama_state_seq_get_data wrote
 * </pre>
 */
record StateHeader(Shape shape, long payloadBytes) {
    /** All but the digest. */
    static final int BYTES = 96;

    static final int DIGEST_BYTES = 32;

    private static final byte[] MAGIC = "OMNISEQ\1".getBytes(StandardCharsets.ISO_8859_1);
    private static final int RELEASE_BYTES = 16;

    /** What a context must have in common with the one that a state comes from, and how far that state reaches. */
    record Shape(
            int typeK, int typeV, int unified, int streams, int layers, int width, int vocabSize, int positionMax) {
        static Shape of(Context context, int sequence) {
            var params = context.params();
            var model = context.model();
            return new Shape(
                    params.typeK().code,
                    params.typeV().code,
                    params.kvUnified() ? 1 : 0,
                    params.kvUnified() ? 0 : params.nSeqMax(),
                    model.layers(),
                    model.width(),
                    context.vocabSize(),
                    context.memory().positionMax(sequence));
        }

        boolean fits(Context context) {
            var there = of(context, 0);
            return equals(new Shape(
                            there.typeK,
                            there.typeV,
                            there.unified,
                            there.streams,
                            there.layers,
                            there.width,
                            there.vocabSize,
                            positionMax))
                    && positionMax < context.sequenceTokensMax();
        }
    }

    /** The bytes before the digest. */
    ByteBuffer encode(byte[] modelSha256) {
        LlamaException.within("hash bytes", modelSha256.length, DIGEST_BYTES, DIGEST_BYTES + 1);
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put(release())
                .put(modelSha256)
                .putInt(shape.typeK)
                .putInt(shape.typeV)
                .putInt(shape.unified)
                .putInt(shape.streams)
                .putInt(shape.layers)
                .putInt(shape.width)
                .putInt(shape.vocabSize)
                .putInt(shape.positionMax)
                .putLong(payloadBytes)
                .flip();
    }

    /** Reads the bytes before the digest; refuses what is not of this release and model, or too big. */
    static StateHeader decode(ByteBuffer bytes, byte[] modelSha256, long bytesMax) {
        LlamaException.within("hash bytes", modelSha256.length, DIGEST_BYTES, DIGEST_BYTES + 1);
        var in = bytes.order(ByteOrder.LITTLE_ENDIAN);
        if (!Arrays.equals(take(in, MAGIC.length), MAGIC)) {
            throw damaged();
        }
        if (!Arrays.equals(take(in, RELEASE_BYTES), release())) {
            throw foreign("another release of llama.cpp");
        }
        if (!Arrays.equals(take(in, DIGEST_BYTES), modelSha256)) {
            throw foreign("another model");
        }
        var shape = new Shape(
                in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt());
        var payload = in.getLong();
        if (payload < 1 || payload > bytesMax) {
            throw LlamaException.bounds("payload bytes", payload, "1 to " + bytesMax);
        }
        return new StateHeader(shape, payload);
    }

    private static byte[] take(ByteBuffer in, int length) {
        var bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static byte[] release() {
        return Arrays.copyOf(NativeFiles.RELEASE.getBytes(StandardCharsets.US_ASCII), RELEASE_BYTES);
    }

    static LlamaException damaged() {
        return new LlamaException("the saved state is damaged", "", "Compute the prompt instead.");
    }

    private static LlamaException foreign(String what) {
        return new LlamaException("the saved state does not fit", "it is of " + what, "Compute the prompt instead.");
    }
}

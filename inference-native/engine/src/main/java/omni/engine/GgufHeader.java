package omni.engine;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What the head of a GGUF file says, read without loading the model: enough to refuse a file that is no model, or is cut
 * short, and to list a model that is not loaded.
 *
 * <p>Format: {@code docs/gguf.md} of ggml. All numbers are little-endian:
 *
 * <pre>
 * magic "GGUF" | version u32 | tensors u64 | pairs u64
 * pairs   x { key string | type u32 | value }              string = length u64, bytes
 * tensors x { name string | dims u32 | dim u64 x dims | type u32 | offset u64 }
 * padding to general.alignment (32) | tensor data, each at its offset
 * </pre>
 *
 * @param architecture {@code general.architecture}, "llama" and the like
 * @param contextTokens the context the model was trained for, where the file tells
 * @param embeddingLength numbers in an embedding, where the file tells
 */
record GgufHeader(String architecture, OptionalInt contextTokens, OptionalInt embeddingLength) {
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    /** Bytes of one value, by the number of its type; 0 for strings and arrays. */
    private static final int[] SIZES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    private static final long PAIRS_MAX = 65_536;
    private static final long TENSORS_MAX = 1_048_576;
    private static final long KEY_BYTES_MAX = 65_535;
    private static final long TEXT_BYTES_MAX = 4_096;

    /**
     * Reads a file's head.
     *
     * @throws EngineException.Invalid if it is not a whole GGUF file; the hint says what is wrong
     * @throws IOException if it cannot be read
     */
    static GgufHeader read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new Reader(channel).read();
        } catch (EOFException e) {
            throw wrong("The file ends inside its header: it was cut short, get it again.");
        }
    }

    private static EngineException.Invalid wrong(String hint) {
        return new EngineException.Invalid("path", hint);
    }

    private static final class Reader {
        private final FileChannel channel;
        private final ByteBuffer buffer =
                ByteBuffer.allocate(65_536).order(ByteOrder.LITTLE_ENDIAN).limit(0);
        private final Map<String, Object> values = new HashMap<>();

        Reader(FileChannel channel) {
            this.channel = channel;
        }

        GgufHeader read() throws IOException {
            long size = channel.size();
            if (size < 4 || u32() != 0x46554747L) {
                throw wrong("The file does not begin with GGUF: it is not a model in that format.");
            }
            long version = u32();
            if (version < 2 || version > 3) {
                throw wrong("The GGUF version is not 2 or 3: convert the model again with a current tool.");
            }
            long tensors = bounded(i64(), TENSORS_MAX);
            long pairs = bounded(i64(), PAIRS_MAX);
            for (long i = 0; i < pairs; i++) {
                pair();
            }
            if (!(values.get("general.architecture") instanceof String architecture)) {
                throw wrong(
                        "The file does not say its architecture: it may be an adapter or a projector, not a model.");
            }
            if (tensors == 0) {
                throw wrong("The file has no tensors: it is a vocabulary alone.");
            }
            long lastOffset = 0;
            for (long i = 0; i < tensors; i++) {
                lastOffset = Math.max(lastOffset, tensor());
            }
            if (position() + lastOffset >= size) {
                throw wrong("The file ends before its last tensor: it was cut short, get it again.");
            }
            return new GgufHeader(
                    architecture, number(architecture + ".context_length"), number(architecture + ".embedding_length"));
        }

        private void pair() throws IOException {
            String key = text(bounded(i64(), KEY_BYTES_MAX));
            int type = type();
            if (type == ARRAY) {
                skipArray();
            } else if (type == STRING) {
                long length = bounded(i64(), channel.size());
                if (length <= TEXT_BYTES_MAX) {
                    values.put(key, text(length));
                } else {
                    skip(length);
                }
            } else if (SIZES[type] == 4 && type != 6) {
                values.put(key, u32());
            } else {
                skip(SIZES[type]);
            }
        }

        private void skipArray() throws IOException {
            int type = type();
            long count = bounded(i64(), channel.size());
            if (type == ARRAY) {
                throw wrong("The header has an array of arrays: it is damaged.");
            }
            if (type != STRING) {
                skip(Math.multiplyExact(count, (long) SIZES[type]));
                return;
            }
            for (long i = 0; i < count; i++) {
                skip(bounded(i64(), channel.size()));
            }
        }

        /** Returns the offset of one tensor's data. */
        private long tensor() throws IOException {
            skip(bounded(i64(), KEY_BYTES_MAX));
            long dimensions = bounded(u32(), 4);
            skip(dimensions * Long.BYTES);
            u32();
            return bounded(i64(), channel.size());
        }

        private OptionalInt number(String key) {
            return values.get(key) instanceof Long value && value <= Integer.MAX_VALUE
                    ? OptionalInt.of(value.intValue())
                    : OptionalInt.empty();
        }

        private int type() throws IOException {
            return (int) bounded(u32(), SIZES.length - 1);
        }

        private static long bounded(long value, long max) {
            if (value < 0 || value > max) {
                throw wrong("A length in the header is out of its bounds: the file is damaged.");
            }
            return value;
        }

        private long u32() throws IOException {
            return Integer.toUnsignedLong(need(Integer.BYTES).getInt());
        }

        private long i64() throws IOException {
            return need(Long.BYTES).getLong();
        }

        private String text(long length) throws IOException {
            byte[] bytes = new byte[(int) length];
            for (int at = 0; at < bytes.length; ) {
                int count = Math.min(bytes.length - at, need(1).remaining());
                buffer.get(bytes, at, count);
                at += count;
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }

        private long position() throws IOException {
            return channel.position() - buffer.remaining();
        }

        private void skip(long bytes) throws IOException {
            if (bytes <= buffer.remaining()) {
                buffer.position(buffer.position() + (int) bytes);
                return;
            }
            long target = Math.addExact(position(), bytes);
            if (target > channel.size()) {
                throw new EOFException();
            }
            channel.position(target);
            buffer.limit(0);
        }

        private ByteBuffer need(int bytes) throws IOException {
            while (buffer.remaining() < bytes) {
                buffer.compact();
                int read = channel.read(buffer);
                buffer.flip();
                if (read < 0) {
                    throw new EOFException();
                }
            }
            return buffer;
        }
    }
}

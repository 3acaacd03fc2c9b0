package omni.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a GGUF file, version 3: first all metadata and all tensors are announced, then the tensors' data is written in
 * the same order, as it comes. The same calls write the same bytes. Belongs to one thread.
 *
 * <p>What breaks the format is refused with {@link IllegalArgumentException} or {@link IllegalStateException}, for it is
 * the caller's mistake.
 */
public final class GgufWriter implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    /** A tensor that was announced. */
    private record Announced(String name, TensorType type, List<Long> shape, long bytes) {}

    private final FileChannel out;
    private final int alignment;
    private final List<byte[]> pairs = new ArrayList<>();
    private final List<Announced> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private boolean begun;
    private int current;
    private long left;
    private long position;

    private GgufWriter(FileChannel out, int alignment) {
        this.out = out;
        this.alignment = alignment;
    }

    /**
     * Begins a new file, whose data is aligned to 32 bytes.
     *
     * @throws IOException if it cannot be created, or is there already
     */
    public static GgufWriter create(Path file) throws IOException {
        return create(file, 32);
    }

    /**
     * Begins a new file.
     *
     * @param alignment of the data in bytes: a power of two from 32 to 1 MiB
     * @throws IOException if it cannot be created, or is there already
     */
    public static GgufWriter create(Path file, int alignment) throws IOException {
        if (alignment < 32 || alignment > 1 << 20 || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("the alignment must be a power of two from 32 to 1 MiB");
        }
        GgufWriter writer = new GgufWriter(
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), alignment);
        if (alignment != 32) {
            writer.integer("general.alignment", ValueType.U32, alignment);
        }
        return writer;
    }

    /** Adds a whole number. */
    public GgufWriter integer(String key, ValueType type, long value) {
        ByteBuffer pair = pair(key, type, 8);
        putInteger(pair, type, value);
        return add(pair);
    }

    /** Adds a whole number of 32 bits without a sign: what llama.cpp wants most of its numbers to be. */
    public GgufWriter u32(String key, long value) {
        return integer(key, ValueType.U32, value);
    }

    /** Adds a number with a fraction, of 32 bits. */
    public GgufWriter real(String key, double value) {
        return add(pair(key, ValueType.F32, 4).putFloat((float) value));
    }

    /** Adds a boolean. */
    public GgufWriter bool(String key, boolean value) {
        return add(pair(key, ValueType.BOOL, 1).put((byte) (value ? 1 : 0)));
    }

    /** Adds a text. */
    public GgufWriter text(String key, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return add(putBytes(pair(key, ValueType.STRING, 8 + bytes.length), bytes));
    }

    /** Adds an array of texts. */
    public GgufWriter texts(String key, List<String> values) {
        List<byte[]> all =
                values.stream().map(v -> v.getBytes(StandardCharsets.UTF_8)).toList();
        int bytes = 0;
        for (byte[] one : all) {
            bytes = Math.addExact(bytes, 8 + one.length);
        }
        ByteBuffer pair = array(key, ValueType.STRING, all.size(), bytes);
        all.forEach(one -> putBytes(pair, one));
        return add(pair);
    }

    /** Adds an array of whole numbers. */
    public GgufWriter integers(String key, ValueType type, long... values) {
        ByteBuffer pair = array(key, type, values.length, Math.multiplyExact(values.length, 8));
        for (long value : values) {
            putInteger(pair, type, value);
        }
        return add(pair);
    }

    /** Adds an array of numbers with fractions, of 32 bits. */
    public GgufWriter reals(String key, float... values) {
        ByteBuffer pair = array(key, ValueType.F32, values.length, Math.multiplyExact(values.length, 4));
        for (float value : values) {
            pair.putFloat(value);
        }
        return add(pair);
    }

    /**
     * Announces a tensor; its data is written later, in the order of these calls.
     *
     * @param shape 1 to 4 lengths; the first is the length of a row, a multiple of the type's block
     */
    public GgufWriter tensor(String name, TensorType type, long... shape) {
        if (begun) {
            throw new IllegalStateException("data has been written already");
        }
        if (name.isEmpty() || name.length() > Gguf.TENSOR_NAME_BYTES_MAX || !isPlain(name)) {
            throw new IllegalArgumentException("a tensor's name has 1 to 63 printable characters");
        }
        if (shape.length < 1 || shape.length > 4 || shape[0] % type.blockElements() != 0) {
            throw new IllegalArgumentException("a tensor has 1 to 4 lengths, the first a multiple of its type's block");
        }
        long elements = 1;
        List<Long> lengths = new ArrayList<>();
        for (long length : shape) {
            if (length < 1 || length > Gguf.DIMENSION_MAX) {
                throw new IllegalArgumentException("a tensor's lengths are 1 to 2147483647");
            }
            elements = Math.multiplyExact(elements, length);
            lengths.add(length);
        }
        if (!names.add("tensor " + name)) {
            throw new IllegalArgumentException("a tensor's name is given once");
        }
        tensors.add(new Announced(name, type, lengths, type.bytes(elements)));
        return this;
    }

    /**
     * Writes data of the tensors in the order they were announced; a call may end inside a tensor and go on with the next.
     *
     * @throws IOException if the disk does not take it
     */
    public void data(ByteBuffer bytes) throws IOException {
        begin();
        while (bytes.hasRemaining()) {
            if (current == tensors.size()) {
                throw new IllegalStateException("more data than the tensors have");
            }
            int part = (int) Math.min(left, bytes.remaining());
            ByteBuffer slice = bytes.slice(bytes.position(), part);
            write(slice);
            bytes.position(bytes.position() + part);
            left -= part;
            finish();
        }
    }

    /** Bytes that the tensor whose turn it is still wants; 0 when all are written. */
    public long wanted() throws IOException {
        begin();
        return left;
    }

    /**
     * Ends the file and forces it to the disk.
     *
     * @throws IllegalStateException if a tensor's data is missing; the file is then no whole one
     * @throws IOException if the disk does not take it
     */
    @Override
    public void close() throws IOException {
        try (out) {
            begin();
            flush();
            if (current < tensors.size()) {
                throw new IllegalStateException(
                        "the data of " + tensors.get(current).name() + " is missing");
            }
            out.force(true);
        }
    }

    private static boolean isPlain(String name) {
        return name.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    private ByteBuffer pair(String key, ValueType type, int valueBytes) {
        if (begun) {
            throw new IllegalStateException("data has been written already");
        }
        if (key.isEmpty() || key.length() > Gguf.KEY_BYTES_MAX || !isPlain(key) || !names.add(key)) {
            throw new IllegalArgumentException("a key has 1 to 65535 printable characters and is given once");
        }
        byte[] bytes = key.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer pair = ByteBuffer.allocate(Math.addExact(valueBytes, 8 + bytes.length + 4 + 16))
                .order(ByteOrder.LITTLE_ENDIAN);
        return putBytes(pair, bytes).putInt(type.number());
    }

    private ByteBuffer array(String key, ValueType element, int count, int bytes) {
        return pair(key, ValueType.ARRAY, bytes).putInt(element.number()).putLong(count);
    }

    private GgufWriter add(ByteBuffer pair) {
        byte[] bytes = new byte[pair.flip().remaining()];
        pair.get(bytes);
        pairs.add(bytes);
        return this;
    }

    private static ByteBuffer putBytes(ByteBuffer into, byte[] bytes) {
        return into.putLong(bytes.length).put(bytes);
    }

    private static void putInteger(ByteBuffer into, ValueType type, long value) {
        int bits = type.bytes() * 8;
        boolean unsigned = switch (type) {
            case U8, U16, U32 -> true;
            case I8, I16, I32, U64, I64 -> false;
            case F32, BOOL, STRING, ARRAY, F64 -> throw new IllegalArgumentException("not a type of whole numbers");
        };
        long most = bits == 64 ? Long.MAX_VALUE : (1L << (unsigned ? bits : bits - 1)) - 1;
        boolean fits = bits == 64 || (value <= most && value >= (unsigned ? 0 : -most - 1));
        if (!fits) {
            throw new IllegalArgumentException("the number does not fit its type");
        }
        switch (bits) {
            case 8 -> into.put((byte) value);
            case 16 -> into.putShort((short) value);
            case 32 -> into.putInt((int) value);
            default -> into.putLong(value);
        }
    }

    /** Writes all that comes before the data. */
    private void begin() throws IOException {
        if (begun) {
            return;
        }
        begun = true;
        ByteBuffer head = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        head.put(new byte[] {'G', 'G', 'U', 'F'})
                .putInt(3)
                .putLong(tensors.size())
                .putLong(pairs.size())
                .flip();
        write(head);
        for (byte[] pair : pairs) {
            write(ByteBuffer.wrap(pair));
        }
        long offset = 0;
        for (Announced tensor : tensors) {
            byte[] name = tensor.name().getBytes(StandardCharsets.US_ASCII);
            ByteBuffer entry =
                    ByteBuffer.allocate(8 + name.length + 4 + 32 + 12).order(ByteOrder.LITTLE_ENDIAN);
            putBytes(entry, name).putInt(tensor.shape().size());
            tensor.shape().forEach(entry::putLong);
            entry.putInt(tensor.type().number()).putLong(offset).flip();
            write(entry);
            offset += Math.ceilDiv(tensor.bytes(), alignment) * alignment;
        }
        pad();
        left = tensors.isEmpty() ? 0 : tensors.getFirst().bytes();
    }

    /** Goes on to the next tensor when one is whole. */
    private void finish() throws IOException {
        if (left == 0) {
            pad();
            current++;
            left = current < tensors.size() ? tensors.get(current).bytes() : 0;
        }
    }

    private void pad() throws IOException {
        int zeros = (int) (Math.ceilDiv(position, alignment) * alignment - position);
        write(ByteBuffer.allocate(zeros));
    }

    private void write(ByteBuffer bytes) throws IOException {
        position += bytes.remaining();
        while (bytes.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                flush();
            }
            int part = Math.min(buffer.remaining(), bytes.remaining());
            buffer.put(buffer.position(), bytes, bytes.position(), part);
            buffer.position(buffer.position() + part);
            bytes.position(bytes.position() + part);
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
        buffer.clear();
    }
}

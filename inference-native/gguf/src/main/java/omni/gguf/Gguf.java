package omni.gguf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a GGUF file says of itself: its metadata and its table of tensors, all of it checked against the file's length
 * and the format; the tensors' data is not looked at. Immutable.
 *
 * <p>Refused beside what breaks the format: version 1, big-endian files, arrays of arrays, names that are not printable
 * ASCII, booleans other than 0 and 1, tensors without an element, alignments below 32 (llama.cpp would map them where
 * its code may not read).
 */
public final class Gguf {
    /** Most metadata pairs; llama.cpp compares each with all others. */
    public static final int PAIRS_MAX = 8_192;
    /** Most tensors; likewise. */
    public static final int TENSORS_MAX = 65_536;
    /** Most bytes before the tensor data. */
    public static final long HEADER_BYTES_MAX = 128L << 20;
    /** Most bytes of a key. */
    public static final int KEY_BYTES_MAX = 65_535;
    /** Most characters of a tensor's name. */
    public static final int TENSOR_NAME_BYTES_MAX = 63;
    /** Most bytes of a text that {@link #text} returns. */
    public static final int TEXT_BYTES_MAX = 4 << 20;
    /** Greatest length of a tensor in one dimension. */
    public static final long DIMENSION_MAX = Integer.MAX_VALUE;

    private static final int ALIGNMENT_DEFAULT = 32;
    private static final long ALIGNMENT_MAX = 1 << 20;
    private static final int PAIR_BYTES_MIN = 8 + 1 + 4 + 1;
    private static final int TENSOR_BYTES_MIN = 8 + 1 + 4 + 4 + 8;
    private static final long MAGIC = 0x46554747L;

    private final int version;
    private final long fileBytes;
    private final long alignment;
    private final long dataOffset;
    private final MemorySegment header;
    private final Map<String, Value> values;
    private final List<GgufTensor> tensors;

    /**
     * Where a value lies in the header.
     *
     * @param element type of an array's elements; null for a single value
     * @param count elements of an array, bytes of a string, else 1
     * @param offset of its first byte; of an array of strings, of the first length
     */
    record Value(ValueType type, @Nullable ValueType element, long count, long offset) {}

    private Gguf(Header in) {
        long length = in.remaining();
        if (length < 4 || in.u32() != MAGIC) {
            throw new GgufException(GgufException.Code.NOT_GGUF, "");
        }
        long number = in.u32();
        if (number != 0 && (number & 0xffff) == 0) {
            throw new GgufException(GgufException.Code.BIG_ENDIAN, "");
        }
        if (number != 2 && number != 3) {
            throw new GgufException(GgufException.Code.VERSION, "version " + number);
        }
        this.version = (int) number;
        this.fileBytes = length;
        long tensorCount = counted("tensors", in.u64(), TENSORS_MAX);
        long pairCount = counted("pairs", in.u64(), PAIRS_MAX);
        if (pairCount * PAIR_BYTES_MIN > in.remaining() - tensorCount * TENSOR_BYTES_MIN) {
            throw new GgufException(GgufException.Code.CUT_SHORT, pairCount + " pairs, " + tensorCount + " tensors");
        }
        this.values = pairs(in, pairCount);
        this.alignment = alignment(in, values.get("general.alignment"));
        List<Announced> announced = announced(in, tensorCount);
        long end = in.position();
        this.dataOffset = Math.ceilDiv(end, alignment) * alignment;
        this.tensors = placed(announced);
        this.header = in.read();
    }

    /**
     * Reads a file's head.
     *
     * @throws GgufException if it is no GGUF file or breaks the format
     * @throws IOException if it cannot be read
     */
    public static Gguf read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return read(channel);
        }
    }

    /**
     * Reads the head of an open file; the channel stays open and where it is.
     *
     * @throws GgufException if it is no GGUF file or breaks the format
     * @throws IOException if it cannot be read
     */
    public static Gguf read(FileChannel channel) throws IOException {
        try {
            return new Gguf(new Header(channel, channel.size()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Reads a file that is in memory as a whole.
     *
     * @throws GgufException if it is no GGUF file or breaks the format
     */
    public static Gguf read(MemorySegment file) {
        return new Gguf(new Header(file.asReadOnly()));
    }

    private static long counted(String what, long count, long max) {
        if (count < 0 || count > max) {
            throw new GgufException(GgufException.Code.TOO_LARGE, Long.toUnsignedString(count) + " " + what);
        }
        return count;
    }

    private static Map<String, Value> pairs(Header in, long count) {
        Map<String, Value> pairs = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String key = in.name(1, KEY_BYTES_MAX);
            if (pairs.put(key, value(in, ValueType.of(in.u32()))) != null) {
                throw new GgufException(GgufException.Code.DUPLICATE, "key " + shown(key));
            }
        }
        return pairs;
    }

    private static Value value(Header in, ValueType type) {
        if (type == ValueType.ARRAY) {
            return array(in);
        }
        if (type == ValueType.STRING) {
            long length = in.skipString();
            return new Value(type, null, length, in.position() - length);
        }
        long offset = in.position();
        if (type == ValueType.BOOL) {
            bool(in.u8());
        } else {
            in.skip(type.bytes());
        }
        return new Value(type, null, 1, offset);
    }

    private static void bool(long value) {
        if (value > 1) {
            throw new GgufException(GgufException.Code.TYPE, "a boolean of " + value);
        }
    }

    private static Value array(Header in) {
        ValueType element = ValueType.of(in.u32());
        long count = in.u64();
        long offset = in.position();
        if (element == ValueType.ARRAY) {
            throw new GgufException(GgufException.Code.TYPE, "an array of arrays");
        }
        int bytes = element == ValueType.STRING ? Long.BYTES : element.bytes();
        if (count < 0 || count > in.remaining() / bytes) {
            throw new GgufException(GgufException.Code.CUT_SHORT, Long.toUnsignedString(count) + " elements");
        }
        if (element == ValueType.STRING) {
            for (long i = 0; i < count; i++) {
                in.skipString();
            }
        } else if (element == ValueType.BOOL) {
            for (long i = 0; i < count; i++) {
                bool(in.u8());
            }
        } else {
            in.skip(count * bytes);
        }
        return new Value(ValueType.ARRAY, element, count, offset);
    }

    private static long alignment(Header in, @Nullable Value given) {
        if (given == null) {
            return ALIGNMENT_DEFAULT;
        }
        if (given.type != ValueType.U32) {
            throw new GgufException(GgufException.Code.ALIGNMENT, "of type " + given.type);
        }
        long alignment = Header.u32(in.read(), given.offset);
        if (alignment < ALIGNMENT_DEFAULT || alignment > ALIGNMENT_MAX || Long.bitCount(alignment) != 1) {
            throw new GgufException(GgufException.Code.ALIGNMENT, alignment + " bytes");
        }
        return alignment;
    }

    /** A tensor's entry; the offset still counts from the data's beginning. */
    private record Announced(String name, List<Long> shape, TensorType type, long offset) {}

    private static List<Announced> announced(Header in, long count) {
        List<Announced> tensors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < count; i++) {
            String name = in.name(1, TENSOR_NAME_BYTES_MAX);
            if (!names.add(name)) {
                throw new GgufException(GgufException.Code.DUPLICATE, "tensor " + name);
            }
            long dimensions = in.u32();
            if (dimensions > 4) {
                throw new GgufException(GgufException.Code.TENSOR, name + " of " + dimensions + " dimensions");
            }
            List<Long> shape = new ArrayList<>(4);
            for (long d = 0; d < dimensions; d++) {
                long size = in.u64();
                if (size < 1 || size > DIMENSION_MAX) {
                    throw new GgufException(
                            GgufException.Code.TENSOR, name + " with a length of " + Long.toUnsignedString(size));
                }
                shape.add(size);
            }
            if (shape.isEmpty()) {
                shape.add(1L);
            }
            tensors.add(new Announced(name, shape, TensorType.of(in.u32()), in.u64()));
        }
        return tensors;
    }

    /** Checks that the tensors lie one after the other, as llama.cpp wants them, and inside the file. */
    private List<GgufTensor> placed(List<Announced> announced) {
        List<GgufTensor> placed = new ArrayList<>(announced.size());
        long next = 0;
        for (Announced t : announced) {
            long elements = 1;
            for (long length : t.shape) {
                if (elements > Long.MAX_VALUE / length) {
                    throw new GgufException(GgufException.Code.TENSOR, t.name + " of shape " + t.shape);
                }
                elements *= length;
            }
            if (t.shape.getFirst() % t.type.blockElements() != 0) {
                throw new GgufException(
                        GgufException.Code.TENSOR, t.name + " of " + t.type + " in rows of " + t.shape.getFirst());
            }
            long bytes = t.type.bytes(elements);
            if (t.offset != next) {
                throw new GgufException(
                        GgufException.Code.TENSOR, t.name + " at " + Long.toUnsignedString(t.offset) + " not " + next);
            }
            if (bytes > fileBytes - dataOffset - next) {
                throw new GgufException(GgufException.Code.CUT_SHORT, "at tensor " + t.name);
            }
            placed.add(new GgufTensor(t.name, t.shape, t.type, dataOffset + next, bytes));
            next += Math.ceilDiv(bytes, alignment) * alignment;
        }
        return List.copyOf(placed);
    }

    private static String shown(String key) {
        return key.length() <= 64 ? key : key.substring(0, 64) + "...";
    }

    /** 2 or 3. */
    public int version() {
        return version;
    }

    /** Length of the file in bytes. */
    public long fileBytes() {
        return fileBytes;
    }

    /** What the tensors' offsets are multiples of, in bytes. */
    public long alignment() {
        return alignment;
    }

    /** Where the tensors' data begins, in bytes from the beginning of the file. */
    public long dataOffset() {
        return dataOffset;
    }

    /** Its tensors in the order of their data. */
    public List<GgufTensor> tensors() {
        return tensors;
    }

    /** The names of its metadata, sorted. */
    public Set<String> keys() {
        return new TreeSet<>(values.keySet());
    }

    /** The type of a value; empty where there is none of that name. */
    public Optional<ValueType> type(String key) {
        return Optional.ofNullable(values.get(key)).map(Value::type);
    }

    /** A whole number; empty where there is none of that name or it is of another type. */
    public OptionalLong integer(String key) {
        Value value = values.get(key);
        return value == null || !value.type.isInteger()
                ? OptionalLong.empty()
                : OptionalLong.of(Header.integer(header, value.type, value.offset));
    }

    /** A number with a fraction; empty where there is none of that name or it is of another type. */
    public OptionalDouble real(String key) {
        Value value = values.get(key);
        return value == null || (value.type != ValueType.F32 && value.type != ValueType.F64)
                ? OptionalDouble.empty()
                : OptionalDouble.of(Header.real(header, value.type, value.offset));
    }

    /** Whether a boolean is true; empty where there is none of that name or it is of another type. */
    public Optional<Boolean> bool(String key) {
        Value value = values.get(key);
        return value == null || value.type != ValueType.BOOL
                ? Optional.empty()
                : Optional.of(Header.u8(header, value.offset) == 1);
    }

    /**
     * A text; bytes that are no UTF-8 come out as U+FFFD. Empty where there is none of that name, it is of another type,
     * or longer than {@link #TEXT_BYTES_MAX}.
     */
    public Optional<String> text(String key) {
        Value value = values.get(key);
        return value == null || value.type != ValueType.STRING || value.count > TEXT_BYTES_MAX
                ? Optional.empty()
                : Optional.of(Header.text(header, value.offset, value.count));
    }

    /** How many elements an array has; empty where there is no array of that name. */
    public OptionalLong count(String key) {
        Value value = values.get(key);
        return value == null || value.type != ValueType.ARRAY ? OptionalLong.empty() : OptionalLong.of(value.count);
    }

    /** The type of an array's elements; empty where there is no array of that name. */
    public Optional<ValueType> elementType(String key) {
        Value value = values.get(key);
        return value == null ? Optional.empty() : Optional.ofNullable(value.element);
    }

    /**
     * The first elements of an array of whole numbers; empty where there is no such array.
     *
     * @param max no more than so many
     */
    public List<Long> integers(String key, int max) {
        Value value = values.get(key);
        if (value == null || value.element == null || !value.element.isInteger()) {
            return List.of();
        }
        List<Long> numbers = new ArrayList<>();
        for (long i = 0; i < Math.min(value.count, max); i++) {
            numbers.add(Header.integer(header, value.element, value.offset + i * value.element.bytes()));
        }
        return List.copyOf(numbers);
    }

    /**
     * The first elements of an array of strings; empty where there is no such array.
     *
     * @param max no more than so many
     */
    public List<String> texts(String key, int max) {
        return texts(key, index -> index < max);
    }

    /**
     * Elements of an array of strings, in their order; empty where there is no such array.
     *
     * @param wanted whether the element of an index is
     */
    public List<String> texts(String key, IntPredicate wanted) {
        Value value = values.get(key);
        if (value == null || value.element != ValueType.STRING) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        long offset = value.offset;
        for (int i = 0; i < value.count; i++) {
            long length = Header.i64(header, offset);
            if (wanted.test(i)) {
                texts.add(Header.text(header, offset + Long.BYTES, length));
            }
            offset += Long.BYTES + length;
        }
        return List.copyOf(texts);
    }

    /** Where a value lies, for checks that look through whole arrays; null where there is none. */
    @Nullable
    Value value(String key) {
        return values.get(key);
    }

    /** The bytes that values lie in. */
    MemorySegment header() {
        return header;
    }
}

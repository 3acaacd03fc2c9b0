package omni.gguf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * The bytes before a file's tensor data, read from the front. Of a file no more is kept than was asked for, rounded up:
 * the kept part doubles when the reader comes to its end.
 */
final class Header {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long FIRST_BYTES = 256 * 1024;

    private final FileSource source;
    private final long fileBytes;
    private MemorySegment bytes;
    private long at;

    /** Fills a segment from the place in the file that is its own offset. */
    private interface FileSource {
        void read(MemorySegment into, long position) throws IOException;
    }

    /** Reads from memory that holds the whole file. */
    Header(MemorySegment whole) {
        this.source = (_, _) -> {};
        this.fileBytes = whole.byteSize();
        this.bytes = whole;
    }

    /** Reads from a file of so many bytes; another length later is an end too soon. */
    Header(FileChannel file, long fileBytes) {
        this.source = (into, position) -> fill(file, into, position);
        this.fileBytes = fileBytes;
        this.bytes = MemorySegment.NULL;
    }

    private static void fill(FileChannel file, MemorySegment into, long position) throws IOException {
        var buffer = into.asByteBuffer();
        while (buffer.hasRemaining()) {
            if (file.read(buffer, position + buffer.position()) < 0) {
                throw cut();
            }
        }
    }

    private static GgufException cut() {
        return new GgufException(GgufException.Code.CUT_SHORT, "");
    }

    long position() {
        return at;
    }

    /** Bytes of the file after the place where the reader is. */
    long remaining() {
        return fileBytes - at;
    }

    /** Makes the next bytes readable, or says that the file does not have them. */
    private void need(long count) {
        if (count < 0 || count > fileBytes - at) {
            throw cut();
        }
        long end = at + count;
        if (end <= bytes.byteSize()) {
            return;
        }
        if (end > Gguf.HEADER_BYTES_MAX) {
            throw new GgufException(GgufException.Code.TOO_LARGE, "a header of more than 128 MiB");
        }
        long size = Math.max(FIRST_BYTES, bytes.byteSize());
        while (size < end) {
            size *= 2;
        }
        MemorySegment more = Arena.ofAuto().allocate(Math.min(size, fileBytes));
        MemorySegment.copy(bytes, 0, more, 0, bytes.byteSize());
        try {
            source.read(more.asSlice(bytes.byteSize()), bytes.byteSize());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        bytes = more;
    }

    long u8() {
        need(1);
        return Byte.toUnsignedLong(bytes.get(ValueLayout.JAVA_BYTE, at++));
    }

    long u32() {
        need(Integer.BYTES);
        long value = Integer.toUnsignedLong(bytes.get(INT, at));
        at += Integer.BYTES;
        return value;
    }

    /** An unsigned 64-bit number; one with the highest bit set comes out negative. */
    long u64() {
        need(Long.BYTES);
        long value = bytes.get(LONG, at);
        at += Long.BYTES;
        return value;
    }

    /** Steps over bytes that the file was seen to have. */
    void skip(long count) {
        need(count);
        at += count;
    }

    /** Steps over a string and returns its length. */
    long skipString() {
        long length = u64();
        skip(length);
        return length;
    }

    /** Reads a name: printable ASCII of bounded length. */
    String name(long bytesMin, long bytesMax) {
        long length = u64();
        if (length < 0 || length > remaining()) {
            throw cut();
        }
        if (length < bytesMin || length > bytesMax) {
            throw new GgufException(GgufException.Code.NAME, "a name of " + length + " bytes");
        }
        need(length);
        byte[] name = new byte[(int) length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, name, 0, name.length);
        for (byte b : name) {
            if (b < ' ' || b > '~') {
                throw new GgufException(GgufException.Code.NAME, "a byte that is no printable ASCII");
            }
        }
        at += length;
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    /** Everything read so far: what offsets of values point into. */
    MemorySegment read() {
        return bytes.asSlice(0, at);
    }

    static long u8(MemorySegment from, long offset) {
        return Byte.toUnsignedLong(from.get(ValueLayout.JAVA_BYTE, offset));
    }

    static long u32(MemorySegment from, long offset) {
        return Integer.toUnsignedLong(from.get(INT, offset));
    }

    static long i64(MemorySegment from, long offset) {
        return from.get(LONG, offset);
    }

    /** Reads a whole number of any width; an unsigned one past the greatest long comes out negative. */
    static long integer(MemorySegment from, ValueType type, long offset) {
        return switch (type) {
            case U8 -> u8(from, offset);
            case I8 -> from.get(ValueLayout.JAVA_BYTE, offset);
            case U16 -> Short.toUnsignedLong(from.get(SHORT, offset));
            case I16 -> from.get(SHORT, offset);
            case U32 -> u32(from, offset);
            case I32 -> from.get(INT, offset);
            case U64, I64 -> i64(from, offset);
            case F32, BOOL, STRING, ARRAY, F64 -> throw new IllegalArgumentException("not a whole number");
        };
    }

    static double real(MemorySegment from, ValueType type, long offset) {
        return type == ValueType.F32
                ? Float.intBitsToFloat(from.get(INT, offset))
                : Double.longBitsToDouble(from.get(LONG, offset));
    }

    static String text(MemorySegment from, long offset, long length) {
        byte[] text = new byte[Math.toIntExact(length)];
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, text, 0, text.length);
        return new String(text, StandardCharsets.UTF_8);
    }
}

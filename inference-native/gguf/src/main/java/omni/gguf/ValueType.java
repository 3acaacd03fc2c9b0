package omni.gguf;

/** The type of a metadata value ({@code enum gguf_type}). */
public enum ValueType {
    /** Unsigned, 8 bits. */
    U8(0, 1),
    /** Signed, 8 bits. */
    I8(1, 1),
    /** Unsigned, 16 bits. */
    U16(2, 2),
    /** Signed, 16 bits. */
    I16(3, 2),
    /** Unsigned, 32 bits. */
    U32(4, 4),
    /** Signed, 32 bits. */
    I32(5, 4),
    /** IEEE 754, 32 bits. */
    F32(6, 4),
    /** One byte, 0 or 1. */
    BOOL(7, 1),
    /** A length and as many bytes. */
    STRING(8, 0),
    /** An element type, a count and as many elements. */
    ARRAY(9, 0),
    /** Unsigned, 64 bits. */
    U64(10, 8),
    /** Signed, 64 bits. */
    I64(11, 8),
    /** IEEE 754, 64 bits. */
    F64(12, 8);

    private static final ValueType[] ALL = values();
    private final int number;
    private final int bytes;

    ValueType(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    /** Its number in a file. */
    public int number() {
        return number;
    }

    /** Bytes of one value; 0 for strings and arrays, which tell their own length. */
    public int bytes() {
        return bytes;
    }

    boolean isInteger() {
        return switch (this) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
            case F32, BOOL, STRING, ARRAY, F64 -> false;
        };
    }

    static ValueType of(long number) {
        if (number < 0 || number >= ALL.length) {
            throw new GgufException(GgufException.Code.TYPE, "value type " + number);
        }
        return ALL[(int) number];
    }
}

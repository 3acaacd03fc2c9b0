package omni.gguf;

import org.jspecify.annotations.Nullable;

/**
 * How a tensor's numbers are stored ({@code enum ggml_type} of llama.cpp v0.5.0). Rows are stored in blocks: a row's
 * length is a multiple of {@link #blockElements}. Numbers that are missing were removed from the format.
 */
public enum TensorType {
    /** IEEE 754, 32 bits. */
    F32(0, 1, 4),
    /** IEEE 754, 16 bits. */
    F16(1, 1, 2),
    /** 4 bits in blocks of 32. */
    Q4_0(2, 32, 18),
    /** 4 bits with a minimum in blocks of 32. */
    Q4_1(3, 32, 20),
    /** 5 bits in blocks of 32. */
    Q5_0(6, 32, 22),
    /** 5 bits with a minimum in blocks of 32. */
    Q5_1(7, 32, 24),
    /** 8 bits in blocks of 32. */
    Q8_0(8, 32, 34),
    /** 8 bits with a sum: for intermediate results only. */
    Q8_1(9, 32, 36),
    /** 2 bits in blocks of 256. */
    Q2_K(10, 256, 84),
    /** 3 bits in blocks of 256. */
    Q3_K(11, 256, 110),
    /** 4 bits in blocks of 256. */
    Q4_K(12, 256, 144),
    /** 5 bits in blocks of 256. */
    Q5_K(13, 256, 176),
    /** 6 bits in blocks of 256. */
    Q6_K(14, 256, 210),
    /** 8 bits in blocks of 256: for intermediate results only. */
    Q8_K(15, 256, 292),
    /** 2.06 bits from a codebook. */
    IQ2_XXS(16, 256, 66),
    /** 2.31 bits from a codebook. */
    IQ2_XS(17, 256, 74),
    /** 3.06 bits from a codebook. */
    IQ3_XXS(18, 256, 98),
    /** 1.56 bits from a codebook. */
    IQ1_S(19, 256, 50),
    /** 4 bits, not linear, in blocks of 32. */
    IQ4_NL(20, 32, 18),
    /** 3.44 bits from a codebook. */
    IQ3_S(21, 256, 110),
    /** 2.56 bits from a codebook. */
    IQ2_S(22, 256, 82),
    /** 4.25 bits, not linear. */
    IQ4_XS(23, 256, 136),
    /** Signed, 8 bits. */
    I8(24, 1, 1),
    /** Signed, 16 bits. */
    I16(25, 1, 2),
    /** Signed, 32 bits. */
    I32(26, 1, 4),
    /** Signed, 64 bits. */
    I64(27, 1, 8),
    /** IEEE 754, 64 bits. */
    F64(28, 1, 8),
    /** 1.75 bits from a codebook. */
    IQ1_M(29, 256, 56),
    /** Bfloat16. */
    BF16(30, 1, 2),
    /** Ternary, 1.69 bits. */
    TQ1_0(34, 256, 54),
    /** Ternary, 2.06 bits. */
    TQ2_0(35, 256, 66),
    /** 4-bit floats with a shared exponent. */
    MXFP4(39, 32, 17),
    /** 4-bit floats with 8-bit scales. */
    NVFP4(40, 64, 36),
    /** 1 bit in blocks of 128. */
    Q1_0(41, 128, 18),
    /** 2 bits in blocks of 64. */
    Q2_0(42, 64, 18);

    private static final @Nullable TensorType[] BY_NUMBER = new TensorType[43];

    static {
        for (TensorType type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    private final int number;
    private final int blockElements;
    private final int blockBytes;

    TensorType(int number, int blockElements, int blockBytes) {
        this.number = number;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** Its number in a file. */
    public int number() {
        return number;
    }

    /** Numbers of one block. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of one block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Whether a matrix of a model's weights may be of it: integers, doubles and intermediate types may not. */
    public boolean isWeight() {
        return switch (this) {
            case Q8_1, Q8_K, I8, I16, I32, I64, F64 -> false;
            case F32,
                    F16,
                    BF16,
                    Q4_0,
                    Q4_1,
                    Q5_0,
                    Q5_1,
                    Q8_0,
                    Q2_K,
                    Q3_K,
                    Q4_K,
                    Q5_K,
                    Q6_K,
                    IQ2_XXS,
                    IQ2_XS,
                    IQ3_XXS,
                    IQ1_S,
                    IQ4_NL,
                    IQ3_S,
                    IQ2_S,
                    IQ4_XS,
                    IQ1_M,
                    TQ1_0,
                    TQ2_0,
                    MXFP4,
                    NVFP4,
                    Q1_0,
                    Q2_0 -> true;
        };
    }

    /**
     * Returns the bytes of so many numbers, a multiple of {@link #blockElements}.
     *
     * @throws GgufException if they are more than a long can hold
     */
    public long bytes(long elements) {
        long blocks = elements / blockElements;
        if (blocks > Long.MAX_VALUE / blockBytes) {
            throw new GgufException(GgufException.Code.TENSOR, elements + " elements of " + this);
        }
        return blocks * blockBytes;
    }

    static TensorType of(long number) {
        TensorType type = number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[(int) number] : null;
        if (type == null) {
            throw new GgufException(GgufException.Code.TYPE, "tensor type " + number);
        }
        return type;
    }
}

package omni.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Damages a whole GGUF file in ways that depend on a seed alone: fields that carry a meaning get values that hurt, and
 * bytes anywhere in the header are changed, cut out, doubled or moved. Made once for a file; one thread.
 */
final class Mutator {
    private static final long[] HURTFUL = {
        0,
        1,
        2,
        -1,
        7,
        31,
        33,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        1 << 20,
        Integer.MAX_VALUE,
        1L << 31,
        (1L << 32) - 1,
        1L << 32,
        1L << 40,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    /** A number in the file. */
    private record Field(int offset, int bytes) {}

    private final byte[] original;
    private final int headerBytes;
    private final List<Field> fields = new ArrayList<>();
    private final byte[] scratch;

    Mutator(byte[] whole) {
        this.original = whole;
        this.scratch = new byte[whole.length + 4096];
        this.headerBytes = walk(ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Finds every number of the header; the file is a good one. */
    private int walk(ByteBuffer in) {
        number(in, 4);
        number(in, 4);
        long tensors = number(in, 8);
        long pairs = number(in, 8);
        for (long i = 0; i < pairs; i++) {
            string(in);
            value(in, (int) number(in, 4));
        }
        for (long i = 0; i < tensors; i++) {
            string(in);
            long dimensions = number(in, 4);
            for (long d = 0; d < dimensions; d++) {
                number(in, 8);
            }
            number(in, 4);
            number(in, 8);
        }
        return in.position();
    }

    private void value(ByteBuffer in, int type) {
        int[] sizes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        if (type == 8) {
            string(in);
        } else if (type == 9) {
            int element = (int) number(in, 4);
            long count = number(in, 8);
            for (long i = 0; i < count; i++) {
                value(in, element);
            }
        } else {
            number(in, sizes[type]);
        }
    }

    private long number(ByteBuffer in, int bytes) {
        fields.add(new Field(in.position(), bytes));
        long value = bytes == 8 ? in.getLong(in.position()) : bytes == 4 ? in.getInt(in.position()) : 0;
        in.position(in.position() + bytes);
        return value;
    }

    private void string(ByteBuffer in) {
        int length = (int) number(in, 8);
        in.position(in.position() + length);
    }

    /** Returns a damaged copy: the array is this mutator's own and valid until the next call. */
    ByteBuffer mutate(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        System.arraycopy(original, 0, scratch, 0, original.length);
        int length = original.length;
        int changes = 1 + Integer.numberOfTrailingZeros(random.nextInt() | 16);
        for (int i = 0; i < changes; i++) {
            length = change(random, length);
        }
        return ByteBuffer.wrap(scratch, 0, length);
    }

    private int change(SplittableRandom random, int length) {
        int kind = random.nextInt(16);
        if (kind < 7) {
            Field field = fields.get(random.nextInt(fields.size()));
            put(field, hurtful(random));
        } else if (kind == 7) {
            Field one = fields.get(random.nextInt(fields.size()));
            Field other = fields.get(random.nextInt(fields.size()));
            System.arraycopy(original, other.offset, scratch, one.offset, Math.min(one.bytes, other.bytes));
        } else if (kind < 11) {
            scratch[random.nextInt(Math.min(length, headerBytes))] ^= (byte) (1 << random.nextInt(8));
        } else if (kind < 13) {
            scratch[random.nextInt(Math.min(length, headerBytes))] = (byte) random.nextInt();
        } else if (kind == 13) {
            return 1 + random.nextInt(length);
        } else {
            return shift(random, length, kind == 14);
        }
        return length;
    }

    private long hurtful(SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(64);
            case 2 -> HURTFUL[random.nextInt(HURTFUL.length)] + random.nextInt(3) - 1;
            default -> HURTFUL[random.nextInt(HURTFUL.length)];
        };
    }

    private void put(Field field, long value) {
        for (int i = 0; i < field.bytes; i++) {
            scratch[field.offset + i] = (byte) (value >>> (8 * i));
        }
    }

    /** Takes a few bytes of the header out, or writes a few twice. */
    private int shift(SplittableRandom random, int length, boolean out) {
        int count = 1 + random.nextInt(32);
        int at = random.nextInt(Math.min(length, headerBytes));
        if (out) {
            count = Math.min(count, length - at - 1);
            if (count <= 0) {
                return length;
            }
            System.arraycopy(scratch, at + count, scratch, at, length - at - count);
            return length - count;
        }
        count = Math.min(count, Math.min(scratch.length - length, length - at));
        System.arraycopy(scratch, at, scratch, at + count, length - at);
        return length + count;
    }
}

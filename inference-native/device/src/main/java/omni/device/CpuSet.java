package omni.device;

import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;

/**
 * A set of logical processors, written as the kernel writes lists: {@code 0-3,8}. Source: Linux, {@code
 * Documentation/admin-guide/cputopology.rst} and {@code lib/bitmap-str.c}.
 */
public final class CpuSet {
    /** No processor. */
    public static final CpuSet NONE = new CpuSet(new BitSet());

    /** Processors beyond this number are not counted; Linux on x86-64 allows 8192. */
    static final int PROCESSORS_MAX = 8192;

    private final BitSet bits;

    private CpuSet(BitSet bits) {
        this.bits = bits;
    }

    /** Returns the first so many processors. */
    public static CpuSet first(int count) {
        BitSet bits = new BitSet();
        bits.set(0, Math.min(count, PROCESSORS_MAX));
        return new CpuSet(bits);
    }

    /** Returns the set of these processors. */
    public static CpuSet of(int... processors) {
        BitSet bits = new BitSet();
        for (int processor : processors) {
            bits.set(processor);
        }
        return new CpuSet(bits);
    }

    /** Reads a list such as {@code 0-3,8}; parts that are no numbers, or beyond the bound, are left out. */
    public static CpuSet parse(String list) {
        BitSet bits = new BitSet();
        for (String part : list.strip().split(",", -1)) {
            int dash = part.indexOf('-');
            OptionalLong from = Facts.parse(dash < 0 ? part : part.substring(0, dash));
            OptionalLong to = dash < 0 ? from : Facts.parse(part.substring(dash + 1));
            if (from.isPresent() && to.isPresent() && from.getAsLong() >= 0 && from.getAsLong() <= to.getAsLong()) {
                int end = (int) Math.min(to.getAsLong() + 1, PROCESSORS_MAX);
                int begin = (int) Math.min(from.getAsLong(), end);
                bits.set(begin, end);
            }
        }
        return new CpuSet(bits);
    }

    /** Returns how many processors are in it. */
    public int size() {
        return bits.cardinality();
    }

    /** Returns whether none is in it. */
    public boolean isEmpty() {
        return bits.isEmpty();
    }

    /** Returns whether a processor is in it. */
    public boolean contains(int processor) {
        return bits.get(processor);
    }

    /** Returns those that are in both. */
    public CpuSet and(CpuSet other) {
        BitSet both = (BitSet) bits.clone();
        both.and(other.bits);
        return new CpuSet(both);
    }

    /** Returns those that are in this one only. */
    public CpuSet minus(CpuSet other) {
        BitSet left = (BitSet) bits.clone();
        left.andNot(other.bits);
        return new CpuSet(left);
    }

    /** Returns the processors, ascending. */
    public List<Integer> processors() {
        return bits.stream().boxed().toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuSet set && set.bits.equals(bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    /** Returns the list as the kernel would write it. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int from = bits.nextSetBit(0); from >= 0; ) {
            int end = bits.nextClearBit(from);
            text.append(text.isEmpty() ? "" : ",").append(from);
            if (end - from > 1) {
                text.append('-').append(end - 1);
            }
            from = bits.nextSetBit(end);
        }
        return text.toString();
    }
}

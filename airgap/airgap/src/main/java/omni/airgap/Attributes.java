package omni.airgap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Attributes of a message that came from the kernel, by type. What is cut is left out. Immutable while its memory is. */
final class Attributes {
    private static final ValueLayout.OfInt NETWORK_INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int HEADER_BYTES = 4;
    private static final int TYPE_MASK = 0x3fff;

    private final Map<Integer, MemorySegment> byType = new HashMap<>();
    private final List<MemorySegment> inOrder = new ArrayList<>();

    private Attributes() {}

    /** Reads them from the memory, which holds nothing else. Of a type that stands there twice the last counts. */
    static Attributes read(MemorySegment memory) {
        Attributes attributes = new Attributes();
        long at = 0;
        while (at + HEADER_BYTES <= memory.byteSize()) {
            int bytes = Short.toUnsignedInt(memory.get(JAVA_SHORT_UNALIGNED, at));
            int type = memory.get(JAVA_SHORT_UNALIGNED, at + 2) & TYPE_MASK;
            if (bytes < HEADER_BYTES || at + bytes > memory.byteSize()) {
                break;
            }
            MemorySegment value = memory.asSlice(at + HEADER_BYTES, bytes - HEADER_BYTES);
            attributes.byType.put(type, value);
            attributes.inOrder.add(value);
            at += (bytes + 3) & ~3;
        }
        return attributes;
    }

    Optional<MemorySegment> get(int type) {
        return Optional.ofNullable(byType.get(type));
    }

    /** Those that stand inside that one. */
    Attributes nested(int type) {
        return get(type).map(Attributes::read).orElseGet(Attributes::new);
    }

    /** Those inside each attribute, in their order: for lists. */
    List<Attributes> each() {
        return inOrder.stream().map(Attributes::read).toList();
    }

    Optional<String> text(int type) {
        return get(type).map(Attributes::text);
    }

    OptionalInt number(int type) {
        return number(type, JAVA_INT_UNALIGNED);
    }

    OptionalInt networkNumber(int type) {
        return number(type, NETWORK_INT);
    }

    long longNumber(int type, long otherwise) {
        return get(type)
                .filter(value -> value.byteSize() >= Long.BYTES)
                .map(value -> value.get(JAVA_LONG_UNALIGNED, 0))
                .orElse(otherwise);
    }

    private OptionalInt number(int type, ValueLayout.OfInt layout) {
        MemorySegment value = byType.get(type);
        return value == null || value.byteSize() < Integer.BYTES
                ? OptionalInt.empty()
                : OptionalInt.of(value.get(layout, 0));
    }

    private static String text(MemorySegment value) {
        byte[] bytes = value.toArray(JAVA_BYTE);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}

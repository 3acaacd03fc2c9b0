package omni.airgap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.nlattr;
import omni.airgap.raw.nlmsghdr;

/**
 * Netlink messages on their way out, one behind the other in one datagram. Used by one thread.
 *
 * <pre>
 *   ┌────────────┬─────────────────┬───────────────────────────────┐
 *   │ nlmsghdr   │ the family's    │ attributes: nlattr and value, │  again for each message
 *   │ 16 bytes   │ own header      │ each padded to 4 bytes        │
 *   └────────────┴─────────────────┴───────────────────────────────┘
 * </pre>
 *
 * <p>Source: linux/netlink.h, netlink(7). Numbers are in the machine's order unless a method says otherwise.
 */
final class Datagram {
    private static final ValueLayout.OfInt NETWORK_INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int HEADER_BYTES = (int) nlmsghdr.sizeof();
    private static final int ATTRIBUTE_BYTES = (int) nlattr.sizeof();

    private MemorySegment memory;
    private int length;
    private int start = -1;
    private int messages;

    Datagram() {
        memory = Arena.ofAuto().allocate(4096, 8);
    }

    /** Begins a message; the one before is ended. Its sequence number counts from 1 in this datagram. */
    Datagram message(int type, int flags) {
        end();
        start = reserve(HEADER_BYTES);
        messages++;
        MemorySegment header = memory.asSlice(start, HEADER_BYTES);
        nlmsghdr.nlmsg_type(header, (short) type);
        nlmsghdr.nlmsg_flags(header, (short) (flags | Kernel.NLM_F_REQUEST()));
        nlmsghdr.nlmsg_seq(header, messages);
        return this;
    }

    /** The family's own header, filled in by the caller; zero before. */
    Datagram header(long bytes, Consumer<MemorySegment> fill) {
        int at = reserve((int) bytes);
        fill.accept(memory.asSlice(at, bytes));
        return this;
    }

    Datagram attribute(int type, byte[] value) {
        MemorySegment.copy(value, 0, attribute(type, value.length), JAVA_BYTE, 0, value.length);
        return this;
    }

    /** Text with its final NUL. */
    Datagram text(int type, String text) {
        return attribute(type, (text + "\0").getBytes(StandardCharsets.UTF_8));
    }

    Datagram number(int type, int value) {
        attribute(type, Integer.BYTES).set(JAVA_INT_UNALIGNED, 0, value);
        return this;
    }

    /** In network order, as nfnetlink wants every number. */
    Datagram networkNumber(int type, int value) {
        attribute(type, Integer.BYTES).set(NETWORK_INT, 0, value);
        return this;
    }

    /** An attribute that holds attributes. */
    Datagram nested(int type, Consumer<Datagram> inside) {
        int at = length;
        attribute(type | Kernel.NLA_F_NESTED(), 0);
        inside.accept(this);
        memory.set(JAVA_SHORT_UNALIGNED, at, (short) (length - at));
        return this;
    }

    int messages() {
        return messages;
    }

    int bytes() {
        return length;
    }

    /** What is to be sent. It stays the same while nothing is added. */
    MemorySegment whole() {
        end();
        return memory.asSlice(0, length);
    }

    private MemorySegment attribute(int type, int bytes) {
        int at = reserve(ATTRIBUTE_BYTES + bytes);
        MemorySegment header = memory.asSlice(at, ATTRIBUTE_BYTES);
        nlattr.nla_len(header, (short) (ATTRIBUTE_BYTES + bytes));
        nlattr.nla_type(header, (short) type);
        return memory.asSlice(at + ATTRIBUTE_BYTES, bytes);
    }

    private void end() {
        if (start >= 0) {
            nlmsghdr.nlmsg_len(memory.asSlice(start, HEADER_BYTES), length - start);
        }
    }

    /** Room for so many bytes, padded to 4, all zero. */
    private int reserve(int bytes) {
        int at = length;
        length += (bytes + 3) & ~3;
        if (length > memory.byteSize()) {
            MemorySegment larger = Arena.ofAuto().allocate(Math.max(2 * memory.byteSize(), length), 8);
            larger.copyFrom(memory);
            memory = larger;
        }
        return at;
    }
}

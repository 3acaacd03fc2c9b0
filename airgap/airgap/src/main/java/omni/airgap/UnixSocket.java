package omni.airgap;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.unix_diag_msg;

/**
 * A Unix socket as sock_diag(7) tells of it. Not read from {@code /proc/net/unix}, which writes a name as its maker has chosen it,
 * line feeds and all, so that anybody can have lines of theirs in that list.
 *
 * @param inode by which processes hold it; 0 for one that none holds
 * @param type SOCK_STREAM and so on
 * @param name the path, or an abstract name with a leading @; empty for none
 * @param waiting what is in its buffer: bytes, or connections that wait
 * @param peer the other end's inode, 0 for one that none holds; nothing where there is none
 */
record UnixSocket(long inode, int type, String name, int waiting, OptionalInt peer) {
    static final int MESSAGE_BYTES = (int) unix_diag_msg.sizeof();

    private static final int SOCK_SEQPACKET = 5;

    /**
     * From struct unix_diag_msg and the attributes behind it.
     *
     * @param message of {@link #MESSAGE_BYTES} or more
     */
    static UnixSocket read(byte[] message) {
        Attributes attributes = Attributes.read(MemorySegment.ofArray(message).asSlice(MESSAGE_BYTES));
        return new UnixSocket(
                Integer.toUnsignedLong(
                        ByteBuffer.wrap(message).order(ByteOrder.nativeOrder()).getInt((int)
                                unix_diag_msg.udiag_ino$offset())),
                Byte.toUnsignedInt(message[(int) unix_diag_msg.udiag_type$offset()]),
                attributes.get(Kernel.UNIX_DIAG_NAME()).map(UnixSocket::name).orElse(""),
                attributes.number(Kernel.UNIX_DIAG_RQLEN()).orElse(0),
                attributes.number(Kernel.UNIX_DIAG_PEER()));
    }

    private static String name(MemorySegment bytes) {
        byte[] name = bytes.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        if (name.length > 0 && name[0] == 0) {
            name[0] = '@';
        }
        int length = name.length;
        while (length > 0 && name[length - 1] == 0) {
            length--;
        }
        return new String(name, 0, length, java.nio.charset.StandardCharsets.UTF_8);
    }

    /**
     * How many closed sockets are known by this one to be in the kernel's count still, for their other end is open and refers to them: no
     * list has those. Nothing can be parked there, for closing empties the buffer. Only of streams, of which each end has one other; an
     * end that nobody has accepted yet looks the same from the other, and is taken off again: then it is -1.
     */
    int closedEnds() {
        boolean stream = type == Libc.SOCK_STREAM || type == SOCK_SEQPACKET;
        if (!stream || peer.isEmpty()) {
            return 0;
        }
        return peer.getAsInt() == 0 ? 1 : inode != 0 ? 0 : -1;
    }
}

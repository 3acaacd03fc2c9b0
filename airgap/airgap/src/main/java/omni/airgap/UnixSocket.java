package omni.airgap;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
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
    private static final int SOCK_SEQPACKET = 5;

    static UnixSocket read(MemorySegment body) {
        Attributes attributes = Attributes.read(body.asSlice(unix_diag_msg.sizeof()));
        return new UnixSocket(
                Integer.toUnsignedLong(unix_diag_msg.udiag_ino(body)),
                unix_diag_msg.udiag_type(body),
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

    /** Those that have something in their buffer, by inode: there a descriptor can be parked. */
    static Set<Long> queued(List<UnixSocket> sockets) {
        Set<Long> queued = new HashSet<>();
        sockets.stream().filter(socket -> socket.waiting() > 0).forEach(socket -> queued.add(socket.inode()));
        return queued;
    }

    /**
     * How many are closed and still in the kernel's count, for their other end is open and refers to them: no list has those.
     * Nothing can be parked there, for closing empties the buffer. Only of streams, of which each end has one other; an end that
     * nobody has accepted yet looks the same from the other, and is taken off again.
     */
    static int closedEnds(List<UnixSocket> sockets) {
        int ends = 0;
        for (UnixSocket socket : sockets) {
            boolean stream = socket.type() == Libc.SOCK_STREAM || socket.type() == SOCK_SEQPACKET;
            if (stream && socket.peer().isPresent()) {
                ends += socket.peer().getAsInt() == 0 ? 1 : socket.inode() != 0 ? 0 : -1;
            }
        }
        return ends;
    }
}

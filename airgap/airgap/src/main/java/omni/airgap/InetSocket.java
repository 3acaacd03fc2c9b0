package omni.airgap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import omni.airgap.raw.inet_diag_msg;
import omni.airgap.raw.inet_diag_sockid;

/**
 * A socket of the internet families as sock_diag(7) tells of it.
 *
 * @param family AF_INET or AF_INET6
 * @param protocol IPPROTO_TCP and so on
 * @param state a TCP state's number (net/tcp_states.h); UDP has 1 for connected and 7 for not
 * @param local its own address
 * @param localPort its own port; 0 for none
 * @param remote the other side's address; unspecified for none
 * @param remotePort the other side's port
 * @param inode by which processes hold it; 0 where none does
 * @param uid its user
 * @param queuedBytes written and not sent yet
 * @param stub whether it is what the kernel keeps of a connection that is over
 * @param id what names it to the kernel: struct inet_diag_sockid
 */
record InetSocket(
        int family,
        int protocol,
        int state,
        InetAddress local,
        int localPort,
        InetAddress remote,
        int remotePort,
        long inode,
        int uid,
        int queuedBytes,
        boolean stub,
        MemorySegment id) {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int UDPLITE = 136;
    static final int RAW = 255;
    static final int MPTCP = 262;

    static final int SCTP = 132;
    static final int SYN_RECV = 3;

    private static final int TIMER_TIME_WAIT = 3;
    private static final int ESTABLISHED = 1;
    static final int TIME_WAIT = 6;
    private static final int LISTEN = 10;

    /** Of struct inet_diag_msg; what stands behind it are attributes that nobody here asks for. */
    static final int MESSAGE_BYTES = (int) inet_diag_msg.sizeof();

    private static final int FAMILY_AT = (int) inet_diag_msg.idiag_family$offset();
    private static final int STATE_AT = (int) inet_diag_msg.idiag_state$offset();
    private static final int TIMER_AT = (int) inet_diag_msg.idiag_timer$offset();
    private static final int WQUEUE_AT = (int) inet_diag_msg.idiag_wqueue$offset();
    private static final int UID_AT = (int) inet_diag_msg.idiag_uid$offset();
    private static final int INODE_AT = (int) inet_diag_msg.idiag_inode$offset();
    private static final int ID_AT = (int) inet_diag_msg.id$offset();
    private static final int SOURCE_AT = ID_AT + (int) inet_diag_sockid.idiag_src$offset();
    private static final int SOURCE_PORT_AT = ID_AT + (int) inet_diag_sockid.idiag_sport$offset();
    private static final int DESTINATION_AT = ID_AT + (int) inet_diag_sockid.idiag_dst$offset();
    private static final int DESTINATION_PORT_AT = ID_AT + (int) inet_diag_sockid.idiag_dport$offset();

    /** From struct inet_diag_msg. There are thousands: one copy, whose fields the roles' compiler reads fast. */
    static InetSocket read(int protocol, MemorySegment body) {
        byte[] bytes = new byte[MESSAGE_BYTES];
        MemorySegment.copy(body, JAVA_BYTE, 0, bytes, 0, MESSAGE_BYTES);
        return read(protocol, bytes);
    }

    /** The same from a copy of {@link #MESSAGE_BYTES} bytes, whose family is AF_INET or AF_INET6, and which is its own from now on. */
    static InetSocket read(int protocol, byte[] bytes) {
        ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int family = family(bytes);
        return new InetSocket(
                family,
                protocol,
                Byte.toUnsignedInt(bytes[STATE_AT]),
                address(family, bytes, SOURCE_AT),
                port(message.getShort(SOURCE_PORT_AT)),
                address(family, bytes, DESTINATION_AT),
                port(message.getShort(DESTINATION_PORT_AT)),
                Integer.toUnsignedLong(message.getInt(INODE_AT)),
                message.getInt(UID_AT),
                message.getInt(WQUEUE_AT),
                Byte.toUnsignedInt(bytes[TIMER_AT]) == TIMER_TIME_WAIT,
                MemorySegment.ofArray(bytes).asSlice(ID_AT, inet_diag_sockid.sizeof()));
    }

    /** Of struct inet_diag_msg. */
    static int family(byte[] message) {
        return Byte.toUnsignedInt(message[FAMILY_AT]);
    }

    /**
     * Whether it has another side that is not this machine's loopback, and could have bytes on the way to it. A UDP socket that
     * was disconnected keeps the address of its IPv6 side, and cannot send to it.
     */
    boolean outward() {
        boolean other = !remote.isAnyLocalAddress() && !remote.isLoopbackAddress();
        boolean datagrams = protocol == UDP || protocol == UDPLITE;
        boolean talks = datagrams ? state == ESTABLISHED : protocol != TCP || (state != LISTEN && state != TIME_WAIT);
        return other && talks;
    }

    /** The kernel's number for the socket, which another one never gets. */
    long cookie() {
        byte[] cookie =
                id.asSlice(inet_diag_sockid.idiag_cookie$offset(), Long.BYTES).toArray(JAVA_BYTE);
        return ByteBuffer.wrap(cookie).getLong();
    }

    private static int port(short networkOrder) {
        return Short.toUnsignedInt(Short.reverseBytes(networkOrder));
    }

    private static InetAddress address(int family, byte[] bytes, int at) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, at, at + (family == Libc.AF_INET ? 4 : 16)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Neither 4 nor 16 bytes", e);
        }
    }
}

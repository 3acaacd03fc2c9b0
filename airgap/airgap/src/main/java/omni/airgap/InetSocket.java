package omni.airgap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
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
    private static final int TIME_WAIT = 6;
    private static final int LISTEN = 10;

    static InetSocket read(int protocol, MemorySegment body) {
        MemorySegment id = inet_diag_msg.id(body);
        int family = Byte.toUnsignedInt(inet_diag_msg.idiag_family(body));
        return new InetSocket(
                family,
                protocol,
                Byte.toUnsignedInt(inet_diag_msg.idiag_state(body)),
                address(family, inet_diag_sockid.idiag_src(id)),
                port(inet_diag_sockid.idiag_sport(id)),
                address(family, inet_diag_sockid.idiag_dst(id)),
                port(inet_diag_sockid.idiag_dport(id)),
                Integer.toUnsignedLong(inet_diag_msg.idiag_inode(body)),
                inet_diag_msg.idiag_uid(body),
                inet_diag_msg.idiag_wqueue(body),
                Byte.toUnsignedInt(inet_diag_msg.idiag_timer(body)) == TIMER_TIME_WAIT,
                MemorySegment.ofArray(id.toArray(JAVA_BYTE)));
    }

    /** Whether it has another side that is not this machine's loopback, and could have bytes on the way to it. */
    boolean outward() {
        boolean other = !remote.isAnyLocalAddress() && !remote.isLoopbackAddress();
        return other && (protocol != TCP || (state != LISTEN && state != TIME_WAIT));
    }

    private static int port(short networkOrder) {
        return Short.toUnsignedInt(Short.reverseBytes(networkOrder));
    }

    private static InetAddress address(int family, MemorySegment words) {
        byte[] bytes = words.asSlice(0, family == Libc.AF_INET ? 4 : 16).toArray(JAVA_BYTE);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Neither 4 nor 16 bytes", e);
        }
    }
}

package omni.airgap;

import java.io.Closeable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.inet_diag_req_v2;
import omni.airgap.raw.inet_diag_sockid;
import omni.airgap.raw.unix_diag_req;

/**
 * Sockets of one network namespace: lists those of the internet families, and destroys those that reach out. For any
 * thread.
 *
 * <p>Destroying (SOCK_DESTROY) ends a TCP connection with ECONNABORTED and disconnects a UDP socket: what is written into
 * it afterwards goes nowhere, and never when the links are up again. Source: sock_diag(7), linux/inet_diag.h.
 */
final class SocketDiag implements Closeable {
    private static final int DUMP = Kernel.NLM_F_ROOT() | Kernel.NLM_F_MATCH();
    /** What the kernel keeps of a connection of TCP that is over is no socket, and there may be hundreds of thousands. */
    static final int NOT_OVER = ~(1 << InetSocket.TIME_WAIT);

    static final int ALL_STATES = -1;
    /** Messages in a datagram; the answers to the refused have room in the receive buffer. */
    private static final int BATCH = 256;

    private final Netlink diag;

    /** In the namespace of the calling thread. */
    SocketDiag() throws KernelException {
        diag = Netlink.open(Kernel.NETLINK_SOCK_DIAG());
    }

    /** All of that family and protocol; none where this kernel knows nothing of it. */
    List<InetSocket> list(int family, int protocol) throws KernelException {
        List<InetSocket> sockets = new ArrayList<>();
        dump(family, protocol, ALL_STATES, sockets::clear, message -> sockets.add(InetSocket.read(protocol, message)));
        return sockets;
    }

    /**
     * The same as it comes: struct inet_diag_msg and what stands behind it, a message a socket, valid until the handler returns.
     *
     * @param states which, a bit for each
     * @param again called before the first one, and where all has to be told once more
     */
    void dump(int family, int protocol, int states, Runnable again, Consumer<MemorySegment> handler)
            throws KernelException {
        Datagram request = new Datagram()
                .message(Kernel.SOCK_DIAG_BY_FAMILY(), DUMP)
                .header(inet_diag_req_v2.sizeof(), header -> {
                    inet_diag_req_v2.sdiag_family(header, (byte) family);
                    inet_diag_req_v2.sdiag_protocol(header, (byte) protocol);
                    inet_diag_req_v2.idiag_states(header, states);
                });
        if (protocol > InetSocket.RAW) {
            request.number(Kernel.INET_DIAG_REQ_PROTOCOL(), protocol);
        }
        dump("list sockets", request, again, handler);
    }

    /** All Unix sockets, in the same way: struct unix_diag_msg; none where this kernel has no list of them but the one in {@code /proc}. */
    void unix(Runnable again, Consumer<MemorySegment> handler) throws KernelException {
        int shown = Kernel.UDIAG_SHOW_NAME() | Kernel.UDIAG_SHOW_PEER() | Kernel.UDIAG_SHOW_RQLEN();
        Datagram request = new Datagram()
                .message(Kernel.SOCK_DIAG_BY_FAMILY(), DUMP)
                .header(unix_diag_req.sizeof(), header -> {
                    unix_diag_req.sdiag_family(header, (byte) Libc.AF_UNIX);
                    unix_diag_req.udiag_states(header, ALL_STATES);
                    unix_diag_req.udiag_show(header, shown);
                });
        dump("list Unix sockets", request, again, handler);
    }

    private void dump(String what, Datagram request, Runnable again, Consumer<MemorySegment> handler)
            throws KernelException {
        try {
            diag.dump(what, request, again, message -> {
                if (message.type() == Kernel.SOCK_DIAG_BY_FAMILY()) {
                    handler.accept(message.body());
                }
            });
        } catch (KernelException e) {
            if (e.errno() != KernelException.ENOENT) { // no such module
                throw e;
            }
        }
    }

    /** Sockets that reach out and can be destroyed: TCP, with the subflows of MPTCP, and UDP. */
    List<InetSocket> outward() throws KernelException {
        List<InetSocket> outward = new ArrayList<>();
        for (int family : List.of(Libc.AF_INET, Libc.AF_INET6)) {
            for (int protocol : List.of(InetSocket.TCP, InetSocket.UDP, InetSocket.UDPLITE)) {
                for (InetSocket socket : list(family, protocol)) {
                    if (socket.outward()) {
                        outward.add(socket);
                    }
                }
            }
        }
        return outward;
    }

    /** Destroys these; one that has gone meanwhile is fine. What is left shows in {@link #outward}. */
    void destroy(List<InetSocket> sockets) throws KernelException {
        for (int from = 0; from < sockets.size(); from += BATCH) {
            Datagram datagram = new Datagram();
            for (InetSocket socket : sockets.subList(from, Math.min(sockets.size(), from + BATCH))) {
                datagram.message(Kernel.SOCK_DESTROY(), 0).header(inet_diag_req_v2.sizeof(), header -> {
                    inet_diag_req_v2.sdiag_family(header, (byte) socket.family());
                    inet_diag_req_v2.sdiag_protocol(header, (byte) socket.protocol());
                    inet_diag_req_v2.idiag_states(header, ALL_STATES);
                    MemorySegment.copy(socket.id(), 0, inet_diag_req_v2.id(header), 0, inet_diag_sockid.sizeof());
                });
            }
            diag.send(datagram.whole());
            diag.drain();
        }
    }

    @Override
    public void close() {
        diag.close();
    }
}

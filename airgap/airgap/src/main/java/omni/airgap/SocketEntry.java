package omni.airgap;

import java.util.List;

/**
 * A socket as the census found it.
 *
 * @param namespace inode of its network namespace
 * @param inode by which processes hold it; 0 for one that none holds: not accepted yet, or on its way out
 * @param protocol tcp, tcp6, udp, unix, netlink, packet, raw, xdp, vsock …
 * @param state of TCP and UDP, in the words of ss(8); empty where there is none
 * @param local its own address and port; empty for none
 * @param remote the other side; empty for none
 * @param outward whether the other side is not this machine's loopback
 * @param queuedBytes written and not sent yet; 0 where the kernel does not say
 * @param uid its user, as the kernel says; -1 where it does not
 * @param owners who holds it
 */
record SocketEntry(
        long namespace,
        long inode,
        String protocol,
        String state,
        String local,
        String remote,
        boolean outward,
        int queuedBytes,
        int uid,
        List<Owner> owners) {
    SocketEntry {
        owners = List.copyOf(owners);
    }

    /**
     * A process that holds a socket.
     *
     * @param pid its number
     * @param program its executable; empty where it may not be seen
     * @param user who runs it
     * @param unit the last part of its control group, which under systemd is its unit
     * @param role which of Omni's own it is; empty for another
     */
    record Owner(int pid, String program, String user, String unit, String role) {}

    SocketEntry heldBy(List<Owner> holders) {
        return new SocketEntry(namespace, inode, protocol, state, local, remote, outward, queuedBytes, uid, holders);
    }

    /** What keeps bytes that the kernel has no way to take back: a lift waits for its end. */
    boolean holdsBytes() {
        return protocol.startsWith("mptcp")
                || protocol.startsWith("raw")
                || protocol.startsWith("icmp")
                || (protocol.startsWith("udp") && queuedBytes > 0) // corked: nothing takes that back
                || protocol.equals("packet")
                || protocol.equals("xdp")
                || protocol.startsWith("sctp");
    }
}

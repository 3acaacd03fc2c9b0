package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What stands in the way of a lift: sockets that may hold bytes which were written in the gap, and which the kernel has no
 * way to destroy. MPTCP sends again over a new subflow; SCTP sends again, also when its program has ended, until the kernel
 * gives the connection up; a packet ring, an XDP ring and a raw socket's queue are the
 * program's own memory. Each must be closed, or its process ended.
 */
final class Obstacles {
    private static final int NAMED_MAX = 20;

    private Obstacles() {}

    /** One line each, with who holds it. */
    static List<String> find(Collection<NetworkStack> stacks, CensusParser parser) throws AirgapException {
        Census census = Census.take(
                LinuxHost.wards(stacks).stream().map(Ward::namespace).toList(), parser);
        List<String> lines = new ArrayList<>();
        for (SocketEntry socket : census.sockets()) {
            if (socket.holdsBytes()) {
                lines.add("a socket of " + socket.protocol() + " " + holders(socket));
            }
        }
        for (Census.Count count : census.namespaces()) {
            if (count.unexplained() > 0) {
                lines.add((count.unexplained() == 1 ? "1 socket is" : count.unexplained() + " sockets are")
                        + " held by nothing that can be seen"
                        + (count.suspects().isEmpty() ? "" : ": " + String.join("; ", count.suspects())));
            }
        }
        return lines.size() <= NAMED_MAX ? lines : lines.subList(0, NAMED_MAX);
    }

    private static String holders(SocketEntry socket) {
        if (socket.inode() == 0 && socket.protocol().startsWith("sctp")) {
            return "whose program has ended still sends: the kernel gives it up by itself, in some minutes";
        } else if (socket.inode() == 0) {
            return "is held by nobody that can be seen: no program has accepted it yet, or it is on its way out";
        } else if (socket.owners().isEmpty()) {
            return "is held by nobody that can be seen";
        }
        return "is held by "
                + String.join(
                        ", ",
                        socket.owners().stream()
                                .map(owner -> "pid " + owner.pid() + " (" + owner.program() + ")")
                                .toList());
    }
}

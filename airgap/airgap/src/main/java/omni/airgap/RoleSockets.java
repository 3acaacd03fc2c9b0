package omni.airgap;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which sockets Omni's own processes may have: the daemon those of the port that it serves, which the supervisor keeps for it, {@code
 * fetch} those of the internet, and every role Unix sockets and netlink, which never leave the machine. Immutable.
 */
final class RoleSockets {
    private static final Set<String> OF_THE_MACHINE = Set.of("unix", "netlink");
    private static final Set<String> INTERNET = Set.of("tcp", "tcp6", "udp", "udp6");
    private static final Set<String> SERVERS = Set.of("daemon", "supervisor");

    /** The ports that a server of Omni's listens at, by TCP. */
    private final Set<String> served;

    /** Among those of one look. */
    RoleSockets(Collection<SocketEntry> sockets) {
        served = sockets.stream()
                .filter(RoleSockets::listens)
                .filter(socket -> socket.owners().stream().anyMatch(owner -> SERVERS.contains(owner.role())))
                .map(socket -> Ports.port(socket.local()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether that owner may have it; of a program that is not Omni's nothing else is expected. */
    boolean expects(SocketEntry socket, SocketEntry.Owner owner) {
        if (owner.role().isEmpty() || OF_THE_MACHINE.contains(socket.protocol()) || unused(socket)) {
            return true;
        }
        if (SERVERS.contains(owner.role())) {
            return tcp(socket) && (listens(socket) || served.contains(Ports.port(socket.local())));
        }
        return switch (owner.role()) {
            case "fetch" -> INTERNET.contains(socket.protocol());
            case "airgap" -> socket.owners().size() > 1; // its copy of another's, to look at it
            default -> false;
        };
    }

    /** What is there and not expected, a line each. */
    List<String> alarms(Collection<SocketEntry> sockets) {
        return sockets.stream()
                .flatMap(socket -> socket.owners().stream()
                        .filter(owner -> !expects(socket, owner))
                        .map(owner -> alarm(socket, owner)))
                .toList();
    }

    private static String alarm(SocketEntry socket, SocketEntry.Owner owner) {
        String who = "role " + owner.role() + " (pid " + owner.pid() + ")";
        String where = socket.local().isEmpty() ? "" : " at " + socket.local();
        return socket.remote().isEmpty() || listens(socket)
                ? who + " has a socket of " + socket.protocol() + where + ", and must not"
                : who + " talks to " + socket.remote() + " by " + socket.protocol() + ", and must not";
    }

    /** A virtual machine makes one to see whether there is IPv6; what sends has an address. */
    private static boolean unused(SocketEntry socket) {
        return INTERNET.contains(socket.protocol())
                && socket.local().isEmpty()
                && socket.remote().isEmpty();
    }

    private static boolean tcp(SocketEntry socket) {
        return socket.protocol().equals("tcp") || socket.protocol().equals("tcp6");
    }

    private static boolean listens(SocketEntry socket) {
        return tcp(socket) && socket.state().equals("LISTEN");
    }
}

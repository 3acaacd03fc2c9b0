package omni.airgap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The sockets of one network namespace as the kernel lists them: those of the internet and Unix sockets by
 * sock_diag, which also has those that nobody has accepted yet, the rest by {@code /proc/net}. No list has all: what is missing is found by the
 * processes' descriptors, and what is hidden from both by the count of all (see {@link Census}).
 *
 * <p>Source: sock_diag(7), proc_pid_net(5). To be used on a thread that is in the namespace.
 */
final class SocketLists {
    /** So that nobody fills this process's memory with sockets of theirs. */
    static final int LINES_MAX = 100_000;

    private static final Path NET = Path.of("/proc/thread-self/net");
    private static final Map<Integer, String> INET = Map.of(
            InetSocket.TCP, "tcp",
            InetSocket.UDP, "udp",
            InetSocket.UDPLITE, "udplite",
            InetSocket.MPTCP, "mptcp",
            InetSocket.SCTP, "sctp");

    private final long namespace;
    private final List<SocketEntry> entries = new ArrayList<>();
    /** Of sockets of SCTP that no process holds, each of which stands in the list once for each of its connections. */
    private final Set<Long> orphans = new HashSet<>();

    private SocketLists(long namespace) {
        this.namespace = namespace;
    }

    /** All that is listed in the namespace of the calling thread, which is the diag's. */
    static List<SocketEntry> read(long namespace, SocketDiag diag, List<UnixSocket> unix) throws AirgapException {
        SocketLists lists = new SocketLists(namespace);
        for (Map.Entry<Integer, String> protocol : INET.entrySet()) {
            for (int family : List.of(Libc.AF_INET, Libc.AF_INET6)) {
                String name = protocol.getValue() + (family == Libc.AF_INET6 ? "6" : "");
                for (InetSocket socket : diag.list(family, protocol.getKey())) {
                    lists.inet(socket, name);
                }
            }
        }
        for (String file : List.of("raw", "raw6", "icmp", "icmp6")) {
            lists.hexTable(file);
        }
        for (UnixSocket socket : unix) {
            lists.entries.add(
                    new SocketEntry(namespace, socket.inode(), "unix", "", socket.name(), "", false, 0, -1, List.of()));
        }
        lists.table("netlink", 9);
        lists.table("packet", 8);
        return lists.entries;
    }

    /** How many sockets there are by the kernel's own count: "sockets: used N" of sockstat. */
    static int used() throws AirgapException {
        for (String line : lines("sockstat")) {
            if (line.startsWith("sockets: used ")) {
                return Integer.parseInt(
                        line.substring("sockets: used ".length()).strip());
            }
        }
        throw new AirgapException("The kernel does not count sockets: no \"used\" in sockstat.");
    }

    /** The kernel's stubs for connections that wait or are over are in the lists, and are no sockets. */
    private void inet(InetSocket socket, String protocol) {
        boolean sctp = socket.protocol() == InetSocket.SCTP; // whose states have numbers of their own
        boolean stub = socket.inode() == 0 && (socket.stub() || socket.state() == InetSocket.SYN_RECV);
        boolean again = sctp && socket.inode() == 0 && !orphans.add(socket.cookie());
        if (sctp ? !again : !stub) {
            entries.add(new SocketEntry(
                    namespace,
                    socket.inode(),
                    protocol,
                    sctp && socket.remotePort() != 0 ? sctpState(socket.state()) : state(socket.state()),
                    address(socket.local(), socket.localPort()),
                    address(socket.remote(), socket.remotePort()),
                    socket.outward(),
                    socket.queuedBytes(),
                    socket.uid(),
                    List.of()));
        }
    }

    private static String state(int number) {
        return switch (number) {
            case 1 -> "ESTAB";
            case 2 -> "SYN-SENT";
            case 3 -> "SYN-RECV";
            case 4 -> "FIN-WAIT-1";
            case 5 -> "FIN-WAIT-2";
            case 6 -> "TIME-WAIT";
            case 7 -> "UNCONN";
            case 8 -> "CLOSE-WAIT";
            case 9 -> "LAST-ACK";
            case 10 -> "LISTEN";
            case 11 -> "CLOSING";
            case 13 -> "BOUND";
            default -> Integer.toString(number);
        };
    }

    /** Of a connection. Source: enum sctp_state in net/sctp/constants.h of the kernel. */
    private static String sctpState(int number) {
        return switch (number) {
            case 1 -> "COOKIE-WAIT";
            case 2 -> "COOKIE-ECHO";
            case 3 -> "ESTAB";
            case 4, 5, 6, 7 -> "SHUTDOWN";
            default -> Integer.toString(number);
        };
    }

    private static String address(InetAddress address, int port) {
        if (address.isAnyLocalAddress()) {
            return port == 0 ? "" : "*:" + port;
        }
        String text = address.getHostAddress();
        return (address instanceof Inet6Address ? "[" + text + "]" : text) + ":" + port;
    }

    /** "sl local rem st tx:rx tr:tm retrnsmt uid timeout inode …", the addresses in hexadecimal words of the machine. */
    private void hexTable(String file) throws AirgapException {
        for (String line : lines(file)) {
            List<String> words = words(line);
            if (words.size() > 9 && words.getFirst().endsWith(":")) {
                InetAddress remote = hexAddress(words.get(2));
                entries.add(new SocketEntry(
                        namespace,
                        Long.parseLong(words.get(9)),
                        file,
                        "",
                        hexAddress(words.get(1)).getHostAddress(),
                        remote.isAnyLocalAddress() ? "" : remote.getHostAddress(),
                        !remote.isAnyLocalAddress() && !remote.isLoopbackAddress(),
                        0,
                        Integer.parseInt(words.get(7)),
                        List.of()));
            }
        }
    }

    private static InetAddress hexAddress(String text) throws AirgapException {
        byte[] bytes = HexFormat.of().parseHex(text.substring(0, text.indexOf(':')));
        for (int word = 0; word < bytes.length; word += 4) { // each word is in the machine's order: little endian
            byte first = bytes[word];
            byte second = bytes[word + 1];
            bytes[word] = bytes[word + 3];
            bytes[word + 1] = bytes[word + 2];
            bytes[word + 2] = second;
            bytes[word + 3] = first;
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AirgapException("The kernel lists an address that is none.", e);
        }
    }

    /** A table with the inode in that column; inode 0 means the kernel's own, those lines are no sockets of anybody. */
    private void table(String file, int column) throws AirgapException {
        for (String line : lines(file)) {
            List<String> words = words(line);
            if (words.size() > column && words.get(column).matches("[1-9]\\d{0,17}")) { // not the heading
                long inode = Long.parseLong(words.get(column));
                entries.add(new SocketEntry(namespace, inode, file, "", "", "", false, 0, -1, List.of()));
            }
        }
    }

    private static List<String> words(String line) {
        return List.of(line.strip().split("\\s+", -1));
    }

    private static List<String> lines(String file) throws AirgapException {
        try (Stream<String> lines = Files.lines(NET.resolve(file), StandardCharsets.ISO_8859_1)) {
            List<String> most = lines.limit(LINES_MAX + 1L).toList();
            if (most.size() > LINES_MAX) {
                throw new AirgapException("There are more than " + LINES_MAX + " sockets in the list " + file
                        + ": too many to look at. End the programs that hold them.");
            }
            return most;
        } catch (NoSuchFileException e) {
            return List.of(); // this kernel has no such family
        } catch (IOException | UncheckedIOException e) {
            throw new AirgapException("The list of sockets " + file + " cannot be read.", e);
        }
    }
}

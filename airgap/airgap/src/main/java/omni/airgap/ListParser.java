package omni.airgap;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.airgap.CensusWire.Kind;

/**
 * Reads the kernel's lists of sockets, and what is said of the processes that hold them, as {@link CensusWire} brings them. All of it is
 * bytes that others have a hand in: whatever they are, it ends with an answer or with an exception that is declared here. Used by the
 * child alone.
 *
 * <p>Source: sock_diag(7), linux/inet_diag.h, linux/unix_diag.h, proc_pid_net(5).
 */
final class ListParser {
    private static final int LINE_BYTES_MAX = 1024;

    private final CensusAnswer answer;
    private Optional<SocketList> list = Optional.empty();
    private boolean namespace;
    /** Of this list. */
    private int lines;

    private int closedEnds;
    private final byte[] line = new byte[LINE_BYTES_MAX];
    private int lineBytes;
    /** Of sockets of SCTP that no process holds, each of which stands in the list once for each of its connections. */
    private final Set<Long> orphans = new HashSet<>();

    private String unit = "";

    ListParser(CensusAnswer answer) {
        this.answer = answer;
    }

    /**
     * One frame of a question.
     *
     * @throws UnreadableException where a list cannot be read
     * @throws IOException where no question has such a frame there
     */
    void take(Kind kind, ByteBuffer body) throws IOException {
        switch (kind) {
            case NAMESPACE -> {
                endNamespace();
                namespace = true;
            }
            case LIST -> begin(body);
            case AGAIN -> again(list.isPresent());
            case PART -> part(list.orElseThrow(() -> new IOException("A part of no list")), body);
            case GROUP -> unit = OwnerFiles.unit(body);
            case COMMAND -> answer.owner(unit, OwnerFiles.role(body));
            case END -> endNamespace();
            case READY, ENTRIES, OWNERS, FAILED -> throw new IOException(kind + " is no part of a question");
        }
    }

    private void begin(ByteBuffer body) throws IOException {
        endList();
        int number = body.hasRemaining() ? Byte.toUnsignedInt(body.get()) : -1;
        if (!namespace || number < 0 || number >= SocketList.count()) {
            throw new IOException("No list has the number " + number);
        }
        list = Optional.of(SocketList.of(number));
        answer.mark();
        reset();
    }

    private void again(boolean something) throws IOException {
        if (!something) {
            throw new IOException("No list to begin anew");
        }
        answer.back();
        reset();
    }

    private void reset() {
        lines = 0;
        lineBytes = 0;
        orphans.clear();
        if (list.isPresent() && list.get().source() == SocketList.Source.UNIX) {
            closedEnds = 0;
        }
    }

    private void endList() throws UnreadableException {
        if (lineBytes > 0) {
            endLine(list.orElseThrow());
        }
        list = Optional.empty();
    }

    private void endNamespace() throws IOException {
        endList();
        if (namespace) {
            answer.namespace(closedEnds);
        }
        closedEnds = 0;
        namespace = false;
    }

    private void part(SocketList of, ByteBuffer body) throws UnreadableException {
        switch (of.source()) {
            case INET -> inet(of, bytes(of, body, InetSocket.MESSAGE_BYTES));
            case UNIX -> unix(of, bytes(of, body, UnixSocket.MESSAGE_BYTES));
            case ADDRESSES, INODES -> text(of, body);
        }
    }

    private byte[] bytes(SocketList of, ByteBuffer body, int least) throws UnreadableException {
        if (body.remaining() < least || ++lines > CensusWire.LINES_MAX) {
            throw new UnreadableException(of);
        }
        byte[] bytes = new byte[body.remaining()];
        body.get(bytes);
        return bytes;
    }

    /** The kernel's stubs for connections that wait or are over are in the lists, and are no sockets. */
    private void inet(SocketList of, byte[] message) throws UnreadableException {
        int family = InetSocket.family(message);
        if (family != Libc.AF_INET && family != Libc.AF_INET6) {
            throw new UnreadableException(of);
        }
        InetSocket socket = InetSocket.read(of.number(), message);
        boolean sctp = socket.protocol() == InetSocket.SCTP; // whose states have numbers of their own
        boolean stub = socket.inode() == 0 && (socket.stub() || socket.state() == InetSocket.SYN_RECV);
        boolean again = sctp && socket.inode() == 0 && !orphans.add(socket.cookie());
        if (sctp ? !again : !stub) {
            answer.socket(
                    of,
                    socket.outward() ? CensusWire.OUTWARD : 0,
                    socket.inode(),
                    socket.queuedBytes(),
                    socket.uid(),
                    sctp && socket.remotePort() != 0 ? sctpState(socket.state()) : state(socket.state()),
                    address(socket.local(), socket.localPort()),
                    address(socket.remote(), socket.remotePort()));
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

    private void unix(SocketList of, byte[] message) throws UnreadableException {
        UnixSocket socket = UnixSocket.read(message);
        if (socket.name().length() > CensusWire.UNIX_NAME_BYTES_MAX) { // a character is a byte or more
            throw new UnreadableException(of);
        }
        closedEnds += socket.closedEnds();
        int flags = socket.waiting() > 0 ? CensusWire.WAITING : 0;
        answer.socket(of, flags, socket.inode(), 0, -1, "", socket.name(), "");
    }

    private void text(SocketList of, ByteBuffer piece) throws UnreadableException {
        while (piece.hasRemaining()) {
            byte next = piece.get();
            if (next == '\n') {
                endLine(of);
            } else if (lineBytes == LINE_BYTES_MAX) {
                throw new UnreadableException(of);
            } else {
                line[lineBytes++] = next;
            }
        }
    }

    private void endLine(SocketList of) throws UnreadableException {
        if (++lines > CensusWire.LINES_MAX + 1) { // and the heading
            throw new UnreadableException(of);
        }
        List<String> words = List.of(new String(line, 0, lineBytes, StandardCharsets.ISO_8859_1)
                .strip()
                .split("\\s+", -1));
        lineBytes = 0;
        try {
            if (of.source() == SocketList.Source.ADDRESSES) {
                addresses(of, words);
            } else {
                inode(of, words);
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException | UnknownHostException e) {
            UnreadableException unreadable = new UnreadableException(of);
            unreadable.addSuppressed(e);
            throw unreadable;
        }
    }

    /** "sl local rem st tx:rx tr:tm retrnsmt uid timeout inode …", the addresses in hexadecimal words of the machine. */
    private void addresses(SocketList of, List<String> words) throws UnreadableException, UnknownHostException {
        if (words.size() > 9 && words.getFirst().endsWith(":")) {
            InetAddress remote = hexAddress(words.get(2));
            boolean outward = !remote.isAnyLocalAddress() && !remote.isLoopbackAddress();
            answer.socket(
                    of,
                    outward ? CensusWire.OUTWARD : 0,
                    inode(words.get(9)),
                    0,
                    Integer.parseInt(words.get(7)),
                    "",
                    hexAddress(words.get(1)).getHostAddress(),
                    remote.isAnyLocalAddress() ? "" : remote.getHostAddress());
        }
    }

    private static long inode(String text) {
        long inode = Long.parseLong(text);
        if (inode < 0) {
            throw new NumberFormatException("No inode is negative");
        }
        return inode;
    }

    private static InetAddress hexAddress(String text) throws UnknownHostException {
        byte[] bytes = HexFormat.of().parseHex(text.substring(0, text.indexOf(':')));
        for (int word = 0; word < bytes.length; word += 4) { // each word is in the machine's order: little endian
            byte first = bytes[word];
            byte second = bytes[word + 1];
            bytes[word] = bytes[word + 3];
            bytes[word + 1] = bytes[word + 2];
            bytes[word + 2] = second;
            bytes[word + 3] = first;
        }
        return InetAddress.getByAddress(bytes);
    }

    /** Inode 0 means the kernel's own: those lines are no sockets of anybody. */
    private void inode(SocketList of, List<String> words) throws UnreadableException {
        int column = of.number();
        if (words.size() > column && words.get(column).matches("[1-9]\\d{0,17}")) { // not the heading
            answer.socket(of, 0, Long.parseLong(words.get(column)), 0, -1, "", "", "");
        }
    }
}

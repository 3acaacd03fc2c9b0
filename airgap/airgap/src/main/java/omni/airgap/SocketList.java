package omni.airgap;

/**
 * A list of sockets that the kernel keeps of a network namespace, under the name that its sockets have in a census. A socket that stands in
 * two of them is what the first says: one of MPTCP stands in the list of TCP, too.
 *
 * <p>Source: sock_diag(7), proc_pid_net(5).
 */
enum SocketList {
    MPTCP("mptcp", Source.INET, Libc.AF_INET, InetSocket.MPTCP),
    MPTCP6("mptcp6", Source.INET, Libc.AF_INET6, InetSocket.MPTCP),
    TCP("tcp", Source.INET, Libc.AF_INET, InetSocket.TCP),
    TCP6("tcp6", Source.INET, Libc.AF_INET6, InetSocket.TCP),
    UDP("udp", Source.INET, Libc.AF_INET, InetSocket.UDP),
    UDP6("udp6", Source.INET, Libc.AF_INET6, InetSocket.UDP),
    UDPLITE("udplite", Source.INET, Libc.AF_INET, InetSocket.UDPLITE),
    UDPLITE6("udplite6", Source.INET, Libc.AF_INET6, InetSocket.UDPLITE),
    SCTP("sctp", Source.INET, Libc.AF_INET, InetSocket.SCTP),
    SCTP6("sctp6", Source.INET, Libc.AF_INET6, InetSocket.SCTP),
    UNIX("unix", Source.UNIX, Libc.AF_UNIX, 0),
    RAW("raw", Source.ADDRESSES, Libc.AF_INET, 0),
    RAW6("raw6", Source.ADDRESSES, Libc.AF_INET6, 0),
    ICMP("icmp", Source.ADDRESSES, Libc.AF_INET, 0),
    ICMP6("icmp6", Source.ADDRESSES, Libc.AF_INET6, 0),
    /** The column of the inode is the tenth. */
    NETLINK("netlink", Source.INODES, Libc.AF_NETLINK, 9),
    /** The column of the inode is the ninth. */
    PACKET("packet", Source.INODES, Libc.AF_PACKET, 8);

    private static final SocketList[] ALL = values();

    private final String protocol;
    private final Source source;
    private final int family;
    private final int number;

    SocketList(String protocol, Source source, int family, int number) {
        this.protocol = protocol;
        this.source = source;
        this.family = family;
        this.number = number;
    }

    /** Where it comes from, and so how it is read. */
    enum Source {
        /** sock_diag, a message a socket: struct inet_diag_msg. */
        INET,
        /** sock_diag, a message a socket: struct unix_diag_msg. */
        UNIX,
        /** A file of /proc/net, a line a socket with its two addresses in hexadecimal words. */
        ADDRESSES,
        /** A file of /proc/net, a line a socket with its inode in a column. */
        INODES
    }

    /** How many there are. */
    static int count() {
        return ALL.length;
    }

    /** The one of that number, which is less than {@link #count}. */
    static SocketList of(int index) {
        return ALL[index];
    }

    /** Its number. */
    @SuppressWarnings("EnumOrdinal") // both who writes and who reads it is of one build
    int index() {
        return ordinal();
    }

    /** What a socket in it is called; the file of that name, where it is one of /proc/net. */
    String protocol() {
        return protocol;
    }

    Source source() {
        return source;
    }

    /** Whether it is a file, with a heading above its lines. */
    boolean isFile() {
        return source == Source.ADDRESSES || source == Source.INODES;
    }

    int family() {
        return family;
    }

    /** IPPROTO_TCP and so on; or the column of the inode, from 0. */
    int number() {
        return number;
    }
}

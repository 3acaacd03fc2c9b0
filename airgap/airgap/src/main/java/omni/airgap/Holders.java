package omni.airgap;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * Who holds which socket, by the descriptors of all processes; and which processes could hold one that no list shows: those
 * with a ring of io_uring, and those with a Unix socket, in whose buffer a descriptor can be parked. Used by one thread.
 *
 * <p>Of what others write it reads the number in "socket:[4711]" itself; the rest is for {@link CensusTalk}.
 *
 * <p>Source: proc_pid_fd(5).
 */
final class Holders {
    private static final byte[] SOCKET = "socket:[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RING = "anon_inode:[io_uring]".getBytes(StandardCharsets.US_ASCII);
    /** A number of ten digits and its NUL. */
    private static final int NAME_BYTES = 16;
    /** "socket:[" and a number of twenty digits; of what is longer the beginning is enough. */
    private static final int TARGET_BYTES = 64;

    /** Longer than that of tens of thousands takes. */
    private static final Hanging INSPECTING = new Hanging("inspect", Duration.ofSeconds(5));

    /** The process that is asked now. */
    private static volatile int asking;

    /** One descriptor of a socket: of a thread with a table of its own, or by the process's number as that. */
    record Held(int pid, int thread, int descriptor) {}

    /** The link that is being read. Copied here, for the roles' compiler reads an array faster than a segment. */
    private final byte[] text = new byte[TARGET_BYTES];

    private final Map<Long, List<Held>> byInode = new HashMap<>();
    private final Set<Integer> rings = new TreeSet<>();
    private final Map<Integer, SocketEntry.Owner> owners = new HashMap<>();

    private Holders() {}

    /** As it is now. */
    static Holders read() {
        Holders holders = new Holders();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            MemorySegment target = arena.allocate(TARGET_BYTES);
            MemorySegment state = Libc.state(arena);
            for (Path process : Processes.numbered(Path.of("/proc"))) {
                holders.descriptors(process, name, target, state);
            }
        }
        return holders;
    }

    /** All of a process; none of one that has ended, or that may not be looked into. */
    private void descriptors(Path process, MemorySegment name, MemorySegment target, MemorySegment state) {
        int pid = Processes.id(process);
        for (Path table : Processes.tables(process, Processes.numbered(process.resolve("task")))) {
            int thread = Processes.id(Objects.requireNonNull(table.getParent(), "within a process's folder"));
            descriptors(pid, thread, table.toString(), name, target, state);
        }
    }

    private void descriptors(
            int pid, int thread, String folder, MemorySegment name, MemorySegment target, MemorySegment state) {
        String[] numbers = new File(folder).list();
        int directory;
        try {
            directory = numbers == null ? -1 : Libc.open(folder);
        } catch (KernelException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Not looked into", e);
            return;
        }
        if (numbers != null) {
            for (String number : numbers) {
                name.setString(0, number);
                int bytes = Libc.readLink(directory, name, target, state);
                note(pid, thread, number, target, bytes);
            }
            Libc.close(directory);
        }
    }

    private void note(int pid, int thread, String number, MemorySegment target, int bytes) {
        MemorySegment.copy(target, ValueLayout.JAVA_BYTE, 0, text, 0, bytes);
        if (bytes > SOCKET.length && Arrays.equals(text, 0, SOCKET.length, SOCKET, 0, SOCKET.length)) {
            long inode = 0;
            for (int i = SOCKET.length; i < bytes - 1; i++) {
                inode = inode * 10 + text[i] - '0';
            }
            byInode.computeIfAbsent(inode, _ -> new ArrayList<>(1))
                    .add(new Held(pid, thread, Integer.parseInt(number)));
        } else if (Arrays.equals(text, 0, bytes, RING, 0, RING.length)) {
            rings.add(pid);
        }
    }

    /** Inodes of all sockets that some process holds, in a set of the caller's own. */
    Set<Long> inodes() {
        return new HashSet<>(byInode.keySet());
    }

    List<Held> of(long inode) {
        return byInode.getOrDefault(inode, List.of());
    }

    /** Whose a socket is, each process once. */
    List<SocketEntry.Owner> owners(long inode) {
        List<Held> held = of(inode);
        return held.size() == 1 // nearly always, and there are thousands
                ? List.of(owner(held.getFirst()))
                : held.stream().map(this::owner).distinct().toList();
    }

    private SocketEntry.Owner owner(Held held) {
        return Objects.requireNonNull(owners.get(held.pid()), "identified before");
    }

    /** Finds out who holds these, before anybody asks whose they are. */
    void identify(Stream<Long> inodes, CensusTalk talk) throws AirgapException {
        Set<Integer> news = new TreeSet<>();
        inodes.forEach(inode -> of(inode).forEach(held -> news.add(held.pid())));
        news.removeAll(owners.keySet());
        if (news.isEmpty()) {
            return;
        }
        List<Integer> pids = List.copyOf(news);
        for (int pid : pids) {
            talk.process(beginning(pid, "cgroup"), beginning(pid, "cmdline"));
        }
        List<CensusTalk.Said> said = talk.said();
        for (int i = 0; i < pids.size(); i++) {
            int pid = pids.get(i);
            owners.put(
                    pid,
                    new SocketEntry.Owner(
                            pid,
                            program(pid),
                            user(pid),
                            said.get(i).unit(),
                            said.get(i).role()));
        }
    }

    /** Processes that could hold a socket that nothing shows, in words. */
    List<String> suspects(Set<Integer> withUnixSockets) {
        List<String> suspects = new ArrayList<>();
        rings.forEach(pid -> suspects.add("pid " + pid + " (" + program(pid) + ") has a ring of io_uring"));
        withUnixSockets.forEach(pid ->
                suspects.add("pid " + pid + " (" + program(pid) + ") has a Unix socket with something in its buffer"));
        return suspects;
    }

    private static Path process(int pid) {
        return Path.of("/proc", Integer.toString(pid));
    }

    private static String program(int pid) {
        return Processes.target(process(pid).resolve("exe")).orElse("");
    }

    private static String user(int pid) {
        try {
            return Files.getOwner(process(pid)).getName();
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    /** As much of it as tells who it is. */
    private static byte[] beginning(int pid, String file) {
        try (InputStream in = Files.newInputStream(process(pid).resolve(file))) {
            return in.readNBytes(CensusWire.FRAME_BYTES_MAX);
        } catch (IOException e) {
            return new byte[0]; // it has ended, or may not be looked at
        }
    }

    /**
     * What unlisted sockets are, by copies of their descriptors: each one's namespace by its inode, and its kind; without those that are gone.
     *
     * @throws AirgapException where a process does not let itself be asked: it is waited for some seconds, by all who ask together
     */
    Map<Long, Map.Entry<Long, String>> inspect(Collection<Long> inodes) throws AirgapException {
        return inodes.isEmpty()
                ? Map.of()
                : inspectWithin(() -> {
                    Map<Long, Map.Entry<Long, String>> found = new TreeMap<>();
                    for (long inode : inodes) {
                        inspect(inode).ifPresent(what -> found.put(inode, what));
                    }
                    return found;
                });
    }

    /** One look at a time: of a process that hangs there is one thread that waits for it, however many look. */
    private static synchronized <T> T inspectWithin(Callable<T> work) throws AirgapException {
        return INSPECTING.await(
                work,
                () -> "Sockets cannot be counted: process " + asking
                        + " does not let itself be asked for what it holds. End it.",
                "Sockets cannot be counted.");
    }

    private Optional<Map.Entry<Long, String>> inspect(long inode) {
        for (Held held : of(inode)) {
            asking = held.pid();
            try {
                return Optional.of(inspect(held));
            } catch (AirgapException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Gone, or out of reach", e);
            }
        }
        return Optional.empty();
    }

    private static Map.Entry<Long, String> inspect(Held held) throws AirgapException {
        int socket = SocketNamespaces.copy(held.pid(), held.thread(), held.descriptor());
        try (Namespace namespace = Namespace.of(Libc.namespaceOf(socket), "of a socket")) {
            return Map.entry(
                    namespace.inode(),
                    kind(
                            Libc.option(socket, Libc.SO_DOMAIN),
                            Libc.option(socket, Libc.SO_TYPE),
                            Libc.option(socket, Libc.SO_PROTOCOL)));
        } finally {
            Libc.close(socket);
        }
    }

    private static String kind(int domain, int type, int protocol) {
        return switch (domain) {
            case Libc.AF_UNIX -> "unix";
            case Libc.AF_NETLINK -> "netlink";
            case Libc.AF_PACKET -> "packet";
            case Libc.AF_VSOCK -> "vsock";
            case Libc.AF_XDP -> "xdp";
            case Libc.AF_INET, Libc.AF_INET6 -> inet(type, protocol) + (domain == Libc.AF_INET6 ? "6" : "");
            default -> "family " + domain;
        };
    }

    private static String inet(int type, int protocol) {
        return switch (protocol) {
            case InetSocket.TCP -> "tcp";
            case InetSocket.UDP -> "udp";
            case InetSocket.UDPLITE -> "udplite";
            case InetSocket.SCTP -> "sctp";
            case InetSocket.MPTCP -> "mptcp";
            default -> type == Libc.SOCK_RAW ? "raw" : "protocol " + protocol;
        };
    }
}

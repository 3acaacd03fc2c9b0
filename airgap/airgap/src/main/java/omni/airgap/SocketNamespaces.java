package omni.airgap;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Network namespaces that no process is in and no file stands for: a socket that some process holds keeps its namespace, links and all,
 * and so does a handle that a thread has in a table of descriptors of its own. For any thread.
 *
 * <p>Source: pidfd_getfd(2), SIOCGSKNS of linux/sockios.h.
 */
final class SocketNamespaces {
    /** Of a process, or of a thread with a table of its own. */
    private static final Pattern DESCRIPTOR = Pattern.compile("/proc/(\\d+)(?:/task/(\\d+))?/fd/(\\d+)");

    private static final String SOCKET = "socket:[";
    private static final Path PROC = Path.of("/proc");
    private static final long SELF = ProcessHandle.current().pid();

    /** Longer than a look at tens of thousands of sockets takes. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Hanging OPENING = new Hanging("socket", PATIENCE);
    private static final SocketNamespaces MACHINE = new SocketNamespaces();

    /** The look that is under way; nothing where the last one has ended. */
    private Optional<FutureTask<Map<Long, List<String>>>> looking = Optional.empty();

    /**
     * Which namespaces the sockets are in, by their inodes: a socket never moves, and no other one gets its number until the kernel's
     * counter has gone round. So each is asked once in its life. Of the last look; that one thread makes at a time.
     */
    private Map<Long, Long> known = Map.of();

    private Map<Long, List<String>> last = Map.of();
    private volatile int asking;

    private SocketNamespaces() {}

    /**
     * What was found.
     *
     * @param namespaces their inodes, and files by which each can be opened
     * @param problem why this may not be all
     */
    private record Found(Map<Long, List<String>> namespaces, Optional<String> problem) {}

    /** Adds these to those that processes use or mounts keep, as further files to open each by; problems get why that may not be all. */
    static Map<Long, List<String>> addTo(Map<Long, List<String>> all, List<String> problems) {
        Found more = MACHINE.look();
        more.problem().ifPresent(problems::add);
        more.namespaces().forEach((inode, files) -> files.forEach(file -> Processes.add(all, inode, file)));
        return all;
    }

    /**
     * Looks. The kernel has whoever asks a process for its descriptors wait while that one is being started, and a program behind a file
     * system can keep it at that for ever: so a thread of its own does it, and is waited for some seconds, once.
     */
    private synchronized Found look() {
        looking = looking.filter(earlier -> !earlier.isDone()); // what it saw may not be so any more
        boolean begun = looking.isPresent();
        FutureTask<Map<Long, List<String>>> look = looking.orElseGet(() -> new FutureTask<>(this::all));
        if (!begun) {
            looking = Optional.of(look);
            Thread.ofPlatform().daemon().name("sockets").start(look);
        }
        try {
            last = look.get(begun ? 0 : PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            looking = Optional.empty();
            return new Found(last, Optional.empty());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Found(last, Optional.of("the sockets of this machine's processes were not asked: interrupted"));
        } catch (TimeoutException e) {
            return new Found(
                    last,
                    Optional.of(
                            "process " + asking + " does not let itself be asked for its sockets: a namespace that a"
                                    + " socket alone keeps may be missed. End that process."));
        } catch (ExecutionException e) {
            looking = Optional.empty();
            return new Found(
                    last, Optional.of("the sockets of this machine's processes were not asked: " + e.getCause()));
        }
    }

    private Map<Long, List<String>> all() {
        Map<Long, List<String>> found = new HashMap<>();
        Map<Long, Long> sockets = new HashMap<>();
        for (Path process : Processes.numbered(PROC)) {
            if (Processes.id(process) != SELF) {
                asking = Processes.id(process);
                List<Path> tables = Processes.tables(process, Processes.numbered(process.resolve("task")));
                for (Path table : tables) {
                    boolean first = table.equals(tables.getFirst()); // of which Processes.all has the handles
                    for (Path descriptor : Processes.entries(table)) {
                        namespace(descriptor, first, sockets)
                                .ifPresent(inode -> Processes.add(found, inode, descriptor.toString()));
                    }
                }
            }
        }
        known = sockets;
        return found;
    }

    private Optional<Long> namespace(Path descriptor, boolean socketsAlone, Map<Long, Long> sockets) {
        String target = Processes.target(descriptor).orElse("");
        if (!target.startsWith(SOCKET)) {
            return socketsAlone || target.isEmpty() ? Optional.empty() : Processes.namespace(descriptor, target);
        }
        long socket = Processes.number(target);
        Optional<Long> namespace = Optional.ofNullable(known.get(socket)).or(() -> ask(descriptor.toString(), socket));
        namespace.ifPresent(inode -> sockets.put(socket, inode));
        return namespace;
    }

    private static Optional<Long> ask(String descriptor, long socket) {
        try {
            int copy = copy(descriptor);
            try {
                if (Libc.identity("/proc/self/fd/" + copy).inode() != socket) {
                    return Optional.empty(); // the number of the descriptor was given to another
                }
                int namespace = Libc.namespaceOf(copy);
                try {
                    return Optional.of(
                            Libc.identity("/proc/self/fd/" + namespace).inode());
                } finally {
                    Libc.close(namespace);
                }
            } finally {
                Libc.close(copy);
            }
        } catch (KernelException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Gone, or out of reach", e);
            return Optional.empty();
        }
    }

    /**
     * A descriptor of the namespace that a socket is in, where the file is a descriptor of another process; waits no longer than a look
     * does, and for one at a time.
     *
     * @throws AirgapException also where that process does not let itself be asked
     */
    static Optional<Integer> open(String file) throws AirgapException {
        return DESCRIPTOR.matcher(file).matches() ? Optional.of(opened(file)) : Optional.empty();
    }

    private static int opened(String file) throws AirgapException {
        return OPENING.await(
                () -> {
                    int copy = copy(file);
                    try {
                        return Libc.namespaceOf(copy);
                    } finally {
                        Libc.close(copy);
                    }
                },
                () -> file
                        + " cannot be asked: that process, or another one, does not let itself be looked at. End it.",
                file + " cannot be asked.");
    }

    private static int copy(String descriptor) throws KernelException {
        Matcher words = DESCRIPTOR.matcher(descriptor);
        if (!words.matches()) {
            throw new IllegalArgumentException(descriptor);
        }
        int pid = Integer.parseInt(words.group(1));
        String thread = words.group(2);
        return copy(pid, thread == null ? pid : Integer.parseInt(thread), Integer.parseInt(words.group(3)));
    }

    /** A copy of another process's descriptor. Needs the right to trace that process. */
    static int copy(int pid, int thread, int descriptor) throws KernelException {
        int process = Libc.process(pid, thread);
        try {
            return Libc.descriptorOf(process, descriptor);
        } finally {
            Libc.close(process);
        }
    }
}

package omni.airgap;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which network namespaces the sockets of other processes are in. A socket keeps its namespace, links and all, when no process
 * is in there any more and no file stands for it: then it alone leads there. For any thread.
 *
 * <p>Source: pidfd_getfd(2), SIOCGSKNS of linux/sockios.h.
 */
final class SocketNamespaces {
    /** Of a process, or of a thread with a table of its own. */
    private static final Pattern DESCRIPTOR = Pattern.compile("/proc/(\\d+)(?:/task/(\\d+))?/fd/(\\d+)");

    /**
     * What the last look found, by the sockets' inodes: a socket never moves, and no other one gets its number until the kernel's
     * counter has gone round. So each is asked once in its life.
     */
    private static volatile Map<Long, Long> before = Map.of();

    private SocketNamespaces() {}

    /** Begins a look at all sockets. */
    static Look look() {
        return new Look();
    }

    /** One look. For one thread. */
    static final class Look {
        private final Map<Long, Long> known = before;
        private final Map<Long, Long> found = new HashMap<>();

        private Look() {}

        /** The inode of the namespace that a socket is in; nothing where it is gone, or that may not be asked. */
        Optional<Long> namespace(String descriptor, long socket) {
            Long namespace = found.get(socket);
            if (namespace == null) {
                namespace = known.containsKey(socket)
                        ? known.get(socket)
                        : ask(descriptor, socket).orElse(null);
            }
            if (namespace != null) {
                found.put(socket, namespace);
            }
            return Optional.ofNullable(namespace);
        }

        /** What was not seen is forgotten. */
        void end() {
            before = found;
        }
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

    /** A descriptor of the namespace that a socket is in, where the file is a descriptor of another process. */
    static Optional<Integer> open(String file) throws KernelException {
        if (!DESCRIPTOR.matcher(file).matches()) {
            return Optional.empty();
        }
        int copy = copy(file);
        try {
            return Optional.of(Libc.namespaceOf(copy));
        } finally {
            Libc.close(copy);
        }
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

package omni.airgap;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import omni.airgap.raw.sockaddr_nl;

/**
 * The calls to Linux that the JDK does not offer, through the C library, each with the error number of its failure.
 * Descriptors are closed on exec. Safe from any thread; {@link #setns}, {@link #unshareNetwork} and {@link Rights} change the calling platform
 * thread alone.
 *
 * <p>Sources: the manual page of the same name, section 2; numbers from asm-generic/socket.h, asm-generic/fcntl.h,
 * linux/sched.h, linux/nsfs.h, asm-generic/mman.h and asm-generic/unistd.h, the same on x86-64 and arm64.
 */
final class Libc {
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;
    static final int AF_VSOCK = 40;
    static final int AF_XDP = 44;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOL_SOCKET = 1;
    static final int SOL_NETLINK = 270;
    static final int SO_RCVBUFFORCE = 33;
    static final int SO_RCVBUF = 8;
    static final int SO_SNDBUF = 7;
    static final int SO_SNDBUFFORCE = 32;
    static final int SO_TYPE = 3;
    static final int SO_PROTOCOL = 38;
    static final int SO_DOMAIN = 39;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_TRUNC = 0x20;
    static final int CLONE_NEWNET = 0x40000000;
    static final int POLLIN = 1;

    private static final int SOCK_CLOEXEC = 0x80000;
    /** A name that comes from another process may by now be a pipe or a terminal: nothing waits for those. */
    private static final int O_RDONLY_CLOEXEC_NONBLOCK_NOCTTY = 0x80000 | 0x800 | 0x100;

    private static final int PRIO_PROCESS = 0;
    private static final long NS_GET_USERNS = 0xb701L;
    private static final long NS_GET_NSTYPE = 0xb703L;
    private static final long SIOCGSKNS = 0x894cL;
    private static final int SO_NETNS_COOKIE = 71;
    private static final int AT_STATX_DONT_SYNC = 0x4000;
    private static final int STATX_INO = 0x100;
    /** Of struct statx (linux/stat.h): its length, and where inode and device stand. */
    private static final int STATX_BYTES = 256;

    private static final int STATX_INO_AT = 32;
    private static final int STATX_DEVICE_AT = 136;
    private static final int MCL_CURRENT_FUTURE_ONFAULT = 1 | 2 | 4;
    private static final int SCHED_OTHER = 0;
    private static final int SCHED_RR = 2;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final long SYS_PIDFD_GETFD = 438;
    private static final long SYS_KCMP = System.getProperty("os.arch").equals("aarch64") ? 272 : 312;
    private static final long KCMP_FILES = 2;
    private static final long PIDFD_THREAD = 0x80;
    /** Of struct pollfd {int fd; short events; short revents;}. */
    private static final int POLLFD_BYTES = 8;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

    private static final MethodHandle SOCKET =
            link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SEND =
            link("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CONNECT =
            link("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RECVFROM = link(
            "recvfrom", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SETSOCKOPT =
            link("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            link("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle OPEN = variadic(2, "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle IOCTL =
            variadic(2, "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle READLINKAT =
            link("readlinkat", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle STATX =
            link("statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SETNS = link("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle UNSHARE = link("unshare", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SETPRIORITY =
            link("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SETSCHEDULER =
            link("sched_setscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MLOCKALL = link("mlockall", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle POLL =
            link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SYSCALL =
            variadic(1, "syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    private Libc() {}

    /** A new socket in the network namespace of the calling thread. */
    static int socket(int domain, int type, int protocol) throws KernelException {
        return call("socket", state -> (int) SOCKET.invokeExact(state, domain, type | SOCK_CLOEXEC, protocol));
    }

    static void bind(int socket, MemorySegment address) throws KernelException {
        int length = Math.toIntExact(address.byteSize());
        var _ = call("bind", state -> (int) BIND.invokeExact(state, socket, address, length));
    }

    static void connect(int socket, MemorySegment address) throws KernelException {
        int length = (int) address.byteSize();
        var _ = call("connect", state -> (int) CONNECT.invokeExact(state, socket, address, length));
    }

    /** Sends it whole, as one datagram. */
    static void send(int socket, MemorySegment data) throws KernelException {
        long bytes = data.byteSize();
        long sent = count("send", state -> (long) SEND.invokeExact(state, socket, data, bytes, 0));
        if (sent != bytes) {
            throw new KernelException("send", KernelException.ENOBUFS);
        }
    }

    /**
     * Receives one datagram and says how long it was, which is more than the buffer where it was cut.
     *
     * @throws KernelException with EAGAIN where none is there and the call is not to wait
     */
    static long receive(int socket, MemorySegment buffer, boolean wait) throws KernelException {
        int flags = MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT);
        long bytes = buffer.byteSize();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sender = arena.allocate(sockaddr_nl.layout());
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) sender.byteSize());
            while (true) {
                long received = count("recvfrom", state ->
                        (long) RECVFROM.invokeExact(state, socket, buffer, bytes, flags, sender, length));
                if (sockaddr_nl.nl_pid(sender) == 0) {
                    return received;
                } // else somebody who plays the kernel, to a group that this listens to: passed over
            }
        }
    }

    static void option(int socket, int level, int name, int value) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocateFrom(JAVA_INT, value);
            var _ = call("setsockopt", state -> (int) SETSOCKOPT.invokeExact(state, socket, level, name, data, 4));
        }
    }

    /** Opens a file to read. */
    static int open(String path) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            return call("open " + path, state -> (int) OPEN.invokeExact(state, name, O_RDONLY_CLOEXEC_NONBLOCK_NOCTTY));
        }
    }

    /**
     * What a symbolic link in that directory says, in the buffer: so many bytes, or none where it is gone. For ten thousand
     * of them, which Java's own way makes paths and strings of.
     *
     * @param name with its final NUL
     */
    static int readLink(int directory, MemorySegment name, MemorySegment buffer, MemorySegment state) {
        long bytes = buffer.byteSize();
        return (int) Math.max(
                0,
                Libc.<RuntimeException>unchecked(
                        into -> (long) READLINKAT.invokeExact(into, directory, name, buffer, bytes), state));
    }

    /** Room for what a call says of its failure, as {@link #readLink} wants it. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    /** A file, whatever its names: no two of a running machine have both numbers in common. */
    record Identity(long device, long inode) {}

    /** What an absolute path leads to, by what the kernel knows: no server and no program behind a file system is asked. */
    static Identity identity(String path) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            MemorySegment found = arena.allocate(STATX_BYTES, Long.BYTES);
            var _ = call("statx " + path, state ->
                    (int) STATX.invokeExact(state, -1, name, AT_STATX_DONT_SYNC, STATX_INO, found));
            return new Identity(found.get(JAVA_LONG, STATX_DEVICE_AT), found.get(JAVA_LONG, STATX_INO_AT));
        }
    }

    /** Closes it; what the kernel says of that helps nobody. */
    static void close(int descriptor) {
        try {
            var _ = call("close", state -> (int) CLOSE.invokeExact(state, descriptor));
        } catch (KernelException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "A descriptor did not close", e);
        }
    }

    /** Moves the calling platform thread into that network namespace, for good. */
    static void setns(int namespace) throws KernelException {
        var _ = call("setns", state -> (int) SETNS.invokeExact(state, namespace, CLONE_NEWNET));
    }

    /** Moves the calling platform thread into a new network namespace, for good. */
    static void unshareNetwork() throws KernelException {
        var _ = call("unshare", state -> (int) UNSHARE.invokeExact(state, CLONE_NEWNET));
    }

    /**
     * Puts a thread, and those that it starts from now on, before all that are not real-time threads (SCHED_RR of the lowest priority,
     * sched(7)). Needs CAP_SYS_NICE, or RLIMIT_RTPRIO of at least 1.
     */
    static void realTime(int thread) throws KernelException {
        schedule(thread, SCHED_RR, 1);
    }

    /**
     * Puts a thread, and those that it starts from now on, among the others, with a nice value of -20 to 19. A lower value than
     * it has needs CAP_SYS_NICE, or RLIMIT_NICE.
     */
    static void ordinary(int thread, int nice) throws KernelException {
        schedule(thread, SCHED_OTHER, 0);
        var _ = call("setpriority", state -> (int) SETPRIORITY.invokeExact(state, PRIO_PROCESS, thread, nice));
    }

    private static void schedule(int thread, int policy, int priority) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment parameter = arena.allocateFrom(JAVA_INT, priority); // sched_param
            var _ = call(
                    "sched_setscheduler", state -> (int) SETSCHEDULER.invokeExact(state, thread, policy, parameter));
        }
    }

    /**
     * Keeps every page of this process that is in memory there, and every other one from when it is first used on; none is
     * fetched for that. What the process maps past RLIMIT_MEMLOCK from then on is refused, but to who has CAP_IPC_LOCK.
     */
    static void lockMemory() throws KernelException {
        var _ = call("mlockall", state -> (int) MLOCKALL.invokeExact(state, MCL_CURRENT_FUTURE_ONFAULT));
    }

    /** A descriptor of the user namespace that owns this namespace. */
    static int owner(int namespace) throws KernelException {
        return call("ioctl NS_GET_USERNS", state -> (int) IOCTL.invokeExact(state, namespace, NS_GET_USERNS, 0L));
    }

    /** Whether that is a network namespace. */
    static boolean isNetwork(int namespace) {
        try {
            return call("ioctl NS_GET_NSTYPE", state -> (int) IOCTL.invokeExact(state, namespace, NS_GET_NSTYPE, 0L))
                    == CLONE_NEWNET;
        } catch (KernelException e) {
            return false; // ENOTTY: not a namespace at all
        }
    }

    /** A descriptor of the network namespace that a socket lives in. Needs CAP_NET_ADMIN there. */
    static int namespaceOf(int socket) throws KernelException {
        return call("ioctl SIOCGSKNS", state -> (int) IOCTL.invokeExact(state, socket, SIOCGSKNS, 0L));
    }

    /** A descriptor of a process, or of one of its threads, which kernels before 6.9 do not give. */
    static int process(int pid, int thread) throws KernelException {
        long flags = thread == pid ? 0 : PIDFD_THREAD;
        return Math.toIntExact(count(
                "pidfd_open", state -> (long) SYSCALL.invokeExact(state, SYS_PIDFD_OPEN, (long) thread, flags, 0L)));
    }

    /** Whether two threads share their descriptors (kcmp(2)); so it is taken to be where the kernel does not say. */
    static boolean shareDescriptors(int one, int other) {
        try {
            return count("kcmp", state ->
                            (long) SYSCALL.invokeExact(state, SYS_KCMP, (long) one, (long) other, KCMP_FILES))
                    == 0;
        } catch (KernelException e) {
            return true;
        }
    }

    /** The number of the network namespace that a socket is in: no other one gets it until the machine starts again (SO_NETNS_COOKIE). */
    static long namespaceCookie(int socket) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(JAVA_LONG);
            MemorySegment length = arena.allocate(JAVA_INT);
            length.set(JAVA_INT, 0, Long.BYTES);
            var _ = call("getsockopt", state ->
                    (int) GETSOCKOPT.invokeExact(state, socket, SOL_SOCKET, SO_NETNS_COOKIE, data, length));
            return data.get(JAVA_LONG, 0);
        }
    }

    /** An option of a socket that is a number, such as SO_DOMAIN. */
    static int option(int socket, int name) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(JAVA_INT);
            MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
            var _ = call(
                    "getsockopt", state -> (int) GETSOCKOPT.invokeExact(state, socket, SOL_SOCKET, name, data, length));
            return data.get(JAVA_INT, 0);
        }
    }

    /** A copy of another process's descriptor. Needs the right to trace that process. */
    static int descriptorOf(int process, int descriptor) throws KernelException {
        return Math.toIntExact(count("pidfd_getfd", state ->
                (long) SYSCALL.invokeExact(state, SYS_PIDFD_GETFD, (long) process, (long) descriptor, 0L)));
    }

    /**
     * Waits until one of the descriptors has something to read.
     *
     * @param millis longest wait; -1 for ever
     * @return which of them have, in the order given
     */
    static boolean[] readable(int[] descriptors, int millis) throws KernelException {
        boolean[] ready = new boolean[descriptors.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polls = arena.allocate((long) POLLFD_BYTES * Math.max(1, descriptors.length), 4);
            for (int i = 0; i < descriptors.length; i++) {
                polls.set(JAVA_INT, (long) i * POLLFD_BYTES, descriptors[i]);
                polls.set(JAVA_SHORT, (long) i * POLLFD_BYTES + 4, (short) POLLIN);
            }
            long count = descriptors.length;
            try {
                var _ = call("poll", state -> (int) POLL.invokeExact(state, polls, count, millis));
            } catch (KernelException e) {
                if (e.errno() == KernelException.EINTR) {
                    return ready;
                }
                throw e;
            }
            for (int i = 0; i < descriptors.length; i++) {
                ready[i] = polls.get(JAVA_SHORT, (long) i * POLLFD_BYTES + 6) != 0;
            }
        }
        return ready;
    }

    /** What a thread gives up of its rights, for itself and all that it starts; linked when it is first needed. */
    static final class Rights {
        private static final int PR_CAPBSET_DROP = 24;
        private static final int PR_SET_NO_NEW_PRIVS = 38;
        private static final int CAPABILITY_VERSION_3 = 0x20080522;
        /** Twice the effective, permitted and inheritable set, 32 bits each. */
        private static final int CAPABILITY_INTS = 6;

        private static final MethodHandle PRCTL = variadic(
                1, "prctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        private static final MethodHandle CAPSET = link("capset", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

        private static final int CAP_IPC_LOCK = 14;

        private Rights() {}

        /**
         * Takes a capability out of the bounding set. Needs CAP_SETPCAP.
         *
         * @throws KernelException with EINVAL where none has that number
         */
        static void unbind(int capability) throws KernelException {
            prctl(PR_CAPBSET_DROP, capability);
        }

        /** From now on no program that is started has more rights than who starts it. */
        static void noNewPrivileges() throws KernelException {
            prctl(PR_SET_NO_NEW_PRIVS, 1);
        }

        /** Empties the effective, permitted and inheritable set, and with them the ambient one. */
        static void noCapabilities() throws KernelException {
            capabilities(0);
        }

        /**
         * As {@link #noCapabilities}, but for CAP_IPC_LOCK, which is no program's that this thread starts.
         *
         * @throws KernelException with EPERM where it has not got that
         */
        static void lockMemoryAlone() throws KernelException {
            capabilities(1 << CAP_IPC_LOCK);
        }

        /** Of the first 32, effective and permitted. */
        private static void capabilities(int kept) throws KernelException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment header = arena.allocateFrom(JAVA_INT, CAPABILITY_VERSION_3, 0); // of this thread
                MemorySegment sets = arena.allocate(JAVA_INT, CAPABILITY_INTS);
                sets.setAtIndex(JAVA_INT, 0, kept);
                sets.setAtIndex(JAVA_INT, 1, kept);
                var _ = call("capset", state -> (int) CAPSET.invokeExact(state, header, sets));
            }
        }

        private static void prctl(int option, long value) throws KernelException {
            var _ = call("prctl", state -> (int) PRCTL.invokeExact(state, option, value, 0L, 0L, 0L));
        }
    }

    /** One call of a C function by its handle. A handle of a C function throws nothing, though its type says so. */
    private interface Invocation<E extends Throwable> {
        long call(MemorySegment state) throws E;
    }

    private static int call(String name, Invocation<Throwable> invocation) throws KernelException {
        return (int) count(name, invocation);
    }

    private static long count(String name, Invocation<Throwable> invocation) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long answer = Libc.<RuntimeException>unchecked(invocation, state);
            if (answer < 0) {
                throw new KernelException(name, (int) ERRNO.get(state, 0L));
            }
            return answer;
        }
    }

    @SuppressWarnings("unchecked") // the type parameter is erased: what is thrown goes on as it is
    private static <E extends Throwable> long unchecked(Invocation<?> invocation, MemorySegment state) throws E {
        return ((Invocation<E>) invocation).call(state);
    }

    private static MethodHandle link(String function, FunctionDescriptor type, Linker.Option... more) {
        Linker linker = Linker.nativeLinker();
        Linker.Option[] options = new Linker.Option[more.length + 1];
        System.arraycopy(more, 0, options, 1, more.length);
        options[0] = Linker.Option.captureCallState("errno");
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), type, options);
    }

    /** Of a function that has variadic arguments from that one on. */
    private static MethodHandle variadic(int first, String function, FunctionDescriptor type) {
        return link(function, type, Linker.Option.firstVariadicArg(first));
    }
}

package omni.role;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The few calls to the C library that the JDK does not offer, through the foreign function interface. Linux on x86-64
 * and arm64, and macOS on arm64; what a system does not have answers false. Safe from any thread.
 *
 * <p>Sources: prctl(2), _exit(2), setpgid(2), getppid(2), kill(2), setrlimit(2), ioctl_ficlone(2); numbers from linux/prctl.h, asm-generic/resource.h
 * and asm-generic/signal.h, which agree on all three systems where they are used.
 */
public final class Native {
    private static final boolean LINUX =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int RLIMIT_CORE = 4;
    private static final int RLIMIT_MEMLOCK = 8;
    private static final int RLIMIT_NICE = 13;
    private static final int RLIMIT_RTPRIO = 14;
    private static final int SIGKILL = 9;

    private Native() {}

    /** Moves this process into a process group of its own, so that a terminal's Ctrl-C is not meant for it. */
    public static boolean ownProcessGroup() {
        return invoke(() -> (int) Calls.SETPGID.invokeExact(0, 0)) == 0;
    }

    /**
     * Ends this process at once, whatever its threads are at (_exit(2)), and does not return. Runtime.halt waits for those in native
     * code, 300 ms at most, and all that time what is in memory stays there.
     */
    static void exit(int code) {
        try {
            invoke(() -> {
                Calls.EXIT.invokeExact(code);
                return 0;
            });
        } finally { // where the C library has none
            Runtime.getRuntime().halt(code);
        }
    }

    /** The process that started this one, or that has adopted it since. */
    public static long parentPid() {
        return invoke(() -> (int) Calls.GETPPID.invokeExact());
    }

    /**
     * Asks the kernel to kill this process when the thread that started it ends. False where the kernel has no such
     * thing. A parent that died before the call is not noticed: compare {@link #parentPid()} afterwards.
     */
    public static boolean dieWithParent() {
        return LINUX && Prctl.set(PR_SET_PDEATHSIG, SIGKILL);
    }

    /**
     * Forbids a core dump of this process, be it to a file (by its size limit) or to a program (by the dumpable flag,
     * which also keeps other processes of the same user out of its memory). True where both hold.
     */
    public static boolean forbidCoreDump() {
        return none(RLIMIT_CORE) && (!LINUX || Prctl.set(PR_SET_DUMPABLE, 0));
    }

    /**
     * Gives up, for good, what this process's limits let it do at the cost of others: real-time threads, nice values below zero, and
     * locked memory. True where all three are given up, and where the system is not Linux.
     */
    public static boolean renounceUrgency() {
        return !LINUX || (none(RLIMIT_RTPRIO) && none(RLIMIT_NICE) && none(RLIMIT_MEMLOCK));
    }

    private static boolean none(int resource) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(JAVA_LONG, 2); // struct rlimit: soft and hard limit, both zero
            return invoke(() -> (int) Calls.SETRLIMIT.invokeExact(resource, limit)) == 0;
        }
    }

    /**
     * Proportional set size of this process in bytes (proc_pid_smaps(5), smaps_rollup): what it would free by ending, with
     * its share of what others map too. Nothing where the host does not tell. Takes milliseconds.
     */
    public static OptionalLong pssBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return OptionalLong.empty();
        }
    }

    /** Sends SIGKILL to the process group; false where there is none. The group is more than 1. */
    public static boolean killGroup(long group) {
        return group > 1 && send(Math.toIntExact(-group), SIGKILL);
    }

    /**
     * Makes a new file that shares its blocks with another until one of the two is written (ioctl_ficlone(2)). False
     * where the file system cannot, the two are on different ones, or the new file is there already; nothing is left
     * then.
     */
    public static boolean shareBlocks(Path from, Path to) {
        return LINUX && Clone.file(from, to);
    }

    private static boolean send(int target, int signal) {
        return invoke(() -> (int) Kill.KILL.invokeExact(target, signal)) == 0;
    }

    /** One call of a C function by its handle. A handle of a C function throws nothing, though its type says so. */
    interface Invocation<E extends Throwable> {
        int call() throws E;
    }

    static int invoke(Invocation<Throwable> invocation) {
        return Native.<RuntimeException>unchecked(invocation);
    }

    @SuppressWarnings("unchecked") // the type parameter is erased: what is thrown goes on as it is
    private static <E extends Throwable> int unchecked(Invocation<?> invocation) throws E {
        return ((Invocation<E>) invocation).call();
    }

    /** The handles, linked when first needed: a class of its own so that nothing is linked before. */
    private static final class Calls {
        private static final MethodHandle SETPGID =
                link("setpgid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        private static final MethodHandle GETPPID = link("getppid", FunctionDescriptor.of(JAVA_INT));
        private static final MethodHandle SETRLIMIT =
                link("setrlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

        private static final MethodHandle EXIT = link("_exit", FunctionDescriptor.ofVoid(JAVA_INT));

        private Calls() {}
    }

    /** A function of the C library. */
    static MethodHandle link(String function, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), type, options);
    }

    /** kill(2), which only a supervisor needs. */
    private static final class Kill {
        private static final MethodHandle KILL = link("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

        private Kill() {}
    }

    /** prctl(2), which only Linux has: int prctl(int, ...), all further arguments unsigned long. */
    private static final class Prctl {
        private static final MethodHandle PRCTL = link(
                "prctl",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(1));

        private Prctl() {}

        static boolean set(int option, long value) {
            return invoke(() -> (int) PRCTL.invokeExact(option, value, 0L, 0L, 0L)) == 0;
        }
    }

    /** open(2), ioctl(2) and close(2), with Linux's numbers from asm-generic/fcntl.h and linux/fs.h. */
    private static final class Clone {
        private static final int O_WRONLY_CREAT_EXCL_CLOEXEC = 0x1 | 0x40 | 0x80 | 0x80000;
        private static final int O_CLOEXEC = 0x80000;
        private static final int OWNER_ONLY = 0600;
        private static final long FICLONE = 0x40049409L;
        private static final MethodHandle OPEN = link(
                "open",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        private static final MethodHandle IOCTL = link(
                "ioctl",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        private static final MethodHandle UNLINK = link("unlink", FunctionDescriptor.of(JAVA_INT, ADDRESS));

        private Clone() {}

        static boolean file(Path from, Path to) {
            try (Arena arena = Arena.ofConfined()) {
                int source = open(arena.allocateFrom(from.toString()), O_CLOEXEC);
                if (source < 0) {
                    return false;
                }
                MemorySegment name = arena.allocateFrom(to.toString());
                int target = open(name, O_WRONLY_CREAT_EXCL_CLOEXEC);
                boolean shared = target >= 0 && invoke(() -> (int) IOCTL.invokeExact(target, FICLONE, source)) == 0;
                boolean sourceClosed = close(source);
                boolean closed = (target < 0 || close(target)) && sourceClosed;
                if (target >= 0 && !(shared && closed)) {
                    invoke(() -> (int) UNLINK.invokeExact(name));
                }
                return shared && closed;
            }
        }

        private static int open(MemorySegment name, int flags) {
            return invoke(() -> (int) OPEN.invokeExact(name, flags, OWNER_ONLY));
        }

        private static boolean close(int descriptor) {
            return invoke(() -> (int) CLOSE.invokeExact(descriptor)) == 0;
        }
    }
}

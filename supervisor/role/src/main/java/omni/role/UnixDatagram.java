package omni.role;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.VarHandle;

/**
 * One datagram to a Unix socket through libc: socket(2), sendto(2), close(2). The JDK has Unix stream sockets only.
 * The constants are Linux's, the same on every architecture that Omni runs on.
 */
final class UnixDatagram {
    /** Bytes of {@code sun_path} in {@code sys/un.h} on Linux. */
    static final int NAME_BYTES_MAX = 108;

    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int EIO = 5;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final Socket SOCKET =
            bind("socket", Socket.class, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final SendTo SENDTO = bind(
            "sendto",
            SendTo.class,
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final Close CLOSE = bind("close", Close.class, FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private UnixDatagram() {}

    /**
     * Sends {@code message} and waits until the receiver's queue has it.
     *
     * @param name the bytes of {@code sun_path} without a final NUL; a first byte of 0 means the abstract space
     * @return 0, or the errno of the call that failed
     */
    static int send(byte[] name, byte[] message) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int fd = SOCKET.call(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            if (fd < 0) {
                return errno(state);
            }
            // struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; }, zeroed by the arena. The length that
            // counts is the name's own, with the final NUL of a path: an abstract name is not padded.
            MemorySegment address = arena.allocate(2 + NAME_BYTES_MAX, 2);
            address.set(JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
            int addressBytes = 2 + name.length + (name[0] == 0 ? 0 : 1);
            MemorySegment data = arena.allocateFrom(JAVA_BYTE, message);
            long sent = SENDTO.call(state, fd, data, message.length, MSG_NOSIGNAL, address, addressBytes);
            int failed = sent < 0 ? errno(state) : sent == message.length ? 0 : EIO;
            int closed = CLOSE.call(state, fd);
            return failed == 0 && closed != 0 ? errno(state) : failed;
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** A libc function as an interface of one method (a public one: the proxy needs that) that throws nothing. */
    private static <T> T bind(String function, Class<T> type, FunctionDescriptor signature) {
        Linker linker = Linker.nativeLinker();
        return MethodHandleProxies.asInterfaceInstance(
                type,
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow(function),
                        signature,
                        Linker.Option.captureCallState("errno")));
    }

    /** int socket(int domain, int type, int protocol). */
    @FunctionalInterface
    public interface Socket {
        int call(MemorySegment state, int domain, int type, int protocol);
    }

    /** ssize_t sendto(int fd, const void* data, size_t bytes, int flags, const struct sockaddr*, socklen_t). */
    @FunctionalInterface
    public interface SendTo {
        long call(
                MemorySegment state, int fd, MemorySegment data, long bytes, int flags, MemorySegment to, int toBytes);
    }

    /** int close(int fd). */
    @FunctionalInterface
    public interface Close {
        int call(MemorySegment state, int fd);
    }
}

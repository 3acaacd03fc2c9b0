package omni.role;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandleProxies;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The receiving end of sd_notify: a bound Unix datagram socket, read with a deadline of ten seconds. */
final class FakeServiceManager implements AutoCloseable {
    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 0x80002;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int DEADLINE_SECONDS = 10;
    private static final int MESSAGE_BYTES_MAX = 8192;

    private static final Three SOCKET =
            bind("socket", Three.class, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final Bind BIND =
            bind("bind", Bind.class, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final Option OPTION = bind(
            "setsockopt",
            Option.class,
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final Receive RECEIVE =
            bind("recv", Receive.class, FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final One CLOSE = bind("close", One.class, FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final String name;
    private final int fd;

    private FakeServiceManager(String name, int fd) {
        this.name = name;
        this.fd = fd;
    }

    /** Binds {@code name}: a path, or '@' and a name in the abstract space. */
    static FakeServiceManager at(String name) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = SOCKET.call(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
            byte[] path = name.getBytes(StandardCharsets.UTF_8);
            boolean isAbstract = path[0] == '@';
            if (isAbstract) {
                path[0] = 0;
            }
            MemorySegment address = arena.allocate(110, 2);
            address.set(JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(path, 0, address, JAVA_BYTE, 2, path.length);
            MemorySegment timeval = arena.allocate(16, 8);
            timeval.set(JAVA_LONG, 0, DEADLINE_SECONDS);
            if (fd < 0
                    || BIND.call(fd, address, 2 + path.length + (isAbstract ? 0 : 1)) != 0
                    || OPTION.call(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, 16) != 0) {
                throw new AssertionError("cannot bind " + name);
            }
            return new FakeServiceManager(name, fd);
        }
    }

    /** What to put into NOTIFY_SOCKET. */
    String name() {
        return name;
    }

    /** The next datagram. */
    String receive() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(MESSAGE_BYTES_MAX);
            long bytes = RECEIVE.call(fd, data, MESSAGE_BYTES_MAX, 0);
            if (bytes < 0) {
                throw new AssertionError("no message within " + DEADLINE_SECONDS + " s");
            }
            return new String(data.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    /** How many descriptors this process has open. */
    static long openDescriptors() {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return list.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        CLOSE.call(fd);
    }

    private static <T> T bind(String function, Class<T> type, FunctionDescriptor signature) {
        Linker linker = Linker.nativeLinker();
        return MethodHandleProxies.asInterfaceInstance(
                type, linker.downcallHandle(linker.defaultLookup().findOrThrow(function), signature));
    }

    /** A function of one int. */
    @FunctionalInterface
    public interface One {
        int call(int fd);
    }

    /** A function of three ints. */
    @FunctionalInterface
    public interface Three {
        int call(int a, int b, int c);
    }

    /** int bind(int, const struct sockaddr*, socklen_t). */
    @FunctionalInterface
    public interface Bind {
        int call(int fd, MemorySegment address, int addressBytes);
    }

    /** int setsockopt(int, int, int, const void*, socklen_t). */
    @FunctionalInterface
    public interface Option {
        int call(int fd, int level, int option, MemorySegment value, int valueBytes);
    }

    /** ssize_t recv(int, void*, size_t, int). */
    @FunctionalInterface
    public interface Receive {
        long call(int fd, MemorySegment data, long dataBytes, int flags);
    }
}

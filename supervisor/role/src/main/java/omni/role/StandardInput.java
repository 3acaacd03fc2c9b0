package omni.role;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Lends descriptor 0 of this process, so that a child gets a socket of ours as its standard input: the JDK passes on no other
 * descriptor than 0, 1 and 2, and tells the number of none. Linux and macOS: dup(2), close(2), getsockname(2), ip(7), unix(7).
 */
public final class StandardInput {
    /** How many descriptors are looked at: far more than a supervisor has. */
    static final int DESCRIPTORS_MAX = 4096;

    private static final boolean MAC =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    /** Bytes of struct sockaddr_storage. */
    private static final int ADDRESS_BYTES = 128;

    private static final int PORT_AT = 2;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = MAC ? 30 : 10;

    private static final MethodHandle DUP = Native.link("dup", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle DUP2 = Native.link("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = Native.link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle GETSOCKNAME =
            Native.link("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

    /** What starts a child. */
    @FunctionalInterface
    public interface Start<T> {
        /** Returns when the child has been started. */
        T run() throws IOException;
    }

    private StandardInput() {}

    /** The descriptor of this process's IP socket on that local port; nothing where there is none. */
    public static OptionalInt socketOn(int port) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_BYTES, Integer.BYTES);
            MemorySegment bytes = arena.allocate(JAVA_INT);
            for (int descriptor = 0; descriptor < DESCRIPTORS_MAX; descriptor++) {
                int number = descriptor;
                bytes.set(JAVA_INT, 0, ADDRESS_BYTES);
                if (Native.invoke(() -> (int) GETSOCKNAME.invokeExact(number, address, bytes)) == 0
                        && isOn(address, port)) {
                    return OptionalInt.of(descriptor);
                }
            }
        }
        return OptionalInt.empty();
    }

    /** sin_port and sin6_port are in one place; sin_family is two bytes on Linux, and one after the length on macOS. */
    private static boolean isOn(MemorySegment address, int port) {
        int family = address.get(JAVA_BYTE, MAC ? 1 : 0);
        return (family == AF_INET || family == AF_INET6)
                && unsigned(address, PORT_AT) << Byte.SIZE == (port & 0xff00)
                && unsigned(address, PORT_AT + 1) == (port & 0xff);
    }

    private static int unsigned(MemorySegment bytes, int at) {
        return Byte.toUnsignedInt(bytes.get(JAVA_BYTE, at));
    }

    /**
     * Runs that while standard input is the socket, for a child that inherits it, and gives back what it was. Nothing else of
     * this process may read standard input or start a child that inherits it meanwhile.
     *
     * @throws IOException what the start throws, or where the descriptor is none
     */
    public static synchronized <T> T lend(int descriptor, Start<T> start) throws IOException {
        int own = Native.invoke(() -> (int) DUP.invokeExact(0)); // -1 where it is closed
        if (Native.invoke(() -> (int) DUP2.invokeExact(descriptor, 0)) < 0) {
            close(own);
            throw new IOException("Descriptor " + descriptor + " cannot be lent as standard input");
        }
        try {
            return start.run();
        } finally {
            if (own < 0) {
                close(0);
            } else {
                giveBack(own);
            }
        }
    }

    private static void giveBack(int own) {
        if (Native.invoke(() -> (int) DUP2.invokeExact(own, 0)) < 0) {
            System.getLogger("omni.role").log(System.Logger.Level.WARNING, "Standard input could not be given back");
        }
        close(own);
    }

    private static void close(int descriptor) {
        if (Native.invoke(() -> (int) CLOSE.invokeExact(descriptor)) < 0) {
            System.getLogger("omni.role").log(System.Logger.Level.DEBUG, "A descriptor was closed already");
        }
    }
}

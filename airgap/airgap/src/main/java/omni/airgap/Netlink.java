package omni.airgap;

import java.io.Closeable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.nlmsgerr;
import omni.airgap.raw.nlmsghdr;
import omni.airgap.raw.sockaddr_nl;

/**
 * A netlink socket of one network namespace. Requests go one at a time ({@code synchronized}); a socket that listens to
 * groups is for {@link #events} alone.
 *
 * <p>Source: netlink(7), linux/netlink.h.
 */
final class Netlink implements Closeable {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int BUFFER_OF_THE_KERNEL_BYTES = 8 << 20;
    private static final int HEADER_BYTES = (int) nlmsghdr.sizeof();
    private static final int LENGTH_AT = (int) nlmsghdr.nlmsg_len$offset();
    private static final int TYPE_AT = (int) nlmsghdr.nlmsg_type$offset();
    private static final int FLAGS_AT = (int) nlmsghdr.nlmsg_flags$offset();
    private static final int SEQUENCE_AT = (int) nlmsghdr.nlmsg_seq$offset();
    /** Datagrams of one turn: what is left is there at the next, so that one namespace does not hold up the others. */
    private static final int EVENTS_MAX = 1000;

    private static final int DRAINED_MAX = 100_000;
    private static final int DUMPS_MAX = 20;

    private final int socket;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, 8);
    /** The same memory: the compiler that roles have reads it several times faster so. */
    private final ByteBuffer bytes = buffer.asByteBuffer().order(ByteOrder.nativeOrder());

    private final AtomicBoolean closed = new AtomicBoolean();

    private Netlink(int socket) {
        this.socket = socket;
    }

    /** One message from the kernel: its type, and what stands behind the header. Valid until the handler returns. */
    record Message(int type, int flags, MemorySegment body) {}

    /** What takes messages, one at a time. */
    @FunctionalInterface
    interface Handler {
        void take(Message message);
    }

    /** A message that the kernel refused: which of the datagram, from 1, and why. */
    record Refusal(int message, int errno) {}

    /** Opens one in the namespace of the calling thread. The groups are what it listens to. */
    static Netlink open(int protocol, int... groups) throws KernelException {
        int socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW, protocol);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(sockaddr_nl.layout());
            sockaddr_nl.nl_family(address, (short) Libc.AF_NETLINK);
            Libc.bind(socket, address);
            // With the kernel, at number 0, and nobody else: a process could send messages that look like its.
            Libc.connect(socket, address);
            Libc.option(socket, Libc.SOL_NETLINK, Kernel.NETLINK_CAP_ACK(), 1);
            enlarge(socket, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF);
            enlarge(socket, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF);
            for (int group : groups) {
                Libc.option(socket, Libc.SOL_NETLINK, Kernel.NETLINK_ADD_MEMBERSHIP(), group);
            }
            return new Netlink(socket);
        } catch (KernelException e) {
            Libc.close(socket);
            throw e;
        }
    }

    /** So that ten thousand answers, or links, have room; without the right to it, as much as anybody gets. */
    private static void enlarge(int socket, int force, int plain) throws KernelException {
        try {
            Libc.option(socket, Libc.SOL_SOCKET, force, BUFFER_OF_THE_KERNEL_BYTES);
        } catch (KernelException e) {
            if (e.errno() != KernelException.EPERM) {
                throw e;
            }
            Libc.option(socket, Libc.SOL_SOCKET, plain, BUFFER_OF_THE_KERNEL_BYTES);
        }
    }

    int descriptor() {
        return socket;
    }

    /** Sends and waits for nothing: what the kernel answers is left for {@link #drain}. */
    synchronized void send(MemorySegment datagram) throws KernelException {
        Libc.send(socket, datagram);
    }

    /** Sends messages that each want an acknowledgement, and returns those that were refused. */
    List<Refusal> tell(Datagram datagram) throws KernelException {
        return tell(datagram, datagram.messages());
    }

    /** The same, where only so many of them want one. A transaction that fails as a whole may answer only once. */
    synchronized List<Refusal> tell(Datagram datagram, int acknowledgements) throws KernelException {
        MemorySegment whole = datagram.whole();
        drainNow();
        if (acknowledgements > 0) {
            Libc.send(socket, whole);
        }
        return acknowledged(acknowledgements);
    }

    /** Asks for one thing and gives what comes before the acknowledgement to the handler. */
    synchronized void ask(String what, Datagram datagram, Handler handler) throws KernelException {
        MemorySegment whole = datagram.whole();
        drainNow();
        Libc.send(socket, whole);
        if (dumped(what, handler)) {
            throw new KernelException(what, KernelException.EINTR);
        }
    }

    /**
     * Asks for a list. A dump that the kernel says was disturbed is asked for again, and the handler's list begins anew.
     *
     * @param again called before each try
     */
    synchronized void dump(String what, Datagram request, Runnable again, Handler handler) throws KernelException {
        MemorySegment whole = request.whole();
        for (int i = 0; i < DUMPS_MAX; i++) {
            drainNow();
            again.run();
            Libc.send(socket, whole);
            if (!dumped(what, handler)) {
                return;
            }
        }
        throw new KernelException(what + ", disturbed " + DUMPS_MAX + " times", KernelException.EBUSY);
    }

    /** All that has come to a socket that listens. ENOBUFS says that something was lost. */
    void events(Handler handler) throws KernelException {
        for (int i = 0; i < EVENTS_MAX; i++) {
            long bytes;
            try {
                bytes = Libc.receive(socket, buffer, false);
            } catch (KernelException e) {
                if (e.errno() == KernelException.EAGAIN) {
                    return;
                }
                throw e;
            }
            each(bytes, handler);
        }
    }

    /** Answers that nobody waits for. */
    synchronized void drain() throws KernelException {
        drainNow();
    }

    /** As much as the receive buffer could hold, so that whoever fills it meanwhile holds nobody up. */
    private void drainNow() throws KernelException {
        for (int i = 0; i < DRAINED_MAX; i++) {
            try {
                Libc.receive(socket, buffer, false);
            } catch (KernelException e) {
                if (e.errno() == KernelException.EAGAIN) {
                    return;
                } else if (e.errno() != KernelException.ENOBUFS) {
                    throw e;
                }
            }
        }
    }

    /** All answers are there when the call that sent the request returns: the kernel works in that call. */
    private List<Refusal> acknowledged(int messages) throws KernelException {
        List<Refusal> refusals = new ArrayList<>();
        int[] left = {messages};
        while (left[0] > 0) {
            long bytes;
            try {
                bytes = Libc.receive(socket, buffer, false);
            } catch (KernelException e) {
                if (e.errno() == KernelException.EAGAIN && !refusals.isEmpty()) {
                    return refusals; // a transaction that was refused as a whole
                }
                throw e;
            }
            each(bytes, (message, sequence) -> {
                if (message.type() == Kernel.NLMSG_ERROR()) {
                    left[0]--;
                    int errno = -nlmsgerr.error(message.body());
                    if (errno != 0) {
                        refusals.add(new Refusal(sequence, errno));
                    }
                }
            });
        }
        return refusals;
    }

    /** One dump to its end; true where it was disturbed. */
    private boolean dumped(String what, Handler handler) throws KernelException {
        boolean[] state = new boolean[2]; // ended, disturbed
        int[] errno = {0};
        while (!state[0]) {
            each(Libc.receive(socket, buffer, true), (message, sequence) -> {
                state[1] |= (message.flags() & Kernel.NLM_F_DUMP_INTR()) != 0;
                if (message.type() == Kernel.NLMSG_ERROR()) {
                    errno[0] = -nlmsgerr.error(message.body());
                    state[0] = true;
                } else if (message.type() == Kernel.NLMSG_DONE()) {
                    errno[0] = message.body().byteSize() >= Integer.BYTES ? -nlmsgerr.error(message.body()) : 0;
                    state[0] = true;
                } else {
                    handler.take(message);
                }
            });
        }
        if (errno[0] == KernelException.EINTR) {
            return true;
        } else if (errno[0] != 0) {
            throw new KernelException(what, errno[0]);
        }
        return state[1];
    }

    private void each(long bytes, Handler handler) {
        each(bytes, (message, sequence) -> handler.take(message));
    }

    /** What takes messages with their sequence numbers. */
    private interface Numbered {
        void take(Message message, int sequence);
    }

    private void each(long received, Numbered handler) {
        int end = (int) Math.min(received, BUFFER_BYTES);
        int at = 0;
        while (at + HEADER_BYTES <= end) {
            int length = bytes.getInt(at + LENGTH_AT);
            if (length < HEADER_BYTES || length > end - at) {
                return;
            }
            int type = Short.toUnsignedInt(bytes.getShort(at + TYPE_AT));
            int flags = Short.toUnsignedInt(bytes.getShort(at + FLAGS_AT));
            MemorySegment body = buffer.asSlice(at + HEADER_BYTES, length - HEADER_BYTES);
            handler.take(new Message(type, flags, body), bytes.getInt(at + SEQUENCE_AT));
            at += (length + 3) & ~3;
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Libc.close(socket);
        }
    }
}

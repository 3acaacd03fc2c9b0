package omni.airgap;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.airgap.CensusWire.Kind;

/**
 * The questions of one look and their answers: first all lists, then those who hold the sockets. Passes on what it is given and makes
 * nothing of it; believes no answer that is not within its bounds, and of no list more sockets than were sent of it. A child that says
 * something else is ended, as is one that was asked and not heard to the end. For one thread at a time; closed by the one that began.
 */
final class CensusTalk implements AutoCloseable {
    private final ParserChild child;
    private final Runnable ended;
    /** For each namespace that was asked for, how many sockets of each list were sent. */
    private final List<int[]> asked = new ArrayList<>();

    private Optional<SocketList> list = Optional.empty();
    private int sent;
    /** Of all lists so far. */
    private int total;

    private int processes;
    private boolean pending;
    private Optional<IOException> broken = Optional.empty();

    /** What was read of a namespace. */
    record Listed(List<SocketEntry> sockets, Set<Long> queued, int closedEnds) {}

    /** What was read of a process: its control group's last part, and which of Omni's own it is. */
    record Said(String unit, String role) {}

    /**
     * Begins.
     *
     * @param child to be asked nothing by anybody else meanwhile
     * @param ended what is to be done when it is closed
     */
    CensusTalk(ParserChild child, Runnable ended) {
        this.child = child;
        this.ended = ended;
    }

    /** The lists of another namespace follow. */
    void namespace() throws AirgapException {
        endList();
        if (asked.size() == CensusWire.NAMESPACES_MAX) {
            throw tooMany(CensusWire.NAMESPACES_MAX + " network namespaces");
        }
        asked.add(new int[SocketList.count()]);
        send(out -> out.frame(Kind.NAMESPACE));
    }

    /** What is in that list follows. */
    void list(SocketList next) throws AirgapException {
        endList();
        list = Optional.of(next);
        sent = 0;
        send(out -> out.frame(Kind.LIST, next.index()));
    }

    /** All of this list follows once more. */
    void again() {
        sent = 0;
        send(out -> out.frame(Kind.AGAIN));
    }

    /** A message of sock_diag, a socket; what is behind so many bytes of it is left out. */
    void message(MemorySegment message, int bytesMax) {
        int length = (int) Math.min(message.byteSize(), bytesMax);
        if (++sent <= CensusWire.LINES_MAX) {
            send(out -> out.frame(Kind.PART, message, length));
        }
    }

    /** A piece of a file, with a line for each socket and one for the heading. */
    void piece(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            sent += bytes[i] == '\n' ? 1 : 0;
        }
        if (sent <= CensusWire.LINES_MAX + 1) {
            send(out -> out.frame(Kind.PART, bytes, length));
        }
    }

    private void endList() throws AirgapException {
        if (list.isPresent()) {
            SocketList of = list.get();
            int sockets = of.isFile() ? Math.max(0, sent - 1) : sent;
            total += Math.min(sockets, CensusWire.SOCKETS_MAX + 1);
            if (sockets > CensusWire.LINES_MAX) {
                throw tooMany(CensusWire.LINES_MAX + " sockets in the list " + of.protocol());
            } else if (total > CensusWire.SOCKETS_MAX) {
                throw tooMany(CensusWire.SOCKETS_MAX + " sockets");
            }
            asked.getLast()[of.index()] = sent;
        }
        list = Optional.empty();
    }

    private static AirgapException tooMany(String what) {
        return new AirgapException(
                "There are more than " + what + ": too many to look at. End the programs that hold them.");
    }

    /** The end of the lists: the child reads them to their end, while this process does something else. */
    void listsEnd() throws AirgapException {
        endList();
        end();
    }

    /**
     * What the lists say.
     *
     * @param inodes of the namespaces that were asked for, in their order
     */
    List<Listed> listed(List<Long> inodes) throws AirgapException {
        return answer(() -> {
            List<Listed> all = new ArrayList<>();
            for (int i = 0; i < asked.size(); i++) {
                all.add(namespace(inodes.get(i), asked.get(i).clone()));
            }
            expect(Kind.END);
            return all;
        });
    }

    private Listed namespace(long inode, int[] left) throws IOException {
        List<SocketEntry> sockets = new ArrayList<>();
        Set<Long> queued = new HashSet<>();
        int unix = left[SocketList.UNIX.index()];
        Kind kind = next();
        while (kind == Kind.ENTRIES) {
            ByteBuffer body = child.answers().body();
            while (body.hasRemaining()) {
                sockets.add(socket(inode, body, left, queued));
            }
            kind = next();
        }
        if (kind == Kind.FAILED) {
            SocketList unreadable = listOf(child.answers().body());
            pending = false; // it has answered, and goes on
            throw new UnreadableException(unreadable);
        } else if (kind != Kind.NAMESPACE) {
            throw unexpected(kind.name());
        }
        int closedEnds = child.answers().body().getInt();
        if (Math.abs((long) closedEnds) > unix) {
            throw unexpected(closedEnds + " closed ends");
        }
        return new Listed(sockets, queued, closedEnds);
    }

    private SocketEntry socket(long namespace, ByteBuffer body, int[] left, Set<Long> queued) throws AirgapException {
        SocketList of = listOf(body);
        int flags = body.get();
        long inode = body.getLong();
        int queuedBytes = body.getInt();
        int uid = body.getInt();
        String state = text(body, CensusWire.STATE_BYTES_MAX);
        String local = text(body, CensusWire.LOCAL_BYTES_MAX);
        String remote = text(body, CensusWire.ADDRESS_BYTES_MAX);
        if (--left[of.index()] < 0 || inode < 0 || (flags & ~(CensusWire.OUTWARD | CensusWire.WAITING)) != 0) {
            throw unexpected("a socket that was not asked for");
        }
        if ((flags & CensusWire.WAITING) != 0) {
            queued.add(inode);
        }
        boolean outward = (flags & CensusWire.OUTWARD) != 0;
        return new SocketEntry(
                namespace, inode, of.protocol(), state, local, remote, outward, queuedBytes, uid, List.of());
    }

    private static SocketList listOf(ByteBuffer body) throws AirgapException {
        int number = Byte.toUnsignedInt(body.get());
        if (number >= SocketList.count()) {
            throw unexpected("a list " + number);
        }
        return SocketList.of(number);
    }

    private static String text(ByteBuffer body, int bytesMax) throws AirgapException {
        int length = Short.toUnsignedInt(body.getShort());
        if (length > bytesMax) {
            throw unexpected("a text of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        body.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /**
     * Asks of a process.
     *
     * @param cgroup that file of it in {@code /proc}, of at most {@link CensusWire#FRAME_BYTES_MAX} bytes
     * @param cmdline that one, of as many
     */
    void process(byte[] cgroup, byte[] cmdline) throws AirgapException {
        if (++processes > CensusWire.PROCESSES_MAX) {
            throw tooMany(CensusWire.PROCESSES_MAX + " processes with sockets");
        }
        send(out -> out.frame(Kind.GROUP, cgroup, cgroup.length));
        send(out -> out.frame(Kind.COMMAND, cmdline, cmdline.length));
    }

    /** What is said of those that were asked for since the answer before, in their order. */
    List<Said> said() throws AirgapException {
        end();
        int wanted = processes;
        processes = 0;
        return answer(() -> {
            List<Said> all = new ArrayList<>();
            Kind kind = next();
            while (kind == Kind.OWNERS) {
                ByteBuffer body = child.answers().body();
                while (body.hasRemaining()) {
                    all.add(new Said(text(body, CensusWire.UNIT_BYTES_MAX), text(body, CensusWire.ROLE_BYTES_MAX)));
                }
                if (all.size() > wanted) {
                    throw unexpected(all.size() + " processes");
                }
                kind = next();
            }
            if (kind != Kind.END || all.size() != wanted) {
                throw unexpected(kind + " after " + all.size() + " processes");
            }
            return all;
        });
    }

    /** What is to be sent, which may fail: what was sent before will have no answer then. */
    private interface Sending {
        void to(FrameWriter out) throws IOException;
    }

    private void send(Sending sending) {
        pending = true;
        if (broken.isEmpty()) {
            try {
                sending.to(child.questions());
            } catch (IOException e) {
                broken = Optional.of(e);
            }
        }
    }

    private void end() throws AirgapException {
        send(out -> {
            out.frame(Kind.END);
            out.flush();
        });
        if (broken.isPresent()) {
            throw child.failure(broken.get());
        }
    }

    /** Reading an answer. */
    private interface Answering<T> {
        T read() throws IOException;
    }

    private <T> T answer(Answering<T> answering) throws AirgapException {
        try {
            T answer = answering.read();
            pending = false;
            return answer;
        } catch (BufferUnderflowException e) {
            throw unexpected("a part of something");
        } catch (AirgapException e) {
            throw e;
        } catch (IOException e) {
            throw child.failure(e);
        }
    }

    private Kind next() throws IOException {
        if (!child.answers().next()) {
            throw new IOException("Nothing more is said.");
        }
        return child.answers().kind();
    }

    private void expect(Kind kind) throws IOException {
        Kind said = next();
        if (said != kind) {
            throw unexpected(said.name());
        }
    }

    private static AirgapException unexpected(String what) {
        return new AirgapException("The process that reads the lists of sockets has answered " + what
                + ", which nobody asked for, and was ended: no census was taken. Try again.");
    }

    @Override
    public void close() {
        try {
            if (pending) {
                child.close();
            }
        } finally {
            ended.run();
        }
    }
}

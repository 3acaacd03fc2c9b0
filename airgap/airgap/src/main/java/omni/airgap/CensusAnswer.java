package omni.airgap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import omni.airgap.CensusWire.Kind;

/**
 * The answer to one question, kept as its frames until the question has ended: who asks hears nothing before they have said all, so that
 * neither waits for the other. Used by the child alone.
 */
final class CensusAnswer {
    /** More than any entry has. */
    private static final int ROOM_BYTES = 1024;

    private final List<Frame> frames = new ArrayList<>();
    private final ByteBuffer open = ByteBuffer.allocate(CensusWire.FRAME_BYTES_MAX);
    private Kind kind = Kind.ENTRIES;
    private int sockets;
    private int owners;
    private int namespaces;
    private int marked;
    private int socketsMarked;

    private record Frame(Kind kind, ByteBuffer body) {}

    /** What is written from here on may be taken back. */
    void mark() {
        close();
        marked = frames.size();
        socketsMarked = sockets;
    }

    /** Takes back what was written since the mark. */
    void back() {
        open.clear();
        frames.subList(marked, frames.size()).clear();
        sockets = socketsMarked;
    }

    /**
     * A socket.
     *
     * @param flags of {@link CensusWire}
     * @throws UnreadableException where there are too many
     */
    void socket(
            SocketList list, int flags, long inode, int queuedBytes, int uid, String state, String local, String remote)
            throws UnreadableException {
        if (++sockets > CensusWire.SOCKETS_MAX) {
            throw new UnreadableException(list);
        }
        open(Kind.ENTRIES);
        open.put((byte) list.index())
                .put((byte) flags)
                .putLong(inode)
                .putInt(queuedBytes)
                .putInt(uid);
        text(state);
        text(local);
        text(remote);
    }

    /** The end of a namespace. */
    void namespace(int closedEnds) throws IOException {
        if (++namespaces > CensusWire.NAMESPACES_MAX) {
            throw new IOException("There are more than " + CensusWire.NAMESPACES_MAX + " namespaces");
        }
        close();
        frames.add(new Frame(Kind.NAMESPACE, ByteBuffer.allocate(Integer.BYTES).putInt(closedEnds)));
    }

    /** A process. */
    void owner(String unit, String role) throws IOException {
        if (++owners > CensusWire.PROCESSES_MAX) {
            throw new IOException("There are more than " + CensusWire.PROCESSES_MAX + " processes");
        }
        open(Kind.OWNERS);
        text(unit);
        text(role);
    }

    /** Sends it. */
    void writeTo(FrameWriter out) throws IOException {
        close();
        for (Frame frame : frames) {
            out.frame(frame.kind(), frame.body().array(), frame.body().capacity());
        }
        out.frame(Kind.END);
    }

    private void open(Kind next) {
        if (kind != next || open.remaining() < ROOM_BYTES) {
            close();
        }
        kind = next;
    }

    private void close() {
        if (open.position() > 0) {
            frames.add(new Frame(kind, ByteBuffer.wrap(Arrays.copyOf(open.array(), open.position()))));
            open.clear();
        }
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        open.putShort((short) bytes.length).put(bytes);
    }
}

package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import omni.airgap.CensusWire.Kind;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.inet_diag_msg;
import omni.airgap.raw.inet_diag_sockid;
import omni.airgap.raw.unix_diag_msg;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the child makes of the kernel's lists, and of bytes that are none. */
class ListParserTest {
    private static final long NAMESPACE = 4026531840L;

    private final FakeChild child = FakeChild.honest();

    /** One list of one namespace, whole. */
    private CensusTalk.Listed listed(SocketList list, byte[]... parts) throws AirgapException {
        try (CensusTalk talk = new CensusTalk(child, () -> {})) {
            talk.namespace();
            talk.list(list);
            for (byte[] part : parts) {
                if (list.isFile()) {
                    talk.piece(part, part.length);
                } else {
                    talk.message(MemorySegment.ofArray(part), CensusWire.FRAME_BYTES_MAX);
                }
            }
            talk.listsEnd();
            return talk.listed(List.of(NAMESPACE)).getFirst();
        }
    }

    static byte[] inet(String local, int port, String remote, int remotePort, int state, int inode) throws Exception {
        byte[] from = InetAddress.getByName(local).getAddress();
        byte[] to = InetAddress.getByName(remote).getAddress();
        ByteBuffer message = ByteBuffer.allocate(InetSocket.MESSAGE_BYTES).order(ByteOrder.nativeOrder());
        int id = (int) inet_diag_msg.id$offset();
        message.put(
                (int) inet_diag_msg.idiag_family$offset(), (byte) (from.length == 4 ? Libc.AF_INET : Libc.AF_INET6));
        message.put((int) inet_diag_msg.idiag_state$offset(), (byte) state);
        message.putInt((int) inet_diag_msg.idiag_wqueue$offset(), 5);
        message.putInt((int) inet_diag_msg.idiag_uid$offset(), 1000);
        message.putInt((int) inet_diag_msg.idiag_inode$offset(), inode);
        message.put(id + (int) inet_diag_sockid.idiag_src$offset(), from);
        message.put(id + (int) inet_diag_sockid.idiag_dst$offset(), to);
        message.putShort(id + (int) inet_diag_sockid.idiag_sport$offset(), Short.reverseBytes((short) port));
        message.putShort(id + (int) inet_diag_sockid.idiag_dport$offset(), Short.reverseBytes((short) remotePort));
        return message.array();
    }

    private static byte[] unix(int inode, int type, byte[] name, int waiting, int peer) {
        ByteBuffer message = ByteBuffer.allocate(4096).order(ByteOrder.nativeOrder());
        message.put((int) unix_diag_msg.udiag_type$offset(), (byte) type);
        message.putInt((int) unix_diag_msg.udiag_ino$offset(), inode);
        message.position(UnixSocket.MESSAGE_BYTES);
        attribute(message, Kernel.UNIX_DIAG_NAME(), name);
        attribute(message, Kernel.UNIX_DIAG_RQLEN(), number(waiting));
        if (peer >= 0) {
            attribute(message, Kernel.UNIX_DIAG_PEER(), number(peer));
        }
        byte[] bytes = new byte[message.position()];
        message.get(0, bytes);
        return bytes;
    }

    private static byte[] number(int number) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(number)
                .array();
    }

    private static void attribute(ByteBuffer message, int type, byte[] value) {
        message.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        message.position((message.position() + 3) & ~3);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void aConnectionIsWhatTheKernelSays() throws Exception {
        assertEquals(
                List.of(new SocketEntry(
                        NAMESPACE, 77, "tcp", "ESTAB", "10.0.0.1:41000", "192.0.2.7:443", true, 5, 1000, List.of())),
                listed(SocketList.TCP, inet("10.0.0.1", 41_000, "192.0.2.7", 443, 1, 77))
                        .sockets());
        assertEquals(
                List.of(new SocketEntry(NAMESPACE, 78, "tcp6", "LISTEN", "*:80", "", false, 5, 1000, List.of())),
                listed(SocketList.TCP6, inet("::", 80, "::", 0, 10, 78)).sockets());
        assertEquals(
                "[2001:db8:0:0:0:0:0:7]:65535",
                listed(SocketList.UDP6, inet("2001:db8::1", 1, "2001:db8::7", 65_535, 1, 79))
                        .sockets()
                        .getFirst()
                        .remote());
    }

    /** What the kernel keeps of a connection that nobody has; and a connection of SCTP without a program, which is one socket. */
    @Test
    void whatIsNoSocketIsLeftOut() throws Exception {
        byte[] asking = inet("10.0.0.1", 80, "192.0.2.7", 443, InetSocket.SYN_RECV, 0);
        assertEquals(List.of(), listed(SocketList.TCP, asking).sockets());
        byte[] orphan = inet("10.0.0.1", 80, "192.0.2.7", 443, 3, 0);
        assertEquals(1, listed(SocketList.SCTP, orphan, orphan).sockets().size());
    }

    @Test
    void aUnixSocketHasItsNameAndWhatWaits() throws Exception {
        byte[] closed = unix(5, Libc.SOCK_STREAM, new byte[0], 0, 0);
        byte[] unaccepted = unix(0, Libc.SOCK_STREAM, new byte[0], 0, 8);
        byte[] named = unix(6, Libc.SOCK_DGRAM, bytes("\0a\nb"), 3, -1);
        CensusTalk.Listed listed = listed(SocketList.UNIX, closed, closed, unaccepted, named);
        assertEquals(1, listed.closedEnds());
        assertEquals(Set.of(6L), listed.queued());
        assertEquals("@a\nb", listed.sockets().getLast().local());
        assertEquals(6, listed.sockets().getLast().inode());
    }

    @Test
    void filesAreReadByTheLineWhereverTheyAreCut() throws Exception {
        String raw = """
                  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
                    1: 0100007F:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0 0
                """;
        for (int cut = 0; cut < raw.length(); cut++) {
            List<SocketEntry> sockets = listed(SocketList.RAW, bytes(raw.substring(0, cut)), bytes(raw.substring(cut)))
                    .sockets();
            assertEquals(
                    List.of(new SocketEntry(NAMESPACE, 4711, "raw", "", "127.0.0.1", "", false, 0, 1000, List.of())),
                    sockets);
        }
        String netlink = """
                sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
                0000 0 0 00000000 0 0 0 2 0 12
                0000 0 0 00000000 0 0 0 2 0 0
                """;
        assertEquals(
                List.of(12L),
                listed(SocketList.NETLINK, bytes(netlink)).sockets().stream()
                        .map(SocketEntry::inode)
                        .toList());
    }

    @Test
    void aListThatBeginsAnewIsReadOnce() throws Exception {
        try (CensusTalk talk = new CensusTalk(child, () -> {})) {
            talk.namespace();
            for (SocketList list : List.of(SocketList.TCP, SocketList.UNIX)) {
                byte[] message = list == SocketList.TCP
                        ? inet("10.0.0.1", 1, "192.0.2.7", 2, 1, 77)
                        : unix(5, Libc.SOCK_STREAM, new byte[0], 0, 0);
                talk.list(list);
                for (int i = 0; i < 3; i++) {
                    talk.again();
                    talk.message(MemorySegment.ofArray(message), CensusWire.FRAME_BYTES_MAX);
                }
            }
            talk.listsEnd();
            CensusTalk.Listed listed = talk.listed(List.of(NAMESPACE)).getFirst();
            assertEquals(2, listed.sockets().size());
            assertEquals(1, listed.closedEnds());
        }
    }

    /** Each namespace by itself, in their order; then who holds them, in the same talk. */
    @Test
    void namespacesAndThenOwnersAreTold() throws Exception {
        try (CensusTalk talk = new CensusTalk(child, () -> {})) {
            for (int i = 0; i < 3; i++) {
                talk.namespace();
                talk.list(SocketList.UNIX);
                for (int k = 0; k < i; k++) {
                    byte[] message = unix(10 * i + k, Libc.SOCK_DGRAM, new byte[0], 0, -1);
                    talk.message(MemorySegment.ofArray(message), CensusWire.FRAME_BYTES_MAX);
                }
            }
            talk.listsEnd();
            List<CensusTalk.Listed> all = talk.listed(List.of(1L, 2L, 3L));
            assertEquals(
                    List.of(0, 1, 2),
                    all.stream().map(listed -> listed.sockets().size()).toList());
            assertEquals(3, all.getLast().sockets().getFirst().namespace());
            talk.process(bytes("1:name=x:/y\n0::/system.slice/omni-engine.service\n"), bytes("sh\0-c\0true\0"));
            talk.process(bytes(""), bytes("java\0-m\0omni.role/omni.role.Main\0engine\0"));
            talk.process(bytes("0::/\n"), bytes("java\0omni.init.Main\0"));
            assertEquals(
                    List.of(
                            new CensusTalk.Said("omni-engine.service", ""),
                            new CensusTalk.Said("", "engine"),
                            new CensusTalk.Said("", "supervisor")),
                    talk.said());
        }
        assertEquals(0, child.ended());
    }

    @Test
    void aNameThatNoUnitAndNoRoleHasIsNone() throws Exception {
        try (CensusTalk talk = new CensusTalk(child, () -> {})) {
            for (int more = 0; more < 2; more++) {
                talk.process(
                        bytes("0::/" + "u".repeat(CensusWire.UNIT_BYTES_MAX + more)),
                        bytes("omni.role.Main\0" + "r".repeat(CensusWire.ROLE_BYTES_MAX + more)));
            }
            List<CensusTalk.Said> said = talk.said();
            assertEquals(CensusWire.UNIT_BYTES_MAX, said.getFirst().unit().length());
            assertEquals(CensusWire.ROLE_BYTES_MAX, said.getFirst().role().length());
            assertEquals(new CensusTalk.Said("", ""), said.getLast());
        }
    }

    private void unreadable(SocketList list, byte[]... parts) {
        UnreadableException thrown = assertThrows(UnreadableException.class, () -> listed(list, parts));
        assertEquals(list, thrown.list());
        assertEquals(0, child.ended(), "it has answered");
    }

    @Test
    void oneMoreThanEachBoundIsRefused() throws Exception {
        byte[] longest = new byte[CensusWire.UNIX_NAME_BYTES_MAX];
        Arrays.fill(longest, (byte) 0xff); // each becomes a character of three bytes
        assertEquals(
                CensusWire.UNIX_NAME_BYTES_MAX,
                listed(SocketList.UNIX, unix(1, 1, longest, 0, -1))
                        .sockets()
                        .getFirst()
                        .local()
                        .length());
        unreadable(SocketList.UNIX, unix(1, 1, Arrays.copyOf(bytes("x".repeat(109)), 109), 0, -1));
        unreadable(SocketList.UNIX, new byte[UnixSocket.MESSAGE_BYTES - 1]);
        byte[] whole = inet("10.0.0.1", 1, "192.0.2.7", 2, 1, 77);
        unreadable(SocketList.TCP, Arrays.copyOf(whole, InetSocket.MESSAGE_BYTES - 1));
        whole[(int) inet_diag_msg.idiag_family$offset()] = Libc.AF_UNIX;
        unreadable(SocketList.TCP, whole);
        assertEquals(
                List.of(),
                listed(SocketList.PACKET, bytes("x".repeat(1024) + "\n")).sockets());
        unreadable(SocketList.PACKET, bytes("x".repeat(1025) + "\n"));
        unreadable(SocketList.RAW, bytes("1: 0100007F:0001 00000000:0000 07 0:0 0:0 0 0 0 99999999999999999999\n"));
        unreadable(SocketList.RAW, bytes("1: 0100007F:0001 00000000:0000 07 0:0 0:0 0 0 0 -1\n"));
        unreadable(SocketList.RAW, bytes("1: 01007F:0001 00000000:0000 07 0:0 0:0 0 0 0 1\n"));
    }

    /** The role sends no more than that; and the child takes no more, whoever sends. */
    @Test
    void oneSocketMoreThanAListMayHaveIsRefusedByBothEnds() throws Exception {
        byte[] message = unix(1, 2, new byte[0], 0, -1);
        byte[][] most = new byte[CensusWire.LINES_MAX][];
        Arrays.fill(most, message);
        assertEquals(
                CensusWire.LINES_MAX, listed(SocketList.UNIX, most).sockets().size());

        byte[][] tooMany = Arrays.copyOf(most, most.length + 1);
        tooMany[most.length] = message;
        AirgapException thrown = assertThrows(AirgapException.class, () -> listed(SocketList.UNIX, tooMany));
        assertTrue(
                thrown.getMessage().startsWith("There are more than 100000 sockets in the list unix"),
                thrown::getMessage);
        assertEquals(1, child.ended(), "what it was asked is not whole");

        FrameReader answer =
                new FrameReader(new ByteArrayInputStream(FakeChild.answerTo(question(SocketList.UNIX, tooMany))));
        assertTrue(answer.next());
        assertEquals(Kind.FAILED, answer.kind());
    }

    @Test
    void oneSocketMoreThanALookMayHaveIsRefused() throws Exception {
        byte[] message = unix(1, 2, new byte[0], 0, -1);
        try (CensusTalk talk = new CensusTalk(child, () -> {})) {
            talk.namespace();
            talk.list(SocketList.UNIX);
            for (int i = 0; i < CensusWire.SOCKETS_MAX; i++) {
                talk.message(MemorySegment.ofArray(message), message.length);
            }
            talk.list(SocketList.RAW); // so far it may
            talk.piece(bytes("heading\nline\n"), 13);
            AirgapException thrown = assertThrows(AirgapException.class, talk::listsEnd);
            assertTrue(thrown.getMessage().startsWith("There are more than 100000 sockets: "), thrown::getMessage);
        }
    }

    private static byte[] question(SocketList list, byte[]... parts) throws IOException {
        var bytes = new ByteArrayOutputStream();
        FrameWriter out = new FrameWriter(bytes);
        out.frame(Kind.NAMESPACE);
        out.frame(Kind.LIST, list.index());
        for (byte[] part : parts) {
            out.frame(Kind.PART, part, part.length);
        }
        out.frame(Kind.END);
        out.flush();
        return bytes.toByteArray();
    }

    /** Bytes of any kind, and lines of words that stand in such files, are sockets or cannot be read: nothing else comes of them. */
    @ParameterizedTest
    @EnumSource(SocketList.class)
    void garbageIsReadOrRefused(SocketList list) throws Exception {
        Random random = new Random(list.index());
        int read = 0;
        int refused = 0;
        for (int i = 0; i < 200; i++) {
            try {
                byte[][] parts = new byte[1 + random.nextInt(4)][];
                for (int k = 0; k < parts.length; k++) {
                    parts[k] = garbage(list, random);
                }
                var _ = listed(list, parts);
                read++;
            } catch (UnreadableException e) {
                assertEquals(list, e.list());
                refused++;
            }
        }
        assertEquals(200, read + refused);
        assertTrue(read > 0, "no run was read");
        assertEquals(0, child.ended());
    }

    private static byte[] garbage(SocketList list, Random random) throws Exception {
        byte[] bytes = switch (list.source()) {
            case INET -> inet("10.0.0.1", 1, "192.0.2.7", 2, 1, 77);
            case UNIX -> unix(random.nextInt(), random.nextInt(6), bytes("a name"), 1, random.nextInt(3) - 1);
            case ADDRESSES, INODES -> bytes(words(random));
        };
        if (random.nextInt(4) == 0) {
            bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
        }
        for (int i = random.nextInt(5); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    private static String words(Random random) {
        List<String> some = List.of(
                "0:",
                "0100007F:0001",
                "00000000000000000000000001000000:0001",
                ":",
                "7",
                "-7",
                "4711",
                "x",
                "\t",
                "\n",
                "99999999999999999999",
                "0100007:1",
                "GG:0",
                "\0",
                "é");
        var line = new StringBuilder();
        for (int i = random.nextInt(14); i > 0; i--) {
            line.append(some.get(random.nextInt(some.size()))).append(' ');
        }
        return line.append('\n').toString();
    }

    /** Frames in no order at all are answered, or are no question. */
    @Test
    void whatIsNoQuestionIsToldSo() throws Exception {
        Random random = new Random(5);
        List<Kind> kinds = List.of(Kind.values());
        int answered = 0;
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            var bytes = new ByteArrayOutputStream();
            FrameWriter out = new FrameWriter(bytes);
            for (int k = random.nextInt(12); k >= 0; k--) {
                Kind kind = kinds.get(random.nextInt(random.nextInt(40) == 0 ? kinds.size() : Kind.END.code() + 1));
                byte[] body = new byte[kind == Kind.LIST ? 1 : random.nextInt(90)];
                random.nextBytes(body);
                if (kind == Kind.LIST && random.nextInt(9) > 0) {
                    body[0] = (byte) random.nextInt(SocketList.count());
                }
                out.frame(kind, body, body.length);
            }
            out.frame(Kind.END);
            out.flush();
            try {
                assertTrue(FakeChild.answerTo(bytes.toByteArray()).length > 0);
                answered++;
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(answered > 100 && refused > 100, answered + " and " + refused);
    }
}

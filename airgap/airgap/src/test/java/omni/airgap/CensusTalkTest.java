package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import omni.airgap.CensusWire.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the role believes of a child that somebody has taken over: nothing that it did not ask for, and such a one is ended. */
class CensusTalkTest {
    private static final byte[] MESSAGE = new byte[InetSocket.MESSAGE_BYTES];
    private static final int LISTED = 2;

    private final AtomicInteger closed = new AtomicInteger();

    /** Asks for two sockets of TCP and one Unix socket in one namespace. */
    private List<CensusTalk.Listed> lists(FakeChild child) throws AirgapException {
        try (CensusTalk talk = new CensusTalk(child, closed::incrementAndGet)) {
            talk.namespace();
            talk.list(SocketList.TCP);
            for (int i = 0; i < LISTED; i++) {
                talk.message(MemorySegment.ofArray(MESSAGE), MESSAGE.length);
            }
            talk.list(SocketList.UNIX);
            talk.message(MemorySegment.ofArray(MESSAGE), MESSAGE.length);
            talk.listsEnd();
            return talk.listed(List.of(1L));
        }
    }

    /** Asks for one process. */
    private List<CensusTalk.Said> owners(FakeChild child) throws AirgapException {
        try (CensusTalk talk = new CensusTalk(child, closed::incrementAndGet)) {
            talk.process(new byte[3], new byte[3]);
            return talk.said();
        }
    }

    /** Frames that are written by a test. */
    private static final class Said {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final FrameWriter out = new FrameWriter(bytes);

        Said frame(Kind kind, byte[]... parts) throws IOException {
            var body = new ByteArrayOutputStream();
            for (byte[] part : parts) {
                body.write(part);
            }
            out.frame(kind, body.toByteArray(), body.size());
            return this;
        }

        Said namespace(int closedEnds) throws IOException {
            return frame(
                    Kind.NAMESPACE, ByteBuffer.allocate(4).putInt(closedEnds).array());
        }

        byte[] end() throws IOException {
            return frame(Kind.END).cut();
        }

        byte[] cut() throws IOException {
            out.flush();
            return bytes.toByteArray();
        }
    }

    private static byte[] entry(int list, int flags, long inode, String state, String local, String remote) {
        ByteBuffer entry = ByteBuffer.allocate(4096);
        entry.put((byte) list).put((byte) flags).putLong(inode).putInt(0).putInt(0);
        for (String text : List.of(state, local, remote)) {
            entry.put(text(text));
        }
        byte[] bytes = new byte[entry.position()];
        entry.get(0, bytes);
        return bytes;
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + bytes.length)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
    }

    private static byte[] tcp(long inode) {
        return entry(SocketList.TCP.index(), 0, inode, "ESTAB", "a", "b");
    }

    @Test
    void whatWasAskedForIsBelieved() throws Exception {
        FakeChild child = FakeChild.saying(new Said()
                .frame(Kind.ENTRIES, tcp(7), tcp(8))
                .frame(
                        Kind.ENTRIES,
                        entry(
                                SocketList.UNIX.index(),
                                CensusWire.WAITING,
                                9,
                                "x".repeat(CensusWire.STATE_BYTES_MAX),
                                "x".repeat(CensusWire.LOCAL_BYTES_MAX),
                                "x".repeat(CensusWire.ADDRESS_BYTES_MAX)))
                .namespace(-1)
                .end());
        CensusTalk.Listed listed = lists(child).getFirst();
        assertEquals(3, listed.sockets().size());
        assertEquals(-1, listed.closedEnds());
        assertEquals(Set.of(9L), listed.queued());
        assertEquals(0, child.ended());
        assertEquals(1, closed.get());
    }

    static Stream<Arguments> ofLists() throws IOException {
        int tcp = SocketList.TCP.index();
        return Stream.of(
                lie("nothing", new Said().cut()),
                lie(
                        "no end",
                        new Said().frame(Kind.ENTRIES, tcp(7)).namespace(0).cut()),
                lie("no namespace", new Said().frame(Kind.ENTRIES, tcp(7)).end()),
                lie("two namespaces", new Said().namespace(0).namespace(0).end()),
                lie(
                        "three of two",
                        new Said()
                                .frame(Kind.ENTRIES, tcp(7), tcp(8), tcp(9))
                                .namespace(0)
                                .end()),
                lie(
                        "one of a list that was not asked for",
                        new Said()
                                .frame(Kind.ENTRIES, entry(SocketList.PACKET.index(), 0, 7, "", "", ""))
                                .namespace(0)
                                .end()),
                lie("two closed ends of one", new Said().namespace(2).end()),
                lie(
                        "closed ends below all",
                        new Said().namespace(Integer.MIN_VALUE).end()),
                lie(
                        "a list that is none",
                        new Said()
                                .frame(Kind.ENTRIES, entry(SocketList.count(), 0, 7, "", "", ""))
                                .namespace(0)
                                .end()),
                lie(
                        "a flag that is none",
                        new Said()
                                .frame(Kind.ENTRIES, entry(tcp, 4, 7, "", "", ""))
                                .namespace(0)
                                .end()),
                lie(
                        "a negative inode",
                        new Said().frame(Kind.ENTRIES, tcp(-1)).namespace(0).end()),
                lie("a long state", tooLong(CensusWire.STATE_BYTES_MAX + 1, 0, 0)),
                lie("a long name", tooLong(0, CensusWire.LOCAL_BYTES_MAX + 1, 0)),
                lie("a long address", tooLong(0, 0, CensusWire.ADDRESS_BYTES_MAX + 1)),
                lie(
                        "half a socket",
                        new Said().frame(Kind.ENTRIES, new byte[9]).namespace(0).end()),
                lie(
                        "half a number",
                        new Said().frame(Kind.NAMESPACE, new byte[3]).end()),
                lie(
                        "a failure of no list",
                        new Said().frame(Kind.FAILED, new byte[] {99}).cut()),
                lie(
                        "owners",
                        new Said()
                                .frame(Kind.OWNERS, text(""), text(""))
                                .namespace(0)
                                .end()),
                lie(
                        "a question",
                        new Said().frame(Kind.LIST, new byte[1]).namespace(0).end()));
    }

    private static byte[] tooLong(int state, int local, int remote) throws IOException {
        byte[] entry = entry(SocketList.TCP.index(), 0, 7, "x".repeat(state), "x".repeat(local), "x".repeat(remote));
        return new Said().frame(Kind.ENTRIES, entry).namespace(0).end();
    }

    private static Arguments lie(String name, byte[] bytes) {
        return Arguments.of(name, bytes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofLists")
    void aLieAboutListsIsNotBelieved(String name, byte[] said) {
        FakeChild child = FakeChild.saying(said);
        assertThrows(AirgapException.class, () -> lists(child), name);
        assertTrue(child.ended() > 0, "it goes on");
        assertEquals(1, closed.get(), "the next look waits for ever");
    }

    static Stream<Arguments> ofOwners() throws IOException {
        return Stream.of(
                lie("nobody", new Said().end()),
                lie(
                        "two of one",
                        new Said()
                                .frame(Kind.OWNERS, text(""), text(""), text(""), text(""))
                                .end()),
                lie("half of one", new Said().frame(Kind.OWNERS, text("")).end()),
                lie(
                        "a long unit",
                        new Said()
                                .frame(Kind.OWNERS, text("x".repeat(CensusWire.UNIT_BYTES_MAX + 1)), text(""))
                                .end()),
                lie(
                        "a long role",
                        new Said()
                                .frame(Kind.OWNERS, text(""), text("x".repeat(CensusWire.ROLE_BYTES_MAX + 1)))
                                .end()),
                lie(
                        "a text that is cut",
                        new Said().frame(Kind.OWNERS, new byte[] {0, 9, 1}).end()),
                lie("a namespace", new Said().namespace(0).end()),
                lie("no end", new Said().frame(Kind.OWNERS, text(""), text("")).cut()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofOwners")
    void aLieAboutOwnersIsNotBelieved(String name, byte[] said) {
        FakeChild child = FakeChild.saying(said);
        assertThrows(AirgapException.class, () -> owners(child), name);
        assertTrue(child.ended() > 0, "it goes on");
        assertEquals(1, closed.get());
    }

    /** Whatever it says, it is an answer within the bounds, or the end of the child and an exception that is declared. */
    @Test
    void noiseEndsTheChildAndNothingElse() throws Exception {
        Random random = new Random(11);
        byte[] good =
                new Said().frame(Kind.ENTRIES, tcp(7), tcp(8)).namespace(0).end();
        int refused = 0;
        for (int i = 0; i < 4000; i++) {
            byte[] said = i % 2 == 0 ? new byte[random.nextInt(200)] : good.clone();
            if (i % 2 == 0) {
                random.nextBytes(said);
            }
            for (int k = random.nextInt(6); k >= 0 && said.length > 0; k--) {
                said[random.nextInt(said.length)] = (byte) random.nextInt();
            }
            FakeChild child = FakeChild.saying(said);
            try {
                if (i % 4 < 2) {
                    assertTrue(lists(child).getFirst().sockets().size() <= LISTED + 1);
                } else {
                    assertEquals(1, owners(child).size());
                }
            } catch (UnreadableException e) {
                refused++;
            } catch (AirgapException e) {
                refused++;
                assertTrue(child.ended() > 0, e::toString);
            }
            assertEquals(i + 1, closed.get());
        }
        assertTrue(refused > 2000, Integer.toString(refused));
    }

    /** The last that may be is asked for; the next is refused, before the child hears of it. */
    @Test
    void oneMoreThanMayBeAskedForIsRefused() throws Exception {
        try (CensusTalk talk = new CensusTalk(FakeChild.honest(), closed::incrementAndGet)) {
            for (int i = 0; i < CensusWire.NAMESPACES_MAX; i++) {
                talk.namespace();
            }
            AirgapException thrown = assertThrows(AirgapException.class, talk::namespace);
            assertTrue(
                    thrown.getMessage().startsWith("There are more than 10000 network namespaces: "),
                    thrown::getMessage);
        }
        try (CensusTalk talk = new CensusTalk(FakeChild.honest(), closed::incrementAndGet)) {
            for (int i = 0; i < CensusWire.PROCESSES_MAX; i++) {
                talk.process(new byte[0], new byte[0]);
            }
            AirgapException thrown = assertThrows(AirgapException.class, () -> talk.process(new byte[0], new byte[0]));
            assertTrue(
                    thrown.getMessage().startsWith("There are more than 50000 processes with sockets: "),
                    thrown::getMessage);
        }
        assertEquals(2, closed.get());
    }

    /** Whoever asks and goes away does not leave it in the middle of an answer. */
    @Test
    void aTalkThatIsNotHeardToItsEndEndsTheChild() throws Exception {
        FakeChild child = FakeChild.honest();
        try (CensusTalk talk = new CensusTalk(child, closed::incrementAndGet)) {
            talk.namespace();
        }
        assertEquals(1, child.ended());
        assertEquals(1, closed.get());
        FakeChild unasked = FakeChild.honest();
        new CensusTalk(unasked, closed::incrementAndGet).close();
        assertEquals(0, unasked.ended());
    }
}

package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import omni.vault.SecretCall.Part;
import omni.vault.SecretCall.Refused;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultProtocol.FailedReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The socket for secrets, with callers that keep to its form and such that do not. */
final class SecretSocketTest {
    @TempDir
    Path folder;

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<SecretMemory> held = new CopyOnWriteArrayList<>();
    private Path path;
    private SecretSocket socket;

    @BeforeEach
    void serve() throws VaultException {
        path = folder.resolve("secrets.sock");
        socket = SecretSocket.at(path, this::desk);
    }

    @AfterEach
    void stop() {
        socket.close();
    }

    private static final List<SecretCall.Lost> LOST =
            List.of(new SecretCall.Lost("items", "conv_1", 3), new SecretCall.Lost("memories", "", 1L << 40));

    /** Says what it heard, and answers the first field backwards; refuses the word "no". */
    private Optional<SecretMemory> desk(Verb verb, List<Optional<SecretMemory>> fields, SecretSocket.Progress progress)
            throws VaultException {
        List<String> texts = new ArrayList<>();
        for (Optional<SecretMemory> field : fields) {
            field.ifPresent(held::add);
            texts.add(field.map(SecretSocketTest::text).orElse("-"));
        }
        heard.add(verb + " " + String.join(" ", texts));
        if (texts.contains("no")) {
            throw new VaultException(VaultException.Reason.DENIED, "That is not it: ärger.");
        }
        if (verb == Verb.RESTORE) {
            restore(progress);
        }
        if (verb == Verb.SALVAGE) {
            progress.lost(LOST);
        }
        SecretMemory answer = SecretMemory.of(3);
        held.add(answer);
        answer.buffer().put("yes".getBytes(StandardCharsets.UTF_8));
        return Optional.of(answer);
    }

    /** Is done with a part in 1000 steps, and with another one never. */
    private void restore(SecretSocket.Progress progress) throws VaultException {
        for (long done = 1; done <= 1000; done++) {
            progress.at(Part.RECORDS, done, 1000);
        }
        try {
            while (heard.contains("RESTORE for ever - - - -")) {
                progress.at(Part.FILES, 1L << 40, 1L << 41);
                LockSupport.parkNanos(1_000_000);
            }
        } catch (VaultException e) {
            heard.add(e.reason() + " " + e.getMessage());
            throw e;
        }
    }

    private static String text(SecretMemory secret) {
        return StandardCharsets.UTF_8.decode(secret.buffer()).toString();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void fieldsArriveAndAnAnswerComesBack() throws IOException {
        serves();
    }

    private void serves() throws IOException {
        byte[] answer = SecretCall.make(
                path, Verb.CHANGE_PASSWORD, List.of(bytes("old"), bytes(""), bytes("new"), bytes("file")));
        assertArrayEquals("yes".getBytes(StandardCharsets.UTF_8), answer);
        assertEquals(List.of("CHANGE_PASSWORD old - new file"), heard);
    }

    private static boolean isHeld(SecretMemory secret) {
        return secret.segment().scope().isAlive();
    }

    @Test
    void whatWasHeldIsWipedAfterwards() throws IOException {
        SecretCall.make(path, Verb.UNLOCK, List.of(bytes("password"), bytes("")));
        assertThrows(Refused.class, () -> SecretCall.make(path, Verb.UNLOCK, List.of(bytes("no"), bytes(""))));
        assertEquals(3, held.size());
        long end = System.nanoTime() + 20_000_000_000L; // the answer comes a moment before
        while (held.stream().anyMatch(SecretSocketTest::isHeld) && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
        assertTrue(held.stream().noneMatch(SecretSocketTest::isHeld));
    }

    private List<ByteBuffer> place(String place) {
        return List.of(bytes(place), bytes(""), bytes(""), bytes(""), bytes(""));
    }

    @Test
    void whatTakesLongSaysNowAndThenHowFarItIs() throws IOException {
        List<SecretCall.Progress> told = new ArrayList<>();
        assertArrayEquals(bytes("yes").array(), SecretCall.make(path, Verb.RESTORE, place("here"), told::add));
        assertEquals(new SecretCall.Progress(Part.RECORDS, 1000, 1000), told.getLast());
        assertTrue(told.size() < 100, "and not a thousand times");
        SecretCall.make(path, Verb.RESTORE, place("who does not care"));
    }

    @Test
    void whatADamagedBackupLacksIsTold() throws IOException {
        List<SecretCall.Lost> told = new ArrayList<>();
        assertArrayEquals(bytes("yes").array(), SecretCall.make(path, Verb.SALVAGE, place("here"), _ -> {}, told::add));
        assertEquals(LOST, told);
        SecretCall.make(path, Verb.SALVAGE, place("who does not care"));
    }

    @Test
    void whoGoesAwayEndsWhatTakesLong() {
        assertThrows(
                IllegalStateException.class,
                () -> SecretCall.make(path, Verb.RESTORE, place("for ever"), progress -> {
                    if (progress.equals(new SecretCall.Progress(Part.FILES, 1L << 40, 1L << 41))) {
                        throw new IllegalStateException("as one who goes");
                    }
                }));
        long end = System.nanoTime() + 20_000_000_000L;
        while (heard.size() < 2 && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals("REFUSED The caller has gone, and nothing was done.", heard.getLast());
    }

    @Test
    void aRefusalHasItsReasonAndItsSentence() {
        var refused =
                assertThrows(Refused.class, () -> SecretCall.make(path, Verb.UNLOCK, List.of(bytes("no"), bytes(""))));
        assertEquals(FailedReason.DENIED, refused.reason());
        assertEquals("That is not it: ärger.", refused.getMessage());
    }

    @Test
    void aFieldOfTheLargestSizeFitsAndOneByteMoreDoesNot() throws IOException {
        SecretCall.make(path, Verb.UNLOCK, List.of(bytes("p"), ByteBuffer.allocate(SecretCall.FIELD_BYTES_MAX)));
        var refused = assertThrows(
                Refused.class,
                () -> SecretCall.make(
                        path, Verb.UNLOCK, List.of(bytes("p"), ByteBuffer.allocate(SecretCall.FIELD_BYTES_MAX + 1))));
        assertEquals(FailedReason.INVALID, refused.reason());
    }

    @Test
    void whatIsNoCallIsRefused() throws IOException {
        for (byte[] wrong : new byte[][] {
            {'O', 'M', 'S', '2', 2, 2}, // another format
            {'O', 'M', 'S', '1', 0, 2}, // no verb
            {'O', 'M', 'S', '1', 99, 2},
            {'O', 'M', 'S', '1', -1, 2},
            {'O', 'M', 'S', '1', 2, 1}, // too few fields for it
            {'O', 'M', 'S', '1', 2, -1},
            {'O', 'M', 'S', '1', 2, 2, 0, 0x10, 0, 1, 0, 0, 0, 0}, // a byte more than a field may have
        }) {
            assertTrue(raw(wrong).startsWith("invalid "), () -> "verb " + wrong[4]);
        }
        assertTrue(raw(new byte[] {'O', 'M', 'S', '1', 2, 2, -1, -1, -1, -1, 0, 0, 0, 0})
                .startsWith("invalid "));
        assertEquals(List.of(), heard);
    }

    @Test
    void aCallerThatLeavesHarmsNobody() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (SocketChannel channel = connect()) {
                channel.write(ByteBuffer.wrap(new byte[] {'O', 'M', 'S', '1', 2, 2, 0, 0, 0, 9, 0, 0, 0, 0, 'h', 'a'}));
            }
        }
        serves();
    }

    @Test
    void theSocketIsForItsUserAlone() throws IOException {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    }

    @Test
    void nothingIsLeftOfItAtTheEnd() {
        socket.close();
        assertFalse(Files.exists(path));
    }

    @Test
    void aSocketThatWasLeftBehindIsReplaced() throws IOException {
        socket.close();
        Files.createFile(path); // as of a process that was killed
        socket = SecretSocket.at(path, this::desk);
        serves();
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(path));
        return channel;
    }

    /** The text of a refusal. */
    private String raw(byte[] call) throws IOException {
        try (SocketChannel channel = connect()) {
            SecretCall.write(channel, ByteBuffer.wrap(call));
            ByteBuffer head = ByteBuffer.allocate(5);
            SecretCall.fill(channel, head);
            assertEquals(SecretCall.REFUSED, head.get(0));
            ByteBuffer text = ByteBuffer.allocate(head.getInt(1));
            SecretCall.fill(channel, text);
            return new String(text.array(), StandardCharsets.UTF_8);
        }
    }
}

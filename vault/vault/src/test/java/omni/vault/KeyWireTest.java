package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.tpm.TpmDevice;
import org.junit.jupiter.api.Test;

/** What the vault and its child say to each other, and what neither takes. */
final class KeyWireTest {
    private static KeyWire.Answer answer(byte[] bytes) throws IOException {
        return KeyWire.readAnswer(Channels.newChannel(new ByteArrayInputStream(bytes)));
    }

    private static KeyWire.Request request(byte[] bytes) throws IOException {
        return KeyWire.readRequest(Channels.newChannel(new ByteArrayInputStream(bytes)));
    }

    private static byte[] written(KeyWork.Outcome outcome) throws IOException {
        var out = new ByteArrayOutputStream();
        KeyWire.write(Channels.newChannel(out), outcome);
        return out.toByteArray();
    }

    private static byte[] written(KeyWire.Request request) throws IOException {
        var out = new ByteArrayOutputStream();
        KeyWire.write(Channels.newChannel(out), request);
        return out.toByteArray();
    }

    private static KeyWork.Outcome made() throws VaultException {
        return new KeyWork(Made::quick).create(Made.password(Made.PASSWORD), Made.LEAST);
    }

    private static KeyWire.Request full(KeyFile file, Secret secret) {
        return new KeyWire.Request(
                KeyWire.Operation.CHANGE_PASSWORD,
                Set.of(Purpose.RECORDS, Purpose.KV),
                Made.LEAST,
                Optional.of(file),
                Optional.of(secret),
                Optional.of(Made.password("another password", new byte[40])),
                new TpmDevice(Optional.of(Path.of("/dev/tpmrm0"))));
    }

    @Test
    void anAnswerArrivesAsItWasGiven() throws IOException {
        KeyWork.Outcome made = made();
        try (KeyWire.Answer read = answer(written(made))) {
            assertEquals(made.file(), read.file());
            for (KeyWork.PlainKey key : made.keys()) {
                byte[] there = read.keys().orElseThrow().key(key.purpose(), 1).toArray(ValueLayout.JAVA_BYTE);
                assertEquals(Base64Text.of(key.key()), Base64Text.of(there));
            }
            byte[] words = read.words().orElseThrow().segment().toArray(ValueLayout.JAVA_BYTE);
            assertEquals(Base64Text.of(made.words().orElseThrow()), Base64Text.of(words));
        }
    }

    @Test
    void aRequestArrivesAsItWasAsked() throws IOException {
        KeyFile file = made().file().orElseThrow();
        for (Secret secret : List.of(
                Made.password(Made.PASSWORD),
                Made.password(Made.PASSWORD, new byte[33]),
                Made.recovery(new byte[] {1, 2, 3}))) {
            KeyWire.Request read = request(written(full(file, secret)));
            assertEquals(full(file, secret), read); // buffers are equal by what they hold
        }
        var bare = new KeyWire.Request(
                KeyWire.Operation.CREATE,
                Set.of(),
                Made.LEAST,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                TpmDevice.NONE);
        assertEquals(bare, request(written(bare)));
        byte[] more = written(bare);
        more[1] = (byte) (1 << Purpose.values().length);
        assertThrows(IOException.class, () -> request(more));
    }

    @Test
    void aRefusalArrivesWithItsReason() throws IOException {
        for (VaultException.Reason reason : VaultException.Reason.values()) {
            var out = new ByteArrayOutputStream();
            KeyWire.write(Channels.newChannel(out), new VaultException(reason, "No."));
            VaultException told = assertThrows(VaultException.class, () -> answer(out.toByteArray()));
            assertEquals(reason, told.reason());
            assertEquals("No.", told.getMessage());
        }
        var out = new ByteArrayOutputStream();
        KeyWire.write(Channels.newChannel(out), new VaultException(VaultException.Reason.FAILED, "x".repeat(1001)));
        assertEquals(
                1000,
                assertThrows(VaultException.class, () -> answer(out.toByteArray()))
                        .getMessage()
                        .length());
    }

    @Test
    void whatIsCutIsRefused() throws IOException {
        byte[] whole = written(made());
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(whole, length);
            assertThrows(EOFException.class, () -> answer(cut));
        }
        byte[] asked = written(full(made().file().orElseThrow(), Made.password(Made.PASSWORD)));
        for (int length = 0; length < asked.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(asked, length);
            assertThrows(EOFException.class, () -> request(cut));
        }
    }

    private static void refused(ByteBuffer answer) {
        byte[] bytes = new byte[answer.flip().remaining()];
        answer.get(bytes);
        IOException refused = assertThrows(IOException.class, () -> answer(bytes));
        assertFalse(refused instanceof EOFException, "it is refused before it is read");
        assertTrue(refused.toString().contains("out of bounds"), refused.toString());
    }

    @Test
    void countsOneBeyondTheBoundAreRefused() {
        refused(ByteBuffer.allocate(5).put((byte) 0).putInt(KeyFile.BYTES_MAX + 1));
        refused(ByteBuffer.allocate(5).put((byte) 0).putInt(-2));
        refused(ByteBuffer.allocate(9).put((byte) 0).putInt(-1).putInt(KeyFile.KEYS_MAX + 1));
        refused(ByteBuffer.allocate(13).put((byte) 0).putInt(-1).putInt(0).putInt(RecoveryWords.TEXT_BYTES + 1));
        refused(ByteBuffer.allocate(14)
                .put((byte) 0)
                .putInt(-1)
                .putInt(1)
                .put((byte) Purpose.values().length)
                .putInt(1));
        refused(ByteBuffer.allocate(6).put((byte) 1).put((byte) -1));
        refused(ByteBuffer.allocate(6).put((byte) 1).put((byte) 0).putInt(1001));
    }
}

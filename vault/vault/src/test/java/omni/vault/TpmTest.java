package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;

/** Of the TPM what needs none: which one is meant, what its answers may be, and how it stands in the key file. */
final class TpmTest {
    private static final String KEY = Base64Text.of(new byte[TpmSlot.KEY_BYTES]);

    /** Gives the same bytes again and again, and takes all. */
    private record Answers(ByteBuffer bytes) implements ByteChannel {
        @Override
        public int read(ByteBuffer into) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            into.put(bytes.get());
            return 1;
        }

        @Override
        public int write(ByteBuffer from) {
            int count = from.remaining();
            from.position(from.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static Reason reason(byte[] answer) {
        return assertThrows(
                        VaultException.class, () -> Tpm.of(new TpmChannel.Stream(new Answers(ByteBuffer.wrap(answer)))))
                .reason();
    }

    /** An answer that says it has so many bytes, and has. */
    private static byte[] sized(int says, int has) {
        return ByteBuffer.allocate(has).putShort((short) 0x8002).putInt(says).array();
    }

    @Test
    void noAnswerMakesMoreOfItThanARefusal() {
        for (byte[] answer : new byte[][] {
            {},
            sized(10, 9),
            sized(9, 20),
            sized(-1, 20),
            sized(TpmChannel.ANSWER_BYTES_MAX + 1, TpmChannel.ANSWER_BYTES_MAX + 1),
            sized(TpmChannel.ANSWER_BYTES_MAX, TpmChannel.ANSWER_BYTES_MAX),
            sized(10, 10),
            sized(20, 20)
        }) {
            assertEquals(Reason.FAILED, reason(answer), answer.length + " bytes");
        }
    }

    @Test
    void theConfigurationNamesOneOrNone() throws VaultException {
        assertEquals(TpmDevice.NONE, TpmDevice.of("off"));
        assertEquals(
                Optional.of(Path.of("/dev/tpmrm7")), TpmDevice.of("/dev/tpmrm7").path());
        assertTrue(TpmDevice.of("auto").path().stream().allMatch(Path.of("/dev/tpmrm0")::equals));
        assertEquals(
                Reason.INVALID,
                assertThrows(VaultException.class, () -> TpmDevice.of("tpm0")).reason());
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, TpmDevice.NONE::open).reason());
    }

    @Test
    void aVaultHasThreeIndexesOfTheOwnersAndNoOther() {
        assertEquals(0x01BFFFFE, TpmSlot.counter("fffff" + "0".repeat(27)));
        assertEquals(0x01800001, new TpmSlot(1, KEY).handle("00000" + "f".repeat(27)));
        assertThrows(IllegalArgumentException.class, () -> new TpmSlot(2, KEY));
        assertThrows(IllegalArgumentException.class, () -> new TpmSlot(-1, KEY));
        assertThrows(IllegalArgumentException.class, () -> new TpmSlot(0, Base64Text.of(new byte[63])));
    }

    /** What belongs to the password is under the seal as all the rest: it cannot be taken out of the file. */
    @Test
    void theKeyFileSaysItAndHoldsToIt() throws VaultException {
        KeyWork work = new KeyWork(Made::quick);
        KeyFile made =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        KeyFile.PasswordSlot slot = made.password();
        KeyFile.PasswordSlot bound =
                new KeyFile.PasswordSlot(slot.argon2(), false, Optional.of(new TpmSlot(1, KEY)), slot.wrap());
        byte[] root = new byte[32];
        KeyFile file = KeyFile.sealed(made.vault(), bound, made.recovery(), made.keys(), root);
        assertEquals(file, KeyFile.of(file.json()));
        assertTrue(file.isSealedBy(root));
        assertFalse(new KeyFile(made.vault(), slot, made.recovery(), made.keys(), file.seal()).isSealedBy(root));
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, () -> work.open(file, Made.password(Made.PASSWORD)))
                        .reason());
        assertEquals(
                Reason.REFUSED,
                assertThrows(
                                VaultException.class,
                                () -> work.bind(made, Made.password(Made.PASSWORD), Made.LEAST, true))
                        .reason());
    }
}

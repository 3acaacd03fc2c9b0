package omni.vault;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What unlocks a vault, as buffers from their position to their limit. Outside of the child process they are views of secret
 * memory, and only their owner closes that.
 *
 * <p>A password is bytes, and is taken as it is: nothing trims it, and nothing brings what looks alike into one form, because that
 * would need it as a String. Whoever reads it from a person sends UTF-8 in Unicode's form NFC, as keyboards give it; a new one that
 * is no UTF-8 is refused.
 */
sealed interface Secret {
    /** Of a password. */
    int PASSWORD_BYTES_MAX = 1024;

    /** Of a new password, in characters of Unicode. */
    int PASSWORD_CHARACTERS_MIN = 8;

    /** Of a key file: fewer bytes would be guessed. */
    int KEY_FILE_BYTES_MIN = 32;

    int KEY_FILE_BYTES_MAX = 1 << 20;

    /** A password, and the content of a key file where one belongs to it. */
    record Password(ByteBuffer password, Optional<ByteBuffer> keyFile) implements Secret {
        @Override
        public void requireBounds() throws VaultException {
            if (password.remaining() < 1 || password.remaining() > PASSWORD_BYTES_MAX) {
                throw invalid("A password has 1 to " + PASSWORD_BYTES_MAX + " bytes.");
            }
            int bytes = keyFile.map(ByteBuffer::remaining).orElse(KEY_FILE_BYTES_MIN);
            if (bytes < KEY_FILE_BYTES_MIN || bytes > KEY_FILE_BYTES_MAX) {
                throw invalid("A key file has " + KEY_FILE_BYTES_MIN + " to " + KEY_FILE_BYTES_MAX + " bytes.");
            }
        }

        @Override
        public List<ByteBuffer> buffers() {
            return keyFile.map(file -> List.of(password, file)).orElse(List.of(password));
        }
    }

    /** The recovery key, in {@link RecoveryWords}. */
    record Recovery(ByteBuffer words) implements Secret {
        @Override
        public void requireBounds() throws VaultException {
            if (words.remaining() < 1 || words.remaining() > RecoveryWords.INPUT_BYTES_MAX) {
                throw invalid("A recovery key has 1 to " + RecoveryWords.INPUT_BYTES_MAX + " bytes.");
            }
        }

        @Override
        public List<ByteBuffer> buffers() {
            return List.of(words);
        }
    }

    /**
     * Refuses what is too short or too long.
     *
     * @throws VaultException INVALID
     */
    void requireBounds() throws VaultException;

    /** All of it. */
    List<ByteBuffer> buffers();

    private static VaultException invalid(String message) {
        return new VaultException(VaultException.Reason.INVALID, message);
    }
}

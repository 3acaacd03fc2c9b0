package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.subtle.XChaCha20Poly1305;
import java.security.GeneralSecurityException;
import org.junit.jupiter.api.Test;

/** What rows are encrypted by: the format of Tink's other class, whichever of them has written. */
final class RowKeyTest {
    private static final byte[] KEY = Ids.bytes(DataKeys.KEY_BYTES);
    private static final byte[] BINDING = {1, 2};

    @Test
    void eitherClassOpensWhatTheOtherWrote() throws GeneralSecurityException {
        Aead ours = RowKey.aead(KEY);
        Aead other = new XChaCha20Poly1305(KEY);
        for (int length : new int[] {0, 1, 63, 64, 65, 1500, 1 << 20}) {
            byte[] text = Ids.bytes(length);
            assertArrayEquals(text, other.decrypt(ours.encrypt(text, BINDING), BINDING));
            assertArrayEquals(text, ours.decrypt(other.encrypt(text, BINDING), BINDING));
        }
    }

    @Test
    void aChangedByteDoesNotOpen() throws GeneralSecurityException {
        Aead ours = RowKey.aead(KEY);
        byte[] sealed = ours.encrypt(new byte[100], BINDING);
        for (int at = 0; at < sealed.length; at++) {
            sealed[at] ^= 1;
            assertThrows(GeneralSecurityException.class, () -> ours.decrypt(sealed, BINDING));
            sealed[at] ^= 1;
        }
        assertArrayEquals(new byte[100], ours.decrypt(sealed, BINDING), "the control");
        assertThrows(GeneralSecurityException.class, () -> ours.decrypt(sealed, new byte[] {1}));
    }
}

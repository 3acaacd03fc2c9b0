package omni.vault;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.aead.XChaCha20Poly1305Key;
import com.google.crypto.tink.aead.internal.XChaCha20Poly1305Jce;
import com.google.crypto.tink.util.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import omni.vault.VaultException.Reason;

/**
 * A key that encrypts what belongs to one thing: XChaCha20-Poly1305, bound to that thing's name and to the place in it. For any
 * thread. Its bytes are on the heap (decision 0300).
 */
final class RowKey {
    private final Aead aead;
    private final String owner;

    RowKey(byte[] key, String owner) {
        this.aead = aead(key);
        this.owner = owner;
    }

    /** Tink's implementation over Java's own ChaCha20-Poly1305, which the processor helps with (decision 0312). */
    @AccessesPartialKey
    static Aead aead(byte[] key) {
        try {
            return XChaCha20Poly1305Jce.create(
                    XChaCha20Poly1305Key.create(SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key has " + DataKeys.KEY_BYTES + " bytes", e);
        }
    }

    byte[] encrypt(byte[] bytes, String place) {
        return encrypt(aead, bytes, binding(place));
    }

    /** Throws DAMAGED where it is not what was encrypted for that place. */
    byte[] decrypt(Bytes bytes, String place) throws VaultException {
        try {
            return aead.decrypt(bytes.array(), binding(place));
        } catch (GeneralSecurityException e) {
            throw new VaultException(Reason.DAMAGED, "The text of " + place + " in " + owner + " is damaged.", e);
        }
    }

    static byte[] encrypt(Aead aead, byte[] bytes, byte[] binding) {
        try {
            return aead.encrypt(bytes, binding);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("XChaCha20-Poly1305 does not encrypt", e);
        }
    }

    /** No name has a line feed in it. */
    private byte[] binding(String place) {
        return (owner + "\n" + place).getBytes(StandardCharsets.UTF_8);
    }
}

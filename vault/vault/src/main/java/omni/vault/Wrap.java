package omni.vault;

import com.google.crypto.tink.subtle.XChaCha20Poly1305;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Optional;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key of 32 bytes under another, bound to a context: the key that wraps and a tag are derived from the other key and the
 * context, the context is the associated data too, and the tag, which commits to the other key, is compared first.
 *
 * <pre>
 *   wrapping key = HKDF-SHA-512(other key, info = "omni-vault-keys/1 wrap\n" + context), 32 bytes
 *   tag          = HKDF-SHA-512(other key, info = "omni-vault-keys/1 tag\n" + context), 32 bytes
 *   sealed       = nonce of 24 bytes, then XChaCha20-Poly1305 of the key, with the context as associated data
 * </pre>
 *
 * <p>Keys are on the heap here: this is for the child process alone, and for tests.
 *
 * @param tag 32 bytes in base64
 * @param sealed 72 bytes in base64
 */
record Wrap(String tag, String sealed) {
    static final int KEY_BYTES = 32;
    static final int TAG_BYTES = 32;
    static final int SEALED_BYTES = 24 + KEY_BYTES + 16;

    Wrap {
        Base64Text.require("tag", tag, TAG_BYTES);
        Base64Text.require("sealed", sealed, SEALED_BYTES);
    }

    /** The key under the other one. */
    static Wrap of(byte[] key, byte[] other, String context) {
        try {
            byte[] sealed = new XChaCha20Poly1305(derive(other, "wrap", context)).encrypt(key, ascii(context));
            return new Wrap(Base64Text.of(derive(other, "tag", context)), Base64Text.of(sealed));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("XChaCha20-Poly1305 does not encrypt", e);
        }
    }

    /**
     * The key; nothing where the other one is not the one that it was wrapped by, or the context another.
     *
     * @throws VaultException DAMAGED where the tag fits, and the rest does not
     */
    Optional<byte[]> open(byte[] other, String context) throws VaultException {
        if (!MessageDigest.isEqual(Base64Text.bytes(tag), derive(other, "tag", context))) {
            return Optional.empty();
        }
        try {
            var cipher = new XChaCha20Poly1305(derive(other, "wrap", context));
            return Optional.of(cipher.decrypt(Base64Text.bytes(sealed), ascii(context)));
        } catch (GeneralSecurityException e) {
            throw new VaultException(
                    VaultException.Reason.DAMAGED, "A key in keys.json is damaged: restore the file from a backup.", e);
        }
    }

    /** 32 bytes made of a key, for one use and context: HKDF (RFC 5869) with SHA-512, without a salt. */
    static byte[] derive(byte[] key, String use, String context) {
        byte[] info = ascii("omni-vault-keys/1 " + use + "\n" + context);
        try {
            return KDF.getInstance("HKDF-SHA512")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(key, "HKDF"))
                            .thenExpand(info, KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java from 25 on has HKDF", e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}

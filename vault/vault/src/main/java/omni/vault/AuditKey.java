package omni.vault;

import com.google.crypto.tink.subtle.Ed25519Sign;
import java.lang.foreign.ValueLayout;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Signs lines of the audit log: Ed25519 (RFC 8032) from a seed that is a data key. Tink keeps it on the heap, until the
 * process ends. For any thread.
 */
final class AuditKey {
    private final AuditPublicKey publicKey;
    private final Ed25519Sign signer;

    AuditKey(DataKeys keys, int version) throws VaultException {
        byte[] seed = keys.key(Purpose.AUDIT, version).toArray(ValueLayout.JAVA_BYTE);
        try {
            Ed25519Sign.KeyPair pair = Ed25519Sign.KeyPair.newKeyPairFromSeed(seed);
            publicKey = new AuditPublicKey(version, Base64.getEncoder().encodeToString(pair.getPublicKey()));
            signer = new Ed25519Sign(pair.getPrivateKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 makes no key", e);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    AuditPublicKey publicKey() {
        return publicKey;
    }

    int version() {
        return publicKey.version();
    }

    AuditLine sign(AuditLine line) {
        try {
            return line.with(Base64.getEncoder().encodeToString(signer.sign(line.signed())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 does not sign", e);
        }
    }
}

package omni.airgap;

import com.google.crypto.tink.subtle.Ed25519Sign;
import com.google.crypto.tink.subtle.Ed25519Verify;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import omni.role.PrivateFile;

/**
 * The key that signs a box's evidence, or a witness's cosignatures: Ed25519 (RFC 8032), made at its first use, in a file for
 * its owner alone. Its thief can make those up, and nothing else (decision 0203). For any thread.
 */
final class DeviceKey {
    static final int SEED_BYTES = 32;

    private final Ed25519Sign.KeyPair pair;
    private final Ed25519Sign signer;

    private DeviceKey(byte[] seed) {
        try {
            pair = Ed25519Sign.KeyPair.newKeyPairFromSeed(seed);
            signer = new Ed25519Sign(pair.getPrivateKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 makes no key", e);
        }
    }

    /** The one of that private key, which has {@value #SEED_BYTES} bytes. */
    static DeviceKey of(byte[] seed) {
        return new DeviceKey(seed);
    }

    /** The one in that file, which is made where there is none. */
    static DeviceKey in(Path file) throws AirgapException {
        try {
            return new DeviceKey(read(file));
        } catch (IOException e) {
            throw new AirgapException("The signing key cannot be kept in " + file + ".", e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            byte[] seed = Files.readAllBytes(file);
            if (seed.length != SEED_BYTES) {
                throw new IOException("Not " + SEED_BYTES + " bytes");
            }
            return seed;
        } catch (NoSuchFileException e) {
            byte[] seed = new byte[SEED_BYTES];
            new SecureRandom().nextBytes(seed);
            PrivateFile.write(file, seed);
            return seed;
        }
    }

    byte[] publicKey() {
        return pair.getPublicKey();
    }

    byte[] sign(byte[] message) {
        try {
            return signer.sign(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 does not sign", e);
        }
    }

    static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        try {
            new Ed25519Verify(publicKey).verify(signature, message);
            return true;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false; // this is how Tink says no
        }
    }
}

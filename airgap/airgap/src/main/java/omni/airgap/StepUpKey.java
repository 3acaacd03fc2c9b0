package omni.airgap;

import com.google.crypto.tink.subtle.Ed25519Sign;
import com.google.crypto.tink.subtle.Ed25519Verify;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * The key that lifts a gap: an Ed25519 key pair (RFC 8032) made from 32 random bytes, which the owner keeps as text. The
 * box keeps the public half alone: nothing that it holds lifts a gap. Immutable.
 */
public final class StepUpKey {
    /** What the text of every step-up key begins with. */
    public static final String PREFIX = "omni-step-up-";

    private static final int SEED_BYTES = 32;
    private static final int PUBLIC_BYTES = 32;
    private static final int SIGNATURE_BYTES = 64;

    private final byte[] seed;

    private StepUpKey(byte[] seed) {
        this.seed = seed;
    }

    /** A new one. */
    public static StepUpKey make() {
        byte[] seed = new byte[SEED_BYTES];
        new SecureRandom().nextBytes(seed);
        return new StepUpKey(seed);
    }

    /** The key behind a text as {@link #text} gives it; nothing where it is none. */
    public static Optional<StepUpKey> read(String text) {
        if (!text.startsWith(PREFIX)) {
            return Optional.empty();
        }
        return bytes(Base64.getUrlDecoder(), text.substring(PREFIX.length()), SEED_BYTES)
                .map(StepUpKey::new);
    }

    /** What the owner keeps. */
    public String text() {
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(seed);
    }

    /** What the box keeps: base64. */
    public String publicKey() {
        return Base64.getEncoder().encodeToString(pair().getPublicKey());
    }

    /** The signature that {@code Lift} wants for this nonce: base64. */
    public String signLift(String nonce) {
        return sign(liftText(nonce));
    }

    /** The signature that {@code SetStepUp} wants from the old key for this nonce and the new one: base64. */
    public String signStepUp(String nonce, String newPublicKey) {
        return sign(stepUpText(nonce, newPublicKey));
    }

    /** In the place of a new key, where the vault's password is to be taken as well. */
    public static final String PASSWORD = "password";

    /** In the place of a new key, where it is not to be taken any more. */
    public static final String NO_PASSWORD = "no password";

    /** The vault's permit for a lift is for this session; the nonce follows. */
    public static final String LIFT_SESSION = "airgap lift ";

    /** The session of the permit by which it is changed what lifts. */
    public static final String ACCEPT_SESSION = "airgap accept password";

    static String liftText(String nonce) {
        return "omni airgap lift\n" + nonce;
    }

    static String stepUpText(String nonce, String newPublicKey) {
        return "omni airgap step-up\n" + nonce + "\n" + newPublicKey;
    }

    /** Whether that is the public half of some key. */
    static boolean isPublicKey(String text) {
        return bytes(Base64.getDecoder(), text, PUBLIC_BYTES).isPresent();
    }

    /** Whether the key behind the public half signed the text. */
    static boolean verify(String publicKey, String text, String signature) {
        Optional<byte[]> key = bytes(Base64.getDecoder(), publicKey, PUBLIC_BYTES);
        Optional<byte[]> proof = bytes(Base64.getDecoder(), signature, SIGNATURE_BYTES);
        if (key.isEmpty() || proof.isEmpty()) {
            return false;
        }
        try {
            new Ed25519Verify(key.get()).verify(proof.get(), text.getBytes(StandardCharsets.UTF_8));
            return true;
        } catch (GeneralSecurityException e) {
            return false; // this is how Tink says no
        }
    }

    private String sign(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(
                            new Ed25519Sign(pair().getPrivateKey()).sign(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 does not sign", e);
        }
    }

    private Ed25519Sign.KeyPair pair() {
        try {
            return Ed25519Sign.KeyPair.newKeyPairFromSeed(seed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 makes no key", e);
        }
    }

    private static Optional<byte[]> bytes(Base64.Decoder decoder, String text, int length) {
        try {
            return Optional.of(decoder.decode(text)).filter(bytes -> bytes.length == length);
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // not base64
        }
    }
}

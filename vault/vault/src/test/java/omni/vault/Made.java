package omni.vault;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the tests of keys are made of. */
final class Made {
    static final String PASSWORD = "correct horse battery";
    static final Calibration LEAST = new Calibration(Argon2.MEMORY_KIB_MIN, Duration.ofMillis(1));

    /** One that does it at once: small, and compiled for a short life. */
    static final KeyKeeper.Machine MACHINE =
            new KeyKeeper.Machine(1L << 30, LEAST, Duration.ofMinutes(2), List.of("-XX:TieredStopAtLevel=1"));

    private Made() {}

    /** On the heap, for what runs in a child otherwise. */
    static Secret.Password password(String text) {
        return new Secret.Password(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), Optional.empty());
    }

    static Secret.Password password(String text, byte[] keyFile) {
        return new Secret.Password(
                ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), Optional.of(ByteBuffer.wrap(keyFile)));
    }

    static Secret.Recovery recovery(byte[] words) {
        return new Secret.Recovery(ByteBuffer.wrap(words));
    }

    /** A stretch that costs nothing, and depends on all that the real one does. */
    static byte[] quick(byte[] password, Argon2 how) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(how.text().getBytes(StandardCharsets.US_ASCII));
            return sha256.digest(password);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Outside of the heap, for the vault's side. */
    static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static Secret.Password direct(String text) {
        return new Secret.Password(direct(text.getBytes(StandardCharsets.UTF_8)), Optional.empty());
    }
}

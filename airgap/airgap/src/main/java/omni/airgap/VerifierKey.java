package omni.airgap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A public key under its name, by which a signature of a note is found and checked. As text, the verifier key of C2SP
 * signed-note.md: {@code NAME+hex(key ID)+base64(type, public key)}. Immutable.
 */
final class VerifierKey {
    /** Signs the note's text. */
    static final byte ED25519 = 1;

    /** Signs a time and the note's text: {@link Cosignature}. */
    static final byte COSIGNATURE = 4;

    private static final int TEXT_CHARACTERS_MAX = 512;
    private static final int NAME_CHARACTERS_MAX = 400;
    private static final int KEY_BYTES = 32;

    private final String name;
    private final byte type;
    private final byte[] publicKey;

    VerifierKey(String name, byte type, byte[] publicKey) {
        this.name = name;
        this.type = type;
        this.publicKey = publicKey.clone();
    }

    /** The key of a witness; nothing where the text is none, or a key of another type. */
    static Optional<VerifierKey> cosigner(String text) {
        String[] parts = text.split("\\+", 3); // base64 has this sign, too, and a name has not
        if (text.length() > TEXT_CHARACTERS_MAX || parts.length < 3 || !isName(parts[0])) {
            return Optional.empty();
        }
        byte[] bytes = SignedNote.bytes(parts[2]).orElse(new byte[0]);
        if (bytes.length != 1 + KEY_BYTES || bytes[0] != COSIGNATURE) {
            return Optional.empty();
        }
        VerifierKey key = new VerifierKey(parts[0], COSIGNATURE, Arrays.copyOfRange(bytes, 1, bytes.length));
        return key.hexId().equals(parts[1]) ? Optional.of(key) : Optional.empty();
    }

    /** Whether a key may have that name: not empty, no white space, no plus. */
    static boolean isName(String name) {
        return !name.isEmpty()
                && name.length() <= NAME_CHARACTERS_MAX
                && name.codePoints()
                        .noneMatch(
                                point -> point == '+' || Character.isWhitespace(point) || Character.isSpaceChar(point));
    }

    String name() {
        return name;
    }

    /** The first four bytes of SHA-256 over name, line feed, type and key. */
    int id() {
        var digest = Merkle.sha256();
        digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
        digest.update(type);
        return ByteBuffer.wrap(digest.digest(publicKey)).getInt();
    }

    private String hexId() {
        return HexFormat.of().toHexDigits(id());
    }

    boolean verifies(String message, byte[] signature) {
        return DeviceKey.verify(publicKey, message.getBytes(StandardCharsets.UTF_8), signature);
    }

    /** The text that {@link #cosigner} reads. */
    String text() {
        byte[] key = ByteBuffer.allocate(1 + publicKey.length)
                .put(type)
                .put(publicKey)
                .array();
        return name + "+" + hexId() + "+" + Base64.getEncoder().encodeToString(key);
    }
}

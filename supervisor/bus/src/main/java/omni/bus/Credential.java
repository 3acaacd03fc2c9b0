package omni.bus;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key by which two processes of one run of Omni know each other. The supervisor makes a root for each run; a role gets what is
 * derived from it for the role's name; a role that others prove themselves to gets the root. The key itself is never sent:
 * both sides prove on each connection that they have it ({@code omni.Introduction}).
 *
 * <p>Source of the construction: HMAC-SHA-256 (RFC 2104) over a label, the role and both sides' nonces, in the manner of ISO/IEC
 * 9798-4, mutual authentication. Immutable.
 */
public final class Credential {
    /** Digits of a nonce or a proof: 32 bytes. */
    static final Pattern DIGITS = Pattern.compile("[0-9a-f]{64}");

    private static final int BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] key;

    private Credential(byte[] key) {
        this.key = key;
    }

    /** A new root. */
    public static Credential root() {
        return new Credential(random());
    }

    /**
     * Reads what {@link #text} wrote.
     *
     * @throws IllegalArgumentException where it is something else; the text is not in the message
     */
    public static Credential of(String text) {
        if (!DIGITS.matcher(text).matches()) {
            throw new IllegalArgumentException("A credential has 64 hexadecimal digits");
        }
        return new Credential(HexFormat.of().parseHex(text));
    }

    /** What that role gets of this root. */
    public Credential forRole(String role) {
        return new Credential(hmac("role", role));
    }

    /** 64 hexadecimal digits: for an environment, and for nothing that others can read. */
    public String text() {
        return HexFormat.of().formatHex(key);
    }

    static String nonce() {
        return HexFormat.of().formatHex(random());
    }

    /** That side's proof of having this key. */
    String proof(Side side, String role, String clientNonce, String serverNonce) {
        return HexFormat.of().formatHex(hmac(side.name(), role, clientNonce, serverNonce));
    }

    boolean accepts(String proof, Side side, String role, String clientNonce, String serverNonce) {
        return MessageDigest.isEqual(
                proof(side, role, clientNonce, serverNonce).getBytes(StandardCharsets.US_ASCII),
                proof.getBytes(StandardCharsets.UTF_8));
    }

    /** Who proves: a proof of one side is none of the other. */
    enum Side {
        CLIENT,
        SERVER
    }

    private byte[] hmac(String... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            for (String part : parts) {
                mac.update(part.getBytes(StandardCharsets.UTF_8));
                mac.update((byte) 0); // no part has one, so that no two lists of parts are the same bytes
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has HmacSHA256", e);
        }
    }

    private static byte[] random() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
        return "Credential[…]";
    }
}

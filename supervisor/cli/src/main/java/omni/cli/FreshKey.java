package omni.cli;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A key of the HTTP API, made here so that it never rides in a message; only its hash goes to the daemon.
 *
 * @param text "omni-" and 32 random bytes in base64url without padding (RFC 4648, section 5): 48 characters
 * @param hash SHA-256 of the text's ASCII bytes, in lower-case hexadecimal
 */
record FreshKey(String text, String hash) {
    private static final int RANDOM_BYTES = 32;

    /** A key that nobody has had. */
    static FreshKey make() {
        var random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        var text = "omni-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        return new FreshKey(text, hash(text));
    }

    /** The hash by which the daemon knows a key. */
    static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** A key is a secret: it shows in no log by accident. */
    @Override
    public String toString() {
        return "FreshKey[" + hash.substring(0, 12) + "]";
    }
}

package omni.vault;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names of things: a prefix that tells what it is, and 192 random bits. */
final class Ids {
    private static final int RANDOM_BYTES = 24;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Ids() {}

    static String random(String prefix) {
        return prefix + HexFormat.of().formatHex(bytes(RANDOM_BYTES));
    }

    /** So many random bytes. */
    static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}

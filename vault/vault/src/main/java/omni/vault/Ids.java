package omni.vault;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Names of things: a prefix that tells what it is, and 192 random bits. */
final class Ids {
    private static final int RANDOM_BYTES = 24;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern RANDOM_DIGITS = Pattern.compile("[0-9a-f]{" + 2 * RANDOM_BYTES + "}");

    private Ids() {}

    static String random(String prefix) {
        return prefix + HexFormat.of().formatHex(bytes(RANDOM_BYTES));
    }

    /** Refuses what is no such name. */
    static void check(String prefix, String id) throws VaultException {
        if (!id.startsWith(prefix)
                || !RANDOM_DIGITS
                        .matcher(id)
                        .region(prefix.length(), id.length())
                        .matches()) {
            throw Bounds.invalid("An id is " + prefix + " and " + 2 * RANDOM_BYTES + " hexadecimal digits.");
        }
    }

    /** So many random bytes. */
    static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}

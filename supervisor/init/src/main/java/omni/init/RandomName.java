package omni.init;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names that nobody can guess: 128 random bits in hexadecimal. */
final class RandomName {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 16;

    private RandomName() {}

    static String next() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}

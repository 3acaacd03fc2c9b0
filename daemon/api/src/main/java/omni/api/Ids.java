package omni.api;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Random names of things. */
final class Ids {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 12;

    private Ids() {}

    /** A name for a request. */
    static String request() {
        return "req_" + random();
    }

    /** A name for a chat completion. */
    static String chat() {
        return "chatcmpl-" + random();
    }

    /** A name for a text completion. */
    static String completion() {
        return "cmpl-" + random();
    }

    private static String random() {
        var bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}

package omni.api;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Random names of things. */
final class Ids {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 12;
    private static final int VAULT_BYTES = 24;

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

    /** A name for a response, as the vault has them. */
    static String response() {
        return "resp_" + random(VAULT_BYTES);
    }

    /** A name for a call of a function. */
    static String call() {
        return "call_" + random();
    }

    /** A name for a run that was given none. */
    static String run() {
        return random(VAULT_BYTES);
    }

    /** A name for what a response says, as the vault has them. */
    static String message() {
        return "msg_" + random(VAULT_BYTES);
    }

    private static String random() {
        return random(BYTES);
    }

    private static String random(int count) {
        var bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}

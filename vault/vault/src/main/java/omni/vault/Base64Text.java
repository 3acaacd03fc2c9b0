package omni.vault;

import java.util.Base64;

/** Bytes of a fixed count as base64 (RFC 4648, section 4), in the one way that they can be written. */
final class Base64Text {
    private Base64Text() {}

    static String of(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The bytes of a text that was required before. */
    static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }

    /** Refuses what is not so many bytes, or is written in another way than {@link #of} does. */
    static void require(String name, String text, int bytes) {
        if (text.length() != (bytes + 2) / 3 * 4 || !isCanonical(text, bytes)) {
            throw new IllegalArgumentException(name + " is not " + bytes + " bytes in base64");
        }
    }

    private static boolean isCanonical(String text, int bytes) {
        try {
            byte[] decoded = bytes(text);
            return decoded.length == bytes && of(decoded).equals(text);
        } catch (IllegalArgumentException e) {
            return false; // this is how the decoder says no
        }
    }
}

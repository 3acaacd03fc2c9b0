package omni.api;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** DER between lines of text: RFC 7468, its strict form. */
final class Pem {
    private static final int LINE_CHARACTERS = 64;

    private Pem() {}

    /** The block of that label. */
    static String block(String label, byte[] der) {
        var lines = Base64.getMimeEncoder(LINE_CHARACTERS, "\n".getBytes(StandardCharsets.US_ASCII));
        return "-----BEGIN " + label + "-----\n" + lines.encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    /**
     * What stands in the blocks of that label, in their order.
     *
     * @throws IllegalArgumentException where one is not Base64
     */
    static List<byte[]> all(String text, String label) {
        var block = Pattern.compile("-----BEGIN " + label + "-----\n([A-Za-z0-9+/=\n]*)-----END " + label + "-----");
        return block.matcher(text)
                .results()
                .map(found -> Base64.getMimeDecoder().decode(found.group(1)))
                .toList();
    }

    /**
     * What stands in the one block of that label.
     *
     * @throws IllegalArgumentException where there is none, or more than one
     */
    static byte[] one(String text, String label) {
        var all = all(text, label);
        if (all.size() != 1) {
            throw new IllegalArgumentException("There is not exactly one " + label);
        }
        return all.getFirst();
    }
}

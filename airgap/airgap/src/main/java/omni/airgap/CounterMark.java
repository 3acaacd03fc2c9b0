package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a record of the kind {@value #KIND} says: how far the TPM's counter will have got. The first one under a new key, of the kind
 * {@value #KEY}, says how far it was. Immutable.
 *
 * <pre>
 *   {"n":7, …, "kind":"counted", …, "body":{"tpm":32 digits,"index":8 digits,"count":12}}
 *   "alarm":"…" or "unknown":"…" is in the body, too, where the counter did not fit to the records
 * </pre>
 *
 * @param record its number
 * @param time of the record
 * @param tpm which TPM: the first 16 bytes of the SHA-256 of its own key, in hexadecimal
 * @param index where in it the counter is, in hexadecimal
 * @param count how far it is once this is counted; 0 where it begins, and nobody knows yet with what
 * @param alarm what did not fit when this was written
 * @param unknown what could not be told then
 */
record CounterMark(
        int record,
        String time,
        String tpm,
        String index,
        long count,
        Optional<String> alarm,
        Optional<String> unknown) {
    static final String KIND = "counted";
    static final String KEY = "key";

    /** Of a record at each start of the role, which is not worth the wear of a count. */
    static final String STARTED = "started";

    /** The kind stands behind signature, number and time. */
    private static final int HEAD_BYTES = 300;

    private static final int WORDS_CHARACTERS_MAX = 300;
    private static final Pattern TPM = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern INDEX = Pattern.compile("[0-9a-f]{8}");

    /** The one in a line of the evidence; nothing where it is another record, is not signed or does not follow the one before. */
    static Optional<CounterMark> of(byte[] line, int number, String before, byte[] publicKey) {
        if (!isOf(line, KIND) && !isOf(line, KEY)) {
            return Optional.empty();
        }
        return SignedLine.read(new String(line, StandardCharsets.UTF_8), publicKey)
                .filter(record -> record.path("n").asInt(-1) == number
                        && record.path("prev").asString("").equals(before))
                .flatMap(record -> of(record, number));
    }

    /** Whether the kind stands in that line: within a body, quotation marks have a backslash before them. */
    static boolean isOf(byte[] line, String kind) {
        return new String(line, 0, Math.min(line.length, HEAD_BYTES), StandardCharsets.UTF_8)
                .contains("\"kind\":\"" + kind + "\"");
    }

    /** Whether a record is to be counted before long: a start of the role by itself is not, or a role that dies again and again wears a TPM out. */
    static boolean wears(byte[] line) {
        return !isOf(line, STARTED);
    }

    /** The one in a record that was checked. */
    static Optional<CounterMark> of(JsonNode record, int number) {
        JsonNode body = record.path("body");
        String kind = record.path("kind").asString("");
        String tpm = body.path("tpm").asString("");
        String index = body.path("index").asString("");
        long count = body.path("count").asLong(-1);
        if ((!kind.equals(KIND) && !kind.equals(KEY))
                || !TPM.matcher(tpm).matches()
                || !INDEX.matcher(index).matches()
                || count < 0) {
            return Optional.empty();
        }
        return Optional.of(new CounterMark(
                number,
                words(record.path("time").asString("")),
                tpm,
                index,
                count,
                text(body.path("alarm")),
                text(body.path("unknown"))));
    }

    private static Optional<String> text(JsonNode text) {
        return Optional.of(text).filter(JsonNode::isString).map(found -> words(found.asString("")));
    }

    private static String words(String text) {
        return text.substring(0, Math.min(text.length(), WORDS_CHARACTERS_MAX));
    }

    /** Says it in a record to be. */
    static ObjectNode put(ObjectNode body, String tpm, String index, long count) {
        return body.put("tpm", tpm).put("index", index).put("count", count);
    }
}

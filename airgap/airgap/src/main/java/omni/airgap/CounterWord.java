package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What the box says that the TPM's counter stood at when a proof was made: a {@link SignedLine} of
 *
 * <pre>
 *   {"kind":"counter","time":"…","tpm":…,"index":…,"count":12,"records":40}
 * </pre>
 *
 * <p>Immutable.
 *
 * @param time by the box's clock
 * @param tpm as in a {@link CounterMark}
 * @param index as there
 * @param count as there
 * @param records how many there were
 */
record CounterWord(String time, String tpm, String index, long count, int records) {
    private static final String KIND = "counter";
    private static final int TIME_CHARACTERS_MAX = 40;

    String signed(DeviceKey key) {
        byte[] line = SignedLine.of(
                key,
                EvidenceChain.body()
                        .put("kind", KIND)
                        .put("time", time)
                        .put("tpm", tpm)
                        .put("index", index)
                        .put("count", count)
                        .put("records", records));
        return new String(line, StandardCharsets.UTF_8);
    }

    /** What that key has said; nothing where it is another text, or another's. */
    static Optional<CounterWord> read(String text, byte[] publicKey) {
        return SignedLine.read(text, publicKey)
                .filter(word -> word.path("kind").asString("").equals(KIND))
                .map(CounterWord::of)
                .filter(word -> word.count >= 0 && word.records >= 0);
    }

    private static CounterWord of(JsonNode word) {
        String time = word.path("time").asString("");
        return new CounterWord(
                time.substring(0, Math.min(time.length(), TIME_CHARACTERS_MAX)),
                word.path("tpm").asString(""),
                word.path("index").asString(""),
                word.path("count").asLong(-1),
                word.path("records").asInt(-1));
    }

    static CounterWord now(Instant time, CounterMark last, long count, int records) {
        return new CounterWord(time.toString(), last.tpm(), last.index(), count, records);
    }
}

package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.json.JsonMapper;

/**
 * All evidence of a box in one text, which anybody can check on another machine: a JSON object with the public key, a
 * checkpoint, what the TPM's counter stands at and the newest cosigned checkpoint where the box has them, and the records. Written and read a record at a time.
 */
public final class Proof {
    /** How many witnesses one may name. */
    public static final int WITNESSES_MAX = 16;

    private static final int KEY_BYTES = 32;
    /** Of base64, with padding. */
    private static final int KEY_CHARACTERS = 44;

    private static final JsonMapper JSON =
            JsonMapper.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

    private Proof() {}

    /**
     * What checking found.
     *
     * @param problems what is wrong, a line each; empty where nothing is
     * @param box whose evidence it is: the name of its key
     * @param key that key, base64
     * @param records how many
     * @param held how many of them, from the first, are held by a checkpoint that was kept or cosigned elsewhere: none of
     *     these can have been cut off
     * @param counted how many of them, from the first, the counter of the box's TPM holds, by the box's own word
     * @param cosigned who saw them
     * @param shown what it proves, in words
     * @param notShown what it does not prove, in words
     */
    public record Verdict(
            List<String> problems,
            String box,
            String key,
            int records,
            int held,
            int counted,
            List<Cosigned> cosigned,
            List<String> shown,
            List<String> notShown) {
        static Verdict none(String problem) {
            return new Verdict(List.of(problem), "", "", 0, 0, 0, List.of(), List.of(), List.of());
        }
    }

    /**
     * A cosignature that holds.
     *
     * @param witness its name
     * @param time when, by its own clock
     * @param records how many it had seen
     */
    public record Cosigned(String witness, Instant time, int records) {}

    /**
     * Writes a proof of as many records as the checkpoint counts.
     *
     * @param out stays open
     * @param publicKey of the box, base64
     * @param checkpoint the note over all records
     * @param counter what the TPM's counter stands at, signed
     * @param witnessed an older checkpoint that came back cosigned
     * @param chain the file of the evidence
     * @throws IOException where the file cannot be read or the proof not written
     */
    public static void write(
            Writer out,
            String publicKey,
            String checkpoint,
            Optional<String> counter,
            Optional<String> witnessed,
            InputStream chain)
            throws IOException {
        var lineFeed = new DefaultIndenter("  ", "\n"); // on every system
        var indented = new DefaultPrettyPrinter().withArrayIndenter(lineFeed).withObjectIndenter(lineFeed);
        LineReader lines = new LineReader(chain, EvidenceChain.LINE_BYTES_MAX);
        try (JsonGenerator json = JSON.writer().with(indented).createGenerator(out)) {
            json.writeStartObject();
            json.writeStringProperty("format", ProofReader.FORMAT);
            json.writeStringProperty("publicKey", publicKey);
            json.writeStringProperty("checkpoint", checkpoint);
            counter.ifPresent(word -> json.writeStringProperty("counter", word));
            witnessed.ifPresent(note -> json.writeStringProperty("witnessed", note));
            json.writeArrayPropertyStart("records");
            // A record that came after the checkpoint is for the next proof.
            for (int left = Checkpoint.size(checkpoint); left > 0; left--) {
                Optional<byte[]> line = lines.next();
                if (line.isEmpty()) {
                    break;
                }
                json.writeString(new String(line.get(), StandardCharsets.UTF_8));
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        out.write("\n");
        out.flush();
    }

    /**
     * Checks a proof: each signature, each link of the chain, the checkpoints in it and the cosignatures on them; and that it
     * goes on from a checkpoint of the same box that was kept elsewhere, where one is given. Each witness that is named must
     * have cosigned one of these checkpoints.
     *
     * @param proof the proof
     * @param box the key that it must be of, as a box shows its own
     * @param kept a checkpoint that was kept elsewhere, cosigned or not
     * @param witnesses verifier keys, at most {@link #WITNESSES_MAX}
     */
    public static Verdict verify(
            InputStream proof, Optional<String> box, Optional<String> kept, List<String> witnesses) {
        if (box.isPresent() && !isKey(box.get())) {
            return Verdict.none("\"" + box.get().substring(0, Math.min(box.get().length(), KEY_CHARACTERS))
                    + "\" is no key of a box: that is " + KEY_CHARACTERS
                    + " characters of base64, as omni airgap status shows it.");
        }
        if (witnesses.size() > WITNESSES_MAX) {
            return Verdict.none("These are more than " + WITNESSES_MAX + " witnesses.");
        }
        List<VerifierKey> keys = new ArrayList<>();
        for (String witness : witnesses) {
            Optional<VerifierKey> key = VerifierKey.cosigner(witness);
            if (key.isEmpty()) {
                return Verdict.none("\"" + witness + "\" is no verifier key of a witness: NAME+HASH+KEY, type 4.");
            }
            keys.add(key.get());
        }
        try (ProofReader reader = new ProofReader(proof)) {
            return new ProofCheck(reader.header(), box, kept, keys).run(reader);
        } catch (AirgapException e) {
            return Verdict.none(e.getMessage());
        }
    }

    /** Whether that is the text of a key as {@link #key} writes it: one key has one text. */
    private static boolean isKey(String text) {
        return text.length() == KEY_CHARACTERS
                && SignedNote.bytes(text)
                        .filter(bytes -> bytes.length == KEY_BYTES && key(bytes).equals(text))
                        .isPresent();
    }

    /** The public key's text as a proof has it. */
    static String key(byte[] publicKey) {
        return Base64.getEncoder().encodeToString(publicKey);
    }
}

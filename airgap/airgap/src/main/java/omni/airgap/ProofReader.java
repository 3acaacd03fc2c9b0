package omni.airgap;

import java.io.Closeable;
import java.io.InputStream;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a proof from front to back, one record at a time, whatever comes. Its members stand in this order, and there are no
 * others:
 *
 * <pre>
 *   {"format": "omni-airgap-proof/1",
 *    "publicKey": base64, "checkpoint": note, "counter": signed line (where there is one),
 *    "witnessed": note (where there is one), "records": [line, …]}
 * </pre>
 *
 * <p>For one thread.
 */
final class ProofReader implements Closeable {
    static final String FORMAT = "omni-airgap-proof/1";
    /** Of a whole chain: JSON may write each character of it as two. */
    static final long BYTES_MAX = 600L << 20;

    private static final int KEY_BYTES = 32;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(BYTES_MAX)
                            .maxStringLength(EvidenceChain.LINE_BYTES_MAX)
                            .maxNameLength(100)
                            .maxNestingDepth(2)
                            .build())
                    .build())
            .build();

    private final JsonParser parser;

    /** Nothing is read yet. */
    ProofReader(InputStream in) throws AirgapException {
        try {
            parser = JSON.createParser(in);
        } catch (JacksonException e) {
            throw noProof(e);
        }
    }

    /**
     * What comes before the records; its notes are not checked.
     *
     * @param publicKey of the box: 32 bytes in base64
     * @param checkpoint the note over all records
     * @param counter what the TPM's counter stands at
     * @param witnessed an older checkpoint that came back cosigned
     */
    record Header(String publicKey, String checkpoint, Optional<String> counter, Optional<String> witnessed) {
        byte[] key() {
            return Base64.getDecoder().decode(publicKey);
        }
    }

    /**
     * Reads up to the first record.
     *
     * @throws AirgapException where this is no proof
     */
    Header header() throws AirgapException {
        try {
            expect(parser.nextToken() == JsonToken.START_OBJECT
                    && member().equals("format")
                    && string().equals(FORMAT)
                    && member().equals("publicKey"));
            String key = string();
            expect(SignedNote.bytes(key)
                    .filter(bytes -> bytes.length == KEY_BYTES)
                    .isPresent());
            expect(member().equals("checkpoint"));
            String checkpoint = string();
            String next = member();
            Optional<String> counter = Optional.empty();
            if (next.equals("counter")) {
                counter = Optional.of(string());
                next = member();
            }
            Optional<String> witnessed = Optional.empty();
            if (next.equals("witnessed")) {
                witnessed = Optional.of(string());
                next = member();
            }
            expect(next.equals("records") && parser.nextToken() == JsonToken.START_ARRAY);
            return new Header(key, checkpoint, counter, witnessed);
        } catch (JacksonException e) {
            throw noProof(e);
        }
    }

    private String member() throws AirgapException {
        expect(parser.nextToken() == JsonToken.PROPERTY_NAME);
        return parser.currentName();
    }

    private String string() throws AirgapException {
        expect(parser.nextToken() == JsonToken.VALUE_STRING);
        return parser.getString();
    }

    private static void expect(boolean holds) throws AirgapException {
        if (!holds) {
            throw new AirgapException("This is no proof of an air gap.");
        }
    }

    private static AirgapException noProof(JacksonException cause) {
        return new AirgapException("This is no proof of an air gap.", cause);
    }

    /**
     * The next record; nothing after the last.
     *
     * @throws AirgapException where the proof is not one from here on
     */
    Optional<String> next() throws AirgapException {
        try {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.VALUE_STRING) {
                return Optional.of(parser.getString());
            }
            expect(token == JsonToken.END_ARRAY
                    && parser.nextToken() == JsonToken.END_OBJECT
                    && parser.nextToken() == null);
            return Optional.empty();
        } catch (JacksonException e) {
            throw noProof(e);
        }
    }

    @Override
    public void close() {
        parser.close();
    }
}

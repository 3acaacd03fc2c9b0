package omni.airgap;

import java.util.Base64;
import java.util.Optional;
import omni.tpm.Tpm;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A signing key as its file has it once a TPM has sealed it; of no use without that TPM:
 *
 * <pre>
 *   {"format": "omni-airgap-key/1",
 *    "publicKey": base64 of 32 bytes,
 *    "tpm": the TPM's own key, base64 of 64 bytes, by which it is told from others,
 *    "sealed": base64 of what the TPM made of the private key's 32 bytes}
 * </pre>
 */
record SealedKey(String publicKey, String tpm, String sealed) {
    static final String FORMAT = "omni-airgap-key/1";

    /** Longer text is none. */
    static final int BYTES_MAX = 4096;

    private static final int PUBLIC_BYTES = 32;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static SealedKey of(byte[] publicKey, byte[] tpm, byte[] sealed) {
        Base64.Encoder base64 = Base64.getEncoder();
        return new SealedKey(
                base64.encodeToString(publicKey), base64.encodeToString(tpm), base64.encodeToString(sealed));
    }

    /** What that text says; nothing where it is none. */
    static Optional<SealedKey> read(byte[] text) {
        try {
            JsonNode json = JSON.readTree(text);
            var key = new SealedKey(
                    json.path("publicKey").asString(""),
                    json.path("tpm").asString(""),
                    json.path("sealed").asString(""));
            return json.path("format").asString("").equals(FORMAT) && key.isWhole()
                    ? Optional.of(key)
                    : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty(); // a damaged file, or another one
        }
    }

    private boolean isWhole() {
        return bytes(publicKey) == PUBLIC_BYTES && bytes(tpm) == Tpm.KEY_BYTES && bytes(sealed) > 0;
    }

    private static int bytes(String base64) {
        return SignedNote.bytes(base64).map(bytes -> bytes.length).orElse(-1);
    }

    /** For {@link #read}. */
    byte[] text() {
        return JSON.writeValueAsBytes(JSON.createObjectNode()
                .put("format", FORMAT)
                .put("publicKey", publicKey)
                .put("tpm", tpm)
                .put("sealed", sealed));
    }

    byte[] publicBytes() {
        return Base64.getDecoder().decode(publicKey);
    }

    byte[] sealedBytes() {
        return Base64.getDecoder().decode(sealed);
    }
}

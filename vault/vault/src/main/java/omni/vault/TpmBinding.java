package omni.vault;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A vault whose password a TPM holds a part of, and which TPM that is. As text it is the two with a blank between them, and no secret.
 *
 * @param vault its name
 * @param key the TPM's own, as in {@link TpmSlot}
 */
record TpmBinding(String vault, String key) {
    /** Longer text is none. */
    static final int BYTES_MAX = 200;

    TpmBinding {
        KeyFile.requireName(vault);
        Base64Text.require("the TPM's key", key, TpmSlot.KEY_BYTES);
    }

    /** Of those keys; nothing where no TPM belongs to their password. */
    static Optional<TpmBinding> of(KeyFile keys) {
        return keys.password().tpm().map(slot -> new TpmBinding(keys.vault(), slot.key()));
    }

    /** What that text says; nothing where it is none, or cut. */
    static Optional<TpmBinding> read(byte[] text) {
        String[] parts = new String(text, StandardCharsets.US_ASCII).split(" ", -1);
        try {
            return parts.length == 2 ? Optional.of(new TpmBinding(parts[0], parts[1])) : Optional.empty();
        } catch (IllegalArgumentException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.DEBUG, "No TPM is named there", e);
            return Optional.empty();
        }
    }

    /** For {@link #read}. */
    byte[] text() {
        return (vault + ' ' + key).getBytes(StandardCharsets.US_ASCII);
    }
}

package omni.vault;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether a TPM holds a part of a vault's password, as far as its files say.
 *
 * @param isKnown false where what would say so is gone, or cannot be read
 * @param tpm which does
 */
record TpmHold(boolean isKnown, Optional<TpmBinding> tpm) {
    /** None does. */
    static final TpmHold NONE = new TpmHold(true, Optional.empty());

    static final TpmHold UNKNOWN = new TpmHold(false, Optional.empty());

    private static final byte[] NONE_TEXT = "none".getBytes(StandardCharsets.US_ASCII);

    /** That one does. */
    static TpmHold by(TpmBinding tpm) {
        return new TpmHold(true, Optional.of(tpm));
    }

    /** What those keys say. */
    static TpmHold of(KeyFile keys) {
        return new TpmHold(true, TpmBinding.of(keys));
    }

    /** What that text says: nothing is known by one that is cut, or none. */
    static TpmHold read(byte[] text) {
        return Arrays.equals(text, NONE_TEXT)
                ? NONE
                : TpmBinding.read(text).map(TpmHold::by).orElse(UNKNOWN);
    }

    /** For {@link #read}; it is no secret. */
    byte[] text() {
        return tpm.map(TpmBinding::text).orElse(isKnown ? NONE_TEXT.clone() : new byte[0]);
    }

    /** This, or where it is not known the other. */
    TpmHold or(Supplier<TpmHold> other) {
        return isKnown ? this : other.get();
    }
}

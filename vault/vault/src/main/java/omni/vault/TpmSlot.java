package omni.vault;

import java.util.HexFormat;
import omni.tpm.Tpm;

/**
 * Where a TPM holds the secret that belongs to a password.
 *
 * @param place 0 or 1: a new password goes to the other one, so that the old one holds until the new one is written down
 * @param key the TPM's own key, by which it is told from others: x and y of a point of P-256, in base64
 */
record TpmSlot(int place, String key) {
    static final int KEY_BYTES = Tpm.KEY_BYTES;

    /** In what the TPM Registry gives to a TPM's owner. */
    private static final int HANDLE_BASE = 0x01800000;

    /** The fourth place, 3, is of the evidence of the air gap. */
    private static final int COUNTER_PLACE = 2;

    TpmSlot {
        if (place != 0 && place != 1) {
            throw new IllegalArgumentException("the TPM's place is neither 0 nor 1");
        }
        Base64Text.require("the TPM's key", key, KEY_BYTES);
    }

    /** Its index in the TPM, for the vault of that name. */
    int handle(String vault) {
        return handle(vault, place);
    }

    /** The index of a vault's counter. */
    static int counter(String vault) {
        return handle(vault, COUNTER_PLACE);
    }

    /** All that a TPM can hold for that vault. */
    static int[] handles(String vault) {
        return new int[] {handle(vault, 0), handle(vault, 1), counter(vault)};
    }

    /** Five digits of the name, which is random, and the place. */
    private static int handle(String vault, int place) {
        return HANDLE_BASE | HexFormat.fromHexDigits(vault, 0, 5) << 2 | place;
    }

    /** What the password's wrap is bound to beside the rest. */
    String context() {
        return "\ntpm=" + place + "," + key;
    }
}

package omni.vault;

/** What became, in a wipe, of the part of the password that a TPM holds. */
enum TpmPart {
    /** No TPM belonged to the password. */
    NONE("wiped"),
    /** It is gone, also for who has a copy of the files. */
    DESTROYED("wiped; the TPM has destroyed its part of the password"),
    /** The TPM was not there or too slow, or has refused: who has a copy of the files may have it give that out. */
    NOT_ANSWERED(
            "wiped; the TPM did not answer and may still hold its part of the password: clear the TPM in the setup of this"
                    + " machine's firmware"),
    /** What would say whether a TPM belonged to the password could not be read. */
    UNKNOWN(
            "wiped; whether a TPM holds a part of the password is not known, for the key file could not be read: where one"
                    + " belonged to it, clear the TPM in the setup of this machine's firmware");

    private final String cause;

    TpmPart(String cause) {
        this.cause = cause;
    }

    /** Why there is no vault any more, with what is left to do. */
    String cause() {
        return cause;
    }
}

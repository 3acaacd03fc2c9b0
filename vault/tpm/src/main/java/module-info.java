/** A TPM 2.0, for what a role keeps in it. */
module omni.tpm {
    requires static org.jspecify;

    exports omni.tpm;
}

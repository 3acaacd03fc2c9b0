package omni.vault;

import java.util.OptionalLong;
import omni.tpm.Tpm;
import omni.tpm.TpmDevice;
import omni.tpm.TpmException;
import omni.vault.VaultException.Reason;

/** The TPM for the vault: what goes wrong with it is told as the vault tells it, with the way out that a vault has. For one thread. */
final class VaultTpm implements AutoCloseable {
    private final Tpm tpm;

    private VaultTpm(Tpm tpm) {
        this.tpm = tpm;
    }

    /** Work that a TPM may fail. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws TpmException;
    }

    /** The one that {@code vault.tpm} names. */
    static TpmDevice device(String configured) throws VaultException {
        return told(() -> TpmDevice.of("vault.tpm", configured));
    }

    /**
     * That TPM.
     *
     * @throws VaultException REFUSED where there is none
     */
    static VaultTpm open(TpmDevice device) throws VaultException {
        return new VaultTpm(told(device::open));
    }

    /** As {@link Tpm#key}. */
    byte[] key() {
        return tpm.key();
    }

    /**
     * Returns where that is its key.
     *
     * @throws VaultException REFUSED where it is another TPM, or was cleared
     */
    void require(String ofKey) throws VaultException {
        var _ = told(() -> {
            tpm.require(ofKey);
            return true;
        });
    }

    /** Keeps a secret under that authorization; what was there before is gone. */
    void keep(int handle, byte[] auth, byte[] secret) throws VaultException {
        var _ = told(() -> {
            tpm.keep(handle, auth, secret);
            return true;
        });
    }

    /**
     * The secret.
     *
     * @throws VaultException DENIED where the authorization is wrong, LATER after too many of those, MISSING where there is none
     */
    byte[] secret(int handle, byte[] auth) throws VaultException {
        return told(() -> tpm.secret(handle, auth));
    }

    /** How far a counter has counted; nothing where there is none, or where it has not begun. */
    OptionalLong count(int handle) throws VaultException {
        return told(() -> tpm.count(handle));
    }

    /** Counts by one, and returns how far that is. */
    long increment(int handle) throws VaultException {
        return told(() -> tpm.increment(handle));
    }

    /** Takes what is there away for good. */
    void forget(int handle) throws VaultException {
        var _ = told(() -> {
            tpm.forget(handle);
            return true;
        });
    }

    @Override
    public void close() throws VaultException {
        var _ = told(() -> {
            tpm.close();
            return true;
        });
    }

    private static <T> T told(Work<T> work) throws VaultException {
        try {
            return work.run();
        } catch (TpmException e) {
            throw switch (e.reason()) {
                case INVALID -> new VaultException(Reason.INVALID, e.getMessage(), e);
                case ABSENT -> new VaultException(Reason.REFUSED, e.getMessage(), e);
                case ANOTHER ->
                    new VaultException(
                            Reason.REFUSED,
                            "Another TPM than this one belongs to this password, or this one was cleared: use the recovery"
                                    + " key.",
                            e);
                case DENIED -> new VaultException(Reason.DENIED, "Wrong password, or key file.", e);
                case MISSING -> new VaultException(Reason.MISSING, "The TPM holds nothing for this password.", e);
                case LOCKED -> new VaultException(Reason.LATER, e.getMessage() + " Or use the recovery key.", e);
                case SILENT ->
                    new VaultException(
                            Reason.FAILED,
                            e.getMessage()
                                    + " Or unlock with the recovery key, which needs no TPM: omni vault recover.",
                            e);
                case FAILED, REFUSED -> new VaultException(Reason.FAILED, e.getMessage(), e);
            };
        }
    }
}

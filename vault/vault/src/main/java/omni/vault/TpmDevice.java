package omni.vault;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/**
 * The TPM that the vault is to use, as {@code vault.tpm} names it.
 *
 * @param path nothing where there is none, or none is to be used
 */
record TpmDevice(Optional<Path> path) {
    static final String AUTO = "auto";
    static final String OFF = "off";
    static final TpmDevice NONE = new TpmDevice(Optional.empty());

    /** Where the kernel gives each program a part of the TPM to itself. */
    private static final Path KERNELS = Path.of("/dev/tpmrm0");

    /** By the configuration: by itself it takes what is there and open to this user. */
    static TpmDevice of(String configured) throws VaultException {
        return switch (configured) {
            case OFF -> NONE;
            case AUTO ->
                new TpmDevice(Optional.of(KERNELS).filter(path -> Files.isReadable(path) && Files.isWritable(path)));
            default -> {
                if (!configured.startsWith("/")) {
                    throw new VaultException(
                            Reason.INVALID,
                            "vault.tpm is \"auto\", \"off\" or the whole path of a TPM, such as /dev/tpmrm0.");
                }
                yield new TpmDevice(Optional.of(Path.of(configured)));
            }
        };
    }

    /**
     * The TPM.
     *
     * @throws VaultException REFUSED where there is none
     */
    Tpm open() throws VaultException {
        return Tpm.open(path.orElseThrow(() -> new VaultException(
                Reason.REFUSED,
                "There is no TPM here that Omni may use: look whether " + KERNELS + " is there, and at vault.tpm in"
                        + " omni.toml.")));
    }
}

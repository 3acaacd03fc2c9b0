package omni.tpm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import omni.tpm.TpmException.Reason;

/**
 * The TPM that a role is to use, as a setting of its names it.
 *
 * @param path nothing where there is none, or none is to be used
 */
public record TpmDevice(Optional<Path> path) {
    /** The kernel's, where it is there and open to this user. */
    public static final String AUTO = "auto";

    /** None. */
    public static final String OFF = "off";

    /** There is none, or none is to be used. */
    public static final TpmDevice NONE = new TpmDevice(Optional.empty());

    /** Where the kernel gives each program a part of the TPM to itself. */
    private static final Path KERNELS = Path.of("/dev/tpmrm0");

    /**
     * By the configuration: by itself it takes what is there and open to this user.
     *
     * @param setting its name, such as {@code vault.tpm}
     * @throws TpmException INVALID where that names none
     */
    public static TpmDevice of(String setting, String configured) throws TpmException {
        return switch (configured) {
            case OFF -> NONE;
            case AUTO ->
                new TpmDevice(Optional.of(KERNELS).filter(path -> Files.isReadable(path) && Files.isWritable(path)));
            default -> {
                if (!configured.startsWith("/")) {
                    throw new TpmException(
                            Reason.INVALID,
                            setting + " is \"auto\", \"off\" or the whole path of a TPM, such as /dev/tpmrm0.");
                }
                yield new TpmDevice(Optional.of(Path.of(configured)));
            }
        };
    }

    /**
     * The TPM.
     *
     * @throws TpmException ABSENT where there is none
     */
    public Tpm open() throws TpmException {
        return Tpm.open(path.orElseThrow(() -> new TpmException(
                Reason.ABSENT,
                "There is no TPM here that Omni may use: look whether " + KERNELS + " is there, and at tpm in"
                        + " omni.toml.")));
    }
}

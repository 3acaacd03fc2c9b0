package omni.airgap;

import java.nio.file.Path;
import java.util.List;
import omni.role.Key;
import omni.role.Section;
import omni.tpm.TpmDevice;
import omni.tpm.TpmException;

/**
 * The table {@code [airgap]} of {@code omni.toml}.
 *
 * @param scope what the gap is about, as {@link Scope#of} reads it
 * @param console where the code for a lift is shown
 * @param tpm which TPM the evidence may use
 */
public record AirgapConfig(
        @Key(
                doc = "What the kill switch cuts off: \"machine\" for every network of this machine (an appliance's"
                        + " setting: whoever works on the machine from afar is cut off for good), or files of network"
                        + " namespaces such as /run/netns/NAME, with blanks between. Empty: nothing; without root,"
                        + " Omni's own roles.",
                def = "",
                max = "4096")
        String scope,

        @Key(
                doc = "The screen or serial line of the box itself, where the code for a lift is shown.",
                def = "/dev/console")
        Path console,

        @Key(
                doc =
                        "The TPM 2.0 that seals the key of the evidence and counts its records: \"auto\" for /dev/tpmrm0 where it"
                                + " is there and open to the role, \"off\", or the whole path of another.",
                def = "auto",
                min = "1",
                max = "4096")
        String tpm) {
    /** Refuses what would close something else than is meant. */
    public AirgapConfig {
        try {
            var _ = TpmDevice.of("tpm", tpm);
        } catch (TpmException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        List<String> words = List.of(scope.strip().split("\\s+", -1));
        for (String word : words) {
            boolean machine = word.equalsIgnoreCase(Scope.MACHINE);
            if (machine && !scope.strip().equals(Scope.MACHINE)) {
                throw new IllegalArgumentException(
                        "scope is either \"machine\" or files: all of the machine has those in it");
            } else if (!machine && !word.isEmpty() && !word.startsWith("/")) {
                throw new IllegalArgumentException(
                        "scope names files by their whole path, such as /run/netns/NAME, not " + word);
            }
        }
    }

    /** The table. */
    public static final Section<AirgapConfig> SECTION = Section.of("airgap", AirgapConfig.class);
}

package omni.vault;

import java.time.Duration;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [vault]} of {@code omni.toml}.
 *
 * @param lockAfter without use for so long, it locks itself; zero: never
 * @param lockInGap whether closing the air gap locks it
 * @param tpm which TPM it may use
 */
public record VaultConfig(
        @Key(
                doc = "Lock the vault when nothing was asked of it for this long; \"0ms\" never does.",
                def = "0ms",
                max = "720h")
        Duration lockAfter,

        @Key(doc = "Lock the vault when the air gap closes.", def = "false")
        boolean lockInGap,

        @Key(
                doc =
                        "The TPM 2.0 that counts unlocks, and that omni vault tpm on makes belong to the password: \"auto\" for"
                                + " /dev/tpmrm0 where it is there and open to the vault, \"off\", or the whole path of another.",
                def = "auto",
                min = "1",
                max = "4096")
        String tpm) {
    /** The table. */
    public static final Section<VaultConfig> SECTION = Section.of("vault", VaultConfig.class);
}

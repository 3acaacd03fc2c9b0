package omni.vault;

import java.time.Duration;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [vault]} of {@code omni.toml}.
 *
 * @param lockAfter without use for so long, it locks itself; zero: never
 * @param lockInGap whether closing the air gap locks it
 */
public record VaultConfig(
        @Key(
                doc = "Lock the vault when nothing was asked of it for this long; \"0ms\" never does.",
                def = "0ms",
                max = "720h")
        Duration lockAfter,

        @Key(doc = "Lock the vault when the air gap closes.", def = "false")
        boolean lockInGap) {
    /** The table. */
    public static final Section<VaultConfig> SECTION = Section.of("vault", VaultConfig.class);
}

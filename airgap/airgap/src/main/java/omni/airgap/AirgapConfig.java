package omni.airgap;

import java.nio.file.Path;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [airgap]} of {@code omni.toml}.
 *
 * @param scope what the gap is about, as {@link Scope#of} reads it
 * @param console where the code for a lift is shown
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
        Path console) {
    /** The table. */
    public static final Section<AirgapConfig> SECTION = Section.of("airgap", AirgapConfig.class);
}

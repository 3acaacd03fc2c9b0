package omni.airgap;

import java.nio.file.Path;
import java.util.List;
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
    /** Refuses what would close something else than is meant. */
    public AirgapConfig {
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

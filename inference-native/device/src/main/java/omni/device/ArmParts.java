package omni.device;

import java.util.Locale;
import java.util.Map;

/**
 * Names of Arm cores by implementer and part number, as {@code MIDR_EL1} and so {@code /proc/cpuinfo} give them. Source:
 * Linux, {@code arch/arm64/include/asm/cputype.h}; the cores of boards that run language models.
 */
final class ArmParts {
    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("0x41:0xd03", "Cortex-A53"),
            Map.entry("0x41:0xd05", "Cortex-A55"),
            Map.entry("0x41:0xd08", "Cortex-A72"),
            Map.entry("0x41:0xd09", "Cortex-A73"),
            Map.entry("0x41:0xd0a", "Cortex-A75"),
            Map.entry("0x41:0xd0b", "Cortex-A76"),
            Map.entry("0x41:0xd0c", "Neoverse-N1"),
            Map.entry("0x41:0xd40", "Neoverse-V1"),
            Map.entry("0x41:0xd41", "Cortex-A78"),
            Map.entry("0x41:0xd42", "Cortex-A78AE"),
            Map.entry("0x41:0xd44", "Cortex-X1"),
            Map.entry("0x41:0xd46", "Cortex-A510"),
            Map.entry("0x41:0xd47", "Cortex-A710"),
            Map.entry("0x41:0xd48", "Cortex-X2"),
            Map.entry("0x41:0xd49", "Neoverse-N2"),
            Map.entry("0x41:0xd4f", "Neoverse-V2"),
            Map.entry("0x41:0xd80", "Cortex-A520"),
            Map.entry("0x41:0xd81", "Cortex-A720"),
            Map.entry("0x41:0xd85", "Cortex-X925"),
            Map.entry("0x41:0xd87", "Cortex-A725"),
            Map.entry("0x4e:0x004", "Carmel"),
            Map.entry("0x51:0x001", "Oryon"));

    private ArmParts() {}

    /** Returns the core's name, empty where it is not known. */
    static String name(String implementer, String part) {
        return NAMES.getOrDefault((implementer + ":" + part).toLowerCase(Locale.ROOT), "");
    }
}

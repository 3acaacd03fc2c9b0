package omni.llama;

import java.util.Locale;
import java.util.Optional;

/** What the packages of native libraries call an operating system and a processor. */
final class Platform {
    private Platform() {}

    /**
     * The package's name for this machine, such as {@code linux-x64}; empty where none is made for such machines.
     *
     * @param osName the JDK's {@code os.name}
     * @param osArch the JDK's {@code os.arch}
     * @param variant what else it should compute on, such as {@code cuda}; empty for the processor alone
     */
    static Optional<String> of(String osName, String osArch, String variant) {
        var os = osName.toLowerCase(Locale.ROOT);
        var processor = switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x64";
            case "aarch64", "arm64" -> "arm64";
            case "arm" -> "armv7l";
            default -> "";
        };
        if (processor.isEmpty()) {
            return Optional.empty();
        }
        if (os.startsWith("linux")) {
            return Optional.of("linux-" + processor + (variant.isEmpty() ? "" : "-" + variant));
        }
        if (os.startsWith("mac")) {
            return Optional.of(processor.equals("arm64") ? "mac-arm64-metal" : "mac-x64");
        }
        return Optional.empty();
    }
}

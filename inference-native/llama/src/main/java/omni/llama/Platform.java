package omni.llama;

import java.util.Locale;

/** What the packages of native libraries call an operating system and a processor. */
final class Platform {
    private Platform() {}

    /**
     * The package's name for this machine, such as {@code linux-x64}.
     *
     * @param osName the JDK's {@code os.name}
     * @param osArch the JDK's {@code os.arch}
     * @param variant what else it should compute on, such as {@code cuda}; empty for the processor alone
     */
    static String of(String osName, String osArch, String variant) {
        var os = osName.toLowerCase(Locale.ROOT);
        var processor = switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x64";
            case "aarch64", "arm64" -> "arm64";
            case "arm" -> "armv7l";
            default -> throw unknown(osName, osArch);
        };
        if (os.startsWith("linux")) {
            return "linux-" + processor + (variant.isEmpty() ? "" : "-" + variant);
        }
        if (os.startsWith("mac")) {
            return processor.equals("arm64") ? "mac-arm64-metal" : "mac-x64";
        }
        throw unknown(osName, osArch);
    }

    private static LlamaException unknown(String osName, String osArch) {
        return new LlamaException(
                "no native libraries are known for this machine",
                osName + " on " + osArch,
                "Build llama.cpp v" + NativeFiles.RELEASE + " and name its folder in OMNI_LLAMA_LIB.");
    }
}

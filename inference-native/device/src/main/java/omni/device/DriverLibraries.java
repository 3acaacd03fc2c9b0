package omni.device;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where the drivers' libraries are.
 *
 * @param cuda the CUDA driver, {@code libcuda.so.1}
 * @param nvml NVIDIA's management library, {@code libnvidia-ml.so.1}
 * @param objc the Objective-C runtime
 * @param metal Apple's Metal
 */
record DriverLibraries(Optional<Path> cuda, Optional<Path> nvml, Optional<Path> objc, Optional<Path> metal) {
    /** Where distributions, containers, Jetson Linux, WSL and NixOS put them. */
    private static final List<String> FOLDERS = List.of(
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu/nvidia",
            "/usr/lib/aarch64-linux-gnu/tegra",
            "/usr/lib64",
            "/usr/lib",
            "/usr/local/nvidia/lib64",
            "/usr/lib/wsl/lib",
            "/run/opengl-driver/lib");

    static DriverLibraries none() {
        return new DriverLibraries(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    static DriverLibraries live(Map<String, String> environment) {
        if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("mac")) {
            // Apple's libraries are in the loader's own cache, not in the file system.
            return new DriverLibraries(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(Path.of("/usr/lib/libobjc.A.dylib")),
                    Optional.of(Path.of("/System/Library/Frameworks/Metal.framework/Metal")));
        }
        List<String> folders = new ArrayList<>();
        for (String folder : environment.getOrDefault("LD_LIBRARY_PATH", "").split(":", -1)) {
            if (folder.startsWith("/")) {
                folders.add(folder);
            }
        }
        folders.addAll(FOLDERS);
        return new DriverLibraries(
                find(folders, "libcuda.so.1"), find(folders, "libnvidia-ml.so.1"), Optional.empty(), Optional.empty());
    }

    private static Optional<Path> find(List<String> folders, String name) {
        return folders.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::exists)
                .findFirst();
    }
}

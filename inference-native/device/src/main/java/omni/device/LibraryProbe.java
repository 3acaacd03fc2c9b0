package omni.device;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks for the C library's version and for Vulkan, in files alone: nothing is loaded. Sources: the banner in {@code
 * csu/version.c} of glibc; "Vulkan-Loader, LoaderDriverInterface.md" for the folders of manifests.
 */
final class LibraryProbe {
    private static final Pattern BANNER = Pattern.compile("stable release version (\\d+\\.\\d+)");
    private static final List<String> LIBC = List.of(
            "lib/x86_64-linux-gnu/libc.so.6",
            "lib/aarch64-linux-gnu/libc.so.6",
            "lib64/libc.so.6",
            "usr/lib64/libc.so.6",
            "lib/libc.so.6",
            "usr/lib/libc.so.6");
    private static final List<String> LOADER =
            List.of("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib");
    private static final List<String> MANIFESTS =
            List.of("etc/vulkan/icd.d", "usr/local/share/vulkan/icd.d", "usr/share/vulkan/icd.d");
    /** Mesa's and Google's drivers that compute on the processor: slower than the natives' own code for it. */
    private static final List<String> ON_THE_CPU = List.of("lvp_", "lavapipe", "swiftshader", "vk_swiftshader");

    private final Facts root;

    LibraryProbe(Roots roots) {
        this.root = roots.rootFacts();
    }

    Libraries read() {
        return new Libraries(libc(), vulkan());
    }

    private String libc() {
        for (String file : LIBC) {
            Matcher banner = BANNER.matcher(root.text(file).orElse(""));
            if (banner.find()) {
                return "glibc " + banner.group(1);
            }
        }
        return root.names("lib").stream().anyMatch(name -> name.startsWith("ld-musl-")) ? "musl" : "";
    }

    private Finding<String> vulkan() {
        if (LOADER.stream().noneMatch(folder -> root.exists(folder + "/libvulkan.so.1"))) {
            return new Finding.Absent<>("The loader for Vulkan (libvulkan.so.1) is not installed.");
        }
        List<String> drivers = new ArrayList<>();
        for (String folder : MANIFESTS) {
            root.names(folder).stream()
                    .filter(name -> name.endsWith(".json"))
                    .filter(name -> ON_THE_CPU.stream().noneMatch(name::startsWith))
                    .forEach(drivers::add);
        }
        if (drivers.isEmpty()) {
            return new Finding.Absent<>("No driver for Vulkan computes on a GPU here.");
        }
        return root.names("dev/dri").stream().anyMatch(name -> name.startsWith("renderD"))
                ? new Finding.Found<>(String.join(", ", drivers))
                : new Finding.Absent<>("There is no GPU that Vulkan could use (/dev/dri).");
    }
}

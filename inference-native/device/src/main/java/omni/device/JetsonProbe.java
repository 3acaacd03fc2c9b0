package omni.device;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds a Jetson by its device tree. Sources: NVIDIA, Jetson Linux Developer Guide, "Quick Start" (module numbers) and
 * "Jetson Orin Nano Series, Jetson Orin NX Series and Jetson AGX Orin Series" (nvpmodel, clocks); the compatible list as
 * NVIDIA/jetson-gpio issue 125 shows one; the files that jetson_stats reads ({@code jtop/core/gpu.py}, {@code
 * nvpmodel.py}).
 */
final class JetsonProbe {
    private static final Map<String, String> MODULES = Map.ofEntries(
            Map.entry("p3701-0000", "Jetson AGX Orin"),
            Map.entry("p3701-0004", "Jetson AGX Orin 32GB"),
            Map.entry("p3701-0005", "Jetson AGX Orin 64GB"),
            Map.entry("p3701-0008", "Jetson AGX Orin Industrial"),
            Map.entry("p3767-0000", "Jetson Orin NX 16GB"),
            Map.entry("p3767-0001", "Jetson Orin NX 8GB"),
            Map.entry("p3767-0003", "Jetson Orin Nano 8GB"),
            Map.entry("p3767-0004", "Jetson Orin Nano 4GB"),
            Map.entry("p3767-0005", "Jetson Orin Nano 8GB Developer Kit"),
            Map.entry("p3668-0000", "Jetson Xavier NX Developer Kit"),
            Map.entry("p3668-0001", "Jetson Xavier NX"),
            Map.entry("p3668-0003", "Jetson Xavier NX 16GB"),
            Map.entry("p2888-0004", "Jetson AGX Xavier"),
            Map.entry("p3448-0000", "Jetson Nano"));

    private static final Map<String, String> CAPABILITIES =
            Map.of("tegra264", "11.0", "tegra234", "8.7", "tegra194", "7.2", "tegra186", "6.2", "tegra210", "5.3");

    /** Only names that may be the module's: the carrier's number comes first in {@code carrier+module}. */
    private static final Pattern MODULE = Pattern.compile("(?:^nvidia,|\\+)(p\\d{4}-\\d{4})");

    private static final Pattern RELEASE = Pattern.compile("# R(\\d+) \\(release\\), REVISION: ([\\d.]+)");
    private static final Pattern MODE = Pattern.compile("<\\s*POWER_MODEL\\s+ID=(\\d+)\\s+NAME=(\\S+)\\s*>");
    private static final List<String> GPUS = List.of("ga10b", "gv11b", "gp10b", "gpu", "gb10b");

    private final Facts sys;
    private final Facts root;
    private final Facts deviceTree;

    JetsonProbe(Roots roots) {
        this.sys = roots.sysFacts();
        this.root = roots.rootFacts();
        this.deviceTree = roots.deviceTreeFacts();
    }

    Optional<Jetson> read() {
        List<String> compatible =
                List.of(deviceTree.text("compatible").orElse("").split("\0", -1));
        Optional<String> soc = compatible.stream()
                .filter(name -> name.startsWith("nvidia,tegra"))
                .map(name -> name.substring("nvidia,".length()))
                .findFirst();
        if (soc.isEmpty()) {
            return Optional.empty();
        }
        String model = deviceTree.text("model").orElse("").replace("\0", "").strip();
        String module = module(compatible);
        Optional<Facts> gpu = gpu();
        return Optional.of(new Jetson(
                model,
                module,
                MODULES.getOrDefault(module, model),
                soc.get(),
                CAPABILITIES.getOrDefault(soc.get(), ""),
                release(),
                powerMode(),
                gpu.map(files -> files.number("cur_freq")).orElse(OptionalLong.empty()),
                gpu.map(files -> files.number("max_freq")).orElse(OptionalLong.empty()),
                sys.number("kernel/debug/bpmp/debug/clk/emc/rate")));
    }

    private static String module(List<String> compatible) {
        String module = "";
        for (String name : compatible) {
            Matcher matcher = MODULE.matcher(name);
            while (matcher.find()) {
                // A name with the carrier has the module behind the plus; the last one found is the module's.
                module = matcher.group(1);
            }
            if (!module.isEmpty()) {
                return module;
            }
        }
        return module;
    }

    private String release() {
        Matcher matcher = RELEASE.matcher(root.text("etc/nv_tegra_release").orElse(""));
        return matcher.find() ? matcher.group(1) + "." + matcher.group(2) : "";
    }

    /** The daemon keeps {@code pmode:0002}; the table of names is in its configuration. */
    private Optional<Jetson.PowerMode> powerMode() {
        String status = root.text("var/lib/nvpmodel/status").orElse("");
        OptionalLong id = status.startsWith("pmode:")
                ? Facts.parse(
                        status.substring("pmode:".length()).lines().findFirst().orElse(""))
                : OptionalLong.empty();
        if (id.isEmpty()) {
            return Optional.empty();
        }
        String name = "";
        Matcher matcher = MODE.matcher(root.text("etc/nvpmodel.conf").orElse(""));
        while (matcher.find()) {
            if (Facts.parse(matcher.group(1)).equals(id)) {
                name = matcher.group(2);
            }
        }
        return Optional.of(new Jetson.PowerMode((int) id.getAsLong(), name));
    }

    /** Returns the GPU's frequency folder: {@code 17000000.ga10b} in older releases, {@code 17000000.gpu} in newer. */
    private Optional<Facts> gpu() {
        for (String name : sys.names("class/devfreq")) {
            String last = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            if (GPUS.contains(last)) {
                return Optional.of(sys.under("class/devfreq/" + name));
            }
        }
        return Optional.empty();
    }
}

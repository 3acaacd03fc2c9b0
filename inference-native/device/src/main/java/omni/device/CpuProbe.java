package omni.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntToLongFunction;
import omni.device.Cpu.Cache;
import omni.device.Cpu.Core;
import omni.device.Cpu.Kind;
import omni.device.Cpu.Node;

/**
 * Reads the processors from {@code /sys/devices/system/cpu}, {@code /sys/devices/system/node} and {@code /proc}.
 * Sources: Linux, {@code Documentation/admin-guide/cputopology.rst} (topology), {@code
 * Documentation/ABI/testing/sysfs-devices-system-cpu} (caches, capacity), {@code
 * Documentation/devicetree/bindings/cpu/cpu-capacity.txt} (big.LITTLE), {@code
 * Documentation/admin-guide/perf/} and {@code /sys/devices/cpu_core}, {@code cpu_atom} (Intel hybrid).
 */
final class CpuProbe {
    private static final String CPUS = "devices/system/cpu";

    /**
     * A core at most this fast, in hundredths of the fastest one, is a frugal one, where only the scheduler's capacity
     * tells: 70 for the Cortex-A725 beside the X925 of an NVIDIA GB10, 40 for the Cortex-A55 beside an A76.
     */
    private static final int EFFICIENT_CAPACITY_PERCENT = 75;

    /**
     * Likewise by the highest clock, where nothing better tells: 78 for an i7-1370P; cores that are merely the best of
     * their kind differ by less than ten.
     */
    private static final int EFFICIENT_CLOCK_PERCENT = 82;

    private final Facts sys;
    private final Facts proc;
    private final String architecture;

    CpuProbe(Roots roots, String architecture) {
        this.sys = roots.sysFacts();
        this.proc = roots.procFacts();
        this.architecture = architecture;
    }

    Cpu read() {
        List<Map<String, String>> processors = cpuinfo();
        CpuSet online = online(processors.size());
        CpuSet present = present();
        CpuSet affinity = affinity();
        List<Core> cores = cores(online);
        Set<Integer> sockets = new TreeSet<>();
        cores.forEach(core -> sockets.add(core.socket()));
        return new Cpu(
                model(processors),
                architecture,
                Math.max(1, sockets.size()),
                cores,
                online,
                present.minus(online),
                affinity.isEmpty() ? online : online.and(affinity),
                IsaProbe.of(architecture, features(processors)),
                caches(online),
                nodes());
    }

    private CpuSet online(int listed) {
        CpuSet online = sys.cpus(CPUS + "/online");
        if (!online.isEmpty()) {
            return online;
        }
        // Kernels before 2.6.29, and some recordings, have the switch of each processor only; the first may have none.
        int[] on = sys.numbered(CPUS, "cpu").stream()
                .filter(name -> sys.number(CPUS + "/" + name + "/online").orElse(1) != 0)
                .mapToInt(name -> Integer.parseInt(name.substring("cpu".length())))
                .toArray();
        return on.length > 0
                ? CpuSet.of(on)
                : CpuSet.first(listed > 0 ? listed : Runtime.getRuntime().availableProcessors());
    }

    private CpuSet present() {
        CpuSet present = sys.cpus(CPUS + "/present");
        return present.isEmpty()
                ? CpuSet.of(sys.numbered(CPUS, "cpu").stream()
                        .mapToInt(name -> Integer.parseInt(name.substring("cpu".length())))
                        .toArray())
                : present;
    }

    private CpuSet affinity() {
        return status("Cpus_allowed_list").map(CpuSet::parse).orElse(CpuSet.NONE);
    }

    private Optional<String> status(String key) {
        return proc.lines("self/status").stream()
                .filter(line -> line.startsWith(key + ":"))
                .map(line -> line.substring(key.length() + 1).strip())
                .findFirst();
    }

    private List<Core> cores(CpuSet online) {
        Map<String, Integer> firsts = new LinkedHashMap<>();
        Map<String, CpuSet> threads = new LinkedHashMap<>();
        for (int cpu : online.processors()) {
            Facts topology = sys.under(CPUS + "/cpu" + cpu + "/topology");
            CpuSet siblings = topology.cpus("core_cpus_list");
            siblings = siblings.isEmpty() ? topology.cpus("thread_siblings_list") : siblings;
            siblings = siblings.isEmpty() ? CpuSet.of(cpu) : siblings.and(online);
            String key = socket(cpu) + ":" + siblings;
            firsts.putIfAbsent(key, cpu);
            threads.putIfAbsent(key, siblings.isEmpty() ? CpuSet.of(cpu) : siblings);
        }
        CpuSet frugal = frugal(online);
        List<Core> cores = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : firsts.entrySet()) {
            int cpu = entry.getValue();
            cores.add(new Core(
                    socket(cpu),
                    threads.getOrDefault(entry.getKey(), CpuSet.of(cpu)),
                    frugal.contains(cpu) ? Kind.EFFICIENCY : Kind.PERFORMANCE,
                    capacity(cpu),
                    clock(cpu)));
        }
        cores.sort(Comparator.comparingInt(Core::socket));
        return List.copyOf(cores);
    }

    /** Returns the frugal processors, by the best source there is: the kernel's own list, capacities, clocks. */
    private CpuSet frugal(CpuSet online) {
        CpuSet atoms = sys.cpus("devices/cpu_atom/cpus");
        CpuSet lowPower = sys.cpus("devices/cpu_lowpower/cpus");
        if (!atoms.isEmpty() || !lowPower.isEmpty()) {
            return online.minus(online.minus(atoms).minus(lowPower));
        }
        CpuSet byCapacity = slower(online, cpu -> capacity(cpu).orElse(0), EFFICIENT_CAPACITY_PERCENT);
        return byCapacity.isEmpty() ? slower(online, cpu -> clock(cpu).orElse(0), EFFICIENT_CLOCK_PERCENT) : byCapacity;
    }

    private static CpuSet slower(CpuSet online, IntToLongFunction speed, int percent) {
        long fastest = 0;
        for (int cpu : online.processors()) {
            fastest = Math.max(fastest, speed.applyAsLong(cpu));
        }
        long limit = fastest * percent / 100;
        return CpuSet.of(online.processors().stream()
                .mapToInt(cpu -> cpu)
                .filter(cpu -> speed.applyAsLong(cpu) > 0 && speed.applyAsLong(cpu) <= limit)
                .toArray());
    }

    private OptionalLong clock(int cpu) {
        return sys.number(CPUS + "/cpu" + cpu + "/cpufreq/cpuinfo_max_freq");
    }

    /** Arm's firmware and some virtual machines report -1 where they do not know. */
    private int socket(int cpu) {
        return (int) Math.max(
                0,
                sys.number(CPUS + "/cpu" + cpu + "/topology/physical_package_id")
                        .orElse(0));
    }

    private OptionalInt capacity(int cpu) {
        OptionalLong capacity = sys.number(CPUS + "/cpu" + cpu + "/cpu_capacity");
        return capacity.isPresent() ? OptionalInt.of((int) capacity.getAsLong()) : OptionalInt.empty();
    }

    private record CacheKind(int level, String type, long bytes) implements Comparable<CacheKind> {
        @Override
        public int compareTo(CacheKind other) {
            return Comparator.comparingInt(CacheKind::level)
                    .thenComparing(CacheKind::type)
                    .thenComparingLong(CacheKind::bytes)
                    .compare(this, other);
        }
    }

    private List<Cache> caches(CpuSet online) {
        Map<CacheKind, Set<String>> found = new TreeMap<>();
        for (int cpu : online.processors()) {
            String folder = CPUS + "/cpu" + cpu + "/cache";
            for (String index : sys.numbered(folder, "index")) {
                Facts cache = sys.under(folder + "/" + index);
                int level = (int) cache.number("level").orElse(0);
                long bytes = size(cache.text("size").orElse(""));
                String shared = cache.text("shared_cpu_list").orElse(String.valueOf(cpu));
                if (level > 0 && bytes > 0) {
                    CacheKind kind = new CacheKind(level, cache.text("type").orElse("Unified"), bytes);
                    found.computeIfAbsent(kind, _ -> new TreeSet<>()).add(shared);
                }
            }
        }
        return found.entrySet().stream()
                .map(entry -> new Cache(
                        entry.getKey().level(),
                        entry.getKey().type(),
                        entry.getKey().bytes(),
                        entry.getValue().size()))
                .toList();
    }

    /** A size such as {@code 48K}; the kernel writes K alone, other systems M as well. */
    static long size(String text) {
        String upper = text.strip().toUpperCase(Locale.ROOT);
        int unit = upper.endsWith("K") ? 1 << 10 : upper.endsWith("M") ? 1 << 20 : 1;
        OptionalLong number = Facts.parse(unit == 1 ? upper : upper.substring(0, upper.length() - 1));
        return number.orElse(0) * unit;
    }

    private List<Node> nodes() {
        List<Node> nodes = new ArrayList<>();
        for (String name : sys.numbered("devices/system/node", "node")) {
            Facts node = sys.under("devices/system/node/" + name);
            long kilobytes = node.lines("meminfo").stream()
                    .filter(line -> line.contains("MemTotal:"))
                    .map(line -> line.replaceFirst(".*MemTotal:\\s*", "").replaceFirst("\\s*kB$", ""))
                    .mapToLong(number -> Facts.parse(number).orElse(0))
                    .findFirst()
                    .orElse(0);
            nodes.add(
                    new Node(Integer.parseInt(name.substring("node".length())), node.cpus("cpulist"), kilobytes << 10));
        }
        return List.copyOf(nodes);
    }

    /** Returns what {@code /proc/cpuinfo} says, a map a processor. */
    private List<Map<String, String>> cpuinfo() {
        List<Map<String, String>> processors = new ArrayList<>();
        for (String line : proc.lines("cpuinfo")) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String key = line.substring(0, colon).strip();
            if (key.equals("processor") || processors.isEmpty()) {
                processors.add(new LinkedHashMap<>());
            }
            processors.getLast().put(key, line.substring(colon + 1).strip());
        }
        return processors;
    }

    private static String model(List<Map<String, String>> processors) {
        for (Map<String, String> processor : processors) {
            for (String key : List.of("model name", "Model", "Hardware", "cpu model")) {
                String value = processor.getOrDefault(key, "");
                if (!value.isEmpty()) {
                    return value;
                }
            }
        }
        Set<String> parts = new TreeSet<>();
        for (Map<String, String> processor : processors) {
            String part = ArmParts.name(
                    processor.getOrDefault("CPU implementer", ""), processor.getOrDefault("CPU part", ""));
            if (!part.isEmpty()) {
                parts.add(part);
            }
        }
        return String.join(" + ", parts);
    }

    /** Returns the features that every processor has: the cores of a big.LITTLE machine may differ. */
    private static Set<String> features(List<Map<String, String>> processors) {
        Set<String> all = null;
        for (Map<String, String> processor : processors) {
            String text = processor.getOrDefault("flags", processor.getOrDefault("Features", ""));
            if (!text.isEmpty()) {
                Set<String> own = new TreeSet<>(List.of(text.split("\\s+")));
                if (all == null) {
                    all = own;
                } else {
                    all.retainAll(own);
                }
            }
        }
        return all == null ? Set.of() : all;
    }
}

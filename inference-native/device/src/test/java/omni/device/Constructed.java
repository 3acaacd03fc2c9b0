package omni.device;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Trees of {@code /sys}, {@code /proc} and the device tree that are constructed by hand, each after the source that it
 * names. None is a recording.
 */
final class Constructed {
    private final Path root;

    private Constructed(Path root) {
        this.root = root;
    }

    static Constructed in(Path root) {
        return new Constructed(root);
    }

    Constructed file(String path, String text) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text + "\n", StandardCharsets.UTF_8);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Constructed cpu(int cpu, String file, String text) {
        return file("sys/devices/system/cpu/cpu" + cpu + "/" + file, text);
    }

    Constructed core(int cpu, int socket, String siblings) {
        return cpu(cpu, "topology/physical_package_id", String.valueOf(socket))
                .cpu(cpu, "topology/core_cpus_list", siblings);
    }

    Constructed cache(int cpu, int index, int level, String type, String size, String shared) {
        return cpu(cpu, "cache/index" + index + "/level", String.valueOf(level))
                .cpu(cpu, "cache/index" + index + "/type", type)
                .cpu(cpu, "cache/index" + index + "/size", size)
                .cpu(cpu, "cache/index" + index + "/shared_cpu_list", shared);
    }

    Constructed online(String present, String online) {
        return file("sys/devices/system/cpu/present", present).file("sys/devices/system/cpu/online", online);
    }

    Roots roots() {
        return Roots.below(root);
    }

    /** Reads it all, as the machine whose architecture it is would. */
    Report report(String architecture) {
        var drivers = new DriverProbe(DriverLibraries.none(), List.of(), Duration.ofSeconds(1));
        return new DeviceProbe(roots(), root, drivers, _ -> Optional.empty(), architecture).read();
    }

    /**
     * A hybrid desktop: two cores with two threads each, four frugal ones with one. After Linux, {@code
     * arch/x86/events/intel/core.c} (the folders {@code cpu_core} and {@code cpu_atom}) and an i7-1370P in hwloc's {@code
     * tests/hwloc/linux/20em64t-hybrid-1p6c2t+2ca4co1t} (siblings, caches, clocks).
     */
    static Constructed hybrid(Path root) {
        var tree = in(root).online("0-7", "0-7")
                .file("sys/devices/cpu_core/cpus", "0-3")
                .file("sys/devices/cpu_atom/cpus", "4-7");
        for (int cpu = 0; cpu < 8; cpu++) {
            var siblings = cpu < 2 ? "0-1" : cpu < 4 ? "2-3" : String.valueOf(cpu);
            tree.core(cpu, 0, siblings)
                    .cache(cpu, 0, 1, "Data", cpu < 4 ? "48K" : "32K", siblings)
                    .cache(cpu, 2, 2, "Unified", cpu < 4 ? "1280K" : "2048K", cpu < 4 ? siblings : "4-7")
                    .cache(cpu, 3, 3, "Unified", "24576K", "0-7")
                    .cpu(cpu, "cpufreq/cpuinfo_max_freq", cpu < 4 ? "5000000" : "3900000");
        }
        var info = new StringBuilder();
        for (int cpu = 0; cpu < 8; cpu++) {
            info.append("processor\t: ").append(cpu).append("\nmodel name\t: 13th Gen Intel(R) Core(TM) i7-1370P\n");
            info.append("flags\t\t: fpu cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm");
            info.append(" movbe xsave avx_vnni\n\n");
        }
        return tree.file("proc/cpuinfo", info.toString());
    }

    /** The same without the kernel's lists, as in a virtual machine or that recording: only clocks tell. */
    static Constructed hybridByClock(Path root) throws IOException {
        var tree = hybrid(root);
        for (var name : List.of("cpu_core", "cpu_atom")) {
            Files.delete(root.resolve("sys/devices/" + name + "/cpus"));
        }
        return tree;
    }

    /**
     * A server with two sockets, a NUMA node each, one of which holds no processor's memory of the other. After Linux,
     * {@code Documentation/admin-guide/mm/numaperf.rst} and {@code drivers/base/node.c} (meminfo).
     */
    static Constructed twoNodes(Path root) {
        var tree = in(root).online("0-7", "0-7");
        for (int cpu = 0; cpu < 8; cpu++) {
            int core = cpu % 4;
            tree.core(cpu, core / 2, core + "," + (core + 4))
                    .cache(cpu, 3, 3, "Unified", "33792K", core < 2 ? "0-1,4-5" : "2-3,6-7");
        }
        return tree.file("sys/devices/system/node/node0/cpulist", "0-1,4-5")
                .file(
                        "sys/devices/system/node/node0/meminfo",
                        "Node 0 MemTotal:       98304000 kB\nNode 0 MemFree: 1 kB")
                .file("sys/devices/system/node/node1/cpulist", "2-3,6-7")
                .file("sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:       99088384 kB")
                .file(
                        "proc/cpuinfo",
                        "processor\t: 0\n"
                                + "model name\t: Xeon\n"
                                + "flags\t\t: cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm"
                                + " movbe xsave avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni amx_int8")
                .file("proc/meminfo", "MemTotal:       197392384 kB\nMemAvailable:   190000000 kB\nSwapTotal: 0 kB");
    }

    /**
     * A machine with two of its processors switched off, which then have no topology, and an affinity that leaves one
     * core. After Linux, {@code Documentation/core-api/cpu_hotplug.rst}, and hwloc's {@code
     * tests/hwloc/linux/16em64t-4s2c2t-offlines}.
     */
    static Constructed offline(Path root) {
        var tree = in(root).online("0-3", "0,2").file("sys/devices/system/cpu/offline", "1,3");
        for (int cpu : List.of(0, 2)) {
            tree.core(cpu, 0, String.valueOf(cpu)).cpu(cpu, "online", "1");
        }
        for (int cpu : List.of(1, 3)) {
            tree.cpu(cpu, "online", "0");
        }
        return tree.file(
                "proc/self/status", "Name:\tjava\nCpus_allowed:\t4\nCpus_allowed_list:\t2\nMems_allowed_list:\t0");
    }

    /**
     * A board with four frugal and four fast cores, as a Rockchip RK3588 has. After Linux, {@code
     * arch/arm64/boot/dts/rockchip/rk3588-base.dtsi} ({@code capacity-dmips-mhz} 530 and 1024) and {@code
     * Documentation/scheduler/sched-capacity.rst} ({@code cpu_capacity}).
     */
    static Constructed bigLittle(Path root) {
        var tree = in(root).online("0-7", "0-7");
        var info = new StringBuilder();
        for (int cpu = 0; cpu < 8; cpu++) {
            tree.core(cpu, 0, String.valueOf(cpu))
                    .cpu(cpu, "cpu_capacity", cpu < 4 ? "414" : "1024")
                    .cpu(cpu, "cpufreq/cpuinfo_max_freq", cpu < 4 ? "1800000" : "2400000");
            info.append("processor\t: ").append(cpu).append("\nFeatures\t: fp asimd aes fphp asimdhp asimddp\n");
            info.append("CPU implementer\t: 0x41\nCPU part\t: ")
                    .append(cpu < 4 ? "0xd05" : "0xd0b")
                    .append("\n\n");
        }
        return tree.file("proc/cpuinfo", info.toString())
                .file("proc/device-tree/model", "Radxa ROCK 5B\0")
                .file("proc/device-tree/compatible", "radxa,rock-5b\0rockchip,rk3588\0");
    }

    /**
     * A Jetson Orin Nano developer kit at 15 W. After NVIDIA, Jetson Linux Developer Guide r36.3, "Jetson Orin Nano Series
     * ..." (nvpmodel, six cores, thermal zones), the compatible list of NVIDIA/jetson-gpio issue 125 with the module's
     * number of adafruit/Adafruit_Python_PlatformDetect pull request 379, and the files that jetson_stats reads.
     */
    static Constructed jetson(Path root) {
        var tree = in(root).online("0-5", "0-5");
        var info = new StringBuilder();
        for (int cpu = 0; cpu < 6; cpu++) {
            tree.core(cpu, cpu / 4, String.valueOf(cpu)).cpu(cpu, "cpu_capacity", "1024");
            info.append("processor\t: ").append(cpu).append("\nFeatures\t: fp asimd fphp asimdhp asimddp\n");
            info.append("CPU implementer\t: 0x41\nCPU part\t: 0xd42\n\n");
        }
        return tree.file("proc/cpuinfo", info.toString())
                .file("proc/meminfo", """
                    MemTotal:        7802920 kB
                    MemAvailable:    6100000 kB
                    SwapTotal: 3901456 kB
                    SwapFree: 3901456 kB\
                    """)
                .file("proc/device-tree/model", "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0")
                .file(
                        "proc/device-tree/compatible",
                        "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0nvidia,tegra23x\0")
                .file(
                        "etc/nv_tegra_release",
                        "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64")
                .file("var/lib/nvpmodel/status", "pmode:0001")
                .file("etc/nvpmodel.conf", """
                    < PARAM TYPE=FILE NAME=CPU_ONLINE >
                    < POWER_MODEL ID=0 NAME=15W >
                    < POWER_MODEL ID=1 NAME=25W >
                    < POWER_MODEL ID=2 NAME=MAXN_SUPER >
                    < PM_CONFIG DEFAULT=1 >\
                    """)
                .file("sys/class/devfreq/17000000.gpu/cur_freq", "306000000")
                .file("sys/class/devfreq/17000000.gpu/max_freq", "918000000")
                .file("sys/kernel/debug/bpmp/debug/clk/emc/rate", "3199000000")
                .zone(0, "cpu-thermal", 52_000, "passive", 99_000)
                .zone(1, "gpu-thermal", 51_500, "passive", 99_000)
                .zone(2, "cv0-thermal", -256_000, "passive", 99_000)
                .file("sys/class/thermal/cooling_device0/type", "pwm-fan")
                .file("sys/class/thermal/cooling_device0/cur_state", "2");
    }

    Constructed zone(int number, String type, int milliCelsius, String trip, int limit) {
        var zone = "sys/class/thermal/thermal_zone" + number + "/";
        return file(zone + "type", type)
                .file(zone + "temp", String.valueOf(milliCelsius))
                .file(zone + "trip_point_0_type", "critical")
                .file(zone + "trip_point_0_temp", "105000")
                .file(zone + "trip_point_1_type", trip)
                .file(zone + "trip_point_1_temp", String.valueOf(limit));
    }

    /**
     * A container under version 2 whose own group allows more than the one above it. After Linux, {@code
     * Documentation/admin-guide/cgroup-v2.rst}, "Memory Interface Files", "CPU Interface Files" and "Namespace".
     */
    static Constructed cgroup2(Path root) {
        return memory(root)
                .file("proc/self/cgroup", "0::/omni.slice/omni-engine.service")
                .file(
                        "proc/self/mountinfo",
                        "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate")
                .file("sys/fs/cgroup/omni.slice/memory.max", "4294967296")
                .file("sys/fs/cgroup/omni.slice/memory.high", "max")
                .file("sys/fs/cgroup/omni.slice/memory.current", "1073741824")
                .file("sys/fs/cgroup/omni.slice/memory.stat", "anon 5\nfile 9\ninactive_file 268435456")
                .file("sys/fs/cgroup/omni.slice/memory.swap.max", "0")
                .file("sys/fs/cgroup/omni.slice/cpu.max", "max 100000")
                .file("sys/fs/cgroup/omni.slice/omni-engine.service/memory.max", "8589934592")
                .file("sys/fs/cgroup/omni.slice/omni-engine.service/memory.current", "536870912")
                .file("sys/fs/cgroup/omni.slice/omni-engine.service/cpu.max", "150000 100000");
    }

    /**
     * Docker under version 1, without a namespace of its own: the mounts show the container's own group only. After Linux,
     * {@code Documentation/admin-guide/cgroup-v1/memory.rst}, and cgroups(7) on the root field of mountinfo.
     */
    static Constructed cgroup1(Path root) {
        return memory(root)
                .file("proc/self/cgroup", "4:memory:/docker/0123abcd\n3:cpu,cpuacct:/docker/0123abcd\n1:name=systemd:/")
                .file(
                        "proc/self/mountinfo",
                        "35 31 0:32 /docker/0123abcd /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
                                + "36 31 0:33 /docker/0123abcd /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup"
                                + " rw,cpu,cpuacct")
                .file("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648")
                .file("sys/fs/cgroup/memory/memory.usage_in_bytes", "536870912")
                .file("sys/fs/cgroup/memory/memory.stat", "cache 1\ntotal_inactive_file 134217728")
                .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000")
                .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000")
                .file(".dockerenv", "");
    }

    private static Constructed memory(Path root) {
        return in(root).file(
                        "proc/meminfo",
                        "MemTotal:       16384000 kB\nMemFree:         100000 kB\nMemAvailable:   12000000 kB\n"
                                + "SwapTotal:       2097148 kB\nSwapFree:        1000000 kB");
    }

    /**
     * A laptop that is hot, on its battery. After Linux, {@code Documentation/driver-api/thermal/sysfs-api.rst}, {@code
     * Documentation/ABI/testing/sysfs-class-power}, and {@code arch/x86/kernel/cpu/mce/} ... {@code thermal_throttle}.
     */
    static Constructed throttling(Path root) {
        return in(root).online("0-1", "0-1")
                .zone(0, "x86_pkg_temp", 97_000, "passive", 95_000)
                .zone(1, "acpitz", 27_800, "active", 50_000)
                .file("sys/class/thermal/cooling_device0/type", "Processor")
                .file("sys/class/thermal/cooling_device0/cur_state", "3")
                .file("sys/class/thermal/cooling_device0/max_state", "10")
                .file("sys/class/thermal/cooling_device1/type", "Fan")
                .file("sys/class/thermal/cooling_device1/cur_state", "5")
                .file("sys/class/thermal/cooling_device2/type", "intel_powerclamp")
                .file("sys/class/thermal/cooling_device2/cur_state", "-1")
                .cpu(0, "thermal_throttle/core_throttle_count", "12")
                .cpu(0, "thermal_throttle/package_throttle_count", "40")
                .cpu(1, "thermal_throttle/package_throttle_count", "40")
                .file("sys/class/power_supply/AC/type", "Mains")
                .file("sys/class/power_supply/AC/online", "0")
                .file("sys/class/power_supply/BAT0/type", "Battery")
                .file("sys/class/power_supply/BAT0/status", "Discharging")
                .file("sys/class/power_supply/BAT0/capacity", "41")
                .file("sys/class/power_supply/hidpp_battery_0/type", "Battery")
                .file("sys/class/power_supply/hidpp_battery_0/scope", "Device")
                .file("sys/class/power_supply/hidpp_battery_0/capacity", "99");
    }

    /**
     * A Raspberry Pi whose firmware has slowed it down. After Linux, {@code drivers/firmware/raspberrypi.c} and the
     * documentation of {@code vcgencmd get_throttled}.
     */
    static Constructed raspberry(Path root) {
        return in(root).online("0-3", "0-3").file("sys/devices/platform/soc/soc:firmware/get_throttled", "50005");
    }
}

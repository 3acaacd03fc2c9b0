package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import omni.device.Cpu.Cache;
import omni.device.Cpu.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Constructed machines go through the code that reads the live one. */
class ConstructedTest {
    @TempDir
    Path root;

    @Test
    void aHybridDesktop() {
        var cpu = Constructed.hybrid(root).report("x86_64").cpu();
        assertEquals(6, cpu.cores().size());
        assertEquals(2, cpu.count(Kind.PERFORMANCE));
        assertEquals(4, cpu.count(Kind.EFFICIENCY));
        assertEquals("0-7", cpu.usable().toString());
        assertEquals("x86-64-v3", cpu.isa().level());
        assertTrue(cpu.isa().features().contains("avx_vnni"));
        assertEquals(
                List.of(
                        new Cache(1, "Data", 32 << 10, 4),
                        new Cache(1, "Data", 48 << 10, 2),
                        new Cache(2, "Unified", 1280 << 10, 2),
                        new Cache(2, "Unified", 2048 << 10, 1),
                        new Cache(3, "Unified", 24576 << 10, 1)),
                cpu.caches());
    }

    @Test
    void aHybridDesktopByItsClocksAlone() throws IOException {
        var cpu = Constructed.hybridByClock(root).report("x86_64").cpu();
        assertEquals(2, cpu.count(Kind.PERFORMANCE));
        assertEquals(4, cpu.count(Kind.EFFICIENCY));
    }

    @Test
    void coresOfOneKindThatDifferALittleStayOneKind() {
        var tree = Constructed.in(root).online("0-1", "0-1");
        tree.core(0, 0, "0").core(1, 0, "1");
        tree.cpu(0, "cpufreq/cpuinfo_max_freq", "5200000").cpu(1, "cpufreq/cpuinfo_max_freq", "4900000");
        assertEquals(2, tree.report("x86_64").cpu().count(Kind.PERFORMANCE));
    }

    @Test
    void aServerWithTwoNodes() {
        var report = Constructed.twoNodes(root).report("x86_64");
        var cpu = report.cpu();
        assertEquals(2, cpu.sockets());
        assertEquals(4, cpu.cores().size());
        assertEquals("x86-64-v4", cpu.isa().level());
        assertTrue(cpu.isa().features().containsAll(List.of("avx512_vnni", "amx_int8")));
        assertEquals(2, cpu.nodes().size());
        assertEquals("2-3,6-7", cpu.nodes().get(1).cpus().toString());
        assertEquals(98304000L << 10, cpu.nodes().getFirst().memoryBytes());
        assertEquals(List.of(new Cache(3, "Unified", 33792 << 10, 2)), cpu.caches());
        assertEquals(197392384L << 10, report.memory().totalBytes());
    }

    @Test
    void processorsThatAreSwitchedOff() {
        var cpu = Constructed.offline(root).report("x86_64").cpu();
        assertEquals("0,2", cpu.online().toString());
        assertEquals("1,3", cpu.offline().toString());
        assertEquals("2", cpu.usable().toString(), "the affinity leaves one");
        assertEquals(2, cpu.cores().size());
        assertEquals(1, cpu.usableCores());
    }

    @Test
    void aBoardWithFrugalAndFastCores() {
        var report = Constructed.bigLittle(root).report("aarch64");
        var cpu = report.cpu();
        assertEquals(4, cpu.count(Kind.PERFORMANCE));
        assertEquals(4, cpu.count(Kind.EFFICIENCY));
        assertEquals(OptionalInt.of(1024), cpu.cores().get(7).capacity());
        assertEquals("Cortex-A55 + Cortex-A76", cpu.model());
        assertEquals(List.of("neon", "fp16", "dotprod"), cpu.isa().features());
        assertEquals(Optional.empty(), report.jetson());
        assertEquals("Radxa ROCK 5B", report.setting().machine());
    }

    @Test
    void aJetson() {
        var report = Constructed.jetson(root).report("aarch64");
        var jetson = report.jetson().orElseThrow();
        assertEquals("p3767-0005", jetson.module());
        assertEquals("Jetson Orin Nano 8GB Developer Kit", jetson.moduleName());
        assertEquals("tegra234", jetson.soc());
        assertEquals("8.7", jetson.computeCapability());
        assertEquals("36.4.3", jetson.release());
        assertEquals(Optional.of(new Jetson.PowerMode(1, "25W")), jetson.powerMode());
        assertEquals(OptionalLong.of(306000000), jetson.gpuHertz());
        assertEquals(OptionalLong.of(918000000), jetson.gpuHertzMax());
        assertEquals(OptionalLong.of(3199000000L), jetson.memoryHertz());
        assertEquals("Cortex-A78AE", report.cpu().model());
        assertEquals(2, report.thermal().zones().size(), "the sensor of an idle unit is left out");
        assertEquals(OptionalInt.of(47_000), report.thermal().headroomMilliCelsius());
        assertEquals(List.of(), report.thermal().throttling(), "a fan slows nothing down");
    }

    @Test
    void theModuleIsReadFromOlderListsToo() {
        Constructed.in(root)
                .file(
                        "proc/device-tree/compatible",
                        "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234\0");
        var jetson = Constructed.in(root).report("aarch64").jetson().orElseThrow();
        assertEquals("Jetson AGX Orin 64GB", jetson.moduleName());
        assertEquals(Optional.empty(), jetson.powerMode());
        assertEquals("", jetson.release());
    }

    @Test
    void aNestedGroupOfVersion2() {
        var memory = Constructed.cgroup2(root).report("x86_64").memory();
        var group = memory.cgroup();
        assertEquals(2, group.version());
        assertEquals("/omni.slice/omni-engine.service", group.path());
        assertEquals(OptionalLong.of(4L << 30), group.memoryLimitBytes(), "the tightest is the one above");
        assertEquals("/sys/fs/cgroup/omni.slice/memory.max", group.memoryLimitFrom());
        assertEquals(OptionalLong.of((4L << 30) - (1L << 30) + (256L << 20)), group.memoryLeftBytes());
        assertEquals(OptionalLong.of(0), group.swapLimitBytes());
        assertEquals(OptionalDouble.of(1.5), group.quotaCores());
        assertEquals(4L << 30, memory.limitBytes());
        assertEquals(12000000L << 10, memory.availableBytes());
        assertEquals(memory.availableBytes(), Math.max(memory.availableBytes(), memory.leftBytes()));
    }

    @Test
    void aContainerOfVersion1() {
        var report = Constructed.cgroup1(root).report("x86_64");
        var group = report.memory().cgroup();
        assertEquals(1, group.version());
        assertEquals(OptionalLong.of(2L << 30), group.memoryLimitBytes());
        assertEquals(OptionalLong.of((2L << 30) - (512L << 20) + (128L << 20)), group.memoryLeftBytes());
        assertEquals(OptionalDouble.of(0.5), group.quotaCores());
        assertEquals("docker", report.setting().container());
    }

    @Test
    void noLimitIsNoLimit() {
        Constructed.cgroup1(root).file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        var memory = Constructed.in(root).report("x86_64").memory();
        assertEquals(OptionalLong.empty(), memory.cgroup().memoryLimitBytes());
        assertEquals(memory.totalBytes(), memory.limitBytes());
    }

    @Test
    void aLimitAboveTheMemoryChangesNothing() {
        Constructed.cgroup1(root).file("sys/fs/cgroup/memory/memory.limit_in_bytes", String.valueOf(1L << 40));
        var memory = Constructed.in(root).report("x86_64").memory();
        assertEquals(memory.totalBytes(), memory.limitBytes());
        assertEquals(memory.availableBytes(), memory.leftBytes());
    }

    @Test
    void aHotLaptopOnItsBattery() {
        var report = Constructed.throttling(root).report("x86_64");
        var thermal = report.thermal();
        assertEquals(2, thermal.throttling().size(), thermal.throttling().toString());
        assertTrue(thermal.throttling().getFirst().contains("x86_pkg_temp is at 97"));
        assertTrue(thermal.throttling().get(1).contains("Processor at step 3 of 10"));
        assertEquals(OptionalInt.of(-2000), thermal.headroomMilliCelsius());
        assertEquals(OptionalLong.of(40), thermal.throttleEvents());
        assertEquals(Power.Source.BATTERY, report.power().source());
        assertEquals(OptionalInt.of(41), report.power().batteryPercent());
    }

    @Test
    void aRaspberryThatIsSlowedDown() {
        var reasons = Constructed.raspberry(root).report("aarch64").thermal().throttling();
        assertEquals(List.of("the firmware slows the processors down", "the power supply is too weak"), reasons);
    }

    @Test
    void nothingIsAnAnswerToo() {
        var report = Constructed.in(root).report("riscv64");
        assertEquals("riscv64", report.cpu().isa().level());
        assertTrue(report.cpu().online().size() >= 1, "without any file, Java's own count");
        assertEquals(0, report.memory().totalBytes());
        assertEquals(new Power(Power.Source.UNKNOWN, OptionalInt.empty(), false), report.power());
        assertEquals(List.of(), report.disks());
        assertEquals(OptionalInt.empty(), report.thermal().headroomMilliCelsius());
        assertInstanceOf(Finding.Absent.class, report.nvidia());
        assertInstanceOf(Finding.Absent.class, report.apple());
        assertEquals("", report.libraries().libc());
        assertEquals(
                List.of(NativeFit.Build.NONE, NativeFit.Build.NONE, NativeFit.Build.SOURCE),
                report.natives().stream().map(NativeFit::build).toList());
    }

    @Test
    void theFingerprintChangesWithTheHardwareAlone() {
        var first = Constructed.jetson(root).report("aarch64");
        assertEquals(64, first.fingerprint().length());
        Constructed.in(root).file("sys/class/thermal/thermal_zone0/temp", "90000");
        Constructed.in(root).file("proc/meminfo", "MemTotal:        7802900 kB\nMemAvailable:    1 kB");
        assertEquals(first.fingerprint(), Constructed.in(root).report("aarch64").fingerprint());
        Constructed.in(root).file("var/lib/nvpmodel/status", "pmode:0000");
        assertNotEquals(
                first.fingerprint(), Constructed.in(root).report("aarch64").fingerprint());
    }

    @Test
    void theJsonNamesWhatWasFound() {
        var json = Constructed.jetson(root).report("aarch64").toJson();
        assertEquals(6, json.path("cpu").path("physicalCores").asInt());
        assertEquals("25W", json.path("jetson").path("powerMode").path("name").asString());
        assertEquals("absent", json.path("nvidia").path("state").asString());
        assertEquals(47_000, json.path("thermal").path("headroomMilliCelsius").asInt());
    }
}

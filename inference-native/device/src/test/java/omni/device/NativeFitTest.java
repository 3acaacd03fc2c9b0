package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import omni.device.NativeFit.Build;
import omni.device.NativeFit.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which natives fit constructed machines, and what is said of those that do not. */
class NativeFitTest {
    private static final String LIBC = "lib/x86_64-linux-gnu/libc.so.6";

    @TempDir
    Path root;

    private Constructed box(String glibc) {
        return Constructed.in(root)
                .file(LIBC, "\0GNU C Library (Distribution) stable release version " + glibc + ".\0");
    }

    private static Report with(Report report, Finding<Nvidia> nvidia, Finding<Apple> apple) {
        return new Report(
                report.setting(),
                report.cpu(),
                report.memory(),
                report.disks(),
                report.libraries(),
                report.power(),
                report.thermal(),
                nvidia,
                apple,
                report.jetson(),
                List.of());
    }

    private static Report nvidia(Report report, String cudaVersion, String capability) {
        var gpu =
                new Gpu("GPU", "0", capability, 8L << 30, OptionalLong.empty(), false, OptionalInt.empty(), List.of());
        return with(report, new Finding.Found<>(driver(cudaVersion, gpu)), new Finding.Absent<>("none"));
    }

    private static Nvidia driver(String cudaVersion, Gpu... gpus) {
        return new Nvidia("1", cudaVersion, List.of(gpus), "");
    }

    private static NativeFit fit(Report report, Kind kind) {
        return report.natives().stream()
                .filter(f -> f.kind() == kind)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aMiniPcHasThePackageForItsProcessor() {
        var report = box("2.36").report("x86_64");
        assertEquals("glibc 2.36", report.libraries().libc());
        assertEquals(Build.PACKAGE, fit(report, Kind.CPU).build());
        assertEquals(
                "The loader for Vulkan (libvulkan.so.1) is not installed.",
                fit(report, Kind.VULKAN).why());
        assertEquals(
                List.of(Kind.CUDA, Kind.VULKAN, Kind.CPU),
                report.natives().stream().map(NativeFit::kind).toList());
    }

    @Test
    void anOldGlibcLeavesTheRecipe() {
        assertEquals(Build.PACKAGE, fit(box("2.34").report("x86_64"), Kind.CPU).build());
        var old = fit(box("2.33").report("x86_64"), Kind.CPU);
        assertEquals(Build.SOURCE, old.build());
        assertTrue(old.why().contains("glibc 2.33"), old.why());
        assertEquals(Build.PACKAGE, fit(box("3.0").report("x86_64"), Kind.CPU).build());
    }

    @Test
    void muslLeavesTheRecipe() {
        var report = Constructed.in(root).file("lib/ld-musl-x86_64.so.1", "").report("x86_64");
        assertEquals("musl", report.libraries().libc());
        assertEquals(Build.SOURCE, fit(report, Kind.CPU).build());
    }

    @Test
    void anUnknownCLibraryIsTriedWithThePackage() {
        assertEquals(
                Build.PACKAGE,
                fit(Constructed.in(root).report("aarch64"), Kind.CPU).build());
    }

    @Test
    void aDriverForVulkanCountsWhereAGpuIs() {
        var tree = box("2.36")
                .file("usr/lib/x86_64-linux-gnu/libvulkan.so.1", "")
                .file("usr/share/vulkan/icd.d/lvp_icd.x86_64.json", "{}");
        assertEquals(Build.NONE, fit(tree.report("x86_64"), Kind.VULKAN).build(), "it computes on the processor");
        tree.file("usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "{}");
        assertEquals(Build.NONE, fit(tree.report("x86_64"), Kind.VULKAN).build(), "no GPU");
        tree.file("dev/dri/renderD128", "");
        assertEquals(
                new NativeFit(Kind.VULKAN, Build.PACKAGE, "Drivers: radeon_icd.x86_64.json."),
                fit(tree.report("x86_64"), Kind.VULKAN));
        assertEquals(Build.SOURCE, fit(tree.report("aarch64"), Kind.VULKAN).build());
    }

    @Test
    void cudaWantsAnewEnoughDriverAndGpu() {
        var report = box("2.36").report("x86_64");
        assertEquals(
                Build.PACKAGE, fit(nvidia(report, "13.0", "8.9"), Kind.CUDA).build());
        assertEquals(Build.SOURCE, fit(nvidia(report, "11.8", "8.9"), Kind.CUDA).build());
        assertEquals(Build.SOURCE, fit(nvidia(report, "13.0", "6.1"), Kind.CUDA).build());
        assertEquals(Build.NONE, fit(report, Kind.CUDA).build());
        var none = with(report, new Finding.Found<>(driver("13.0")), new Finding.Absent<>("none"));
        assertEquals(Build.NONE, fit(none, Kind.CUDA).build());
    }

    @Test
    void aJetsonIsForTheRecipe() {
        var cuda = fit(nvidia(Constructed.jetson(root).report("aarch64"), "12.6", "8.7"), Kind.CUDA);
        assertEquals(Build.SOURCE, cuda.build());
        assertTrue(cuda.why().contains("8.7"), cuda.why());
    }

    @Test
    void aMacHasMetalFromTheRecipe() {
        var apple = new Finding.Found<>(new Apple("Apple M2", 4, 4, List.of(), 8L << 30, List.of()));
        var report = with(Constructed.in(root).report("aarch64"), new Finding.Absent<>("none"), apple);
        assertEquals(
                List.of(Kind.METAL, Kind.CPU),
                report.natives().stream().map(NativeFit::kind).toList());
    }
}

package omni.device;

import java.util.Locale;
import omni.device.NativeFit.Build;
import omni.device.NativeFit.Kind;

/** Whether natives with CUDA can run here, and which. */
final class CudaFit {
    /**
     * The packages are built with CUDA 13 or 12.8 and newer drivers run older builds; what they hold of compute
     * capabilities begins with Turing. Source: NVIDIA, CUDA Toolkit release notes, table 3 (driver versions), and
     * "CUDA features archive" (CUDA 13 drops Maxwell, Pascal and Volta).
     */
    private static final int CUDA_MIN = 12;

    private static final double CAPABILITY_MIN = 7.5;

    private CudaFit() {}

    static NativeFit of(Report report) {
        return switch (report.nvidia()) {
            case Finding.Absent<Nvidia>(String why) -> none(why);
            case Finding.Failed<Nvidia>(String why) -> none(why);
            case Finding.Found<Nvidia>(Nvidia nvidia) -> of(report, nvidia);
        };
    }

    private static NativeFit of(Report report, Nvidia nvidia) {
        if (nvidia.gpus().isEmpty()) {
            return none("The driver shows no GPU to this process.");
        }
        double best = nvidia.gpus().stream()
                .mapToDouble(gpu -> number(gpu.capability()))
                .max()
                .orElse(0);
        String capability = String.format(Locale.ROOT, "%.1f", best);
        if (report.jetson().isPresent() || report.cpu().architecture().equals("aarch64")) {
            return new NativeFit(
                    Kind.CUDA,
                    Build.SOURCE,
                    "No package has CUDA for arm64; the source recipe builds it for compute capability " + capability
                            + ".");
        }
        if (number(nvidia.cudaVersion()) < CUDA_MIN) {
            return new NativeFit(
                    Kind.CUDA,
                    Build.SOURCE,
                    "The driver runs CUDA " + nvidia.cudaVersion() + ", the package needs " + CUDA_MIN
                            + " or newer: update the driver, or build from source.");
        }
        if (best < CAPABILITY_MIN) {
            return new NativeFit(
                    Kind.CUDA,
                    Build.SOURCE,
                    "The package is not built for compute capability " + capability + "; the source recipe can be.");
        }
        return new NativeFit(
                Kind.CUDA,
                Build.PACKAGE,
                "Compute capability " + capability + ", and the driver runs CUDA " + nvidia.cudaVersion() + ".");
    }

    private static NativeFit none(String why) {
        return new NativeFit(Kind.CUDA, Build.NONE, why);
    }

    private static double number(String version) {
        try {
            return Double.parseDouble(version);
        } catch (NumberFormatException _) {
            return 0;
        }
    }
}

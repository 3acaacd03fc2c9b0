package omni.device;

import java.util.Locale;

/**
 * Whether a CUDA build of the natives can run here, and which.
 *
 * @param native_ {@code linux-x64-cuda}, {@code source} for a build of one's own, or empty for none
 * @param why in one sentence
 */
public record CudaFit(String native_, String why) {
    /**
     * The packages are built with CUDA 13 or 12.8 and newer drivers run older builds; what they hold of compute
     * capabilities begins with Turing. Source: NVIDIA, CUDA Toolkit release notes, table 3 (driver versions), and
     * "CUDA features archive" (CUDA 13 drops Maxwell, Pascal and Volta).
     */
    private static final int CUDA_MIN = 12;

    private static final double CAPABILITY_MIN = 7.5;

    static CudaFit of(Report report) {
        return switch (report.nvidia()) {
            case Finding.Absent<Nvidia>(String why) -> new CudaFit("", why);
            case Finding.Failed<Nvidia>(String why) -> new CudaFit("", why);
            case Finding.Found<Nvidia>(Nvidia nvidia) -> of(report, nvidia);
        };
    }

    private static CudaFit of(Report report, Nvidia nvidia) {
        if (nvidia.gpus().isEmpty()) {
            return new CudaFit("", "The driver shows no GPU to this process.");
        }
        double best = nvidia.gpus().stream()
                .mapToDouble(gpu -> number(gpu.capability()))
                .max()
                .orElse(0);
        String capability = String.format(Locale.ROOT, "%.1f", best);
        if (report.jetson().isPresent() || report.cpu().architecture().equals("aarch64")) {
            return new CudaFit(
                    "source",
                    "No package has CUDA for arm64; the source recipe builds it for compute capability " + capability
                            + ".");
        }
        if (number(nvidia.cudaVersion()) < CUDA_MIN) {
            return new CudaFit(
                    "source",
                    "The driver runs CUDA " + nvidia.cudaVersion() + ", the package needs " + CUDA_MIN
                            + " or newer: update the driver, or build from source.");
        }
        if (best < CAPABILITY_MIN) {
            return new CudaFit(
                    "source",
                    "The package is not built for compute capability " + capability + "; the source recipe can be.");
        }
        return new CudaFit(
                "linux-x64-cuda",
                "Compute capability " + capability + ", and the driver runs CUDA " + nvidia.cudaVersion() + ".");
    }

    private static double number(String version) {
        try {
            return Double.parseDouble(version);
        } catch (NumberFormatException _) {
            return 0;
        }
    }
}

package omni.device;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * An NVIDIA Jetson, whose processors and GPU share one memory.
 *
 * @param model as the device tree calls the board
 * @param module its part number, such as {@code p3767-0005}; empty where the board does not say
 * @param moduleName what people call it; the board's own name where the number is not known
 * @param soc such as {@code tegra234}
 * @param computeCapability of the GPU, by the system on chip, such as {@code 8.7}; empty where it is not known
 * @param release of Linux for Tegra, such as {@code 36.4.0}; empty where the system does not say
 * @param powerMode what nvpmodel is set to
 * @param gpuHertz the GPU's clock now
 * @param gpuHertzMax the highest it may have in this power mode
 * @param memoryHertz the memory's clock now; absent without root
 */
public record Jetson(
        String model,
        String module,
        String moduleName,
        String soc,
        String computeCapability,
        String release,
        Optional<PowerMode> powerMode,
        OptionalLong gpuHertz,
        OptionalLong gpuHertzMax,
        OptionalLong memoryHertz) {
    /**
     * A power mode of nvpmodel.
     *
     * @param id its number
     * @param name such as {@code MAXN} or {@code 15W}; empty where its table is not here
     */
    public record PowerMode(int id, String name) {}
}

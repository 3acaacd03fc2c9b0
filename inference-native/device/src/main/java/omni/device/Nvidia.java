package omni.device;

import java.util.List;

/**
 * NVIDIA's driver and its GPUs.
 *
 * @param driverVersion such as {@code 580.65.06}; empty where NVML is not there
 * @param cudaVersion the newest CUDA that the driver can run, such as {@code 13.0}
 * @param gpus in the order of the CUDA driver
 * @param nvml what came of asking NVML, which adds free memory and temperature: empty, or why it did not answer
 */
public record Nvidia(String driverVersion, String cudaVersion, List<Gpu> gpus, String nvml) {}

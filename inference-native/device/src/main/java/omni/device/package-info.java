/**
 * What hardware is here: {@link omni.device.DeviceProbe} reads a {@link omni.device.Report} of processors, memory and its
 * limits, disks, power, heat and GPUs.
 *
 * <p>Files are read where the kernel publishes them; {@link omni.device.Roots} says where that is, so that recorded and
 * constructed machines go through the same code. Drivers (CUDA, NVML, Metal) are called through the foreign function
 * interface in short-lived processes, so that one that hangs or crashes ends with its time limit and takes nothing along.
 * What is not here is a value ({@link omni.device.Finding}), never an error.
 *
 * <p>All types are immutable and for any thread; each call of a probe reads anew.
 *
 * <p>Limits: 4 MiB a file, 8192 entries a folder, 8192 processors, 64 GPUs, 15 seconds for all drivers together.
 */
@NullMarked
package omni.device;

import org.jspecify.annotations.NullMarked;

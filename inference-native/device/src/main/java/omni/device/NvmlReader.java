package omni.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import omni.device.raw.Nvml;
import omni.device.raw.nvmlMemory_st;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks NVML for what the CUDA driver does not tell without a context: free memory, temperature, why clocks are low. Runs
 * in a process of its own. What a GPU does not support (a Jetson's supports little) is left out. Source: {@code nvml.h};
 * sections "Initialization and Cleanup", "System Queries", "Device Queries".
 */
final class NvmlReader {
    private static final int NAME_BYTES = 96;
    private static final int DEVICES_MAX = 64;

    private NvmlReader() {}

    static void read(String library, ObjectNode answer) throws DriverRefused {
        System.load(Path.of(library).toAbsolutePath().toString());
        check("nvmlInit", Nvml.nvmlInit_v2());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(NAME_BYTES);
            check("nvmlSystemGetDriverVersion", Nvml.nvmlSystemGetDriverVersion(version, NAME_BYTES));
            answer.put("driver", CudaReader.text(version));
            MemorySegment number = arena.allocate(JAVA_INT);
            check("nvmlDeviceGetCount", Nvml.nvmlDeviceGetCount_v2(number));
            int count = Math.min(number.get(JAVA_INT, 0), DEVICES_MAX);
            ArrayNode gpus = answer.putArray("gpus");
            for (int index = 0; index < count; index++) {
                device(arena, index, gpus.addObject());
            }
        } finally {
            int unused = Nvml.nvmlShutdown();
            answer.put("shutdown", unused);
        }
    }

    private static void device(Arena arena, int index, ObjectNode gpu) throws DriverRefused {
        MemorySegment handle = arena.allocate(ADDRESS);
        check("nvmlDeviceGetHandleByIndex", Nvml.nvmlDeviceGetHandleByIndex_v2(index, handle));
        MemorySegment device = handle.get(ADDRESS, 0);
        MemorySegment uuid = arena.allocate(NAME_BYTES);
        check("nvmlDeviceGetUUID", Nvml.nvmlDeviceGetUUID(device, uuid, NAME_BYTES));
        gpu.put("id", CudaReader.text(uuid));
        MemorySegment memory = nvmlMemory_st.allocate(arena);
        if (supported("nvmlDeviceGetMemoryInfo", Nvml.nvmlDeviceGetMemoryInfo(device, memory))) {
            gpu.put("free", nvmlMemory_st.free(memory));
        }
        MemorySegment celsius = arena.allocate(JAVA_INT);
        if (supported(
                "nvmlDeviceGetTemperature",
                Nvml.nvmlDeviceGetTemperature(device, Nvml.NVML_TEMPERATURE_GPU(), celsius))) {
            gpu.put("celsius", celsius.get(JAVA_INT, 0));
        }
        throttling(arena, device, gpu.putArray("throttling"));
    }

    private static void throttling(Arena arena, MemorySegment device, ArrayNode reasons) throws DriverRefused {
        MemorySegment bits = arena.allocate(JAVA_LONG);
        // Drivers before 535 have the call by its older name alone.
        boolean newer = SymbolLookup.loaderLookup()
                .find("nvmlDeviceGetCurrentClocksEventReasons")
                .isPresent();
        int result = newer
                ? Nvml.nvmlDeviceGetCurrentClocksEventReasons(device, bits)
                : Nvml.nvmlDeviceGetCurrentClocksThrottleReasons(device, bits);
        if (supported("nvmlDeviceGetCurrentClocksEventReasons", result)) {
            long now = bits.get(JAVA_LONG, 0);
            add(reasons, now, Nvml.nvmlClocksEventReasonSwPowerCap(), "the power limit holds its clocks");
            add(reasons, now, Nvml.nvmlClocksThrottleReasonHwSlowdown(), "the hardware slows it down");
            add(reasons, now, Nvml.nvmlClocksEventReasonSwThermalSlowdown(), "the driver slows it down for heat");
            add(reasons, now, Nvml.nvmlClocksThrottleReasonHwThermalSlowdown(), "the hardware slows it down for heat");
            add(reasons, now, Nvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown(), "the power supply slows it down");
        }
    }

    private static void add(ArrayNode reasons, long now, long bit, String reason) {
        if ((now & bit) != 0) {
            reasons.add(reason);
        }
    }

    private static boolean supported(String call, int result) throws DriverRefused {
        if (result == Nvml.NVML_ERROR_NOT_SUPPORTED()) {
            return false;
        }
        check(call, result);
        return true;
    }

    private static void check(String call, int result) throws DriverRefused {
        if (result == Nvml.NVML_ERROR_DRIVER_NOT_LOADED()) {
            throw new DriverRefused(true, "NVIDIA's driver is not loaded.");
        }
        if (result != Nvml.NVML_SUCCESS()) {
            throw new DriverRefused(false, "NVML answers " + call + " with error " + result + ".");
        }
    }
}

/* A stand-in for NVIDIA's management library, compiled against NVIDIA's own header: the second GPU tells little. */
#include <nvml.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

nvmlReturn_t nvmlInit_v2(void) {
#if defined(HANG)
    for (;;) {
        pause();
    }
#elif defined(NO_DRIVER)
    return NVML_ERROR_DRIVER_NOT_LOADED;
#endif
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlShutdown(void) {
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length) {
    strncpy(version, "580.65.06", length);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
    *count = 2;
    return NVML_SUCCESS;
}

/* NVML counts by bus, CUDA by speed: the order is the other way round on purpose. */
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
    *device = (nvmlDevice_t) (uintptr_t) (2 - index);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
    strncpy(
        uuid,
        (uintptr_t) device == 1 ? "GPU-f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfe00" : "GPU-f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfe01",
        length);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
    if ((uintptr_t) device == 2) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    memory->total = 25757220864ull;
    memory->free = 24000000000ull;
    memory->used = 1757220864ull;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, nvmlTemperatureSensors_t sensor, unsigned int *celsius) {
    *celsius = 83;
    return (uintptr_t) device == 1 && sensor == NVML_TEMPERATURE_GPU ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long *reasons) {
    *reasons = (uintptr_t) device == 1 ? nvmlClocksThrottleReasonSwThermalSlowdown | nvmlClocksThrottleReasonGpuIdle : 0;
    return NVML_SUCCESS;
}

/* Drivers before 535 have the older name alone. */
#if !defined(OLD)
nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t device, unsigned long long *reasons) {
    return nvmlDeviceGetCurrentClocksThrottleReasons(device, reasons);
}
#endif

/* A stand-in for NVIDIA's CUDA driver, compiled against NVIDIA's own header: two GPUs, or as the macro says. */
#include <cuda.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

CUresult cuInit(unsigned int flags) {
#if defined(HANG)
    for (;;) {
        pause();
    }
#elif defined(CRASH)
    abort();
#elif defined(NO_DEVICE)
    return CUDA_ERROR_NO_DEVICE;
#elif defined(BROKEN)
    return CUDA_ERROR_UNKNOWN;
#endif
    return flags == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuDriverGetVersion(int *version) {
    *version = 13000;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count) {
    *count = 2;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
    *device = 100 + ordinal;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int len, CUdevice device) {
    strncpy(name, device == 100 ? "NVIDIA GeForce RTX 4090" : "NVIDIA GeForce RTX 3060", len);
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
        *value = 8;
        return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
        *value = device == 100 ? 9 : 6;
        return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_INTEGRATED:
        *value = 0;
        return CUDA_SUCCESS;
    default:
        return CUDA_ERROR_INVALID_VALUE;
    }
}

CUresult cuDeviceTotalMem(size_t *bytes, CUdevice device) {
    *bytes = device == 100 ? 25757220864ull : 12622168064ull;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device) {
    for (int i = 0; i < 16; i++) {
        uuid->bytes[i] = (char) (0xf0 + i);
    }
    uuid->bytes[15] = (char) (device - 100);
    return CUDA_SUCCESS;
}

/*
 * A stand-in for Apple's Objective-C runtime and Metal, constructed after Apple's documentation (objc_msgSend, MTLDevice,
 * MTLGPUFamily, sysctlbyname): one device with unified memory. It shows that the calls are made as they should be on a
 * machine whose convention for them is this one's; it is no proof for a Mac.
 */
#include <stdint.h>
#include <string.h>

static int devices = 1;
static int device = 2;
static int name = 3;

void *MTLCopyAllDevices(void) {
    return &devices;
}

const char *sel_registerName(const char *selector) {
    static char kept[64][64];
    static int count;
    for (int i = 0; i < count; i++) {
        if (strcmp(kept[i], selector) == 0) {
            return kept[i];
        }
    }
    strncpy(kept[count], selector, 63);
    return kept[count++];
}

uintptr_t objc_msgSend(void *self, const char *selector, intptr_t argument) {
    if (self == &devices && strcmp(selector, "count") == 0) {
        return 1;
    }
    if (self == &devices && strcmp(selector, "objectAtIndex:") == 0 && argument == 0) {
        return (uintptr_t) &device;
    }
    if (self == &device && strcmp(selector, "name") == 0) {
        return (uintptr_t) &name;
    }
    if (self == &name && strcmp(selector, "UTF8String") == 0) {
        return (uintptr_t) "Apple M4";
    }
    if (self == &device && strcmp(selector, "recommendedMaxWorkingSetSize") == 0) {
        return 11453251584u;
    }
    if (self == &device && strcmp(selector, "currentAllocatedSize") == 0) {
        return 1048576;
    }
    if (self == &device && strcmp(selector, "hasUnifiedMemory") == 0) {
        return 1;
    }
    if (self == &device && strcmp(selector, "supportsFamily:") == 0) {
        return argument >= 1001 && argument <= 1009;
    }
    return 0;
}

int sysctlbyname(const char *key, void *value, size_t *size, void *unused, size_t unusedSize) {
    (void) unused;
    (void) unusedSize;
    if (strcmp(key, "machdep.cpu.brand_string") == 0) {
        strncpy(value, "Apple M4", *size);
        *size = sizeof "Apple M4";
        return 0;
    }
    if (strcmp(key, "hw.memsize") == 0) {
        *(int64_t *) value = 17179869184;
        *size = 8;
        return 0;
    }
    static const struct {
        const char *key;
        int32_t value;
    } numbers[] = {
        {"hw.perflevel0.physicalcpu", 4},
        {"hw.perflevel1.physicalcpu", 6},
        {"hw.optional.neon", 1},
        {"hw.optional.arm.FEAT_DotProd", 1},
        {"hw.optional.arm.FEAT_I8MM", 1},
        {"hw.optional.arm.FEAT_SME", 0},
    };
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            memcpy(value, &numbers[i].value, 4);
            *size = 4;
            return 0;
        }
    }
    return -1;
}

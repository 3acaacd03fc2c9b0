package omni.device;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import omni.device.raw.Cuda;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks the CUDA driver what GPUs there are, without making a context on any. Runs in a process of its own. Source: {@code
 * cuda.h}; sections "Initialization", "Version Management" and "Device Management" of the CUDA Driver API.
 */
final class CudaReader {
    private static final int NAME_BYTES = 256;
    private static final int UUID_BYTES = 16;

    /** GPUs beyond this number are not asked for. */
    private static final int DEVICES_MAX = 64;

    private CudaReader() {}

    static void read(String library, ObjectNode answer) throws DriverRefused {
        System.load(Path.of(library).toAbsolutePath().toString());
        check("cuInit", Cuda.cuInit(0));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            check("cuDriverGetVersion", Cuda.cuDriverGetVersion(number));
            answer.put("cuda", number.get(JAVA_INT, 0));
            check("cuDeviceGetCount", Cuda.cuDeviceGetCount(number));
            int count = Math.min(number.get(JAVA_INT, 0), DEVICES_MAX);
            ArrayNode gpus = answer.putArray("gpus");
            for (int index = 0; index < count; index++) {
                device(arena, index, gpus.addObject());
            }
        }
    }

    private static void device(Arena arena, int index, ObjectNode gpu) throws DriverRefused {
        MemorySegment handle = arena.allocate(JAVA_INT);
        check("cuDeviceGet", Cuda.cuDeviceGet(handle, index));
        int device = handle.get(JAVA_INT, 0);
        MemorySegment name = arena.allocate(NAME_BYTES);
        check("cuDeviceGetName", Cuda.cuDeviceGetName(name, NAME_BYTES, device));
        gpu.put("name", text(name));
        gpu.put("id", uuid(arena, device));
        gpu.put(
                "capability",
                attribute(arena, Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR(), device)
                        + "."
                        + attribute(arena, Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR(), device));
        gpu.put("integrated", attribute(arena, Cuda.CU_DEVICE_ATTRIBUTE_INTEGRATED(), device) != 0);
        MemorySegment bytes = arena.allocate(JAVA_LONG);
        check("cuDeviceTotalMem", Cuda.cuDeviceTotalMem_v2(bytes, device));
        gpu.put("total", bytes.get(JAVA_LONG, 0));
    }

    private static int attribute(Arena arena, int attribute, int device) throws DriverRefused {
        MemorySegment value = arena.allocate(JAVA_INT);
        check("cuDeviceGetAttribute", Cuda.cuDeviceGetAttribute(value, attribute, device));
        return value.get(JAVA_INT, 0);
    }

    /** Returns the id as NVML writes it; drivers before CUDA 11.4 lack the call, their GPUs have no id here. */
    private static String uuid(Arena arena, int device) throws DriverRefused {
        if (SymbolLookup.loaderLookup().find("cuDeviceGetUuid_v2").isEmpty()) {
            return "";
        }
        MemorySegment uuid = arena.allocate(UUID_BYTES);
        check("cuDeviceGetUuid", Cuda.cuDeviceGetUuid_v2(uuid, device));
        ByteBuffer bytes = ByteBuffer.wrap(uuid.toArray(JAVA_BYTE));
        return "GPU-" + new UUID(bytes.getLong(), bytes.getLong());
    }

    /** Returns text of C that is ended by a NUL or fills its buffer. */
    static String text(MemorySegment buffer) {
        byte[] bytes = buffer.toArray(JAVA_BYTE);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private static void check(String call, int result) throws DriverRefused {
        if (result == Cuda.CUDA_ERROR_NO_DEVICE()) {
            throw new DriverRefused(true, "The CUDA driver finds no GPU.");
        }
        if (result != Cuda.CUDA_SUCCESS()) {
            throw new DriverRefused(false, "The CUDA driver answers " + call + " with error " + result + ".");
        }
    }
}

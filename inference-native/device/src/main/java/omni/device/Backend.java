package omni.device;

/**
 * A device as ggml's backend registry reports it; the engine, which has the library, passes it in.
 *
 * @param name such as {@code CPU} or {@code Vulkan0}
 * @param description the maker's name for it
 * @param kind {@code cpu}, {@code gpu}, {@code igpu} or {@code accel}
 * @param memoryFreeBytes as the backend tells
 * @param memoryTotalBytes as the backend tells
 */
public record Backend(String name, String description, String kind, long memoryFreeBytes, long memoryTotalBytes) {}

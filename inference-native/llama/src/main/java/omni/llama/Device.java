package omni.llama;

/**
 * Something that computes.
 *
 * @param name llama.cpp's name of it, such as {@code CPU} or {@code CUDA0}
 * @param description the maker's name of it
 * @param kind what it is
 * @param backend the backend that drives it, such as {@code CPU} or {@code Vulkan}
 * @param memoryTotalBytes its memory, in bytes; 0 where the backend does not say
 * @param memoryFreeBytes what of it was free when asked, in bytes
 */
public record Device(
        String name, String description, Kind kind, String backend, long memoryTotalBytes, long memoryFreeBytes) {
    /** What a device is ({@code enum ggml_backend_dev_type}). */
    public enum Kind {
        /** The processor, with the machine's memory. */
        CPU,
        /** A graphics processor with memory of its own. */
        GPU,
        /** A graphics processor that shares the machine's memory. */
        INTEGRATED_GPU,
        /** A helper of the processor, such as a matrix library. */
        ACCELERATOR,
        /** Several devices behind one name. */
        META
    }
}

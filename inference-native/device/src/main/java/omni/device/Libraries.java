package omni.device;

/**
 * What of the operating system the natives need.
 *
 * @param libc {@code glibc 2.36}, {@code musl}, or empty where it is not known
 * @param vulkan the drivers for Vulkan that compute on a GPU, by the names of their manifests
 */
public record Libraries(String libc, Finding<String> vulkan) {}

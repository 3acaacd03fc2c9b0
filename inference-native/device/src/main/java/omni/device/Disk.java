package omni.device;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A file system that holds a part of {@code $OMNI_HOME}.
 *
 * @param mount where it is mounted
 * @param source its device, or what else it comes from
 * @param type such as {@code ext4}
 * @param totalBytes its size
 * @param freeBytes what this user may still write
 * @param rotational whether heads must move; absent where the kernel does not say (no disk of this machine)
 */
public record Disk(
        Path mount, String source, String type, long totalBytes, long freeBytes, Optional<Boolean> rotational) {}

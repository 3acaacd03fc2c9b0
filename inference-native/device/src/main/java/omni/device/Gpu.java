package omni.device;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A GPU as its own driver describes it.
 *
 * @param name as the maker calls it
 * @param id that stays the same over restarts ({@code GPU-…}); empty where the driver gives none
 * @param capability NVIDIA: compute capability such as {@code 8.7}; Apple: family such as {@code Apple9}
 * @param memoryBytes what it can use: its own memory, or with unified memory what the driver recommends as working set
 * @param memoryFreeBytes what of it is free; absent where the driver does not tell without a context
 * @param unified whether it shares the processors' memory
 * @param milliCelsius how warm it is; absent where the driver does not tell
 * @param throttling why it is slower now than it could be; none when it is not
 */
public record Gpu(
        String name,
        String id,
        String capability,
        long memoryBytes,
        OptionalLong memoryFreeBytes,
        boolean unified,
        OptionalInt milliCelsius,
        List<String> throttling) {}

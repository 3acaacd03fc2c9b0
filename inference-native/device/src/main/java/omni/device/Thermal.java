package omni.device;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How warm the machine is, and whether it slows itself down for that.
 *
 * @param zones its sensors
 * @param throttling the reasons it has now for being slower than it could be, a sentence each; none when cool
 * @param throttleEvents how often the processors have been slowed since the start; absent where not counted
 */
public record Thermal(List<Zone> zones, List<String> throttling, OptionalLong throttleEvents) {
    /**
     * A sensor.
     *
     * @param name such as {@code x86_pkg_temp} or {@code cpu-thermal}
     * @param milliCelsius how warm
     * @param limitMilliCelsius where the kernel begins to slow the machine down; absent where it does not by this sensor
     */
    public record Zone(String name, int milliCelsius, OptionalInt limitMilliCelsius) {}

    /** Returns how far the warmest sensor is from its limit, in thousandths of a degree; negative when past it. */
    public OptionalInt headroomMilliCelsius() {
        return zones.stream()
                .filter(zone -> zone.limitMilliCelsius().isPresent())
                .mapToInt(zone -> zone.limitMilliCelsius().getAsInt() - zone.milliCelsius())
                .min();
    }
}

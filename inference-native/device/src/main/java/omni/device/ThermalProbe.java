package omni.device;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads {@code /sys/class/thermal} and the processors' own counters. Sources: Linux, {@code
 * Documentation/driver-api/thermal/sysfs-api.rst} (zones, trip points, cooling devices), {@code
 * Documentation/arch/x86/... thermal_throttle} as in {@code arch/x86/kernel/cpu/mce/therm_throt} (counters), {@code
 * drivers/hwmon/raspberrypi-hwmon.c} (Raspberry Pi's {@code get_throttled}, bit 2 currently throttled, bit 0 under-voltage).
 */
final class ThermalProbe {
    /** Trip points at which the kernel slows something down, or is about to. */
    private static final Set<String> LIMITS = Set.of("passive", "hot");

    /** Sensors outside of this range are broken or switched off: Jetson reports -256 °C for an idle unit. */
    private static final int MILLI_CELSIUS_MIN = -55_000;

    private static final int MILLI_CELSIUS_MAX = 200_000;
    private static final int THROTTLED_NOW = 0x4;
    private static final int CAPPED_NOW = 0x2;
    private static final int UNDER_VOLTAGE_NOW = 0x1;

    private final Facts sys;

    ThermalProbe(Roots roots) {
        this.sys = roots.sysFacts();
    }

    Thermal read() {
        List<Thermal.Zone> zones = zones();
        List<String> reasons = new ArrayList<>();
        for (Thermal.Zone zone : zones) {
            OptionalInt limit = zone.limitMilliCelsius();
            if (limit.isPresent() && zone.milliCelsius() >= limit.getAsInt()) {
                reasons.add(zone.name() + " is at " + zone.milliCelsius() / 1000 + " °C, its limit is "
                        + limit.getAsInt() / 1000 + " °C");
            }
        }
        coolers(reasons);
        raspberry(reasons);
        return new Thermal(zones, List.copyOf(reasons), events());
    }

    private List<Thermal.Zone> zones() {
        List<Thermal.Zone> zones = new ArrayList<>();
        for (String name : sys.numbered("class/thermal", "thermal_zone")) {
            Facts zone = sys.under("class/thermal/" + name);
            OptionalLong temperature = zone.number("temp");
            if (temperature.isPresent()
                    && temperature.getAsLong() >= MILLI_CELSIUS_MIN
                    && temperature.getAsLong() <= MILLI_CELSIUS_MAX) {
                zones.add(new Thermal.Zone(zone.text("type").orElse(name), (int) temperature.getAsLong(), limit(zone)));
            }
        }
        return List.copyOf(zones);
    }

    private static OptionalInt limit(Facts zone) {
        OptionalInt lowest = OptionalInt.empty();
        for (String file : zone.names("")) {
            if (file.startsWith("trip_point_") && file.endsWith("_type")) {
                String trip = file.substring(0, file.length() - "_type".length());
                OptionalLong at = zone.number(trip + "_temp");
                if (LIMITS.contains(zone.text(file).orElse("")) && at.orElse(0) > 0) {
                    lowest = OptionalInt.of((int) Math.min(lowest.orElse(Integer.MAX_VALUE), at.getAsLong()));
                }
            }
        }
        return lowest;
    }

    /** Cooling devices that slow something down; fans are none. */
    private void coolers(List<String> reasons) {
        for (String name : sys.numbered("class/thermal", "cooling_device")) {
            Facts cooler = sys.under("class/thermal/" + name);
            String type = cooler.text("type").orElse("");
            long state = cooler.number("cur_state").orElse(0);
            boolean slows = type.equals("Processor")
                    || type.contains("cpufreq")
                    || type.contains("devfreq")
                    || type.startsWith("cpu-")
                    || type.startsWith("gpu-")
                    || type.contains("throttle")
                    || type.equals("intel_powerclamp");
            // The power clamp says -1 while it rests.
            if (slows && state > 0) {
                reasons.add("the kernel holds " + type + " at step " + state + " of "
                        + cooler.number("max_state").orElse(state));
            }
        }
    }

    private void raspberry(List<String> reasons) {
        String text =
                sys.text("devices/platform/soc/soc:firmware/get_throttled").orElse("");
        if (!text.isEmpty()) {
            try {
                int bits = Integer.parseUnsignedInt(text.replaceFirst("^0x", ""), 16);
                if ((bits & (THROTTLED_NOW | CAPPED_NOW)) != 0) {
                    reasons.add("the firmware slows the processors down");
                }
                if ((bits & UNDER_VOLTAGE_NOW) != 0) {
                    reasons.add("the power supply is too weak");
                }
            } catch (NumberFormatException _) {
                reasons.add("the firmware says " + text + ", which is no number");
            }
        }
    }

    /** Intel counts each package's events on each of its processors: the largest of them, not their sum. */
    private OptionalLong events() {
        OptionalLong most = OptionalLong.empty();
        for (String cpu : sys.numbered("devices/system/cpu", "cpu")) {
            Facts counters = sys.under("devices/system/cpu/" + cpu + "/thermal_throttle");
            for (String file : List.of("package_throttle_count", "core_throttle_count")) {
                OptionalLong count = counters.number(file);
                if (count.isPresent()) {
                    most = OptionalLong.of(Math.max(most.orElse(0), count.getAsLong()));
                }
            }
        }
        return most;
    }
}

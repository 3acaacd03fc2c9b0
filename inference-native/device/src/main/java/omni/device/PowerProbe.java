package omni.device;

import java.util.OptionalInt;

/**
 * Reads {@code /sys/class/power_supply}. Source: Linux, {@code Documentation/ABI/testing/sysfs-class-power}; supplies of
 * scope {@code Device} feed a mouse or the like.
 */
final class PowerProbe {
    private final Facts sys;

    PowerProbe(Roots roots) {
        this.sys = roots.sysFacts();
    }

    Power read() {
        boolean plugged = false;
        boolean adapter = false;
        boolean charging = false;
        boolean discharging = false;
        OptionalInt percent = OptionalInt.empty();
        for (String name : sys.names("class/power_supply")) {
            Facts supply = sys.under("class/power_supply/" + name);
            String type = supply.text("type").orElse("");
            if (supply.text("scope").orElse("System").equals("Device")) {
                continue;
            }
            if (type.equals("Battery")) {
                String status = supply.text("status").orElse("");
                discharging |= status.equals("Discharging");
                charging |= status.equals("Charging");
                int full = (int) supply.number("capacity").orElse(-1);
                if (full >= 0 && full > percent.orElse(-1)) {
                    percent = OptionalInt.of(full);
                }
            } else if (type.equals("Mains") || type.startsWith("USB") || type.equals("Wireless")) {
                adapter = true;
                plugged |= supply.number("online").orElse(0) > 0;
            }
        }
        Power.Source source = plugged || charging
                ? Power.Source.MAINS
                : discharging || (adapter && percent.isPresent()) ? Power.Source.BATTERY : Power.Source.UNKNOWN;
        return new Power(source, percent, charging);
    }
}

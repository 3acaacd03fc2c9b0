package omni.fetch;

import java.util.Locale;

/** Sizes as people read them. */
final class Units {
    private static final String[] NAMES = {"B", "kB", "MB", "GB", "TB"};

    private Units() {}

    /** Bytes in decimal units, such as "4.7 GB". */
    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < NAMES.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0
                ? bytes + " B"
                : String.format(Locale.ROOT, value >= 99.95 ? "%.0f %s" : "%.1f %s", value, NAMES[unit]);
    }
}

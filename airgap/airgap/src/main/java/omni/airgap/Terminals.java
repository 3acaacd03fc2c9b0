package omni.airgap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which files are terminals, without opening one: a serial line without a carrier does not open, and one that does raises its signals. By
 * the numbers of the device and of the kernel's drivers. Source: proc_tty(5), stat(2), makedev(3) of glibc.
 */
final class Terminals {
    private static final Path DRIVERS = Path.of("/proc/tty/drivers");
    private static final int TYPE = 0170000;
    private static final int CHARACTER_DEVICE = 0020000;

    private Terminals() {}

    /** Whether that is one; where no drivers can be read, whether it is a device of that kind. */
    static boolean has(Path file) {
        try {
            return ((int) Files.getAttribute(file, "unix:mode") & TYPE) == CHARACTER_DEVICE
                    && driven((long) Files.getAttribute(file, "unix:rdev"));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "No file to look at", e);
            return false;
        }
    }

    private static boolean driven(long device) {
        long major = ((device >> 8) & 0xfff) | ((device >> 32) & ~0xfffL);
        long minor = (device & 0xff) | ((device >> 12) & 0xffffff00L);
        try {
            return Files.readAllLines(DRIVERS, StandardCharsets.ISO_8859_1).stream()
                    .anyMatch(line -> drives(line, major, minor));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "No list of terminals' drivers", e);
            return true;
        }
    }

    /** Its name, path, major number, minor ones ("64" or "64-67") and kind, with blanks between; a name may have some in it. */
    static boolean drives(String line, long major, long minor) {
        List<String> words = List.of(line.strip().split("\\s+", -1));
        int last = words.size() - 1;
        if (last < 4
                || !words.get(last - 2).equals(Long.toString(major))
                || !words.get(last - 1).matches("\\d{1,9}(-\\d{1,9})?")) {
            return false;
        }
        List<String> ends = List.of(words.get(last - 1).split("-", 2));
        return minor >= Long.parseLong(ends.getFirst()) && minor <= Long.parseLong(ends.getLast());
    }
}

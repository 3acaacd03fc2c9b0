package omni.engine;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * How much memory there is for a model: what the kernel reckons can be had without swapping, and no more than what the
 * control groups around this process leave. Sources: proc_meminfo(5); Linux, {@code admin-guide/cgroup-v2.rst} and
 * {@code cgroup-v1/memory.rst}. Where the host tells nothing, nothing is known and nothing refused.
 */
final class Memory {
    private final Path root;

    /** Reads below another root than {@code /}: tests build trees. */
    Memory(Path root) {
        this.root = root;
    }

    /** Returns bytes that can be taken, or nothing where the host does not tell. */
    OptionalLong availableBytes() {
        OptionalLong available = meminfo();
        OptionalLong left = groups();
        if (available.isEmpty() || left.isEmpty()) {
            return available.isPresent() ? available : left;
        }
        return OptionalLong.of(Math.min(available.getAsLong(), left.getAsLong()));
    }

    /** Returns the bytes of this process that are in memory, or nothing where the host does not tell; proc_pid_status(5). */
    OptionalLong residentBytes() {
        for (String line : lines(root.resolve("proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return OptionalLong.of(digits(line) * 1024);
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong meminfo() {
        for (String line : lines(root.resolve("proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                return OptionalLong.of(digits(line) * 1024);
            }
        }
        return OptionalLong.empty();
    }

    /** The least that any group from this process's own up to the root leaves. */
    private OptionalLong groups() {
        OptionalLong least = OptionalLong.empty();
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean second = parts[0].equals("0") && parts[1].isEmpty();
            if (!second && !List.of(parts[1].split(",", -1)).contains("memory")) {
                continue;
            }
            Path mount = root.resolve(second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            Path group = mount.resolve(parts[2].replaceAll("^/+", "")).normalize();
            while (group != null && group.startsWith(mount)) {
                OptionalLong left = second
                        ? left(group, "memory.max", "memory.current", "inactive_file")
                        : left(group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
                if (left.isPresent() && (least.isEmpty() || left.getAsLong() < least.getAsLong())) {
                    least = left;
                }
                group = group.getParent();
            }
        }
        return least;
    }

    /** What a group leaves: its limit less what is used and cannot be given back. */
    private static OptionalLong left(Path group, String limitFile, String usedFile, String reclaimable) {
        long limit = number(group.resolve(limitFile));
        long used = number(group.resolve(usedFile));
        if (limit < 0 || used < 0 || limit > Long.MAX_VALUE / 2) {
            return OptionalLong.empty();
        }
        long given = 0;
        for (String line : lines(group.resolve("memory.stat"))) {
            if (line.startsWith(reclaimable + " ")) {
                given = digits(line.substring(reclaimable.length()));
            }
        }
        return OptionalLong.of(Math.max(0, limit - used + given));
    }

    private static long number(Path file) {
        List<String> lines = lines(file);
        return lines.isEmpty() || !lines.getFirst().matches("[0-9]{1,19}") ? -1 : digits(lines.getFirst());
    }

    private static long digits(String text) {
        String number = text.replaceAll("[^0-9]", "");
        return number.isEmpty() || number.length() > 18 ? Long.MAX_VALUE : Long.parseLong(number);
    }

    private static List<String> lines(Path file) {
        if (!Files.isReadable(file)) {
            return List.of();
        }
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            System.getLogger(Memory.class.getName()).log(Level.DEBUG, "Not readable after all.", e);
            return List.of();
        }
    }
}

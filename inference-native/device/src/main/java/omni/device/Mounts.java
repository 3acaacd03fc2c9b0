package omni.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The mounts that a process sees. Source: proc_pid_mountinfo(5). */
final class Mounts {
    /**
     * One mount.
     *
     * @param device {@code major:minor}
     * @param root which folder of the file system is mounted
     * @param point where
     * @param type of the file system
     * @param source the device or what else it comes from
     * @param superOptions of the file system; for cgroup version 1 the controllers
     */
    record Mount(String device, String root, String point, String type, String source, List<String> superOptions) {}

    private final List<Mount> mounts;

    private Mounts(List<Mount> mounts) {
        this.mounts = mounts;
    }

    static Mounts read(Facts proc) {
        List<Mount> mounts = new ArrayList<>();
        for (String line : proc.lines("self/mountinfo")) {
            List<String> fields = List.of(line.split(" ", -1));
            int dash = fields.indexOf("-");
            if (dash >= 6 && fields.size() > dash + 2) {
                List<String> options =
                        fields.size() > dash + 3 ? List.of(fields.get(dash + 3).split(",")) : List.of();
                mounts.add(new Mount(
                        fields.get(2),
                        plain(fields.get(3)),
                        plain(fields.get(4)),
                        fields.get(dash + 1),
                        plain(fields.get(dash + 2)),
                        options));
            }
        }
        return new Mounts(mounts);
    }

    List<Mount> ofType(String type) {
        return mounts.stream().filter(mount -> mount.type().equals(type)).toList();
    }

    /** Returns the mount that a path lies on: the longest mount point above it, and the last of those. */
    Optional<Mount> of(String path) {
        return mounts.stream()
                .filter(mount -> isBelow(path, mount.point()))
                .max(Comparator.comparingInt((Mount mount) -> mount.point().length())
                        .thenComparingInt(mounts::indexOf));
    }

    /** Returns the mounts below a folder. */
    List<Mount> below(String folder) {
        return mounts.stream()
                .filter(mount -> !mount.point().equals(folder) && isBelow(mount.point(), folder))
                .toList();
    }

    static boolean isBelow(String path, String folder) {
        return folder.equals("/") || path.equals(folder) || path.startsWith(folder + "/");
    }

    /** Spaces and the like are written as a backslash and three octal digits. */
    private static String plain(String field) {
        return field.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}

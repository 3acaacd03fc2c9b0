package omni.device;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What the control groups of this process allow: the tightest of its own group and all above it, for version 2 and
 * version 1 and machines that mount both. Sources: Linux, {@code Documentation/admin-guide/cgroup-v2.rst}, {@code
 * Documentation/admin-guide/cgroup-v1/memory.rst}, {@code Documentation/scheduler/sched-bwc.rst}; cgroups(7).
 */
final class CgroupProbe {
    /** Version 1 writes "no limit" as the largest multiple of a page; no machine has this much. */
    private static final long NO_LIMIT_BYTES = 1L << 60;

    /** Groups nested deeper than this are not looked at. */
    private static final int DEPTH_MAX = 64;

    private final Roots roots;
    private final Facts proc;

    CgroupProbe(Roots roots) {
        this.roots = roots;
        this.proc = roots.procFacts();
    }

    /** A group's folder with the path that people know it by. */
    private record Group(Facts folder, String path) {}

    /** The tightest so far. */
    private static final class Tightest {
        OptionalLong limit = OptionalLong.empty();
        String limitFrom = "";
        OptionalLong left = OptionalLong.empty();
        OptionalLong swap = OptionalLong.empty();
        OptionalDouble cores = OptionalDouble.empty();
        String coresFrom = "";

        void memory(OptionalLong bytes, String from) {
            if (bytes.isPresent() && bytes.getAsLong() < limit.orElse(Long.MAX_VALUE)) {
                limit = bytes;
                limitFrom = from;
            }
        }

        void left(long bytes) {
            left = OptionalLong.of(Math.max(0, Math.min(bytes, left.orElse(Long.MAX_VALUE))));
        }

        void cores(double count, String from) {
            if (count < cores.orElse(Double.MAX_VALUE)) {
                cores = OptionalDouble.of(count);
                coresFrom = from;
            }
        }
    }

    Cgroup read() {
        Mounts mounts = Mounts.read(proc);
        Tightest tightest = new Tightest();
        int version = 0;
        String own = "";
        for (String line : proc.lines("self/cgroup")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            List<String> controllers = List.of(parts[1].split(","));
            boolean unified = parts[0].equals("0") && parts[1].isEmpty();
            if (unified) {
                List<Group> groups = groups(mounts.ofType("cgroup2"), parts[2]);
                groups.forEach(group -> version2(group, tightest));
                if (version == 0 && !groups.isEmpty()) {
                    version = 2;
                    own = parts[2];
                }
            }
            if (controllers.contains("memory")) {
                version = 1;
                own = parts[2];
                groups(controller(mounts, "memory"), parts[2]).forEach(group -> memory1(group, tightest));
            }
            if (controllers.contains("cpu")) {
                groups(controller(mounts, "cpu"), parts[2]).forEach(group -> cpu1(group, tightest));
            }
        }
        return new Cgroup(
                version,
                own,
                tightest.limit,
                tightest.limitFrom,
                tightest.left,
                tightest.swap,
                tightest.cores,
                tightest.coresFrom);
    }

    private static List<Mounts.Mount> controller(Mounts mounts, String name) {
        return mounts.ofType("cgroup").stream()
                .filter(mount -> mount.superOptions().contains(name))
                .toList();
    }

    /**
     * Returns the group and those above it, up to the mount. A mount may show a part of the hierarchy only (its root is
     * then not {@code /}), as in a container; a path outside of that part is seen as the mount itself.
     */
    private List<Group> groups(List<Mounts.Mount> mounts, String path) {
        List<Group> groups = new ArrayList<>();
        for (Mounts.Mount mount : mounts) {
            String below = mount.root().equals("/")
                    ? path
                    : Mounts.isBelow(path, mount.root())
                            ? path.substring(mount.root().length())
                            : "";
            below = below.replaceFirst("^/+", "");
            if (below.equals("..") || below.startsWith("../") || below.contains("/../")) {
                below = "";
            }
            for (int depth = 0; depth < DEPTH_MAX; depth++) {
                String folder = below.isEmpty() ? mount.point() : mount.point() + "/" + below;
                groups.add(new Group(new Facts(roots.resolve(folder)), folder));
                if (below.isEmpty()) {
                    break;
                }
                below = below.contains("/") ? below.substring(0, below.lastIndexOf('/')) : "";
            }
        }
        return groups;
    }

    private static void version2(Group group, Tightest tightest) {
        Facts files = group.folder();
        OptionalLong max = files.number("memory.max");
        OptionalLong high = files.number("memory.high");
        tightest.memory(max, group.path() + "/memory.max");
        tightest.memory(high, group.path() + "/memory.high");
        long limit = Math.min(max.orElse(Long.MAX_VALUE), high.orElse(Long.MAX_VALUE));
        OptionalLong current = files.number("memory.current");
        if (limit < Long.MAX_VALUE && current.isPresent()) {
            tightest.left(limit - current.getAsLong() + stat(files, "inactive_file"));
        }
        OptionalLong swap = files.number("memory.swap.max");
        if (swap.isPresent()) {
            tightest.swap = OptionalLong.of(Math.min(swap.getAsLong(), tightest.swap.orElse(Long.MAX_VALUE)));
        }
        String[] quota = files.text("cpu.max").orElse("max").split("\\s+", -1);
        if (quota.length == 2) {
            cores(Facts.parse(quota[0]), Facts.parse(quota[1]), group.path() + "/cpu.max", tightest);
        }
    }

    private static void memory1(Group group, Tightest tightest) {
        Facts files = group.folder();
        OptionalLong limit = files.number("memory.limit_in_bytes");
        if (limit.isEmpty() || limit.getAsLong() >= NO_LIMIT_BYTES) {
            return;
        }
        tightest.memory(limit, group.path() + "/memory.limit_in_bytes");
        OptionalLong usage = files.number("memory.usage_in_bytes");
        if (usage.isPresent()) {
            tightest.left(limit.getAsLong() - usage.getAsLong() + stat(files, "total_inactive_file"));
        }
    }

    private static void cpu1(Group group, Tightest tightest) {
        cores(
                group.folder().number("cpu.cfs_quota_us"),
                group.folder().number("cpu.cfs_period_us"),
                group.path() + "/cpu.cfs_quota_us",
                tightest);
    }

    private static void cores(OptionalLong quota, OptionalLong period, String from, Tightest tightest) {
        if (quota.orElse(-1) > 0 && period.orElse(0) > 0) {
            tightest.cores((double) quota.getAsLong() / period.getAsLong(), from);
        }
    }

    private static long stat(Facts files, String key) {
        return files.lines("memory.stat").stream()
                .filter(line -> line.startsWith(key + " "))
                .mapToLong(line -> Facts.parse(line.substring(key.length())).orElse(0))
                .findFirst()
                .orElse(0);
    }
}

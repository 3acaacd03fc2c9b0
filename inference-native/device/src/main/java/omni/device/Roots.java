package omni.device;

import java.nio.file.Path;

/**
 * Where the probes look. The live machine has them at their usual places; a recorded or constructed tree has all of them
 * below one folder.
 *
 * @param sys what is mounted at {@code /sys}
 * @param proc what is mounted at {@code /proc}
 * @param deviceTree the flattened device tree, on machines that have one
 * @param root the root of the file system, for the few files elsewhere, such as {@code /etc/nvpmodel.conf}
 */
public record Roots(Path sys, Path proc, Path deviceTree, Path root) {
    /** Returns the roots of this machine. */
    public static Roots live() {
        return new Roots(Path.of("/sys"), Path.of("/proc"), Path.of("/proc/device-tree"), Path.of("/"));
    }

    /** Returns the roots of a tree that was recorded or constructed: {@code sys}, {@code proc} and so on below it. */
    public static Roots below(Path tree) {
        return new Roots(tree.resolve("sys"), tree.resolve("proc"), tree.resolve("proc/device-tree"), tree);
    }

    Facts sysFacts() {
        return new Facts(sys);
    }

    Facts procFacts() {
        return new Facts(proc);
    }

    Facts deviceTreeFacts() {
        return new Facts(deviceTree);
    }

    Facts rootFacts() {
        return new Facts(root);
    }

    /** Returns where a path of the machine is below these roots. */
    Path resolve(String absolute) {
        if (absolute.equals("/sys") || absolute.startsWith("/sys/")) {
            return sys.resolve(absolute.substring("/sys".length()).replaceFirst("^/+", ""));
        }
        return root.resolve(absolute.replaceFirst("^/+", ""));
    }
}

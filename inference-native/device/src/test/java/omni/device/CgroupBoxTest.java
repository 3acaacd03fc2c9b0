package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A limit that the kernel really sets is seen by a process that it holds for. Needs root. */
class CgroupBoxTest {
    private static final long OUTER_BYTES = 700L << 20;
    private static final long INNER_BYTES = 900L << 20;

    @Test
    void theTightestOfTwoNestedLimitsIsSeen() throws Exception {
        var own = ownGroup();
        var outer = Files.createDirectory(
                own.resolve("omni-device-" + ProcessHandle.current().pid()));
        try {
            var before = seen(outer);
            assertTrue(Long.parseLong(before.get(1)) > OUTER_BYTES, "the control: no limit yet, " + before);

            var file = Files.exists(outer.resolve("memory.max")) ? "memory.max" : "memory.limit_in_bytes";
            Files.writeString(outer.resolve(file), String.valueOf(OUTER_BYTES));
            if (file.equals("memory.max")) {
                Files.writeString(outer.resolve("cgroup.subtree_control"), "+memory");
            }
            var inner = Files.createDirectory(outer.resolve("inner"));
            try {
                Files.writeString(inner.resolve(file), String.valueOf(INNER_BYTES));
                var limited = seen(inner);
                assertEquals(String.valueOf(OUTER_BYTES), limited.get(1));
                assertEquals(outer.resolve(file).toString(), limited.get(2));
                assertTrue(Long.parseLong(limited.get(4)) < OUTER_BYTES, "some of it is in use");
            } finally {
                Files.delete(inner);
            }
        } finally {
            Files.delete(outer);
        }
    }

    /** Runs the process in a group, which is empty again when it has ended. */
    private static List<String> seen(Path group) throws Exception {
        var line = new ArrayList<>(List.of("sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", group + "/cgroup.procs"));
        line.addAll(Limits.command());
        return Tools.run(line).lines().toList();
    }

    /** Returns the group that holds this process's memory, of whichever version this machine has. */
    private static Path ownGroup() throws IOException {
        var mounts = Mounts.read(Roots.live().procFacts());
        for (var line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            var parts = line.split(":", 3);
            if (parts[1].equals("memory")) {
                var mount = mounts.ofType("cgroup").stream()
                        .filter(m -> m.superOptions().contains("memory"))
                        .findFirst()
                        .orElseThrow();
                return Path.of(mount.point() + parts[2]);
            }
        }
        var path = Files.readAllLines(Path.of("/proc/self/cgroup")).getFirst().split(":", 3)[2];
        return Path.of(mounts.ofType("cgroup2").getFirst().point() + path);
    }
}
